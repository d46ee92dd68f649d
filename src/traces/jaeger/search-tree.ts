// A search of Jaeger's as the tree of a TraceQL query: one filter, since all that it asks for is asked of one span.
//
//   service=shop, operation=get, tags={"http.status_code":"500","error":"true"}, minDuration=5ms
//   { resource.service.name = "shop" && name = "get" && (.http.status_code = "500" || .http.status_code = 500) && status = error && duration >= 5ms }

import type { AttributeField, ComparisonOp, Field, FieldExpression, IntrinsicName, LogicalOp, Place, Query } from '../traceql/ast.ts';
import { KIND_NAMES, STATUS_NAMES, type Value } from '../traceql/value.ts';
import type { JaegerSearch } from './query-params.ts';
import { NO_SERVICE } from './jaeger-json.ts';

const NOWHERE: Place = { from: 0, to: 0 };
const EVERY_SPAN: FieldExpression = { type: 'literal', value: { type: 'bool', value: true }, place: NOWHERE };
/** Tags that Jaeger has where OpenTelemetry has fields of the span. */
const INTRINSIC_TAGS: ReadonlyMap<string, IntrinsicName> = new Map([
  ['otel.scope.name', 'instrumentationName'],
  ['otel.library.name', 'instrumentationName'],
  ['otel.scope.version', 'instrumentationVersion'],
  ['otel.library.version', 'instrumentationVersion'],
  ['otel.status_description', 'statusMessage'],
]);
const INTEGER = /^-?\d{1,18}$/;
const DECIMAL = /^-?\d{1,15}\.\d{1,15}$/;

/** The query of a search. */
export function searchTree({ service, operation, tags, minDurationNs, maxDurationNs }: JaegerSearch): Query {
  const conditions = [
    ...(service === '' ? [] : [serviceIs(service)]),
    ...(operation === '' ? [] : [compared(intrinsic('name'), '=', { type: 'string', value: operation })]),
    ...[...tags].map(([key, value]) => tagIs(key, value)),
    ...durationIs('>=', minDurationNs),
    ...durationIs('<=', maxDurationNs),
  ];
  const stages = [{ type: 'filter', expr: conditions.length === 0 ? EVERY_SPAN : joined('&&', conditions), place: NOWHERE }] as const;
  return { root: { type: 'pipeline', stages, place: NOWHERE }, hints: [] };
}

function serviceIs(service: string): FieldExpression {
  const field = attributeField('resource', 'service.name');
  if (service === NO_SERVICE) return { type: 'unary', op: 'missing', expr: field, place: NOWHERE };
  return compared(field, '=', { type: 'string', value: service });
}

function durationIs(op: '>=' | '<=', ns: bigint | undefined): readonly FieldExpression[] {
  return ns === undefined ? [] : [compared(intrinsic('duration'), op, { type: 'duration', value: ns })];
}

/** A tag as Jaeger shows it, wherever it comes from. */
function tagIs(key: string, value: string): FieldExpression {
  const attribute = attributeIs(key, value);
  const own = intrinsicIs(key, value);
  return own === undefined ? attribute : joined('||', [own, attribute]);
}

function intrinsicIs(key: string, value: string): FieldExpression | undefined {
  if (key === 'error') return value === 'true' ? compared(intrinsic('status'), '=', { type: 'status', value: 'error' }) : undefined;
  if (key === 'otel.status_code') {
    const status = STATUS_NAMES.find((name) => name === value.toLowerCase());
    return status === undefined ? undefined : compared(intrinsic('status'), '=', { type: 'status', value: status });
  }
  if (key === 'span.kind') {
    const kind = KIND_NAMES.find((name) => name === value);
    return kind === undefined ? undefined : compared(intrinsic('kind'), '=', { type: 'kind', value: kind });
  }
  const name = INTRINSIC_TAGS.get(key);
  return name === undefined ? undefined : compared(intrinsic(name), '=', { type: 'string', value });
}

/** Values of tags are texts in a search, whatever they are in spans. */
function attributeIs(key: string, value: string): FieldExpression {
  const field = attributeField('any', key);
  const values: Value[] = [{ type: 'string', value }];
  if (INTEGER.test(value)) values.push({ type: 'int', value: BigInt(value) });
  if (DECIMAL.test(value)) values.push({ type: 'float', value: Number(value) });
  if (value === 'true' || value === 'false') values.push({ type: 'bool', value: value === 'true' });
  return joined(
    '||',
    values.map((each) => compared(field, '=', each)),
  );
}

function joined(op: LogicalOp, parts: readonly FieldExpression[]): FieldExpression {
  return parts.reduce((left, right) => ({ type: 'binary', op, left, right, place: NOWHERE }));
}

function compared(left: Field, op: ComparisonOp, value: Value): FieldExpression {
  return { type: 'binary', op, left, right: { type: 'literal', value, place: NOWHERE }, place: NOWHERE };
}

function attributeField(scope: 'any' | 'resource', name: string): AttributeField {
  return { type: 'attribute', scope, ofParent: false, name, place: NOWHERE };
}

/** The spelling only serves printing. */
function intrinsic(name: IntrinsicName): Field {
  return { type: 'intrinsic', name, ofParent: false, spelling: name, place: NOWHERE };
}
