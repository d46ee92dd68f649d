// The operations of a service with their figures over the range; a click narrows the page to one.

import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { largestOf, quantityText } from '../../data/units.ts';
import { CopyButton } from '../../kit/CopyButton.tsx';
import { toCsv } from '../../kit/csv.ts';
import { Failed, Skeleton } from '../../kit/States.tsx';
import { PER_SECOND, RATIO, SECONDS } from './quantities.ts';
import { OPERATION_COLUMNS, sortedOperations } from './service-state.ts';
import type { Operation, OperationColumn, ServiceState } from './service-state.ts';
import { useOperations } from './use-service.ts';
import type { ServicePictures } from './use-service.ts';
import css from './service.module.css';

const TITLES: Readonly<Record<OperationColumn, string>> = {
  name: 'Operation',
  kind: 'Kind',
  rate: 'Rate',
  errors: 'Errors',
  p50: 'p50',
  p95: 'p95',
  p99: 'p99',
};
const ROW_HEIGHT = 28;

interface OperationTableProps {
  readonly service: string;
  readonly basis: ServicePictures['basis'];
  readonly state: ServiceState;
  readonly onSort: (column: OperationColumn) => void;
  readonly onChoose: (operation: string, kind: string) => void;
}

export function OperationTable({ service, basis, state, onSort, onChoose }: OperationTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const { operations, loading, error, retry } = useOperations(service, basis);
  const rows = useMemo(() => sortedOperations(operations, state.sort), [operations, state.sort]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const busiest = largestOf(rows.map(({ rate }) => rate));
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <section className={css.operations}>
      <div className={css.sectionHead}>
        <h2>
          Operations <small>{loading ? '' : rows.length}</small>
        </h2>
        <CopyButton title="Copy CSV" text={() => toCsv(textTable(rows))} />
      </div>
      {error && <Failed title="The operations cannot be listed" error={error} onRetry={retry} />}
      {!error && loading && <Skeleton rows={6} />}
      {!error && !loading && (
        <div ref={scroller} className={css.operationRows} role="region" aria-label="Operations" tabIndex={0}>
          <table className={css.table} aria-rowcount={rows.length}>
            <thead>
              <tr>
                {OPERATION_COLUMNS.map((column) => (
                  <th key={column} scope="col" data-column={column} aria-sort={column === state.sort ? 'other' : 'none'}>
                    <button type="button" onClick={() => onSort(column)}>
                      {TITLES[column]}
                      <span aria-hidden>{column === state.sort ? ' ↓' : ''}</span>
                    </button>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {before > 0 && <tr style={{ height: before }} />}
              {items.map(({ index }) => {
                const row = rows[index];
                const chosen = row !== undefined && row.name === state.operation && (state.kind === '' || row.kind === state.kind);
                return row && <Row key={row.key} row={row} busiest={busiest} chosen={chosen} onChoose={onChoose} />;
              })}
              {after > 0 && <tr style={{ height: after }} />}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

interface RowProps {
  readonly row: Operation;
  /** The greatest rate of the table. */
  readonly busiest: number;
  readonly chosen: boolean;
  readonly onChoose: (operation: string, kind: string) => void;
}

function Row({ row, busiest, chosen, onChoose }: RowProps) {
  const exact = (value: number | undefined): string => (value === undefined ? 'not known' : String(value));
  return (
    <tr style={{ height: ROW_HEIGHT }} aria-current={chosen} onClick={() => onChoose(chosen ? '' : row.name, chosen ? '' : row.kind)}>
      <th scope="row" data-column="name">
        <button type="button" aria-pressed={chosen} title={row.name}>
          {row.name === '' ? '(no name)' : row.name}
        </button>
      </th>
      <td data-column="kind">{row.kind}</td>
      <td data-column="rate" title={exact(row.rate)}>
        {quantityText(row.rate, PER_SECOND, busiest)}
      </td>
      <td data-column="errors" data-bad={(row.errorRatio ?? 0) > 0} title={exact(row.errorRatio)}>
        {quantityText(row.errorRatio, RATIO)}
      </td>
      <td data-column="p50" title={exact(row.p50)}>
        {quantityText(row.p50, SECONDS)}
      </td>
      <td data-column="p95" title={exact(row.p95)}>
        {quantityText(row.p95, SECONDS)}
      </td>
      <td data-column="p99" title={exact(row.p99)}>
        {quantityText(row.p99, SECONDS)}
      </td>
    </tr>
  );
}

function textTable(rows: readonly Operation[]): Parameters<typeof toCsv>[0] {
  const text = (value: number | undefined): string => (value === undefined ? '' : String(value));
  return {
    columns: ['operation', 'kind', 'per second', 'error ratio', 'p50 seconds', 'p95 seconds', 'p99 seconds'],
    rows: rows.map((row) => [row.name, row.kind, text(row.rate), text(row.errorRatio), text(row.p50), text(row.p95), text(row.p99)]),
  };
}
