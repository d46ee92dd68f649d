// OTLP's histograms as native histograms: exponential buckets, and explicit ones as custom buckets.
//
// OTLP sends buckets densely from an offset, a native histogram has spans of them; and OTLP's bucket 0 covers (1, base], which is bucket 1 of a
// native histogram.
//
// Source: OpenTelemetry specification, "Prometheus and OpenMetrics compatibility", section "Exponential Histograms".

import { CUSTOM_BUCKETS_SCHEMA, SCHEMA_MAX, SCHEMA_MIN } from '../native-histogram.ts';
import type { CounterResetHint, NativeHistogram, Span } from '../native-histogram.ts';
import type { ExponentialBuckets, ExponentialPoint, HistogramPoint } from './otlp-points.ts';
import { PointRefused } from './otlp-refusal.ts';

/** The width of the zero bucket where the point does not tell it. */
const ZERO_THRESHOLD_DEFAULT = 1e-128;
/** Up to so many empty buckets are cheaper inside a span than the begin of another one. */
const EMPTY_BUCKETS_MAX = 2;
const INDEX_MAX = 2 ** 31 - 1;

/** The native histogram of an exponential point; a scale above 8 is reduced. Throws `PointRefused` for one below -4. */
export function nativeOfExponential(point: ExponentialPoint, counterResetHint: CounterResetHint): NativeHistogram {
  checkScale(point.scale);
  const scaleDown = Math.max(0, point.scale - SCHEMA_MAX);
  const positive = layout(merged(point.positive, scaleDown), 1);
  const negative = layout(merged(point.negative, scaleDown), 1);
  return {
    schema: point.scale - scaleDown,
    counterResetHint,
    count: point.count,
    sum: point.sum ?? 0,
    zeroThreshold: point.zeroThreshold > 0 ? point.zeroThreshold : ZERO_THRESHOLD_DEFAULT,
    zeroCount: point.zeroCount,
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
    customValues: [],
  };
}

/** Throws `PointRefused` for a scale that native histograms do not have and that cannot be reduced to one. */
export function checkScale(scale: number): void {
  if (scale >= SCHEMA_MIN) return;
  throw new PointRefused(
    'invalid_histogram',
    `cannot convert exponential to native histogram. Scale must be >= ${SCHEMA_MIN}, was ${scale}`,
  );
}

/** The native histogram with custom buckets of an explicit-bucket point. */
export function nativeOfExplicit(point: HistogramPoint, counterResetHint: CounterResetHint): NativeHistogram {
  const used = point.bucketCounts.findIndex((count) => count !== 0);
  const offset = used < 0 ? point.bucketCounts.length : used;
  const { spans, buckets } = layout({ offset, counts: point.bucketCounts.slice(offset) }, 0);
  return {
    schema: CUSTOM_BUCKETS_SCHEMA,
    counterResetHint,
    count: point.count,
    sum: point.sum ?? 0,
    zeroThreshold: 0,
    zeroCount: 0,
    positiveSpans: spans,
    positiveBuckets: buckets,
    negativeSpans: [],
    negativeBuckets: [],
    customValues: point.explicitBounds.filter((bound) => bound !== Infinity),
  };
}

/** Buckets of a scale that is lower by `scaleDown`: each takes up 2^scaleDown of the given ones. */
export function merged(buckets: ExponentialBuckets, scaleDown: number): ExponentialBuckets {
  const { offset, counts } = buckets;
  if (Math.abs(offset) > INDEX_MAX || Math.abs(offset + counts.length) > INDEX_MAX) {
    throw new PointRefused('invalid_histogram', `exponential histogram: bucket offset ${offset} is not a 32-bit number`);
  }
  if (scaleDown === 0 || counts.length === 0) return buckets;
  const width = 2 ** Math.min(scaleDown, 32);
  const first = Math.floor(offset / width);
  const wide = Array.from<number>({ length: Math.floor((offset + counts.length - 1) / width) - first + 1 }).fill(0);
  for (let i = 0; i < counts.length; i++) {
    const at = Math.floor((offset + i) / width) - first;
    wide[at] = (wide[at] ?? 0) + (counts[i] ?? 0);
  }
  return { offset: first, counts: wide };
}

/** Dense buckets as spans: longer gaps are left out, the last bucket stays even when it is empty. */
function layout(dense: ExponentialBuckets, shift: number): { spans: Span[]; buckets: number[] } {
  const { offset, counts } = dense;
  const spans: { offset: number; length: number }[] = [];
  const buckets: number[] = [];
  let next = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] ?? 0;
    if (count === 0 && i < counts.length - 1) continue;
    const gap = i - next;
    const span = spans.at(-1);
    if (span === undefined) spans.push({ offset: offset + shift + gap, length: 1 });
    else if (gap > EMPTY_BUCKETS_MAX) spans.push({ offset: gap, length: 1 });
    else {
      for (let empty = 0; empty < gap; empty++) buckets.push(0);
      span.length += gap + 1;
    }
    buckets.push(count);
    next = i + 1;
  }
  return { spans, buckets };
}
