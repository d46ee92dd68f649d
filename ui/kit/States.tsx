// What stands in the place of an answer: nothing yet, nothing at all, a part, a failure, a limit.

import { IconAlertTriangle, IconCircleX, IconInfoCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { AskError } from '../data/api.ts';
import { Button } from './Controls.tsx';
import { CopyButton } from './CopyButton.tsx';
import css from './states.module.css';

/** Grey lines in the place of text; they appear only when the answer takes longer than a blink. */
export function Skeleton({ rows = 6 }: { readonly rows?: number }) {
  return (
    <div className={css.skeleton} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => (
        <span key={i} style={{ width: `${90 - ((i * 37) % 50)}%` }} />
      ))}
    </div>
  );
}

/** What would be here, and how to get it here. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <section className={css.state}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Lines to paste into a terminal or a file. */
export function Lines({ text }: { readonly text: string }) {
  return (
    <pre className={css.lines} tabIndex={0}>
      {text}
    </pre>
  );
}

function advice(error: AskError): string {
  if (error.kind === 'unreachable') return 'Is the program running, and is this address still right? The page asks again when you do.';
  if (error.kind === 'broken') return 'The program and this page may be of different versions. Reload the page.';
  if (error.status === 400) return 'Correct the query where the message says, and run it again.';
  if (error.status === 401 || error.status === 403) return 'Choose another tenant, or ask whoever runs the program for access.';
  if (error.status === 404) return 'This program does not offer it. It may be older than this page.';
  if (error.status === 422) return 'The query is valid, but cannot be evaluated over this data. Narrow it, or shorten the time range.';
  if (error.status === 429) return 'Narrow the query with more labels, or shorten the time range.';
  if (error.status === 503) return 'The program is busy or starting. Try again in a moment, or shorten the time range.';
  return "The program's log says more.";
}

/** What failed, why, and what to do about it. */
export function Failed({ title, error, onRetry }: { readonly title: string; readonly error: Error; readonly onRetry: () => void }) {
  return (
    <section className={css.state} role="alert">
      <h2>
        <IconCircleX size={16} color="var(--bad)" aria-hidden />
        {title}
      </h2>
      <div className={css.reason}>{error.message}</div>
      {error instanceof AskError && <p>{advice(error)}</p>}
      <div className={css.actions}>
        <Button onClick={onRetry}>Try again</Button>
        {error instanceof AskError && <CopyButton text={error.request} title="Copy request" />}
      </div>
    </section>
  );
}

interface NoticesProps {
  readonly texts: readonly string[];
  /** Infos are quieter: nothing is missing. */
  readonly level?: 'warning' | 'info';
}

/** What the data below lacks or may not mean, and why. Stands above it. */
export function Notices({ texts, level = 'warning' }: NoticesProps) {
  return texts.map((text) => (
    <div key={text} className={css.notice} data-level={level} role="status">
      {level === 'warning' ? <IconAlertTriangle size={16} aria-label="Warning" /> : <IconInfoCircle size={16} aria-label="Info" />}
      <span>{text}</span>
    </div>
  ));
}
