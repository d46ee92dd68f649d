// The series of a query as rows: every label a column, and the last value. Virtual, sorted, and copied by the cell or as a whole.

import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import type { Grid } from '../../data/samples.ts';
import { summaryOf } from '../../data/samples.ts';
import { quantityText, unitOfName } from '../../data/units.ts';
import { CopyButton, copyText } from '../../kit/CopyButton.tsx';
import { toCsv, toJson } from '../../kit/csv.ts';
import type { TextTable } from '../../kit/csv.ts';
import type { TableSort } from './metrics-state.ts';
import css from './metrics.module.css';

interface SeriesTableProps {
  readonly grid: Grid;
  /** The values are rates. */
  readonly perSecond: boolean;
  readonly sort: TableSort;
  readonly onSort: (column: string) => void;
}

interface SeriesRow {
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | null;
}

const ROW_HEIGHT = 24;
const collator = new Intl.Collator('en', { numeric: true });

function rowsOf(grid: Grid, sort: TableSort): readonly SeriesRow[] {
  const rows = grid.series.map((s): SeriesRow => ({ key: s.key, labels: s.labels, value: summaryOf(s.values).last }));
  const compare = (a: SeriesRow, b: SeriesRow): number =>
    sort.column === 'value'
      ? (a.value ?? Number.NEGATIVE_INFINITY) - (b.value ?? Number.NEGATIVE_INFINITY)
      : collator.compare(a.labels[sort.column] ?? '', b.labels[sort.column] ?? '');
  return rows.sort((a, b) => (sort.descending ? compare(b, a) : compare(a, b)));
}

/** The metric first, then the labels that most series have. */
function columnsOf(grid: Grid): readonly string[] {
  const counts = new Map<string, number>();
  for (const s of grid.series) for (const name of Object.keys(s.labels)) counts.set(name, (counts.get(name) ?? 0) + 1);
  counts.set('__name__', Number.POSITIVE_INFINITY);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([name]) => name);
}

export function SeriesTable({ grid, perSecond, sort, onSort }: SeriesTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [said, setSaid] = useState('Click a cell to copy it');
  const rows = useMemo(() => rowsOf(grid, sort), [grid, sort]);
  const columns = useMemo(() => columnsOf(grid), [grid]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 16,
  });
  const shown = virtual.getVirtualItems();
  const before = shown[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0);
  const table = (): TextTable => ({
    columns: [...columns, 'value'],
    rows: rows.map((row) => [...columns.map((c) => row.labels[c] ?? ''), row.value === null ? '' : String(row.value)]),
  });
  const copy = (text: string): void =>
    void copyText(text).then(
      () => setSaid(`Copied ${text}`),
      () => setSaid('The browser forbids copying'),
    );
  return (
    <div className={css.tableBox}>
      <div className={css.tableTools}>
        <span role="status">{said}</span>
        <CopyButton title="Copy CSV" text={() => toCsv(table())} />
        <CopyButton title="Copy JSON" text={() => toJson(table())} />
      </div>
      <div ref={scroller} className={css.tableScroll} tabIndex={0} role="region" aria-label="Series">
        <table className={css.table} aria-rowcount={rows.length}>
          <thead>
            <tr>
              {['value', ...columns].map((column) => (
                <th key={column} scope="col" aria-sort={sort.column !== column ? 'none' : sort.descending ? 'descending' : 'ascending'}>
                  <button type="button" onClick={() => onSort(column)}>
                    {column === '__name__' ? 'metric' : column}
                    <span aria-hidden>{sort.column !== column ? '' : sort.descending ? ' ↓' : ' ↑'}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {before > 0 && <tr style={{ height: before }} />}
            {shown.map(({ index }) => {
              const row = rows[index];
              return (
                row && (
                  <tr key={`${row.key} ${index}`} aria-rowindex={index + 1} style={{ height: ROW_HEIGHT }}>
                    <td className={css.value} title={String(row.value)} onClick={() => copy(String(row.value))}>
                      {quantityText(row.value, { unit: unitOfName(row.labels['__name__'] ?? ''), perSecond })}
                    </td>
                    {columns.map((column) => (
                      <td key={column} title={row.labels[column]} onClick={() => copy(row.labels[column] ?? '')}>
                        {row.labels[column] ?? ''}
                      </td>
                    ))}
                  </tr>
                )
              );
            })}
            {after > 0 && <tr style={{ height: after }} />}
          </tbody>
        </table>
      </div>
    </div>
  );
}
