// The lines of a query as a list that scrolls by the hundred thousand: only those in sight are in the document.
//
//   entries ─▶ virtualizer (one height, or measured when wrapped) ─▶ rows;  the last ones in sight ask for more

import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import type { Range, VirtualItem, Virtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { HTMLAttributes, KeyboardEvent, ReactNode, RefObject } from 'react';
import { fieldValue, msOf } from '../../data/log-lines.ts';
import type { LogEntry } from '../../data/log-lines.ts';
import type { Term } from '../../data/logql-text.ts';
import type { Zone } from '../../data/time-text.ts';
import { ColumnHeads } from './ColumnHeads.tsx';
import { LineRow } from './LineRow.tsx';
import { ROW_HEIGHT, columnWidth, wrappedHeight } from './line-rows.ts';
import type { LogsState } from './logs-state.ts';
import css from './lines.module.css';

export interface LineListProps {
  readonly entries: readonly LogEntry[];
  readonly terms: readonly Term[];
  readonly state: Pick<LogsState, 'wrap' | 'columns' | 'lineHidden'>;
  readonly zone: Zone;
  /** The entry whose detail is open, by its place. */
  readonly openIndex: number;
  readonly dim: boolean;
  /** The list stays at its end while lines are added there. */
  readonly follow?: boolean;
  /** Rows that were taken away at the beginning since the first drawing, so that a place means the same line. */
  readonly offset?: number;
  readonly label: string;
  readonly onOpen: (index: number) => void;
  readonly onClose: () => void;
  readonly onEnd?: (() => void) | undefined;
  /** Called with whether the list is away from its beginning. */
  readonly onScrolled?: (away: boolean) => void;
  /** Somebody scrolls back from the end that the list follows. */
  readonly onLeaveEnd?: () => void;
  readonly onColumn: (name: string) => void;
  readonly onLineColumn: () => void;
  readonly foot?: ReactNode;
}

/** Rows before the end at which more are asked for. */
const AHEAD = 60;
const SAMPLED = 200;
/** Some rows down, somebody reads other lines than the first. */
const AWAY_PX = 100;
const DAY_MS = 86_400_000;

export function LineList(props: LineListProps) {
  const { entries, state, zone, openIndex, onOpen, onEnd, onScrolled } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const current = Math.min(openIndex >= 0 ? openIndex : active, entries.length - 1);
  const virtual = useRows(props, scroller, current);
  const shown = virtual.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (onEnd && lastShown >= entries.length - AHEAD) onEnd();
  }, [lastShown, entries.length, onEnd]);
  useFollow(props, virtual);
  useEffect(() => {
    onScrolled?.(false);
    return () => onScrolled?.(false);
  }, [onScrolled]);
  const withDay = useMemo(() => spansDays(entries), [entries]);
  const widths = useMemo(
    () =>
      state.columns.map((name) =>
        columnWidth(
          entries.slice(0, SAMPLED).map((entry) => fieldValue(entry, name)),
          name,
        ),
      ),
    [entries, state.columns],
  );
  const move = (to: number): void => {
    const at = Math.max(0, Math.min(entries.length - 1, to));
    setActive(at);
    virtual.scrollToIndex(at);
    // Where a detail is open, it follows.
    if (openIndex >= 0) onOpen(at);
  };
  return (
    <div className={css.list} data-dim={props.dim} data-wrap={state.wrap} data-day={withDay}>
      {state.columns.length > 0 && <ColumnHeads {...state} widths={widths} onColumn={props.onColumn} onLineColumn={props.onLineColumn} />}
      <div
        ref={scroller}
        className={css.scroll}
        role="listbox"
        tabIndex={0}
        aria-label={props.label}
        aria-activedescendant={current >= 0 ? `line-${current}` : undefined}
        data-lines
        onKeyDown={(event) => press(event, { current, move, props })}
        onScroll={({ currentTarget }) => onScrolled?.(currentTarget.scrollTop > AWAY_PX)}
        {...(props.follow === true ? leavingEnd(props.onLeaveEnd) : {})}
      >
        <div className={css.rows} style={{ height: virtual.getTotalSize() }}>
          {shown.map((item) => (
            <ListedRow
              key={item.key}
              item={item}
              props={props}
              widths={widths}
              withDay={withDay}
              current={current}
              measure={state.wrap ? virtual.measureElement : undefined}
              zone={zone}
              onPick={(index) => {
                setActive(index);
                onOpen(index);
              }}
            />
          ))}
        </div>
        {props.foot}
      </div>
    </div>
  );
}

