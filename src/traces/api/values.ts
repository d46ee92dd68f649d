// Values of TraceQL and texts made of them, as Tempo's answers carry them.
//
// Source: Tempo `pkg/traceql` (`Static.AsAnyValue`, `Static.EncodeToString`, `Labels.String`).

import type { Value } from '../traceql/value.ts';

/** The part of OTLP's values that the language has. */
export type PlainValue = string | bigint | number | boolean | readonly PlainValue[];

/** A value in the shape of OTLP: durations, statuses and kinds become text, and what is not there the text `nil`. */
export function anyValueOf(value: Value): PlainValue {
  switch (value.type) {
    case 'nil':
      return 'nil';
    case 'duration':
      return goDuration(value.value);
    case 'string':
    case 'int':
    case 'float':
    case 'bool':
    case 'status':
    case 'kind':
    case 'string[]':
    case 'int[]':
    case 'float[]':
    case 'bool[]':
      return value.value;
  }
}

/** A value as text, without quotes. */
export function valueText(value: Value): string {
  const any = anyValueOf(value);
  if (typeof any === 'number') return goFloat(any);
  return typeof any === 'object'
    ? `[${any.map((each) => (typeof each === 'number' ? goFloat(each) : String(each))).join(', ')}]`
    : String(any);
}

/** `1m30.5s`, as Go prints nanoseconds. Source: Go `time.Duration.String`. */
export function goDuration(ns: bigint): string {
  if (ns === 0n) return '0s';
  const size = ns < 0n ? -ns : ns;
  const sign = ns < 0n ? '-' : '';
  if (size < 1000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 3)}µs`;
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 6)}ms`;
  const minutes = size / 60_000_000_000n;
  const seconds = `${decimal(size % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return `${sign}${seconds}`;
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, places: number): string {
  const digits = String(value).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return fraction === '' ? digits.slice(0, -places) : `${digits.slice(0, -places)}.${fraction}`;
}

function goFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

/** `{resource.service.name="cart", p="0.9"}` with names that are no legacy names in quotes, sorted by name. */
export function promLabels(labels: readonly (readonly [string, Value])[]): string {
  const parts = labels.map(([name, value]) => [name, promValue(value)] as const).sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  return `{${parts.map(([name, value]) => `${/^[a-zA-Z_:][\w:]*$/.test(name) ? name : JSON.stringify(name)}=${JSON.stringify(value)}`).join(', ')}}`;
}

function promValue(value: Value): string {
  if (value.type === 'nil') return '<nil>';
  return valueText(value) || '<empty>';
}

const SCOPES = /^(?:parent\.)?(?:resource\.|span\.|event\.|link\.|instrumentation\.|\.)(?=.)/;

/** The name of a field of a span that a search found, without its scope, which is how Tempo names the columns of its answers. */
export function bareName(field: string): string {
  return field.replace(SCOPES, '');
}
