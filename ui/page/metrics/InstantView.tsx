// The value of a query at one time: a table of series, or the one value of a scalar or a string.

import type { ReactNode } from 'react';
import type { Expr } from '../../../src/metrics/promql/ast.ts';
import type { InstantValue } from '../../data/query-result.ts';
import { quantityText } from '../../data/units.ts';
import type { Quantity } from '../../data/units.ts';
import { CopyButton } from '../../kit/CopyButton.tsx';
import { BY_VALUE } from './metrics-state.ts';
import type { MetricsEvent, MetricsState, TableSort } from './metrics-state.ts';
import { exactText } from './result-rows.ts';
import { ResultTable } from './ResultTable.tsx';
import css from './results.module.css';

interface InstantViewProps {
  readonly value: InstantValue;
  readonly expr: Expr | undefined;
  readonly quantity: Quantity;
  readonly state: MetricsState;
  readonly empty: ReactNode;
  readonly onEvent: (event: MetricsEvent) => void;
}

/** Until somebody sorts, the largest come first, unless the query itself says in which order. */
function sortOf(sort: TableSort, expr: Expr | undefined): TableSort {
  const ordered = expr?.kind === 'call' && expr.name.startsWith('sort');
  return ordered && sort === BY_VALUE ? { column: 'given', descending: false } : sort;
}

export function InstantView({ value, expr, quantity, state, empty, onEvent }: InstantViewProps) {
  if (value.kind === 'scalar') {
    return <Single kind="scalar" shown={quantityText(value.value, quantity)} exact={exactText(value.value)} />;
  }
  if (value.kind === 'string') return <Single kind="string" shown={value.value} exact={value.value} />;
  if (value.series.length === 0) return empty;
  return (
    <ResultTable
      value={value}
      quantity={quantity}
      sort={sortOf(state.tableSort, expr)}
      onSort={(column) => onEvent({ kind: 'table sorted', column })}
    />
  );
}

function Single({ kind, shown, exact }: { readonly kind: string; readonly shown: string; readonly exact: string }) {
  return (
    <div className={css.single}>
      <output title={exact}>{shown}</output>
      <span>
        {kind}
        {exact === shown ? '' : `, exactly ${exact}`}
      </span>
      <CopyButton text={exact} title="Copy" />
    </div>
  );
}
