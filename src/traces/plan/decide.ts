// Decides in this process what a filter says of values that are known: literals, and what a source gives. The evaluation of the language does it, so
// that SQL and evaluation cannot differ.

import type { Field, FieldExpression } from '../traceql/ast.ts';
import { compileFilter } from '../traceql/eval/expression.ts';
import { traceSpans } from '../traceql/eval/span.ts';
import type { SpanView } from '../traceql/span-view.ts';
import { NIL, type Value } from '../traceql/value.ts';

export const NO_PLACE = { from: 0, to: 0 } as const;

export function literal(value: Value): FieldExpression {
  return { type: 'literal', value, place: NO_PLACE };
}

/** A test of spans of which the fields are known. */
export function decider(expr: FieldExpression): (valueOf: (field: Field) => Value) => boolean {
  const filter = compileFilter(expr);
  return (valueOf) => {
    const view: SpanView = { ...ALONE, value: valueOf };
    const [span] = traceSpans({ ...TRACE, spans: [view] });
    return span !== undefined && filter(span);
  };
}

/** What an expression without fields says. */
export function decide(expr: FieldExpression): boolean {
  return decider(expr)(() => NIL);
}

const ALONE = { traceId: '', spanId: '', parentId: '', startNs: 0n, durationNs: 0n, isInRange: true } as const;
const TRACE = { traceId: '', rootName: '', rootServiceName: '', startNs: 0n, durationNs: 0n } as const;
