// The names at the left of the metrics page: found, sorted, and scrolled through by the ten thousand.

import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useRef, useState } from 'react';
import type { KeyboardEvent, RefObject } from 'react';
import { countText } from '../../data/units.ts';
import { inputClass, selectClass } from '../../kit/Controls.tsx';
import type { ListSort, MetricRow } from './metrics-state.ts';
import css from './metrics.module.css';

const ROW_HEIGHT = 40;
/** The end of a name says what it measures, so a long name loses letters before its last ones. */
const TAIL = 14;

interface MetricListProps {
  readonly rows: readonly MetricRow[];
  readonly total: number;
  readonly chosen: string;
  readonly find: string;
  readonly sort: ListSort;
  readonly onFind: (find: string) => void;
  readonly onSort: (sort: ListSort) => void;
  readonly onChoose: (name: string) => void;
}

const SORTS: readonly (readonly [ListSort, string])[] = [
  ['name', 'by name'],
  ['series', 'by series'],
  ['type', 'by type'],
];

export function MetricList({ rows, total, chosen, find, sort, onFind, onSort, onChoose }: MetricListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const shown = virtual.getVirtualItems();
  const move = (to: number): void => {
    const at = Math.max(0, Math.min(rows.length - 1, to));
    setActive(at);
    virtual.scrollToIndex(at);
  };
  const press = (event: KeyboardEvent): void => {
    const jump = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + 10, PageUp: active - 10 }[event.key];
    const row = rows[active];
    if (jump !== undefined) move(jump);
    else if (event.key === 'Enter' && row) onChoose(row.name);
    else return;
    event.preventDefault();
  };
  useEffect(() => setActive(-1), [find, sort]);
  useScrollToChosen(rows, chosen, virtual.scrollToIndex, scroller);
  return (
    <aside className={css.list} aria-label="Metrics">
      <div className={css.tools}>
        <input
          className={inputClass}
          value={find}
          onChange={(e) => onFind(e.target.value)}
          placeholder="Find in names and help"
          onKeyDown={press}
          aria-label="Find a metric"
          aria-controls="metric-names"
          spellCheck={false}
        />
        <select
          className={selectClass}
          value={sort}
          aria-label="Order"
          onChange={(e) => onSort(SORTS.find(([s]) => s === e.target.value)?.[0] ?? 'name')}
        >
          {SORTS.map(([value, title]) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      </div>
      <div className={css.count} role="status">
        {rows.length === total ? `${countText(total)} metrics` : `${countText(rows.length)} of ${countText(total)} metrics`}
      </div>
      <div
        ref={scroller}
        id="metric-names"
        className={css.names}
        role="listbox"
        onKeyDown={press}
        aria-label="Metric names"
        tabIndex={0}
        aria-activedescendant={active >= 0 ? `metric-${active}` : undefined}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {shown.map(({ index, start }) => {
            const row = rows[index];
            return (
              row && (
                <Row
                  key={row.name}
                  row={row}
                  index={index}
                  start={start}
                  chosen={row.name === chosen}
                  active={index === active}
                  onChoose={onChoose}
                />
              )
            );
          })}
        </div>
        {rows.length === 0 && <p className={css.none}>No metric is called that.</p>}
      </div>
    </aside>
  );
}

/** A metric that was chosen elsewhere is brought into sight, once. */
function useScrollToChosen(
  rows: readonly MetricRow[],
  chosen: string,
  scroll: (index: number) => void,
  scroller: RefObject<HTMLDivElement | null>,
): void {
  const done = useRef('');
  useEffect(() => {
    if (done.current === chosen || rows.length === 0 || !scroller.current) return;
    done.current = chosen;
    const index = rows.findIndex((row) => row.name === chosen);
    const top = index * ROW_HEIGHT;
    const { scrollTop, clientHeight } = scroller.current;
    if (index >= 0 && (top < scrollTop || top + ROW_HEIGHT > scrollTop + clientHeight)) scroll(index);
  }, [rows, chosen, scroll, scroller]);
}

interface RowProps {
  readonly row: MetricRow;
  readonly index: number;
  readonly start: number;
  readonly chosen: boolean;
  readonly active: boolean;
  readonly onChoose: (name: string) => void;
}

const Row = memo(function Row({ row, index, start, chosen, active, onChoose }: RowProps) {
  return (
    <div
      id={`metric-${index}`}
      role="option"
      aria-label={row.type === '' ? row.name : `${row.name}, ${row.type}`}
      aria-selected={chosen}
      data-active={active}
      className={css.metric}
      style={{ transform: `translateY(${start}px)`, height: ROW_HEIGHT }}
      title={row.help === '' ? row.name : `${row.name}\n${row.help}`}
      onClick={() => onChoose(row.name)}
    >
      <span className={css.metricName}>
        <span>{row.name.slice(0, -TAIL)}</span>
        <span>{row.name.slice(-TAIL)}</span>
      </span>
      <span className={css.metricCount}>{row.series === undefined ? '' : countText(row.series)}</span>
      <span className={css.metricHelp}>
        {row.type !== '' && <b>{row.type}</b>} {row.help}
      </span>
    </div>
  );
});
