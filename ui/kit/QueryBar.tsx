// The query of a page: its text in the editor of its language, the buttons beside it, and beneath it what is wrong, or how it is used.
//
//   [a button of the page]  the editor  [format] [recent] [Run]
//                           what is wrong, else the keys
//   what the page adds: matchers as pieces, the builder

import { IconBraces } from '@tabler/icons-react';
import { Suspense, useCallback, useLayoutEffect, useRef } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import type { RecentList } from '../data/recent.ts';
import { Button, IconButton, inputClass, monoClass } from './Controls.tsx';
import { RecentQueries } from './RecentQueries.tsx';
import type { Draft } from './use-draft.ts';
import css from './query-bar.module.css';

interface QueryBarProps {
  readonly draft: Draft;
  /** The editor; it may come later than the page. */
  readonly editor: ReactNode;
  /** Stands where nothing is written yet. */
  readonly example: string;
  readonly recent: RecentList;
  /** A query that was run before is run again. */
  readonly onRun: (query: string) => void;
  /** Before the editor. */
  readonly lead?: ReactNode;
  /** Beneath all of it. */
  readonly children?: ReactNode;
}

export function QueryBar({ draft, editor, example, recent, onRun, lead, children }: QueryBarProps) {
  const box = useRef<HTMLDivElement>(null);
  const isWriting = useRef(false);
  const leave = useCallback((focused: boolean) => (isWriting.current = focused), []);
  const arrive = useCallback(() => {
    const field = box.current?.querySelector('[data-query]');
    if (isWriting.current && field instanceof HTMLElement) field.focus();
  }, []);
  return (
    <div className={css.query}>
      <div className={css.row}>
        {lead}
        <div ref={box} className={css.editor}>
          <Suspense fallback={<PlainText draft={draft} example={example} onLeave={leave} />}>
            {editor}
            <Arrival onArrive={arrive} />
          </Suspense>
        </div>
        <div className={css.buttons}>
          <IconButton label="Format (Shift-Alt-F)" aria-keyshortcuts="Shift+Alt+F" onClick={draft.format}>
            <IconBraces size={16} aria-hidden />
          </IconButton>
          <RecentQueries list={recent} onRun={onRun} />
          <Button primary onClick={() => draft.run(draft.text)}>
            Run
          </Button>
        </div>
      </div>
      <Below problem={draft.problem} />
      {children}
    </div>
  );
}

interface PlainTextProps {
  readonly draft: Draft;
  readonly example: string;
  /** The editor takes its place: told whether somebody is writing. */
  readonly onLeave: (focused: boolean) => void;
}

/** The text where the editor is not loaded yet: the same text, the same keys. */
function PlainText({ draft, example, onLeave }: PlainTextProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const element = field.current;
    return () => onLeave(element !== null && document.activeElement === element);
  }, [onLeave]);
  const press = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    draft.run(draft.text);
  };
  return (
    <textarea
      ref={field}
      className={`${inputClass} ${monoClass} ${css.plain}`}
      rows={Math.min(8, draft.text.split('\n').length)}
      value={draft.text}
      onChange={(event) => draft.change(event.target.value)}
      onKeyDown={press}
      placeholder={example}
      aria-label="Query"
      aria-describedby="query-problem"
      data-query=""
      spellCheck={false}
    />
  );
}

/** Beside the editor, to know when it stands. */
function Arrival({ onArrive }: { readonly onArrive: () => void }) {
  useLayoutEffect(onArrive, [onArrive]);
  return null;
}

/** Always there, so that nothing moves. The editors are described by it. */
function Below({ problem }: { readonly problem: string }) {
  return (
    <div id="query-problem" className={css.below} data-level={problem === '' ? 'hint' : 'error'} role="status">
      {problem === '' ? (
        <span className={css.keys}>
          <kbd>Enter</kbd> runs, <kbd>Shift-Enter</kbd> breaks the line, <kbd>Tab</kbd> completes
        </span>
      ) : (
        problem
      )}
    </div>
  );
}
