// The spans of a trace as rows that scroll by the ten thousand: only those in sight are in the document.
//
//   rows (places in the tree) ─▶ virtualizer ─▶ SpanRow;  clicks are told apart here, once for all rows

import { useElementSize, useMediaQuery } from '@mantine/hooks';
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import type { Range } from '@tanstack/react-virtual';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { CSSProperties, KeyboardEvent, MouseEvent } from 'react';
import { lengthText, percentOf, ticksOf } from './bar-layout.ts';
import type { Window } from './bar-layout.ts';
import type { SpanNode } from './span-tree.ts';
import { SpanRow } from './SpanRow.tsx';
import { TimeAxis } from './TimeAxis.tsx';
import type { TraceView } from './trace-view.ts';
import { serviceText } from './trace.ts';
import type { Folded } from './visible-rows.ts';
import css from './waterfall.module.css';

/** A row to bring into sight; the same place may be asked for again. */
export interface Jump {
  readonly at: number;
  readonly turn: number;
  /** A step scrolls no further than it must; who comes from afar sees what is around. */
  readonly align: 'auto' | 'center';
}

interface WaterfallProps {
  readonly view: TraceView;
  /** Places, in order. */
  readonly rows: readonly number[];
  readonly window: Window;
  readonly folded: Folded;
  /** The row that the keyboard is on; -1 for none. */
  readonly current: number;
  readonly openAt: number;
  readonly jump: Jump | undefined;
  /** Places that have what is sought; nothing where nothing is. */
  readonly matches: ReadonlySet<number> | undefined;
  readonly wanted: string;
  readonly dim: boolean;
  readonly onMove: (at: number) => void;
  readonly onOpen: (at: number) => void;
  readonly onClose: () => void;
  readonly onFold: (at: number) => void;
  readonly onZoom: (window: Window | undefined) => void;
}

const ROW_PX = 22;
/** Where there is no room for two columns, the bar stands below the name. */
const NARROW_ROW_PX = 40;
const PAGE_ROWS = 20;
/** A time on the axis with room around it. */
const TICK_PX = 120;