/** What people do to leave the end of a list that follows it: wheel back, drag by a finger, take the bar, or move up by a key. */
function leavingEnd(leave: () => void = () => undefined): HTMLAttributes<HTMLDivElement> {
  return {
    onWheel: ({ deltaY }) => {
      if (deltaY < 0) leave();
    },
    onTouchMove: leave,
    onPointerDown: ({ target, currentTarget }) => {
      if (target === currentTarget) leave();
    },
    onKeyDownCapture: ({ key }) => {
      if (key === 'ArrowUp' || key === 'PageUp' || key === 'Home') leave();
    },
  };
}

type Rows = Virtualizer<HTMLDivElement, Element>;

function useRows({ entries, state, offset }: LineListProps, scroller: RefObject<HTMLDivElement | null>, current: number): Rows {
  const letters = useLetters(scroller, state.columns.length);
  // A function of its own at every drawing would make the virtualizer place every row anew.
  const keyOf = useCallback((index: number) => index + (offset ?? 0), [offset]);
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (state.wrap ? wrappedHeight(entries[index]?.line ?? '', letters) : ROW_HEIGHT),
    getItemKey: keyOf,
    overscan: 6,
    // The active row stays in the document, because the list names it as its active descendant.
    rangeExtractor: (range: Range) => {
      const rows = defaultRangeExtractor(range);
      return current < 0 || current >= entries.length || rows.includes(current) ? rows : [...rows, current].sort((a, b) => a - b);
    },
  });
  const { wrap, columns, lineHidden } = state;
  // Other lines at the same places, or the same in another form, are measured anew.
  const form = `${wrap} ${lineHidden} ${columns.join(',')} ${offset === undefined ? (entries[0]?.ns ?? '') : ''}`;
  useEffect(() => {
    if (form !== '') virtual.measure();
  }, [virtual, form]);
  return virtual;
}

const LETTER_PX = 7.2;
/** Time and level before the line, and about as much for each column. */
const BEFORE_PX = 170;

/** Letters of a line that stand side by side. */
function useLetters(scroller: RefObject<HTMLDivElement | null>, columns: number): number {
  const [width, setWidth] = useState(innerWidth);
  useEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const resized = new ResizeObserver(() => setWidth(element.clientWidth));
    resized.observe(element);
    return () => resized.disconnect();
  }, [scroller]);
  return Math.max(20, Math.floor((width - BEFORE_PX * (1 + columns)) / LETTER_PX));
}

/** Keeps the end in sight while lines come. */
function useFollow({ follow = false, entries, offset = 0 }: LineListProps, virtual: Rows): void {
  // A full list keeps its length: the number of its last line tells that others came.
  const newest = offset + entries.length - 1;
  const { length } = entries;
  useEffect(() => {
    if (follow && newest >= 0) virtual.scrollToIndex(length - 1, { align: 'end' });
  }, [follow, newest, length, virtual]);
}

function spansDays(entries: readonly LogEntry[]): boolean {
  const [first, last] = [entries[0], entries.at(-1)];
  if (!first || !last) return false;
  return Math.floor(msOf(first) / DAY_MS) !== Math.floor(msOf(last) / DAY_MS);
}

interface Pressed {
  readonly current: number;
  readonly move: (to: number) => void;
  readonly props: LineListProps;
}

function press(event: KeyboardEvent, { current, move, props }: Pressed): void {
  if (event.target !== event.currentTarget) return;
  const page = 20;
  const last = props.entries.length - 1;
  const jump = { ArrowDown: current + 1, ArrowUp: current - 1, PageDown: current + page, PageUp: current - page, Home: 0, End: last }[
    event.key
  ];
  if (jump !== undefined) move(jump);
  else if (event.key === 'Enter' && current >= 0) props.onOpen(current);
  else if (event.key === 'Escape') props.onClose();
  else return;
  event.preventDefault();
}

interface ListedRowProps {
  readonly item: VirtualItem;
  readonly props: LineListProps;
  readonly widths: readonly number[];
  readonly withDay: boolean;
  readonly current: number;
  readonly measure: ((node: Element | null) => void) | undefined;
  readonly zone: Zone;
  readonly onPick: (index: number) => void;
}

function ListedRow({ item, props, widths, withDay, current, measure, zone, onPick }: ListedRowProps) {
  const entry = props.entries[item.index];
  if (!entry) return null;
  return (
    <div
      id={`line-${item.index}`}
      ref={measure}
      data-index={item.index}
      data-active={item.index === current}
      className={css.row}
      role="option"
      aria-selected={item.index === props.openIndex}
      aria-posinset={item.index + 1}
      aria-setsize={props.entries.length}
      style={{ transform: `translateY(${item.start}px)` }}
      onClick={() => {
        // Selecting text with the mouse is not a click on the line.
        if (getSelection()?.isCollapsed !== false) onPick(item.index);
      }}
    >
      <LineRow entry={entry} terms={props.terms} state={props.state} widths={widths} zone={zone} withDay={withDay} />
    </div>
  );
}
