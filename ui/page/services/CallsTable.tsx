// The table behind the service map: every call between two nodes, virtual, the busiest first.

import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { largestOf, quantityText } from '../../data/units.ts';
import { CopyButton } from '../../kit/CopyButton.tsx';
import { toCsv, toJson } from '../../kit/csv.ts';
import type { TextTable } from '../../kit/csv.ts';
import { PER_SECOND, RATIO, SECONDS } from './quantities.ts';
import { ratio } from './service-graph.ts';
import type { Connection, Edge } from './service-graph.ts';
import type { Open } from './services-state.ts';
import css from './services.module.css';

export const CONNECTION_TITLES: Readonly<Record<Connection, string>> = {
  services: 'spans of both sides',
  messaging: 'over a queue',
  database: 'to a database',
  virtual: 'one side sends no spans',
};

const ROW_HEIGHT = 28;
const COLUMNS = ['client', 'server', 'how', 'rate', 'errors', 'p95'] as const;
type Column = (typeof COLUMNS)[number];
const TITLES: Readonly<Record<Column, string>> = {
  client: 'Caller',
  server: 'Called',
  how: 'Known from',
  rate: 'Requests',
  errors: 'Errors',
  p95: 'p95',
};

function valueOf(edge: Edge, column: Column): string | number {
  switch (column) {
    case 'client':
    case 'server':
      return edge[column];
    case 'how':
      return CONNECTION_TITLES[edge.connection];
    case 'rate':
      return -edge.rate;
    case 'errors':
      return -(ratio(edge) ?? -1);
    case 'p95':
      return -(edge.p95 ?? -1);
  }
}

function sorted(edges: readonly Edge[], column: Column): readonly Edge[] {
  return [...edges].sort((a, b) => {
    const [x, y] = [valueOf(a, column), valueOf(b, column)];
    return x < y ? -1 : Number(x > y);
  });
}

interface CallsTableProps {
  readonly edges: readonly Edge[];
  readonly open: Open | undefined;
  readonly onOpen: (open: Open) => void;
}

export function CallsTable({ edges, open, onOpen }: CallsTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [column, setColumn] = useState<Column>('rate');
  const rows = useMemo(() => sorted(edges, column), [edges, column]);
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
    <div className={css.calls}>
      <div className={css.tools}>
        <span className={css.count} role="status">
          {rows.length} {rows.length === 1 ? 'call' : 'calls'}
        </span>
        <CopyButton title="Copy CSV" text={() => toCsv(textTable(rows))} />
        <CopyButton title="Copy JSON" text={() => toJson(textTable(rows))} />
      </div>
      <div ref={scroller} className={css.scroll} role="region" aria-label="Calls" tabIndex={0}>
        <table className={css.table} aria-rowcount={rows.length}>
          <thead>
            <tr>
              {COLUMNS.map((each) => (
                <th key={each} scope="col" data-column={each} aria-sort={each !== column ? 'none' : 'other'}>
                  <button type="button" onClick={() => setColumn(each)}>
                    {TITLES[each]}
                    <span aria-hidden>{each === column ? ' ↓' : ''}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {before > 0 && <tr style={{ height: before }} />}
            {items.map(({ index }) => {
              const edge = rows[index];
              return (
                edge && (
                  <Row
                    key={edge.key}
                    edge={edge}
                    busiest={busiest}
                    chosen={open?.kind === 'edge' && open.key === edge.key}
                    onOpen={onOpen}
                  />
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

interface RowProps {
  readonly edge: Edge;
  /** The greatest rate of the table. */
  readonly busiest: number;
  readonly chosen: boolean;
  readonly onOpen: (open: Open) => void;
}

function Row({ edge, busiest, chosen, onOpen }: RowProps) {
  const failed = ratio(edge);
  return (
    <tr style={{ height: ROW_HEIGHT }} aria-current={chosen} onClick={() => onOpen({ kind: 'edge', key: edge.key })}>
      <th scope="row" data-column="client">
        <button type="button">{edge.client}</button>
      </th>
      <td data-column="server">{edge.server}</td>
      <td data-column="how">{CONNECTION_TITLES[edge.connection]}</td>
      <td data-column="rate" title={String(edge.rate)}>
        {quantityText(edge.rate, PER_SECOND, busiest)}
      </td>
      <td data-column="errors" data-bad={(failed ?? 0) > 0} title={String(failed ?? 'not known')}>
        {quantityText(failed, RATIO)}
      </td>
      <td data-column="p95" title={String(edge.p95 ?? 'not known')}>
        {quantityText(edge.p95, SECONDS)}
      </td>
    </tr>
  );
}

function textTable(edges: readonly Edge[]): TextTable {
  return {
    columns: ['caller', 'called', 'known from', 'requests per second', 'error ratio', 'p95 seconds'],
    rows: edges.map((edge) => [
      edge.client,
      edge.server,
      CONNECTION_TITLES[edge.connection],
      String(edge.rate),
      String(ratio(edge) ?? ''),
      String(edge.p95 ?? ''),
    ]),
  };
}
