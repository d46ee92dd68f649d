// What stands beside a list or a picture, and over it where there is no room: a head that says what it is, a way to close it, and a body that scrolls.

import { IconX } from '@tabler/icons-react';
import { useEffect } from 'react';
import type { KeyboardEventHandler, ReactNode } from 'react';
import { IconButton } from './Controls.tsx';
import css from './side-panel.module.css';

interface SidePanelProps {
  readonly label: string;
  readonly head: ReactNode;
  readonly onClose: () => void;
  /** Where the page places it otherwise. */
  readonly className?: string | undefined;
  readonly onKeyDown?: KeyboardEventHandler;
  /** Sections, each with a heading of the third level. */
  readonly children: ReactNode;
}

export function SidePanel({ label, head, onClose, className = '', onKeyDown, children }: SidePanelProps) {
  return (
    <aside className={`${css.panel} ${className}`} aria-label={label} onKeyDown={onKeyDown}>
      <header className={css.head}>
        <div>{head}</div>
        <IconButton label="Close (Esc)" onClick={onClose}>
          <IconX size={16} aria-hidden />
        </IconButton>
      </header>
      <div className={css.body}>{children}</div>
    </aside>
  );
}

/** Esc closes, wherever the focus is, unless something above takes the key. */
export function useEscape(onClose: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.defaultPrevented) onClose();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [onClose]);
}
