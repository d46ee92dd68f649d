// The differences of two traces as a table: how often each way is there, how long it takes, and how much of that is its own.

import { useMemo, useState } from 'react';
import { countText } from '../../data/units.ts';
import { serviceColour } from '../../kit/colour.ts';
import { CopyButton } from '../../kit/CopyButton.tsx';
import { toCsv } from '../../kit/csv.ts';
import { Empty } from '../../kit/States.tsx';
import { lengthText } from './bar-layout.ts';
import { sortedRows } from './compare-traces.ts';
import type { ComparedRow, RowSort } from './compare-traces.ts';
import type { Kept } from './trace-state.ts';
import { differenceText } from './difference-text.ts';
import { serviceText } from './trace.ts';
import css from './compare.module.css';

const ROWS_MAX = 500;

export function Differences({ rows, kept }: { readonly rows: readonly ComparedRow[]; readonly kept: Kept }) {
  const [sort, setSort] = useState<RowSort>('own');
  const all = useMemo(() => sortedRows(rows, sort, kept), [rows, sort, kept]);
  if (all.length === 0) return <Empty title="No such difference between the two traces" />;
  const shown = all.slice(0, ROWS_MAX);
  const head = (by: RowSort, title: string) => (
    <th scope="col" aria-sort={sort === by ? 'descending' : undefined}>
      <button type="button" onClick={() => setSort(sort === by ? 'order' : by)}>
        {title}
        {sort === by ? ' ↓' : ''}
      </button>
    </th>
  );
  return (
    <div className={css.tableBox} role="region" aria-label="Differences" tabIndex={0}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">Service and name</th>
            <th scope="col">Spans A → B</th>
            <th scope="col">Errors A → B</th>
            <th scope="col">Time A</th>
            <th scope="col">Time B</th>
            {head('total', 'Difference')}
            {head('own', 'Difference of own time')}
          </tr>
        </thead>
        <tbody>
          {shown.map((row, i) => (
            <Row key={i} row={row} />
          ))}
        </tbody>
      </table>
      <p>
        {all.length > ROWS_MAX && `The first ${countText(ROWS_MAX)} of ${countText(all.length)} are shown. `}
        <CopyButton title="Copy as CSV" text={() => toCsv(csvOf(all))} />
      </p>
    </div>
  );
}

function Row({ row: { service, name, depth, a, b, change } }: { readonly row: ComparedRow }) {
  const isBoth = a.count > 0 && b.count > 0;
  const own = b.own - a.own;
  return (
    <tr>
      <td title={`${depth} above it`}>
        <i style={{ background: serviceColour(service) }} aria-hidden />
        <b>{serviceText(service)}</b> {name}
      </td>
      <td data-change={a.count === b.count ? 'same' : b.count > a.count ? 'slower' : 'faster'}>
        {a.count === b.count ? countText(a.count) : `${countText(a.count)} → ${countText(b.count)}`}
      </td>
      <td data-change={b.errors > a.errors ? 'slower' : 'same'}>
        {a.errors === b.errors ? countText(a.errors) : `${countText(a.errors)} → ${countText(b.errors)}`}
      </td>
      <td>{a.count === 0 ? '–' : lengthText(a.length)}</td>
      <td>{b.count === 0 ? '–' : lengthText(b.length)}</td>
      <td data-change={change}>{isBoth ? differenceText(a.length, b.length) : change}</td>
      <td data-change={own > 0 ? 'slower' : own < 0 ? 'faster' : 'same'}>{differenceText(a.own, b.own)}</td>
    </tr>
  );
}

/** Times in nanoseconds. */
function csvOf(rows: readonly ComparedRow[]) {
  return {
    columns: [
      'depth',
      'service',
      'name',
      'change',
      'spans_a',
      'spans_b',
      'errors_a',
      'errors_b',
      'time_a_ns',
      'time_b_ns',
      'own_a_ns',
      'own_b_ns',
    ],
    rows: rows.map(({ depth, service, name, change, a, b }) => [
      String(depth),
      service,
      name,
      change,
      ...[a.count, b.count, a.errors, b.errors, a.length, b.length, a.own, b.own].map(String),
    ]),
  };
}