export function Waterfall(props: WaterfallProps) {
  const { view, rows, window, folded, current, matches, wanted, jump } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const narrow = useMediaQuery('(max-width: 800px)', false, { getInitialValueInEffect: false });
  const [names, setNames] = useNamesWidth();
  const index = useMemo(() => new Map(rows.map((at, i) => [at, i])), [rows]);
  const currentRow = index.get(current) ?? -1;
  const keyOf = useCallback((row: number) => rows[row] ?? row, [rows]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (narrow ? NARROW_ROW_PX : ROW_PX),
    getItemKey: keyOf,
    overscan: 8,
    // The current row stays in the document, because the tree names it as its active descendant.
    rangeExtractor: (range: Range) => {
      const shown = defaultRangeExtractor(range);
      return currentRow < 0 || currentRow >= rows.length || shown.includes(currentRow)
        ? shown
        : [...shown, currentRow].sort((a, b) => a - b);
    },
  });
  useEffect(() => virtual.measure(), [virtual, narrow]);
  const latest = useRef(index);
  useEffect(() => {
    latest.current = index;
  }, [index]);
  useEffect(() => {
    const row = jump === undefined ? undefined : latest.current.get(jump.at);
    if (jump && row !== undefined) virtual.scrollToIndex(row, { align: jump.align });
  }, [jump, virtual]);
  const box = useElementSize();
  const ticks = Math.max(2, Math.floor((box.width * (narrow ? 1 : 1 - names / 100)) / TICK_PX));
  // The names' width as the styles read it.
  const style: CSSProperties & Record<'--names', string> = { '--names': narrow ? '100%' : `${names}%` };
  return (
    <div className={css.waterfall} style={style} data-narrow={narrow} data-dim={props.dim}>
      <TimeAxis window={window} names={names} ticks={ticks} onNames={setNames} onZoom={props.onZoom} />
      <div ref={box.ref} className={css.body}>
        <div className={css.grid} aria-hidden>
          <div>
            {ticksOf(window, ticks).map((time) => (
              <i key={time} style={{ left: `${percentOf(time, window)}%` }} />
            ))}
          </div>
        </div>
        <div
          ref={scroller}
          className={css.scroll}
          role="tree"
          tabIndex={0}
          aria-label="Spans"
          aria-activedescendant={currentRow >= 0 ? `span-${current}` : undefined}
          data-spans
          onKeyDown={(event) => press(event, { ...props, currentRow })}
          onClick={(event) => click(event, props)}
        >
          <div className={css.rows} style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => {
              const node = view.tree.nodes[rows[item.index] ?? -1];
              if (!node) return null;
              return (
                <div key={item.key} style={{ height: item.size, transform: `translateY(${item.start}px)` }} {...rowAttributes(node, props)}>
                  <SpanRow
                    node={node}
                    own={view.own[node.at]}
                    critical={view.path.stretches.get(node.at)}
                    window={window}
                    isFolded={folded.has(node.at)}
                    wanted={matches?.has(node.at) === true ? wanted : ''}
                  />
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}

function rowAttributes(node: SpanNode, { folded, current, openAt, matches }: WaterfallProps) {
  const { at, span, depth, children } = node;
  const failed = span.status === 'error' ? ', error' : '';
  return {
    id: `span-${at}`,
    className: css.row,
    role: 'treeitem',
    'aria-level': depth + 1,
    'aria-expanded': children.length > 0 ? !folded.has(at) : undefined,
    'aria-selected': at === openAt,
    'aria-label': `${serviceText(span.source.service)}: ${span.name}, ${lengthText(span.end - span.start)}${failed}`,
    'data-at': at,
    'data-current': at === current,
    'data-match': matches === undefined ? undefined : matches.has(at),
  };
}

function click({ target }: MouseEvent, { onFold, onOpen }: WaterfallProps): void {
  if (!(target instanceof Element)) return;
  const at = Number(target.closest('[data-at]')?.getAttribute('data-at') ?? -1);
  if (at < 0) return;
  if (target.closest('[data-fold]')) onFold(at);
  else onOpen(at);
}

function press(event: KeyboardEvent, props: WaterfallProps & { readonly currentRow: number }): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { rows, currentRow, onMove } = props;
  const to = (row: number): void => {
    const at = rows[Math.max(0, Math.min(rows.length - 1, row))];
    if (at !== undefined) onMove(at);
  };
  const row = {
    ArrowDown: currentRow + 1,
    ArrowUp: currentRow - 1,
    PageDown: currentRow + PAGE_ROWS,
    PageUp: currentRow - PAGE_ROWS,
    Home: 0,
    End: rows.length - 1,
  }[event.key];
  if (row !== undefined) to(row);
  else if (!pressOnSpan(event.key, props)) return;
  event.preventDefault();
}

/** Keys that mean something for the current span. */
function pressOnSpan(key: string, { view, current, folded, onFold, onOpen, onMove }: WaterfallProps): boolean {
  const node = view.tree.nodes[current];
  if (!node) return false;
  const { at, parent, children } = node;
  const isOpen = children.length > 0 && !folded.has(at);
  if (key === 'Enter') onOpen(at);
  else if (key === ' ' && children.length > 0) onFold(at);
  else if (key === 'ArrowRight' && isOpen) onMove(at + 1);
  else if (key === 'ArrowRight' && children.length > 0) onFold(at);
  else if (key === 'ArrowLeft' && isOpen) onFold(at);
  else if (key === 'ArrowLeft' && parent !== -1) onMove(parent);
  else return false;
  return true;
}

const NAMES_KEY = 'sightline.trace.names';
const [NAMES_MIN, NAMES_MAX, NAMES_FIRST] = [15, 75, 36];

/** The share of the names' column in percent, kept in the browser. */
function useNamesWidth(): readonly [number, (percent: number) => void] {
  const [percent, setPercent] = useState(() => {
    const kept = Number(localStorage.getItem(NAMES_KEY));
    return kept >= NAMES_MIN && kept <= NAMES_MAX ? kept : NAMES_FIRST;
  });
  const set = useCallback((wanted: number): void => {
    const next = Math.max(NAMES_MIN, Math.min(NAMES_MAX, wanted));
    setPercent(next);
    localStorage.setItem(NAMES_KEY, next.toFixed(1));
  }, []);
  return [percent, set];
}
