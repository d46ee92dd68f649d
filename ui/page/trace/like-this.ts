// The query that finds more like something that is shown of a span.

import type { AttributeScope, Field } from '../../../src/traces/traceql/ast.ts';
import { printField, printValue } from '../../../src/traces/traceql/print.ts';
import type { Value } from '../../../src/traces/traceql/value.ts';
import type { Attribute, Span } from './trace.ts';

/** Nothing where TraceQL cannot compare such a value. */
export function likeAttribute(scope: AttributeScope, attribute: Attribute): string | undefined {
  const value = literalOf(attribute);
  if (value === undefined) return undefined;
  const field: Field = { type: 'attribute', scope, ofParent: false, name: attribute.key, place: { from: 0, to: 0 } };
  return `{ ${printField(field)} = ${printValue(value)} }`;
}

/** Spans of the same service and name. */
export function likeSpan({ source, name }: Pick<Span, 'source' | 'name'>): string {
  const text = (value: string): string => printValue({ type: 'string', value });
  const named = `name = ${text(name)}`;
  return source.service === '' ? `{ ${named} }` : `{ resource.service.name = ${text(source.service)} && ${named} }`;
}

/** Spans with this word of TraceQL's own: `status = error`. */
export function likeWord(field: 'status' | 'kind', word: string): string {
  return `{ ${field} = ${word} }`;
}

/** Traces whose root has this service and name. */
export function likeRoot(service: string, name: string): string {
  const text = (value: string): string => printValue({ type: 'string', value });
  return `{ trace:rootService = ${text(service)} && trace:rootName = ${text(name)} }`;
}

function literalOf({ kind, text }: Attribute): Value | undefined {
  switch (kind) {
    case 'string':
      return { type: 'string', value: text };
    case 'int':
      return /^-?\d+$/.test(text) ? { type: 'int', value: BigInt(text) } : undefined;
    case 'double':
      return Number.isFinite(Number(text)) ? { type: 'float', value: Number(text) } : undefined;
    case 'bool':
      return { type: 'bool', value: text === 'true' };
    case 'bytes':
    case 'list':
    case 'map':
    case 'empty':
      return undefined;
  }
}
