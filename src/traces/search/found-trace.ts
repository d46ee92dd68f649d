// A trace of a search's answer, made of the spans that match and of what is known of the whole trace.

import type { FoundSpan, FoundSpanset, FoundTrace } from '../answers.ts';
import type { TraceFacts } from './trace-facts.ts';
import type { Field, IntrinsicName } from '../traceql/ast.ts';
import type { SpanView } from '../traceql/span-view.ts';
import type { Value } from '../traceql/value.ts';

/** What an answer says of every trace and span anyway. Source: Tempo, `pkg/traceql/engine.go`. */
const SAID_ELSEWHERE: ReadonlySet<IntrinsicName> = new Set<IntrinsicName>([
  'name',
  'duration',
  'traceDuration',
  'rootName',
  'rootServiceName',
  'traceId',
  'spanId',
]);

/** The fields of a query that its answer shows of each span. */
export function shownFields(fields: readonly Field[]): readonly Field[] {
  return fields.filter((field) => field.type === 'attribute' || field.ofParent || !SAID_ELSEWHERE.has(field.name));
}

/** A field as a query spells it. */
export function fieldText(field: Field): string {
  const text = field.type === 'intrinsic' ? field.spelling : `${field.scope === 'any' ? '' : field.scope}.${field.name}`;
  return field.ofParent && field.type === 'attribute' ? `parent${field.scope === 'any' ? '' : '.'}${text}` : text;
}

/** The one field that every span of an answer shows. */
export const NAME: Field = { type: 'intrinsic', name: 'name', ofParent: false, spelling: 'name', place: { from: 0, to: 0 } };

/** A span, with the values that its fields have. */
export function foundSpan(span: SpanView, fields: readonly Field[], valueOf: (field: Field) => Value): FoundSpan {
  const attributes = fields.flatMap((field) => {
    const value = valueOf(field);
    return value.type === 'nil' ? [] : [[fieldText(field), value] as const];
  });
  const name = span.value(NAME);
  return {
    spanId: span.spanId,
    name: name.type === 'string' ? name.value : '',
    startNs: span.startNs,
    durationNs: span.durationNs,
    attributes,
  };
}

export function foundTrace(
  traceId: string,
  { rootName, rootServiceName, startNs, durationNs, services }: TraceFacts,
  spansets: readonly FoundSpanset[],
): FoundTrace {
  return { traceId, rootName, rootServiceName, startNs, durationNs, spansets, services };
}
