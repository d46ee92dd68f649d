// Attribute values as the store holds them: texts whose first character names the type, so that one column holds values of any type, and equality of
// values is equality of texts.
//
//   sGET  i200  d0.5  bt  bf   strings, 64-bit integers, doubles, true and false
//   x00ff…                     bytes, in hex
//   a["sGET","i200"]           a list, as a JSON array of such texts
//   m["key","sGET",…]          a map, its keys and values in turn
//   a[["a","sGET"],["m",…]]   lists and maps within: arrays that begin with their type, so that no text is escaped more than once
//   n                          a value that was not set
//
// The empty text is no value at all.

import type { AnyValue } from '../otlp/any-value.ts';

export const TYPE_TAGS = ['s', 'i', 'd', 'b', 'x', 'a', 'm', 'n'] as const;
export type TypeTag = (typeof TYPE_TAGS)[number];

/** The text of a value. */
export function typedText(value: AnyValue): string {
  if (typeof value === 'string') return `s${value}`;
  if (typeof value === 'bigint') return `i${value}`;
  if (typeof value === 'number') return `d${doubleText(value)}`;
  if (typeof value === 'boolean') return value ? 'bt' : 'bf';
  if (value === null) return 'n';
  if (value instanceof Uint8Array) return `x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`;
  const json = JSON.stringify(jsonForm(value));
  return isMap(value) ? `m${json}` : `a${json}`;
}

/** The value of a text that `typedText` made; undefined for the empty text. */
export function valueOfTypedText(text: string): AnyValue | undefined {
  const rest = text.slice(1);
  switch (text[0]) {
    case 's':
      return rest;
    case 'i':
      return BigInt(rest);
    case 'd':
      return doubleOf(rest);
    case 'b':
      return rest === 't';
    case 'x':
      return Buffer.from(rest, 'hex');
    case 'a':
      return listOf(JSON.parse(rest));
    case 'm':
      return mapOf(JSON.parse(rest));
    case 'n':
      return null;
    default:
      return undefined;
  }
}

// Texts that ClickHouse's `toFloat64` reads as well.
function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

function doubleOf(text: string): number {
  if (text === 'nan') return NaN;
  if (text === 'inf') return Infinity;
  return text === '-inf' ? -Infinity : Number(text);
}

function isMap(value: readonly AnyValue[] | ReadonlyMap<string, AnyValue>): value is ReadonlyMap<string, AnyValue> {
  return value instanceof Map;
}

type Form = string | readonly Form[];

function jsonForm(value: readonly AnyValue[] | ReadonlyMap<string, AnyValue>): readonly Form[] {
  return isMap(value) ? [...value].flatMap(([key, inner]) => [key, innerForm(inner)]) : value.map(innerForm);
}

function innerForm(value: AnyValue): Form {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return typedText(value);
  return [isMap(value) ? 'm' : 'a', ...jsonForm(value)];
}

function valueOfForm(form: unknown): AnyValue {
  if (typeof form === 'string') return valueOfTypedText(form) ?? null;
  if (!Array.isArray(form)) return null;
  const [tag, ...inner]: readonly unknown[] = form;
  return tag === 'm' ? mapOf(inner) : listOf(inner);
}

function listOf(parsed: unknown): readonly AnyValue[] {
  return Array.isArray(parsed) ? parsed.map(valueOfForm) : [];
}

function mapOf(parsed: unknown): ReadonlyMap<string, AnyValue> {
  const flat: readonly unknown[] = Array.isArray(parsed) ? parsed : [];
  return new Map(Array.from({ length: flat.length >> 1 }, (_, i) => [String(flat[2 * i]), valueOfForm(flat[2 * i + 1])]));
}
