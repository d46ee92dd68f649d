// The lines of a query in whatever state their answer is: bars over time, the list, and the detail of the line that is open.

import { useCallback, useMemo } from 'react';
import type { LogExpr } from '../../../src/logs/logql/ast.ts';
import { printSelector } from '../../../src/logs/logql/print.ts';
import { useLive } from '../../data/Live.tsx';
import { entryKey } from '../../data/log-lines.ts';
import type { LogEntry } from '../../data/log-lines.ts';
import { lines as linesQuestion } from '../../data/log-questions.ts';
import { countText } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Button } from '../../kit/Controls.tsx';
import { Failed, Notices, Skeleton } from '../../kit/States.tsx';
import { Detail } from './Detail.tsx';
import { LineList } from './LineList.tsx';
import { HELD_LINES_MAX } from './line-pages.ts';
import type { LogsEvent, LogsState } from './logs-state.ts';
import { unreadLines } from './line-rows.ts';
import { NoLines } from './NoLines.tsx';
import { useTerms } from './use-terms.ts';
import type { Lines } from './use-lines.ts';
import css from './logs.module.css';
import listCss from './lines.module.css';

interface LinesViewProps {
  readonly state: LogsState;
  readonly expr: LogExpr;
  readonly lines: Lines;
  /** Whether the list is away from its beginning. */
  readonly onScrolled: (away: boolean) => void;
  readonly onEvent: (event: LogsEvent) => void;
}

export function LinesView({ state, expr, lines, onScrolled, onEvent }: LinesViewProps) {
  const { zone, range } = useLive();
  const { entries } = lines;
  const terms = useTerms(expr);
  const unread = useUnread(entries);
  const openIndex = useMemo(() => indexOf(entries, state.open), [entries, state.open]);
  const elsewhere = useElsewhere(state, expr, openIndex < 0 && !lines.isPending);
  const openEntry = useCallback((entry: LogEntry) => onEvent({ kind: 'line opened', key: entryKey(entry) }), [onEvent]);
  const open = useCallback(
    (index: number) => {
      const entry = entries[index];
      if (entry) openEntry(entry);
    },
    [entries, openEntry],
  );
  if (lines.error) return <Failed title="This query failed" error={lines.error} onRetry={lines.retry} />;
  if (lines.isPending) return <Skeleton rows={16} />;
  const close = (): void => {
    onEvent({ kind: 'line closed' });
    // The keyboard goes back to where it was.
    document.querySelector<HTMLElement>('[data-lines]')?.focus();
  };
  const shown = entries[openIndex] ?? elsewhere;
  return (
    <>
      <Notices texts={lines.warnings} />
      <Notices texts={unread} level="info" />
      <div className={css.split}>
        {lines.isHeld && (
          <div className={css.held} role="status">
            The list stands still while it is scrolled.
            <Button onClick={() => document.querySelector('[data-lines]')?.scrollTo({ top: 0 })}>Back to its beginning, and refresh</Button>
          </div>
        )}
        {entries.length === 0 ? (
          <NoLines expr={expr} onRun={(query) => onEvent({ kind: 'query run', query })} />
        ) : (
          <LineList
            key={`${state.direction} ${range.from} ${range.to} ${state.query}`}
            onScrolled={onScrolled}
            entries={entries}
            terms={terms}
            state={state}
            zone={zone}
            openIndex={openIndex}
            dim={lines.isOld}
            label="Lines"
            onOpen={open}
            onClose={close}
            onEnd={lines.moreError ? undefined : lines.loadMore}
            onColumn={(name) => onEvent({ kind: 'column toggled', name })}
            onLineColumn={() => onEvent({ kind: 'line column toggled' })}
            foot={<Foot lines={lines} />}
          />
        )}
        {shown && (
          <Detail
            entry={shown}
            query={state.query}
            terms={terms}
            columns={state.columns}
            onRun={(query) => onEvent({ kind: 'query run', query })}
            onColumn={(name) => onEvent({ kind: 'column toggled', name })}
            onOnlyColumn={(name) => onEvent({ kind: 'only column', name })}
            onOpen={openEntry}
            onClose={close}
          />
        )}
      </div>
    </>
  );
}

const LOOKED_AT = 1000;

/** A word on lines that a stage of the query could not read. */
function useUnread(entries: readonly LogEntry[]): readonly string[] {
  return useMemo(() => {
    const { count, error } = unreadLines(entries, LOOKED_AT);
    if (count === 0) return [];
    const of = Math.min(LOOKED_AT, entries.length);
    return [
      `${countText(count)} of the first ${countText(of)} lines could not be read by a stage (${error}). Add | __error__="" to leave them out.`,
    ];
  }, [entries]);
}

function indexOf(entries: readonly LogEntry[], key: string): number {
  const ns = key.split('.')[0];
  return key === '' ? -1 : entries.findIndex((entry) => entry.ns === ns && entryKey(entry) === key);
}

/**
 * A line that the address names and the list does not hold (yet): it is asked for by its time, as the query shows it, else as its stream has it,
 * because the lines around one need not pass the query.
 */
function useElsewhere({ open, query, limit }: LogsState, expr: LogExpr, wanted: boolean): LogEntry | undefined {
  const ns = wanted ? /^\d{1,19}(?=\.)/.exec(open)?.[0] : undefined;
  const ask = (text: string) =>
    ns === undefined ? undefined : linesQuestion({ query: text, ...instant(ns), limit, direction: 'forward' });
  const find = (entries: readonly LogEntry[] | undefined): LogEntry | undefined => entries?.find((entry) => entryKey(entry) === open);
  const byQuery = useAnswer(ask(query));
  const found = find(byQuery.data?.value);
  const missing = found === undefined && !byQuery.isPending;
  const byStream = useAnswer(missing ? ask(printSelector(expr.matchers)) : undefined);
  return ns === undefined ? undefined : (found ?? find(byStream.data?.value));
}

function instant(ns: string): { readonly startNs: string; readonly endNs: string } {
  return { startNs: ns, endNs: String(BigInt(ns) + 1n) };
}

/** What stands below the last line: that more are coming, that there are none, or why not. */
function Foot({ lines }: { readonly lines: Lines }) {
  if (lines.moreError) {
    return (
      <div className={listCss.foot} data-level="error" role="alert">
        More lines could not be loaded: {lines.moreError.message}
        <Button onClick={lines.retry}>Try again</Button>
      </div>
    );
  }
  const { length } = lines.entries;
  const text =
    lines.end === 'all'
      ? `${countText(length)} ${length === 1 ? 'line' : 'lines'}: all that the query finds in this time range.`
      : lines.end === 'limit'
        ? `${countText(HELD_LINES_MAX)} lines are held at most. Narrow the query or the time range to see the others.`
        : 'Loading more lines …';
  return (
    <div className={listCss.foot} role="status">
      {text}
    </div>
  );
}
