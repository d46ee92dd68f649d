// What a native histogram tells about its observations: quantiles, fractions, spread and average.
//
// Source: Prometheus native histograms specification, "PromQL", "Interpolation within a bucket": on a logarithmic scale within exponential
// buckets, linearly within custom ones and the zero bucket.

import type { NativeHistogram } from '../../native-histogram.ts';
import { KahanSum } from '../steps/kahan-sum.ts';
import { OrderedBuckets, usesCustomBuckets } from './buckets.ts';

export interface Estimate {
  readonly value: number;
  /** What is to be said of observations of NaN, which are in the count and in no bucket; an info without the metric's name. */
  readonly note: string | undefined;
}

const NAN_RESULT = 'input to histogram_quantile has NaN observations, result is NaN';
const NAN_SKEW = 'input to histogram_quantile has NaN observations, result is skewed higher';
const NAN_EXCLUDED = 'input to histogram_fraction has NaN observations, which are excluded from all fractions';

/** The value below which the part `q` of the observations lies: NaN without any or for a NaN, ±Inf for a `q` outside 0…1. */
export function histogramQuantile(q: number, histogram: NativeHistogram): Estimate {
  if (q < 0 || q > 1) return { value: q < 0 ? -Infinity : Infinity, note: undefined };
  if (histogram.count === 0 || Number.isNaN(q)) return { value: NaN, note: undefined };
  const buckets = new OrderedBuckets(histogram);
  const nanSum = Number.isNaN(histogram.sum);
  // Observations of NaN are in no bucket, so that only counting from below is right with them.
  const upwards = nanSum || q < 0.5;
  const rank = (upwards ? q : 1 - q) * histogram.count;
  const { at, count, sum } = bucketOfRank(buckets, rank, upwards);
  let lower = at === undefined ? 0 : buckets.lower(at);
  let upper = at === undefined ? 0 : buckets.upper(at);
  const custom = usesCustomBuckets(histogram);
  if (custom && lower === -Infinity) {
    if (upper <= 0) return { value: upper, note: undefined };
    lower = 0;
  } else if (custom && upper === Infinity) return { value: lower, note: undefined };
  else if (!custom && lower < 0 && upper > 0) [lower, upper] = oneSided(histogram, lower, upper);
  const reached = Math.min(sum, histogram.count);
  // The rank lies beyond all buckets when NaN was observed, or else where the count is more than the buckets hold.
  if (reached < rank) return nanSum ? { value: NaN, note: NAN_RESULT } : { value: upper, note: undefined };
  const part = (upwards ? rank - (reached - count) : reached - rank) / count;
  const skewed = nanSum && reached + (at === undefined ? 0 : countAfter(buckets, at)) < histogram.count;
  const value = custom ? linear(lower, upper, part) : interpolate(lower, upper, part);
  return { value, note: skewed ? NAN_SKEW : undefined };
}

interface Ranked {
  /** The bucket's place; undefined without any. */
  readonly at: number | undefined;
  readonly count: number;
  /** Observations up to the bucket and in it. */
  readonly sum: number;
}

/** The first populated bucket with which `rank` observations are reached, or else the last bucket of all. */
function bucketOfRank(buckets: OrderedBuckets, rank: number, upwards: boolean): Ranked {
  let sum = 0;
  for (let i = 0; i < buckets.size; i++) {
    const at = upwards ? i : buckets.size - 1 - i;
    const count = buckets.count(at);
    if (count === 0) continue;
    sum += count;
    if (sum >= rank) return { at, count, sum };
  }
  if (buckets.size === 0) return { at: undefined, count: 0, sum };
  const at = upwards ? buckets.size - 1 : 0;
  return { at, count: buckets.count(at), sum };
}

function countAfter(buckets: OrderedBuckets, at: number): number {
  let sum = 0;
  for (let i = at + 1; i < buckets.size; i++) sum += buckets.count(i);
  return sum;
}

/** The zero bucket ends at zero towards the side on which there are no buckets, if the other one has some. */
function oneSided({ negativeBuckets, positiveBuckets }: NativeHistogram, lower: number, upper: number): readonly [number, number] {
  const hasNegative = negativeBuckets.length > 0;
  const hasPositive = positiveBuckets.length > 0;
  return [hasPositive && !hasNegative ? 0 : lower, hasNegative && !hasPositive ? 0 : upper];
}

