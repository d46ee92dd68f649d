// What a metrics query measures of a span: a value as a number, and its bucket.
//
// Source: Tempo `pkg/traceql/ast_metrics.go`, FloatizeAttribute and bucketizeFnFor.

import type { Field } from '../ast.ts';
import type { Value } from '../value.ts';
import { log2Exponent } from './buckets.ts';

const NS_PER_SECOND = 1e9;

/** The duration of the span itself: the one field that is measured in seconds. Others of type duration are in nanoseconds, as the peer has them. */
export function isSpanDuration(field: Field | undefined): boolean {
  return field?.type === 'intrinsic' && field.name === 'duration' && !field.ofParent;
}

/** A value as a number; NaN for what is none. */
export function measuredNumber(field: Field | undefined, value: Value): number {
  switch (value.type) {
    case 'int':
      return Number(value.value);
    case 'float':
      return value.value;
    case 'duration':
      return isSpanDuration(field) ? Number(value.value) / NS_PER_SECOND : Number(value.value);
    default:
      return NaN;
  }
}

/** The upper bound of a value's bucket, in seconds for durations; undefined for what has none: below 2, and what is neither whole nor a duration. */
export function bucketOf(value: Value): number | undefined {
  if (value.type !== 'int' && value.type !== 'duration') return undefined;
  const exponent = log2Exponent(value.value);
  return exponent === undefined ? undefined : bucketBound(exponent, value.type === 'duration');
}

export function bucketBound(exponent: number, isDuration: boolean): number {
  return isDuration ? 2 ** exponent / NS_PER_SECOND : 2 ** exponent;
}
