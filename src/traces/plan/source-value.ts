// Fields whose values are those of who sent a span: a resource and the instrumentation scope in it. There are few, so they are decided here and not in SQL.

import { type Sql, ints, sql } from '../../base/sql.ts';
import { attribute } from '../../otlp/any-value.ts';
import { attributeValue } from '../api/attribute-value.ts';
import type { Catalogue, KnownSource } from '../catalogue.ts';
import type { Field } from '../traceql/ast.ts';
import { NIL, type Value } from '../traceql/value.ts';
import type { SpanSource } from '../write.ts';
import { FALSE, TRUE } from './bounds.ts';

/** The value that a source gives a field: of the scope `any` what stands behind the span's own attributes. Nil for fields of other scopes. */
export function sourceValue(source: SpanSource, field: Field): Value {
  if (field.type === 'intrinsic') {
    if (field.name === 'instrumentationName') return { type: 'string', value: source.scopeName };
    return field.name === 'instrumentationVersion' ? { type: 'string', value: source.scopeVersion } : NIL;
  }
  switch (field.scope) {
    case 'resource':
      return attributeValue(attribute(source.resource, field.name));
    case 'instrumentation':
      return attributeValue(attribute(source.scopeAttributes, field.name));
    case 'any': {
      const own = attributeValue(attribute(source.resource, field.name));
      return own.type === 'nil' ? attributeValue(attribute(source.scopeAttributes, field.name)) : own;
    }
    default:
      return NIL;
  }
}

/** Whether only a span's source says what the field is. */
export function isOfSource(field: Field, catalogue: Catalogue): boolean {
  if (field.ofParent) return false;
  if (field.type === 'intrinsic') return field.name === 'instrumentationName' || field.name === 'instrumentationVersion';
  if (field.scope === 'resource' || field.scope === 'instrumentation') return true;
  return field.scope === 'any' && catalogue.spanKey(field.name) === undefined && !isNested(field.name, catalogue);
}

/** Whether events or links have an attribute of the name. */
export function isNested(name: string, catalogue: Catalogue): boolean {
  return catalogue.nestedTypes('event', name) !== undefined || catalogue.nestedTypes('link', name) !== undefined;
}

/** Spans of the sources that a test lets pass; `column` holds the id of a source. */
export function ofSources(catalogue: Catalogue, test: (source: KnownSource) => boolean, column: Sql = sql`source`): Sql {
  const passing: bigint[] = [];
  const others: bigint[] = [];
  for (const source of catalogue.sources) (test(source) ? passing : others).push(source.id);
  if (passing.length === 0) return FALSE;
  if (others.length === 0) return TRUE;
  return passing.length <= others.length ? sql`${column} IN ${ints(passing)}` : sql`${column} NOT IN ${ints(others)}`;
}
