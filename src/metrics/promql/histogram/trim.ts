// Native histograms cut at a value: the operators `</`, which keeps the observations below, and `>/`, which keeps those above.
//
// Source: Prometheus native histograms specification, "Trim operators". Where anything is cut, count and sum are estimated anew.

import type { NativeHistogram } from '../../native-histogram.ts';
import { compactHistogram } from './arithmetic.ts';
import { indexesOf } from './bucket-indexes.ts';
import { upperBound, usesCustomBuckets } from './buckets.ts';

/** `histogram </ bound`: without the observations above. */
export function trimUpper(histogram: NativeHistogram, bound: number): NativeHistogram {
  return trim(histogram, { bound, keeps: 'below' });
}

/** `histogram >/ bound`: without the observations below. */
export function trimLower(histogram: NativeHistogram, bound: number): NativeHistogram {
  return trim(histogram, { bound, keeps: 'above' });
}

interface Cut {
  readonly bound: number;
  readonly keeps: 'below' | 'above';
}

/** How observations of a bucket are spread: evenly, or evenly on a logarithmic scale on one side of zero. */
type Spread = 'linear' | 'positive' | 'negative';

interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
  readonly spread: Spread;
}

/** What is left of a bucket, and the value that its observations are taken to have. */
interface Kept {
  readonly count: number;
  readonly middle: number;
}

interface Totals {
  count: number;
  sum: number;
  isCut: boolean;
}

function trim(histogram: NativeHistogram, cut: Cut): NativeHistogram {
  const totals: Totals = { count: 0, sum: 0, isCut: false };
  const custom = usesCustomBuckets(histogram);
  const { positiveSpans, positiveBuckets, negativeSpans, negativeBuckets } = histogram;
  const bound = (index: number): number => upperBound(index, histogram);
  const positive = indexesOf(positiveSpans).map((index, i) => {
    const count = positiveBuckets[i] ?? 0;
    return keep({ lower: bound(index - 1), upper: bound(index), count, spread: custom ? 'linear' : 'positive' }, cut, totals);
  });
  const negative = indexesOf(negativeSpans).map((index, i) => {
    return keep({ lower: -bound(index), upper: -bound(index - 1), count: negativeBuckets[i] ?? 0, spread: 'negative' }, cut, totals);
  });
  let { zeroCount } = histogram;
  if (zeroCount > 0) {
    const kept = keptOfZeroBucket(histogram, cut);
    totals.isCut ||= kept.count !== zeroCount;
    totals.count += kept.count;
    totals.sum += kept.middle * kept.count;
    zeroCount = kept.count;
  }
  if (!totals.isCut) return histogram;
  const { count, sum } = totals;
  return compactHistogram({ ...histogram, count, sum, zeroCount, positiveBuckets: positive, negativeBuckets: negative });
}

/** The count that is left of a bucket, added to the totals. */
function keep(bucket: Bucket, cut: Cut, totals: Totals): number {
  if (bucket.count === 0) return 0;
  const kept = keptOf(bucket, cut);
  if (kept.count !== bucket.count) totals.isCut = true;
  totals.count += kept.count;
  totals.sum += kept.middle * kept.count;
  return kept.count;
}

const NOTHING: Kept = { count: 0, middle: 0 };

function keptOf(bucket: Bucket, { bound, keeps }: Cut): Kept {
  const { lower, upper, count, spread } = bucket;
  if (keeps === 'below' ? upper <= bound : lower >= bound) return { count, middle: middleOf(lower, upper, spread) };
  if (keeps === 'below' ? !(lower < bound) : !(upper > bound)) return NOTHING;
  if (lower === -Infinity) return keptOfFirst(bucket, { bound, keeps });
  // How far observations above the last bound reach is not known: they all lie above the cut.
  if (upper === Infinity) return keeps === 'below' ? NOTHING : { count, middle: bound };
  const below = count * partBelow(bucket, bound);
  if (keeps === 'below') return { count: below, middle: middleOf(lower, bound, spread) };
  return { count: count - below, middle: middleOf(bound, upper, spread) };
}

/** Of a custom bucket without a lower end: it begins at zero if it ends above; if not, all of it lies below the cut. */
function keptOfFirst({ upper, count }: Bucket, { bound, keeps }: Cut): Kept {
  if (upper === Infinity) return NOTHING;
  if (keeps === 'below') {
    if (upper <= 0) return { count, middle: bound };
    return bound > 0 ? { count: (count * bound) / upper, middle: bound / 2 } : NOTHING;
  }
  return bound >= 0 ? { count: count * (1 - bound / upper), middle: (bound + upper) / 2 } : NOTHING;
}

function keptOfZeroBucket({ zeroCount, zeroThreshold, positiveBuckets, negativeBuckets }: NativeHistogram, { bound, keeps }: Cut): Kept {
  const hasPositive = positiveBuckets.some((count) => count !== 0);
  const hasNegative = negativeBuckets.some((count) => count !== 0);
  const lower = hasPositive && !hasNegative ? 0 : -zeroThreshold;
  const upper = hasNegative && !hasPositive ? 0 : zeroThreshold;
  const whole: Kept = { count: zeroCount, middle: (lower + upper) / 2 };
  if (bound <= lower) return keeps === 'below' ? NOTHING : whole;
  if (bound >= upper) return keeps === 'below' ? whole : NOTHING;
  if (keeps === 'below') return { count: zeroCount * ((bound - lower) / (upper - lower)), middle: (lower + bound) / 2 };
  return { count: zeroCount * ((upper - bound) / (upper - lower)), middle: (bound + upper) / 2 };
}

/** The part of a bucket's observations that lies below a value within it. */
function partBelow({ lower, upper, spread }: Bucket, value: number): number {
  if (spread === 'linear') return (value - lower) / (upper - lower);
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  const logValue = Math.log2(Math.abs(value));
  return spread === 'positive' ? (logValue - logLower) / (logUpper - logLower) : 1 - (logValue - logUpper) / (logLower - logUpper);
}

/** The value that observations between two bounds are taken to have; an infinite bound leaves the other one, or half of it from zero. */
function middleOf(lower: number, upper: number, spread: Spread): number {
  if (lower === -Infinity || lower === Infinity) {
    if (upper === Infinity || upper === -Infinity) return 0;
    return upper > 0 ? upper / 2 : upper;
  }
  if (upper === Infinity || upper === -Infinity) return lower;
  if (spread === 'linear') return (lower + upper) / 2;
  const middle = Math.sqrt(Math.abs(lower * upper));
  return spread === 'positive' ? middle : -middle;
}
