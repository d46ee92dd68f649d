// What the values of a metric query over lines measure, read off its tree.

import type { MetricExpr } from '../../src/logs/logql/ast.ts';
import type { Quantity } from './units.ts';

const PLAIN: Quantity = { unit: 'none', perSecond: false };
/** Aggregations whose values are of another kind than what they aggregate. */
const COUNTS: ReadonlySet<string> = new Set(['count', 'stdvar']);

export function logQuantityOf(expr: MetricExpr): Quantity {
  switch (expr.kind) {
    case 'range_aggregation':
      return ofRange(expr);
    case 'vector_aggregation':
      return COUNTS.has(expr.op) ? PLAIN : logQuantityOf(expr.expr);
    case 'label_replace':
      return logQuantityOf(expr.expr);
    case 'binary': {
      const [left, right] = [logQuantityOf(expr.left), logQuantityOf(expr.right)];
      if (expr.returnBool || expr.op === '*' || expr.op === '/' || expr.op === '%' || expr.op === '^') return PLAIN;
      return left.unit === right.unit && left.perSecond === right.perSecond ? left : PLAIN;
    }
    case 'variants':
    case 'number':
    case 'vector':
      return PLAIN;
  }
}

function ofRange({ op, range }: Extract<MetricExpr, { readonly kind: 'range_aggregation' }>): Quantity {
  const conversion = range.unwrap?.conversion ?? '';
  const unit = conversion === 'bytes' ? 'bytes' : conversion === '' ? 'none' : 'seconds';
  switch (op) {
    case 'rate':
    case 'rate_counter':
      return { unit, perSecond: true };
    case 'bytes_rate':
      return { unit: 'bytes', perSecond: true };
    case 'bytes_over_time':
      return { unit: 'bytes', perSecond: false };
    case 'count_over_time':
    case 'absent_over_time':
    case 'stdvar_over_time':
      return PLAIN;
    default:
      return { unit, perSecond: false };
  }
}
