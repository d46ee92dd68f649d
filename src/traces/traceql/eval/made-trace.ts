// Traces made up for tests: spans said in short, with the fields that their views answer.
//
//   madeTrace([{ id: 'a' }, { id: 'b', parent: 'a', fields: { '.foo': 1n, 'resource.service.name': 'shop', duration: ns(5) } }])

import type { Field } from '../ast.ts';
import type { SpanView, TraceView } from '../span-view.ts';
import { NIL } from '../value.ts';
import type { Value } from '../value.ts';

type Plain = Value | string | bigint | number | boolean;

export interface MadeSpan {
  readonly id: string;
  readonly parent?: string;
  /** `.foo` is an attribute of the span, `resource.foo` one of its resource, `duration` an intrinsic. */
  readonly fields?: Readonly<Record<string, Plain>>;
  readonly isInRange?: boolean;
}

export function madeTrace(spans: readonly MadeSpan[]): TraceView {
  const views = spans.map(madeSpan);
  return { traceId: 'ff', rootName: 'root', rootServiceName: 'shop', startNs: 0n, durationNs: 100n, spans: views };
}

function madeSpan({ id, parent = '', fields = {}, isInRange = true }: MadeSpan): SpanView {
  const values = new Map(Object.entries(fields).map(([name, value]) => [name.startsWith('.') ? `span${name}` : name, valueOf(value)]));
  const value = (field: Field): Value => {
    if (field.type === 'intrinsic') return values.get(field.name) ?? NIL;
    if (field.scope !== 'any') return values.get(`${field.scope}.${field.name}`) ?? NIL;
    return values.get(`span.${field.name}`) ?? values.get(`resource.${field.name}`) ?? NIL;
  };
  const duration = values.get('duration');
  return {
    traceId: 'ff',
    spanId: id,
    parentId: parent,
    startNs: 0n,
    durationNs: duration?.type === 'duration' ? duration.value : 0n,
    isInRange,
    value,
  };
}

export function ns(value: number): Value {
  return { type: 'duration', value: BigInt(value) };
}

export function valueOf(plain: Plain): Value {
  switch (typeof plain) {
    case 'string':
      return { type: 'string', value: plain };
    case 'bigint':
      return { type: 'int', value: plain };
    case 'number':
      return { type: 'float', value: plain };
    case 'boolean':
      return { type: 'bool', value: plain };
    default:
      return plain;
  }
}
