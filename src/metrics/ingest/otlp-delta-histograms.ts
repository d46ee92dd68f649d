// Adding a delta histogram to the cumulative one of its stream.
//
// Source: OpenTelemetry metrics data model, "Exponential Histogram", section "Merging"; behaviour of the collector's deltatocumulative processor.

import { SCHEMA_MAX } from '../native-histogram.ts';
import { checkScale, merged } from './otlp-buckets.ts';
import type { ExponentialBuckets, ExponentialPoint, HistogramPoint } from './otlp-points.ts';

/** The sum keeps at most so many buckets on either side; the scale goes down until they suffice. */
const BUCKETS_MAX = 160;

/** The sum of both; other bounds than before begin the stream anew. */
export function addHistogram(last: HistogramPoint, delta: HistogramPoint): HistogramPoint {
  if (!sameNumbers(last.explicitBounds, delta.explicitBounds)) return delta;
  return {
    ...delta,
    start: last.start,
    count: last.count + delta.count,
    sum: addSums(last.sum, delta.sum),
    bucketCounts: delta.bucketCounts.map((count, i) => count + (last.bucketCounts[i] ?? 0)),
  };
}

/** The point at a scale that native histograms have. Throws `PointRefused` when it is below their lowest. */
export function boundedScale(point: ExponentialPoint): ExponentialPoint {
  checkScale(point.scale);
  return point.scale > SCHEMA_MAX ? rescale(point, SCHEMA_MAX) : point;
}

/** The sum of both, at the lower of their scales, or lower still when its buckets would be too many. */
export function addExponential(last: ExponentialPoint, delta: ExponentialPoint): ExponentialPoint {
  const threshold = Math.max(last.zeroThreshold, delta.zeroThreshold);
  const scale = Math.min(last.scale, delta.scale);
  let a = widenZero(rescale(last, scale), threshold);
  let b = widenZero(rescale(delta, scale), threshold);
  const down = Math.max(excess(a.positive, b.positive), excess(a.negative, b.negative));
  checkScale(scale - down);
  a = rescale(a, scale - down);
  b = rescale(b, scale - down);
  return {
    ...b,
    start: last.start,
    count: a.count + b.count,
    sum: addSums(a.sum, b.sum),
    zeroCount: a.zeroCount + b.zeroCount,
    positive: addBuckets(a.positive, b.positive),
    negative: addBuckets(a.negative, b.negative),
  };
}

/** True when both lists have the same numbers in the same order. */
export function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}

/** A sum that one of the two lacks is not known afterwards either. */
function addSums(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

function rescale(point: ExponentialPoint, scale: number): ExponentialPoint {
  const down = point.scale - scale;
  return down === 0 ? point : { ...point, scale, positive: merged(point.positive, down), negative: merged(point.negative, down) };
}

/** Buckets that lie within the zero bucket's width move into it. */
function widenZero(point: ExponentialPoint, zeroThreshold: number): ExponentialPoint {
  if (point.zeroThreshold >= zeroThreshold) return point;
  // Bucket i ends at 2^((i + 1) / 2^scale); those that end at or below the threshold are taken up.
  const first = Math.floor(Math.log2(zeroThreshold) * 2 ** point.scale);
  const positive = splitAt(point.positive, first);
  const negative = splitAt(point.negative, first);
  const zeroCount = point.zeroCount + positive.below + negative.below;
  return { ...point, zeroThreshold, zeroCount, positive: positive.rest, negative: negative.rest };
}

function splitAt(buckets: ExponentialBuckets, first: number): { below: number; rest: ExponentialBuckets } {
  const cut = Math.min(Math.max(0, first - buckets.offset), buckets.counts.length);
  const below = buckets.counts.slice(0, cut).reduce((sum, count) => sum + count, 0);
  return { below, rest: { offset: buckets.offset + cut, counts: buckets.counts.slice(cut) } };
}

/** By how much the scale must go down for the sum of both to keep within `BUCKETS_MAX`. */
function excess(a: ExponentialBuckets, b: ExponentialBuckets): number {
  let { low, high } = union(a, b);
  let down = 0;
  while (high - low > BUCKETS_MAX) {
    low = Math.floor(low / 2);
    high = Math.ceil(high / 2);
    down++;
  }
  return down;
}

function union(a: ExponentialBuckets, b: ExponentialBuckets): { low: number; high: number } {
  const [x, y] = [trimmed(a), trimmed(b)];
  if (x.counts.length === 0) return { low: y.offset, high: y.offset + y.counts.length };
  if (y.counts.length === 0) return { low: x.offset, high: x.offset + x.counts.length };
  return { low: Math.min(x.offset, y.offset), high: Math.max(x.offset + x.counts.length, y.offset + y.counts.length) };
}

/** Without empty buckets at either end. */
function trimmed(buckets: ExponentialBuckets): ExponentialBuckets {
  const from = buckets.counts.findIndex((count) => count !== 0);
  if (from < 0) return { offset: buckets.offset, counts: [] };
  const to = buckets.counts.findLastIndex((count) => count !== 0);
  return { offset: buckets.offset + from, counts: buckets.counts.slice(from, to + 1) };
}

function addBuckets(a: ExponentialBuckets, b: ExponentialBuckets): ExponentialBuckets {
  const { low, high } = union(a, b);
  const counts = Array.from<number>({ length: high - low }).fill(0);
  for (const buckets of [trimmed(a), trimmed(b)]) {
    buckets.counts.forEach((count, i) => {
      const at = buckets.offset + i - low;
      counts[at] = (counts[at] ?? 0) + count;
    });
  }
  return { offset: low, counts };
}
