// What stands beside the spans: a head that says what it is, a way to close it, and a body that scrolls.

import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { IconButton } from '../../kit/Controls.tsx';
import css from './panel.module.css';

interface SidePanelProps {
  readonly label: string;
  readonly head: ReactNode;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function SidePanel({ label, head, onClose, children }: SidePanelProps) {
  return (
    <aside className={css.panel} aria-label={label}>
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
