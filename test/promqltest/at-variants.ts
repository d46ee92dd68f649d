// The same instant query at other times: with every selector pinned to its time, it must give the same answer whenever it is asked.
//
// Source: Prometheus promql/promqltest, which asks each instant query so at five times; here long before and long after are enough.

import type { At, Expr, Modifiers } from '../../src/metrics/promql/ast.ts';
import { children } from '../../src/metrics/promql/ast.ts';
import { printExpr } from '../../src/metrics/promql/print.ts';

export interface InstantQuery {
  readonly expr: string;
  readonly atMs: number;
}

/** Functions that see the time of the evaluation or of samples, whatever their arguments are pinned to. */
const SEES_TIME: ReadonlySet<string> = new Set([
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'end',
  'hour',
  'minute',
  'month',
  'predict_linear',
  'start',
  'time',
  'timestamp',
  'year',
]);

/** The pinned forms of a query and their times; none when it sees the time besides. */
export function atVariants(expr: Expr, atMs: number): readonly InstantQuery[] {
  if (seesTime(expr)) return [];
  const pinned = printExpr(pin(expr, { kind: 'time', ms: atMs }));
  const [before, after] = atMs === 0 ? [-1000, 1000] : [-10 * atMs, 10 * atMs];
  return [
    { expr: pinned, atMs: before },
    { expr: pinned, atMs: after },
  ];
}

/** What stands in a subquery is not looked at: the subquery itself is pinned, and sees its own times. */
function seesTime(expr: Expr): boolean {
  if (expr.kind === 'subquery') return false;
  return (expr.kind === 'call' && SEES_TIME.has(expr.name)) || children(expr).some(seesTime);
}

function pin(expr: Expr, at: At): Expr {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return expr;
    case 'vector':
    case 'matrix':
    case 'subquery':
      return { ...expr, at: pinnedAt(expr, at) };
    case 'paren':
    case 'unary':
      return { ...expr, inner: pin(expr.inner, at) };
    case 'binary':
      return { ...expr, left: pin(expr.left, at), right: pin(expr.right, at) };
    case 'aggregate':
      return { ...expr, inner: pin(expr.inner, at), ...(expr.param === undefined ? {} : { param: pin(expr.param, at) }) };
    case 'call':
      return { ...expr, args: expr.args.map((arg) => pin(arg, at)) };
  }
}

function pinnedAt({ at: own }: Modifiers, at: At): At {
  return own?.kind === 'time' ? own : at;
}
