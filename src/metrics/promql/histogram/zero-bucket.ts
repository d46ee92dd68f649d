// Zero buckets of different widths made equal, so that two histograms can be added or compared.
//
// Source: Prometheus native histograms specification, "Zero bucket": a wider zero bucket takes in the buckets that it covers, and where
// it would end inside a populated one it grows to that one's end.

import type { NativeHistogram } from '../../native-histogram.ts';
import { indexesOf, spansOf } from './bucket-indexes.ts';
import type { Buckets, Side } from './bucket-indexes.ts';
import { exponentialBound } from './buckets.ts';

/** Both histograms, with the same zero threshold: the least one that lies within no populated bucket of either. */
export function sameZeroBuckets(a: NativeHistogram, b: NativeHistogram): readonly [NativeHistogram, NativeHistogram] {
  let left = a;
  let right = b;
  // Neither threshold is less when one is NaN, which ends this too.
  for (;;) {
    if (left.zeroThreshold < right.zeroThreshold) left = widenZeroBucket(left, right.zeroThreshold);
    else if (left.zeroThreshold > right.zeroThreshold) right = widenZeroBucket(right, left.zeroThreshold);
    else return [left, right];
  }
}

/** The histogram with a zero bucket up to `threshold` at least; what it covers is no bucket any more, nor are empty ones. */
export function widenZeroBucket(histogram: NativeHistogram, threshold: number): NativeHistogram {
  const { schema } = histogram;
  const positive = { indexes: indexesOf(histogram.positiveSpans), counts: histogram.positiveBuckets };
  const negative = { indexes: indexesOf(histogram.negativeSpans), counts: histogram.negativeBuckets };
  const zeroThreshold = thresholdOutside([positive, negative], schema, threshold);
  const positiveInside = bucketsInside(positive, schema, zeroThreshold);
  const negativeInside = bucketsInside(negative, schema, zeroThreshold);
  let { zeroCount } = histogram;
  for (let i = 0; i < positiveInside; i++) zeroCount += positive.counts[i] ?? 0;
  for (let i = 0; i < negativeInside; i++) zeroCount += negative.counts[i] ?? 0;
  const above = populatedFrom(positive, positiveInside);
  const below = populatedFrom(negative, negativeInside);
  return {
    ...histogram,
    zeroThreshold,
    zeroCount,
    positiveSpans: above.spans,
    positiveBuckets: above.counts,
    negativeSpans: below.spans,
    negativeBuckets: below.counts,
  };
}

/** The least threshold from `threshold` on that lies within no populated bucket. */
export function thresholdOutside(sides: readonly Buckets[], schema: number, threshold: number): number {
  let outside = threshold;
  for (;;) {
    const before = outside;
    for (const side of sides) outside = endOfBucketAround(side, schema, outside);
    if (outside === before) return outside;
  }
}

/** The end of the populated bucket in which a value lies; the value itself where there is none. */
function endOfBucketAround({ indexes, counts }: Buckets, schema: number, value: number): number {
  for (let i = 0; i < indexes.length; i++) {
    const index = indexes[i] ?? 0;
    if (exponentialBound(index - 1, schema) >= value) break;
    const end = exponentialBound(index, schema);
    if (end > value) return counts[i] === 0 ? value : end;
  }
  return value;
}

/** How many buckets begin within a zero bucket of `threshold`: the first ones. */
export function bucketsInside({ indexes }: Buckets, schema: number, threshold: number): number {
  let inside = 0;
  while (inside < indexes.length && exponentialBound((indexes[inside] ?? 0) - 1, schema) < threshold) inside++;
  return inside;
}

function populatedFrom({ indexes, counts }: Buckets, first: number): Side {
  const isKept = (_: number, i: number): boolean => i >= first && counts[i] !== 0;
  return { spans: spansOf(indexes.filter(isKept)), counts: counts.filter(isKept) };
}
