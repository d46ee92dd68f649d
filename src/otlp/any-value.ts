// Attributes as OTLP carries them, in one shape for both encodings. Every signal's decoder fills it, every translation reads it.
//
// A value is a plain JavaScript value rather than a tagged object, because an attribute set is read for every data point: `bigint` is OTLP's
// int64, `number` its double, `null` a value that was not set, a `Map` a key-value list.
//
// Source: opentelemetry-proto `common/v1/common.proto`.

import { Buffer } from 'node:buffer';

export type AnyValue = string | boolean | bigint | number | null | Uint8Array | readonly AnyValue[] | ReadonlyMap<string, AnyValue>;

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

export type Attributes = readonly KeyValue[];

export const NO_ATTRIBUTES: Attributes = [];

export interface Resource {
  readonly attributes: Attributes;
}

export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly schemaUrl: string;
  readonly attributes: Attributes;
}

/** The value of an attribute, or undefined when there is none of that name. Of several the first counts. */
export function attribute(attributes: Attributes, key: string): AnyValue | undefined {
  for (const entry of attributes) if (entry.key === key) return entry.value;
  return undefined;
}

/**
 * A value as the text of a label: scalars as they are written, bytes in base64, arrays and maps as JSON with sorted keys.
 * The JSON is what Go's encoder writes (`<`, `>` and `&` escaped), so that labels equal those that Prometheus makes.
 */
export function valueText(value: AnyValue): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (typeof value === 'number') return doubleText(value);
  if (typeof value === 'object') {
    return value instanceof Uint8Array ? base64(value) : valueJson(value).replace(/[<>&\u2028\u2029]/g, escapeForGo);
  }
  return String(value);
}

function doubleText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function valueJson(value: AnyValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : JSON.stringify(doubleText(value));
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) return JSON.stringify(base64(value));
  if (isMap(value)) {
    const entries = [...value].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${valueJson(inner)}`).join(',')}}`;
  }
  return `[${value.map(valueJson).join(',')}]`;
}

/** Whether a value that is no bytes is a map rather than an array. */
export function isMap(value: readonly AnyValue[] | ReadonlyMap<string, AnyValue>): value is ReadonlyMap<string, AnyValue> {
  return value instanceof Map;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function escapeForGo(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