function interpolate(lower: number, upper: number, part: number): number {
  if (lower <= 0 && upper >= 0) return linear(lower, upper, part);
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  if (lower > 0) return 2 ** linear(logLower, logUpper, part);
  return -(2 ** linear(logUpper, logLower, 1 - part));
}

function linear(lower: number, upper: number, part: number): number {
  return lower + (upper - lower) * part;
}

/** The part of all observations that lies between both values: NaN without observations or for a NaN, 0 when `lower` is not less. */
export function histogramFraction(lower: number, upper: number, histogram: NativeHistogram): Estimate {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return { value: NaN, note: undefined };
  if (lower >= upper) return { value: 0, note: undefined };
  const buckets = new OrderedBuckets(histogram);
  let all = histogram.count;
  let note: string | undefined;
  if (Number.isNaN(histogram.sum)) {
    all = countAfter(buckets, -1);
    if (all < histogram.count) note = NAN_EXCLUDED;
  }
  const [below, above] = ranksOf(lower, upper, histogram, buckets);
  return { value: (Math.min(above, all) - Math.min(below, all)) / histogram.count, note };
}

/** How many observations lie below each of two ascending values, interpolated; Infinity where a value is beyond all buckets. */
function ranksOf(first: number, second: number, histogram: NativeHistogram, buckets: OrderedBuckets): readonly [number, number] {
  let below: number | undefined;
  let above: number | undefined;
  let rank = 0;
  for (let at = 0; at < buckets.size && (below === undefined || above === undefined); at++) {
    const count = buckets.count(at);
    const upper = buckets.upper(at);
    if (upper < (below === undefined ? first : second)) {
      rank += count;
      continue;
    }
    const bucket = assumedBounds(histogram, buckets.lower(at), upper);
    below ??= rankWithin(first, bucket, rank, count);
    above ??= rankWithin(second, bucket, rank, count);
    rank += count;
  }
  return [below ?? Infinity, above ?? Infinity];
}

interface Interval {
  readonly lower: number;
  readonly upper: number;
  readonly isLinear: boolean;
}

/** Where the observations of a bucket are taken to lie: not below zero in the first custom one, not on the empty side of zero. */
function assumedBounds(histogram: NativeHistogram, lower: number, upper: number): Interval {
  if (usesCustomBuckets(histogram)) return { lower: lower === -Infinity && upper > 0 ? 0 : lower, upper, isLinear: true };
  if (!(lower <= 0 && upper >= 0)) return { lower, upper, isLinear: false };
  const [from, to] = oneSided(histogram, lower, upper);
  return { lower: from, upper: to, isLinear: true };
}

/** How many observations lie below a value when `rank` lie below the bucket; undefined when the value is beyond the bucket. */
function rankWithin(value: number, { lower, upper, isLinear }: Interval, rank: number, count: number): number | undefined {
  if (lower >= value) return rank;
  if (!(upper > value)) return undefined;
  // Nothing is known of how observations lie in a bucket without a lower end: all of them count as below.
  if (isLinear) return lower === -Infinity ? count : rank + (count * (value - lower)) / (upper - lower);
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  const logValue = Math.log2(Math.abs(value));
  return rank + count * (value > 0 ? (logValue - logLower) / (logUpper - logLower) : 1 - (logValue - logUpper) / (logLower - logUpper));
}

/** The estimated variance of the observations: each is taken to be at its bucket's middle, geometrically in exponential buckets. */
export function histogramStdvar(histogram: NativeHistogram): number {
  const mean = histogramAvg(histogram);
  const buckets = new OrderedBuckets(histogram);
  const custom = usesCustomBuckets(histogram);
  const variance = new KahanSum();
  for (let at = 0; at < buckets.size; at++) {
    const count = buckets.count(at);
    if (count === 0) continue;
    const delta = middleOf(buckets.lower(at), buckets.upper(at), custom) - mean;
    variance.add(count * delta * delta);
  }
  return variance.total() / histogram.count;
}

function middleOf(lower: number, upper: number, custom: boolean): number {
  if (custom) return (upper + lower) / 2;
  if (lower <= 0 && upper >= 0) return 0;
  return upper < 0 ? -Math.sqrt(upper * lower) : Math.sqrt(upper * lower);
}

/** The estimated standard deviation of the observations. */
export function histogramStddev(histogram: NativeHistogram): number {
  return Math.sqrt(histogramStdvar(histogram));
}

/** The average of the observations, exactly; NaN without any. */
export function histogramAvg({ sum, count }: NativeHistogram): number {
  return sum / count;
}
