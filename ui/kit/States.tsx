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

interface EmptyProps {
  readonly title: string;
  /** Buttons of what may help. */
  readonly actions?: ReactNode;
  readonly children?: ReactNode;
}

/** What would be here, and how to get it here. */
export function Empty({ title, actions, children }: EmptyProps) {
  return (
    <section className={css.state}>
      <h2>{title}</h2>
      {children}
      {actions !== undefined && <div className={css.actions}>{actions}</div>}
    </section>
  );
}

/** In the place of the answer to a text that is no query; the bar above says more. */
export function WrongQuery() {
  return (
    <Empty title="This query cannot be read">
      <p>What is wrong with it is underlined above, and said beneath it.</p>
    </Empty>
  );
}

/** What each road is for, and the lines to paste there. */
export type Road = readonly [string, string];

interface RoadsProps {
  readonly title: string;
  readonly roads: readonly Road[];
  readonly children: ReactNode;
}

/** Before the first data of a page: the roads by which it comes. */
export function Roads({ title, roads, children }: RoadsProps) {
  return (
    <section className={css.roads}>
      <h1>{title}</h1>
      <p>{children}</p>
      {roads.map(([name, lines]) => (
        <div key={name} className={css.road}>
          <div>
            <h2>{name}</h2>
            <CopyButton title="Copy" text={lines} />
          </div>
          <Lines text={lines} />
        </div>
      ))}
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

/** A part of a page that could not be had, in its place: the rest is whole. */
export function Missing({ text, onRetry }: { readonly text: string; readonly onRetry: () => void }) {
  return (
    <div className={`${css.notice} ${css.missing}`} role="status">
      <IconAlertTriangle size={16} aria-label="Warning" />
      <span>{text}</span>
      <Button onClick={onRetry}>Try again</Button>
    </div>
  );
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
