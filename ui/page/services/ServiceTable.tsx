// The list of services: a row each, virtual, sorted by any column.

import { useVirtualizer } from '@tanstack/react-virtual';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { keepShell } from '../../data/address.ts';
import { largestOf, quantityText } from '../../data/units.ts';
import { CopyButton } from '../../kit/CopyButton.tsx';
import { toCsv, toJson } from '../../kit/csv.ts';
import type { TextTable } from '../../kit/csv.ts';
import { ServiceLink } from './ServiceLink.tsx';
import { Sparkline } from './Sparkline.tsx';
import { PER_SECOND, RATIO, SECONDS } from './quantities.ts';
import { COLUMNS, shownRows } from './service-rows.ts';
import type { Column, ServiceRow, Sort } from './service-rows.ts';
import css from './services.module.css';

const TITLES: Readonly<Record<Column, string>> = {
  service: 'Service',
  rate: 'Requests',
  errors: 'Errors',
  p50: 'p50',
  p95: 'p95',
  p99: 'p99',
  callers: 'Called by',
};

const ROW_HEIGHT = 32;

interface ServiceTableProps {
  readonly rows: readonly ServiceRow[];
  readonly find: string;
  readonly sort: Sort;
  readonly onSort: (column: Column) => void;
}

export function ServiceTable({ rows, find, sort, onSort }: ServiceTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => shownRows(rows, find, sort), [rows, find, sort]);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => shown[index]?.name ?? index,
    overscan: 12,
  });
  const busiest = largestOf(shown.map(({ rate }) => rate));
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const press = useRowKeys(shown, virtual.scrollToIndex);
  const table = (): TextTable => textTable(shown);
  return (
    <>
      <div className={css.tools}>
        <span className={css.count} role="status">
          {shown.length === rows.length ? `${rows.length}` : `${shown.length} of ${rows.length}`}{' '}
          {rows.length === 1 ? 'service' : 'services'}
        </span>
        <CopyButton title="Copy CSV" text={() => toCsv(table())} />
        <CopyButton title="Copy JSON" text={() => toJson(table())} />
      </div>
      <div ref={scroller} className={css.scroll} role="region" aria-label="Services" onKeyDown={press}>
        <table className={css.table} aria-rowcount={shown.length}>
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <th
                  key={column}
                  scope="col"
                  data-column={column}
                  aria-sort={sort.column !== column ? 'none' : sort.descending ? 'descending' : 'ascending'}
                >
                  <button type="button" onClick={() => onSort(column)}>
                    {TITLES[column]}
                    <span aria-hidden>{sort.column !== column ? '' : sort.descending ? ' ↓' : ' ↑'}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {before > 0 && <tr style={{ height: before }} />}
            {items.map(({ index, key }) => {
              const row = shown[index];
              return row && <Row key={key} row={row} index={index} busiest={busiest} />;
            })}
            {after > 0 && <tr style={{ height: after }} />}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** Arrows move over the names of the rows. */
function useRowKeys(rows: readonly ServiceRow[], scrollTo: (index: number) => void): (event: KeyboardEvent<HTMLElement>) => void {
  return (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = event.target instanceof Element ? event.target.closest('tr') : null;
    if (step === undefined || row === null) return;
    event.preventDefault();
    const next = Math.min(rows.length - 1, Math.max(0, Number(row.dataset['index'] ?? -1) + step));
    scrollTo(next);
    const { currentTarget } = event;
    requestAnimationFrame(() => {
      const link = currentTarget.querySelector(`tr[data-index="${next}"] a`);
      if (link instanceof HTMLElement) link.focus();
    });
  };
}

interface RowProps {
  readonly row: ServiceRow;
  readonly index: number;
  /** The greatest rate of the table. */
  readonly busiest: number;
}

function Row({ row, index, busiest }: RowProps) {
  const navigate = useNavigate();
  const open = (): void =>
    void (row.name !== '' && navigate({ to: '/services/$service', params: { service: row.name }, search: keepShell }));
  const exact = (value: number | undefined): string => (value === undefined ? 'no request' : String(value));
  return (
    <tr aria-rowindex={index + 1} data-index={index} style={{ height: ROW_HEIGHT }} onClick={open}>
      <th scope="row" data-column="service" onClick={(event) => event.stopPropagation()}>
        <ServiceLink name={row.name} />
        {!row.answers && <small title="It answers no requests: all its spans are counted">spans</small>}
      </th>
      <td data-column="rate" title={exact(row.rate)}>
        <Sparkline values={row.rateSpark} tone="rate" />
        {quantityText(row.rate, PER_SECOND, busiest)}
      </td>
      <td data-column="errors" data-bad={row.errors > 0} title={exact(row.errorRatio)}>
        <Sparkline
          values={row.errorSpark}
          tone={row.errors > 0 ? 'bad' : 'plain'}
          top={Math.max(0.05, ...row.errorSpark.map((value) => value ?? 0))}
        />
        {quantityText(row.errorRatio, RATIO)}
      </td>
      <td data-column="p50" title={exact(row.p50)}>
        {quantityText(row.p50, SECONDS)}
      </td>
      <td data-column="p95" title={exact(row.p95)}>
        <Sparkline values={row.p95Spark} tone="plain" />
        {quantityText(row.p95, SECONDS)}
      </td>
      <td data-column="p99" title={exact(row.p99)}>
        {quantityText(row.p99, SECONDS)}
      </td>
      <td data-column="callers" title={row.callers}>
        {row.callers}
      </td>
    </tr>
  );
}

const text = (value: number | undefined): string => (value === undefined ? '' : String(value));

function textTable(rows: readonly ServiceRow[]): TextTable {
  return {
    columns: ['service', 'requests per second', 'error ratio', 'p50 seconds', 'p95 seconds', 'p99 seconds', 'called by'],
    rows: rows.map((row) => [row.name, text(row.rate), text(row.errorRatio), text(row.p50), text(row.p95), text(row.p99), row.callers]),
  };
}
