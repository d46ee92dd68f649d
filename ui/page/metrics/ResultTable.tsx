// The series of a query at one time as rows: every label a column, and the value. Virtual, sorted, and copied by the cell or as a whole.

import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { useLive } from '../../data/Live.tsx';
import type { HistogramValue, InstantValue } from '../../data/query-result.ts';
import { instantText } from '../../data/time-text.ts';
import { quantityText, unitOfName } from '../../data/units.ts';
import type { Quantity } from '../../data/units.ts';
import { CopyButton, copyText } from '../../kit/CopyButton.tsx';
import { toCsv, toJson } from '../../kit/csv.ts';
import { HistogramBars } from './HistogramBars.tsx';
import type { TableSort } from './metrics-state.ts';
import { LISTED_SAMPLES_MAX, cellText, columnsOf, exactText, rowHeight, rowsOf, textTable } from './result-rows.ts';
import type { Cell, ResultRow } from './result-rows.ts';
import css from './results.module.css';

interface ResultTableProps {
  readonly value: Extract<InstantValue, { readonly kind: 'vector' | 'matrix' }>;
  readonly quantity: Quantity;
  readonly sort: TableSort;
  readonly onSort: (column: string) => void;
}

const columnTitle = (column: string): string => (column === '__name__' ? 'metric' : column);

export function ResultTable({ value, quantity, sort, onSort }: ResultTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [said, setSaid] = useState('Click a cell to copy it');
  const rows = useMemo(() => rowsOf(value, sort), [value, sort]);
  const columns = useMemo(() => columnsOf(value.series), [value]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index] ? rowHeight(rows[index]) : 0),
    getItemKey: (index) => `${rows[index]?.key ?? ''} ${index} ${value.kind}`,
    overscan: 16,
  });
  const shown = virtual.getVirtualItems();
  const before = shown[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0);
  const copy = (text: string): void =>
    void copyText(text).then(
      () => setSaid(`Copied ${text.slice(0, 200)}`),
      () => setSaid('The browser forbids copying'),
    );
  return (
    <div className={css.tableBox}>
      <div className={css.tableTools}>
        <span role="status">{said}</span>
        <CopyButton title="Copy CSV" text={() => toCsv(textTable(rows, columns))} />
        <CopyButton title="Copy JSON" text={() => toJson(textTable(rows, columns))} />
      </div>
      <div ref={scroller} className={css.tableScroll} tabIndex={0} role="region" aria-label="Series">
        <table className={css.table} aria-rowcount={rows.length}>
          <thead>
            <tr>
              {['value', ...columns].map((column) => (
                <th key={column} scope="col" aria-sort={sort.column !== column ? 'none' : sort.descending ? 'descending' : 'ascending'}>
                  <button type="button" onClick={() => onSort(column)}>
                    {columnTitle(column)}
                    <span aria-hidden>{sort.column !== column ? '' : sort.descending ? ' ↓' : ' ↑'}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {before > 0 && <tr style={{ height: before }} />}
            {shown.map(({ index, key }) => {
              const row = rows[index];
              return row && <Row key={key} row={row} index={index} columns={columns} quantity={quantity} onCopy={copy} />;
            })}
            {after > 0 && <tr style={{ height: after }} />}
          </tbody>
        </table>
      </div>
    </div>
  );
}

interface RowProps {
  readonly row: ResultRow;
  readonly index: number;
  readonly columns: readonly string[];
  readonly quantity: Quantity;
  readonly onCopy: (text: string) => void;
}

function Row({ row, index, columns, quantity, onCopy }: RowProps) {
  const metric = row.labels['__name__'];
  // A value that kept its name is that metric's own.
  const own: Quantity = metric === undefined ? quantity : { unit: unitOfName(metric), perSecond: false };
  return (
    <tr aria-rowindex={index + 1} style={{ height: rowHeight(row) }}>
      <td
        className={css.value}
        title={row.cell.kind === 'value' ? cellText(row.cell) : undefined}
        onClick={() => onCopy(cellText(row.cell))}
      >
        <CellValue cell={row.cell} quantity={own} />
      </td>
      {columns.map((column) => (
        <td key={column} title={row.labels[column]} onClick={() => onCopy(row.labels[column] ?? '')}>
          {row.labels[column] ?? ''}
        </td>
      ))}
    </tr>
  );
}

function CellValue({ cell, quantity }: { readonly cell: Cell; readonly quantity: Quantity }) {
  switch (cell.kind) {
    case 'value':
      return quantityText(cell.value, quantity);
    case 'histogram':
      return <HistogramBars histogram={cell.histogram} quantity={quantity} />;
    case 'samples':
      return <Samples times={cell.times} values={cell.values} />;
  }
}

/** The samples of a range, each with its time. */
function Samples({ times, values }: { readonly times: readonly number[]; readonly values: readonly (number | HistogramValue)[] }) {
  const { zone } = useLive();
  return (
    <ol className={css.samples} tabIndex={0}>
      {times.slice(0, LISTED_SAMPLES_MAX).map((time, i) => (
        <li key={time}>
          {exactText(values[i] ?? Number.NaN)} <span>@ {instantText(time * 1000, zone)}</span>
        </li>
      ))}
      {times.length > LISTED_SAMPLES_MAX && <li>and {times.length - LISTED_SAMPLES_MAX} more: copy them</li>}
    </ol>
  );
}
