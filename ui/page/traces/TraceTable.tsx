// The traces of a search as a table that scrolls by the thousand: only the lines in sight are in the document.
//
//   traces, open ones ─▶ lines ─▶ virtualizer ─▶ rows;  → opens a row, Enter the trace's page

import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useCallback, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { TraceRow } from '../../data/trace-search.ts';
import type { Zone } from '../../data/time-text.ts';
import { lineKey, linesOf, rowText } from './trace-rows.ts';
import type { TableLine } from './trace-rows.ts';
import { TraceLine } from './TraceLine.tsx';
import type { TraceLineProps } from './TraceLine.tsx';
import type { Column, TracesState } from './traces-state.ts';
import { useTraceLinks } from './use-open-trace.ts';
import css from './table.module.css';

interface TraceTableProps {
  readonly traces: readonly TraceRow[];
  readonly state: Pick<TracesState, 'open' | 'sort'>;
  readonly zone: Zone;
  readonly dim: boolean;
  readonly onToggle: (traceId: string) => void;
  readonly onOpen: (traceId: string, spanId?: string) => void;
  readonly onSort: (column: Column) => void;
}

const ROW_HEIGHT = 24;
const PAGE_ROWS = 20;

const HEADS: readonly (readonly [Column | '', string])[] = [
  ['start', 'Start'],
  ['root', 'First span'],
  ['duration', 'Duration'],
  ['spans', 'Spans'],
  ['errors', 'Errors'],
  ['', 'Services'],
  ['matched', 'Matched'],
];

export function TraceTable(props: TraceTableProps) {
  const { traces, state, onToggle, onOpen } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const links = useTraceLinks();
  const lines = useMemo(() => linesOf(traces, state.open), [traces, state.open]);
  const withDay = useMemo(() => spansDays(traces), [traces]);
  const longestS = useMemo(() => traces.reduce((most, { durationS }) => Math.max(most, durationS), 0), [traces]);
  // A function of its own at every drawing would make the virtualizer place every row anew.
  const keyOf = useCallback((index: number) => rowKey(lines[index], index), [lines]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: rowHeight,
    getItemKey: keyOf,
    overscan: 12,
  });
  const current = Math.min(active, lines.length - 1);
  const move = (to: number): void => {
    const at = Math.max(0, Math.min(lines.length - 1, to));
    setActive(at);
    virtual.scrollToIndex(at);
  };
  const pick = useCallback(
    (index: number, line: TableLine): void => {
      setActive(index);
      // Selecting text with the mouse is not a click on the row.
      if (line.kind === 'trace' && getSelection()?.isCollapsed !== false) onToggle(line.trace.traceId);
    },
    [onToggle],
  );
  const press = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return;
    if (pressed(event.key, { lines, current, move, onToggle, onOpen })) event.preventDefault();
  };
  return (
    <div
      className={css.table}
      data-dim={props.dim}
      role="treegrid"
      tabIndex={0}
      aria-label="Traces"
      aria-rowcount={lines.length + 1}
      aria-activedescendant={`trace-line-${current}`}
      onKeyDown={press}
      onCopy={(event) => {
        const line = lines[current];
        // Without a selection the active row is meant.
        if (line === undefined || event.target !== event.currentTarget || getSelection()?.isCollapsed === false) return;
        event.clipboardData.setData('text/plain', rowText(line.trace));
        event.preventDefault();
      }}
    >
      <Heads {...props} />
      <div ref={scroller} className={css.scroll} role="rowgroup">
        <div className={css.rows} style={{ height: virtual.getTotalSize() }} onClickCapture={links.follow}>
          {virtual.getVirtualItems().map(({ index, key, start }) => {
            const line = lines[index];
            if (line === undefined) return null;
            return (
              <Row
                key={key}
                index={index}
                start={start}
                line={line}
                isActive={index === current}
                longestS={longestS}
                zone={props.zone}
                withDay={withDay}
                href={links.href}
                onPick={pick}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

const rowHeight = (): number => ROW_HEIGHT;

function rowKey(line: TableLine | undefined, index: number): string | number {
  return line === undefined ? index : `${lineKey(line)} ${line.kind === 'trace' ? '' : index}`;
}

interface RowProps extends TraceLineProps {
  readonly index: number;
  readonly start: number;
  readonly isActive: boolean;
  readonly onPick: (index: number, line: TableLine) => void;
}

/** Scrolling draws the rows that come into sight; those that stay are left alone. */
const Row = memo(function Row({ index, start, isActive, onPick, ...shown }: RowProps) {
  const { line } = shown;
  return (
    <div
      id={`trace-line-${index}`}
      className={css.row}
      role="row"
      aria-rowindex={index + 2}
      aria-level={line.kind === 'trace' ? 1 : 2}
      {...(line.kind === 'trace' ? { 'aria-expanded': line.isOpen } : {})}
      data-kind={line.kind}
      data-active={isActive}
      style={{ transform: `translateY(${start}px)` }}
      onClick={() => onPick(index, line)}
    >
      <TraceLine {...shown} />
    </div>
  );
});

const DAY_MS = 86_400_000;

/** One day is said by the time range. */
function spansDays(traces: readonly TraceRow[]): boolean {
  const days = traces.map(({ startMs }) => Math.floor(startMs / DAY_MS));
  return days.some((day) => day !== days[0]);
}

function Heads({ state: { sort }, onSort }: TraceTableProps) {
  return (
    <div className={css.heads} role="row" aria-rowindex={1}>
      <span role="columnheader" aria-label="Open" />
      {HEADS.map(([column, title]) => (
        <span
          key={title}
          role="columnheader"
          data-column={column || 'services'}
          aria-sort={column === '' || sort.column !== column ? 'none' : sort.descending ? 'descending' : 'ascending'}
        >
          {column === '' ? (
            title
          ) : (
            <button type="button" onClick={() => onSort(column)}>
              {title}
              <span aria-hidden>{sort.column !== column ? '' : sort.descending ? ' ↓' : ' ↑'}</span>
            </button>
          )}
        </span>
      ))}
    </div>
  );
}

interface Pressed extends Pick<TraceTableProps, 'onToggle' | 'onOpen'> {
  readonly lines: readonly TableLine[];
  readonly current: number;
  readonly move: (to: number) => void;
}

/** Whether a key meant something here. */
function pressed(key: string, { lines, current, move, onToggle, onOpen }: Pressed): boolean {
  const line = lines[current];
  const jumps: Readonly<Record<string, number>> = {
    ArrowDown: current + 1,
    ArrowUp: current - 1,
    PageDown: current + PAGE_ROWS,
    PageUp: current - PAGE_ROWS,
    Home: 0,
    End: lines.length - 1,
  };
  const to = jumps[key];
  if (to !== undefined) {
    move(to);
    return true;
  }
  if (line === undefined) return false;
  const { traceId } = line.trace;
  if (key === 'Enter') onOpen(traceId, line.kind === 'span' ? line.span.spanId : undefined);
  else if (key === 'ArrowRight' && line.kind === 'trace' && !line.isOpen) onToggle(traceId);
  else if (key === 'ArrowLeft' && (line.kind !== 'trace' || line.isOpen)) {
    move(lines.findIndex((one) => one.kind === 'trace' && one.trace.traceId === traceId));
    onToggle(traceId);
  } else return false;
  return true;
}
