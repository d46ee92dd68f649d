// Native histograms of scripts against those that the HTTP API shows: count, sum, and the buckets that are not empty, with their bounds.
//
// What an answer does not carry cannot be compared: the counter reset hint, the schema of a histogram without buckets, the width of an empty
// zero bucket, and custom bounds beside which nothing was counted.

import { CUSTOM_BUCKETS_SCHEMA, SCHEMA_MAX, SCHEMA_MIN } from '../../src/metrics/native-histogram.ts';
import type { NativeHistogram } from '../../src/metrics/native-histogram.ts';
import { almostEqual } from './almost-equal.ts';

export interface ReadHistogram {
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly ReadBucket[];
}

export interface ReadBucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/** Digits lost by printing a bound or by another way to the power. */
const BOUND_ERROR = 1e-9;

/** Count of each bucket that is not empty, by its index, which grows away from zero. */
export function bucketCounts(histogram: NativeHistogram, side: 'positive' | 'negative'): ReadonlyMap<number, number> {
  const [spans, counts] =
    side === 'positive' ? [histogram.positiveSpans, histogram.positiveBuckets] : [histogram.negativeSpans, histogram.negativeBuckets];
  const byIndex = new Map<number, number>();
  let index = 0;
  let at = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++) {
      const count = counts[at++] ?? 0;
      if (count !== 0) byIndex.set(index, count);
    }
  }
  return byIndex;
}

/** Whether an answer's histogram is the expected one, within the tolerance of the original's runner. */
export function sameHistogram(expected: NativeHistogram, read: ReadHistogram): boolean {
  if (!almostEqual(expected.count, read.count) || !almostEqual(expected.sum, read.sum)) return false;
  const wanted = expectedBuckets(expected);
  return (
    wanted.length === read.buckets.length &&
    wanted.every(({ lower, upper, count }, i) => {
      const found = read.buckets[i];
      return found !== undefined && sameBound(lower, found.lower) && sameBound(upper, found.upper) && almostEqual(count, found.count);
    })
  );
}

function sameBound(a: number, b: number): boolean {
  return a === b || (Number.isFinite(a) && Math.abs(a - b) <= BOUND_ERROR * Math.abs(a));
}

function expectedBuckets(histogram: NativeHistogram): ReadBucket[] {
  const { zeroThreshold, zeroCount } = histogram;
  const inOrder = (side: 'positive' | 'negative'): [number, number][] => [...bucketCounts(histogram, side)].sort(([a], [b]) => a - b);
  const edge = (index: number): number => upperBound(histogram, index);
  // What lies within the zero bucket belongs to it: a bucket that reaches into it begins at its end.
  const inner = (index: number): number =>
    histogram.schema === CUSTOM_BUCKETS_SCHEMA ? edge(index - 1) : Math.max(edge(index - 1), zeroThreshold);
  const negative = inOrder('negative').map(([index, count]) => ({ lower: -edge(index), upper: -inner(index), count }));
  const positive = inOrder('positive').map(([index, count]) => ({ lower: inner(index), upper: edge(index), count }));
  const zero = zeroCount === 0 ? [] : [{ lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount }];
  return [...negative.reverse(), ...zero, ...positive];
}

function upperBound({ schema, customValues }: NativeHistogram, index: number): number {
  if (schema !== CUSTOM_BUCKETS_SCHEMA) {
    const exponent = index * 2 ** -schema;
    // The last bucket of finite numbers ends at the largest one.
    return exponent === 1024 ? Number.MAX_VALUE : 2 ** exponent;
  }
  return index < 0 ? Number.NEGATIVE_INFINITY : (customValues[index] ?? Number.POSITIVE_INFINITY);
}

/** A histogram with the buckets of an answer, for messages; what the answer leaves out is taken from `like`. */
export function histogramOf(read: ReadHistogram, like: NativeHistogram | undefined): NativeHistogram {
  const zero = read.buckets.find(isZeroBucket);
  const others = read.buckets.filter((bucket) => bucket !== zero);
  const custom = like?.schema === CUSTOM_BUCKETS_SCHEMA || (others.length > 0 && schemaOf(others) === undefined);
  const schema = custom ? CUSTOM_BUCKETS_SCHEMA : (schemaOf(others) ?? like?.schema ?? 0);
  const customValues = custom ? [...new Set([...(like?.customValues ?? []), ...others.flatMap(({ lower, upper }) => [lower, upper])])] : [];
  const bounds = customValues.filter(Number.isFinite).sort((a, b) => a - b);
  const indexOf = (bound: number): number => {
    if (!custom) return Math.round(Math.log2(bound) * 2 ** schema);
    const index = bounds.indexOf(bound);
    return index === -1 ? bounds.length : index;
  };
  const side = (buckets: readonly ReadBucket[], bound: (bucket: ReadBucket) => number) => {
    const indexed = buckets.map((bucket) => ({ index: indexOf(bound(bucket)), count: bucket.count })).sort((a, b) => a.index - b.index);
    return {
      spans: indexed.map(({ index }, i) => ({ offset: index - (i === 0 ? 0 : (indexed[i - 1]?.index ?? 0) + 1), length: 1 })),
      counts: indexed.map(({ count }) => count),
    };
  };
  const positive = side(
    others.filter(({ upper }) => custom || upper > 0),
    ({ upper }) => upper,
  );
  const negative = side(
    others.filter(({ upper }) => !custom && upper <= 0),
    ({ lower }) => -lower,
  );
  return {
    schema,
    counterResetHint: 'unknown',
    count: read.count,
    sum: read.sum,
    zeroThreshold: zero?.upper ?? like?.zeroThreshold ?? 0,
    zeroCount: zero?.count ?? 0,
    positiveSpans: positive.spans,
    positiveBuckets: positive.counts,
    negativeSpans: negative.spans,
    negativeBuckets: negative.counts,
    customValues: bounds,
  };
}

function isZeroBucket({ lower, upper }: ReadBucket): boolean {
  return lower === -upper && Number.isFinite(upper);
}

/** The one resolution in which every bucket is one; undefined when there is none. */
function schemaOf(buckets: readonly ReadBucket[]): number | undefined {
  const ends = buckets.map(({ lower, upper }) => (upper > 0 ? [lower, upper] : [-upper, -lower]));
  for (let schema = SCHEMA_MIN; schema <= SCHEMA_MAX; schema++) {
    const whole = (bound: number): boolean => sameBound(2 ** (Math.round(Math.log2(bound) * 2 ** schema) * 2 ** -schema), bound);
    if (ends.some(([inner = 0, outer = 0]) => sameBound(outer / inner, 2 ** (2 ** -schema)) && whole(outer))) return schema;
  }
  return undefined;
}
