// The value of a field as a column, to group by and to measure.

import { type Sql, sql } from '../../base/sql.ts';
import { typedTextValue } from '../api/attribute-value.ts';
import type { Catalogue } from '../catalogue.ts';
import type { Field, IntrinsicField } from '../traceql/ast.ts';
import { KIND_NAMES, NIL, STATUS_NAMES, type Value } from '../traceql/value.ts';
import { PARENT_ID_TEXT, SPAN_ID_TEXT, TRACE_ID_TEXT } from './intrinsic-condition.ts';
import { isNested, isOfSource } from './source-value.ts';
import { spanKeyText } from './span-key.ts';
import { ROOT_NAME, ROOT_SOURCE, TRACE_DURATION } from './trace-columns.ts';

/** How a column is to be read. */
export type ColumnKind =
  | 'typed text' // typed-text.ts; empty for no value
  | 'text'
  | 'text or nil' // empty for nil
  | 'duration' // Int64, nanoseconds
  | 'status' // UInt8
  | 'kind'; // UInt8

export type FieldValue =
  | { readonly by: 'column'; readonly sql: Sql; readonly kind: ColumnKind }
  /** Whose value `sourceValue` says, once the rows are grouped by `source`. */
  | { readonly by: 'source' }
  /** The column's, and where it is nil the source's. */
  | { readonly by: 'column or source'; readonly sql: Sql; readonly kind: ColumnKind }
  /** The service of a root, whose source the column names (`rootServiceOf`). */
  | { readonly by: 'root source'; readonly sql: Sql };

const NO_COLUMN: FieldValue = { by: 'column', sql: sql`''`, kind: 'typed text' };

/** Undefined for a field of which a row says more than one value, or none by itself: its spans are to be looked at one by one. */
export function compileValue(field: Field, catalogue: Catalogue): FieldValue | undefined {
  if (field.ofParent) return undefined;
  if (isOfSource(field, catalogue)) return { by: 'source' };
  if (field.type === 'intrinsic') return (catalogue.hasTraceColumns === true ? traceValue(field) : undefined) ?? intrinsicValue(field);
  if (field.scope === 'event' || field.scope === 'link') {
    return catalogue.nestedTypes(field.scope, field.name) === undefined ? NO_COLUMN : undefined;
  }
  const places = catalogue.spanKey(field.name);
  if (field.scope === 'any') {
    if (places === undefined || isNested(field.name, catalogue)) return undefined;
    return { by: 'column or source', sql: spanKeyText(field.name, places), kind: 'typed text' };
  }
  return places === undefined ? NO_COLUMN : { by: 'column', sql: spanKeyText(field.name, places), kind: 'typed text' };
}

function traceValue({ name }: IntrinsicField): FieldValue | undefined {
  switch (name) {
    case 'rootName':
      return { by: 'column', sql: ROOT_NAME, kind: 'text' };
    case 'rootServiceName':
      return { by: 'root source', sql: ROOT_SOURCE };
    case 'traceDuration':
      return { by: 'column', sql: TRACE_DURATION, kind: 'duration' };
    default:
      return undefined;
  }
}

function intrinsicValue({ name }: IntrinsicField): FieldValue | undefined {
  switch (name) {
    case 'name':
      return { by: 'column', sql: sql`name`, kind: 'text' };
    case 'statusMessage':
      return { by: 'column', sql: sql`status_message`, kind: 'text' };
    case 'duration':
      return { by: 'column', sql: sql`duration`, kind: 'duration' };
    case 'status':
      return { by: 'column', sql: sql`status`, kind: 'status' };
    case 'kind':
      return { by: 'column', sql: sql`kind`, kind: 'kind' };
    case 'spanId':
      return { by: 'column', sql: SPAN_ID_TEXT, kind: 'text' };
    case 'parentId':
      return { by: 'column', sql: PARENT_ID_TEXT, kind: 'text' };
    case 'parent':
      return { by: 'column', sql: PARENT_ID_TEXT, kind: 'text or nil' };
    case 'traceId':
      return { by: 'column', sql: TRACE_ID_TEXT, kind: 'text' };
    default:
      return undefined;
  }
}

/** The value of what came back of a column; integers may be numbers, bigints or their digits. */
export function columnValue(kind: ColumnKind, raw: unknown): Value {
  switch (kind) {
    case 'typed text':
      return typedTextValue(String(raw));
    case 'text':
      return { type: 'string', value: String(raw) };
    case 'text or nil':
      return raw === '' ? NIL : { type: 'string', value: String(raw) };
    case 'duration':
      return { type: 'duration', value: BigInt(String(raw)) };
    case 'status':
      return statusValue(Number(raw));
    case 'kind':
      return kindValue(Number(raw));
  }
}

/** By OTLP's number; one that is not known is none. */
export function statusValue(number: number): Value {
  return { type: 'status', value: STATUS_NAMES[number] ?? 'unset' };
}

export function kindValue(number: number): Value {
  return { type: 'kind', value: KIND_NAMES[number] ?? 'unspecified' };
}
