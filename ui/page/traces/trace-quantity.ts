// What the values of a metrics query over spans measure, read off its tree.

import type { Field, MetricsExpression, RangeAggregate } from '../../../src/traces/traceql/ast.ts';
import type { Quantity } from '../../data/units.ts';

const PLAIN: Quantity = { unit: 'none', perSecond: false };
const DURATIONS: ReadonlySet<string> = new Set(['duration', 'traceDuration', 'eventTimeSinceStart']);

export function traceQuantityOf(expr: MetricsExpression): Quantity {
  switch (expr.type) {
    case 'metrics':
      return expr.first.type === 'compare' ? PLAIN : ofRange(expr.first);
    case 'metricsStages':
      return traceQuantityOf(expr.expr);
    case 'metricsOperation': {
      if (expr.op === '*' || expr.op === '/') return PLAIN;
      const [left, right] = [traceQuantityOf(expr.left), traceQuantityOf(expr.right)];
      return left.unit === right.unit && left.perSecond === right.perSecond ? left : PLAIN;
    }
    case 'metricsNumber':
      return PLAIN;
  }
}

function ofRange({ fn, field }: RangeAggregate): Quantity {
  if (fn === 'rate') return { unit: 'none', perSecond: true };
  if (fn === 'count_over_time' || fn === 'histogram_over_time' || field === undefined) return PLAIN;
  return { unit: unitOf(field), perSecond: false };
}

/** Durations come in seconds; attributes say their unit by their names, as the semantic conventions have them. */
function unitOf(field: Field): Quantity['unit'] {
  if (field.type === 'intrinsic') return DURATIONS.has(field.name) ? 'seconds' : 'none';
  return /(?:^|[._])(?:bytes|body\.size|content_length|message_size)$/.test(field.name) ? 'bytes' : 'none';
}
