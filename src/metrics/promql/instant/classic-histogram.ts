// Quantiles and fractions of a classic histogram at one step: cumulative counts under upper bounds.
//
//   bound   0.1   0.5   1   +Inf
//   count    3     7    9    9      ──▶  quantile(0.5) = 0.1 + 0.4 × (4.5 - 3) / (7 - 3)
//
// Source: Prometheus 3.14, querying/functions, "histogram_quantile" and "histogram_fraction".

/** The buckets of one step, in columns that are used again for the next: `length` of them, by ascending bound. */
export interface Buckets {
  readonly bounds: Float64Array;
  readonly counts: Float64Array;
  length: number;
}

/** What had to be done to make counts grow with their bounds. */
export interface Forced {
  /** Buckets whose count was raised: the least and the greatest of their bounds. */
  minBound: number;
  maxBound: number;
  /** By how much at most. */
  maxDifference: number;
}

/** Adds a bucket after the last one; buckets of one bound are one bucket. */
export function addBucket(buckets: Buckets, bound: number, count: number): void {
  const last = buckets.length - 1;
  if (last >= 0 && buckets.bounds[last] === bound) {
    buckets.counts[last] = (buckets.counts[last] as number) + count;
    return;
  }
  buckets.bounds[buckets.length] = bound;
  buckets.counts[buckets.length++] = count;
}

/** The value under which a share `q` of the observations lies. `onForced` hears of counts that fell and were raised. Changes the counts. */
export function bucketQuantile(q: number, buckets: Buckets, onForced: (forced: Forced) => void): number {
  if (q !== q) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  const { bounds, counts, length } = buckets;
  if (bounds[length - 1] !== Number.POSITIVE_INFINITY) return Number.NaN;
  const forced = makeMonotonic(buckets);
  if (forced !== undefined) onForced(forced);
  if (length < 2 || counts[length - 1] === 0) return Number.NaN;
  return interpolate(buckets, q * (counts[length - 1] as number));
}

/** The value at a rank, as if the observations of a bucket stood at equal distances. */
function interpolate({ bounds, counts, length }: Buckets, rank: number): number {
  const last = length - 1;
  const at = bucketOf(counts, last, rank);
  if (at === last) return bounds[last - 1] as number;
  const end = bounds[at] as number;
  if (at === 0) return end <= 0 ? end : end * (rank / (counts[0] as number));
  const start = bounds[at - 1] as number;
  const below = counts[at - 1] as number;
  return start + (end - start) * ((rank - below) / ((counts[at] as number) - below));
}

/** The first bucket before `last` whose count reaches the rank, else `last`. */
function bucketOf(counts: Float64Array, last: number, rank: number): number {
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((counts[middle] as number) >= rank) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Differences of this part of both counts together come from arithmetic, not from the data. */
const TOLERANCE = 1e-12;
const MIN_NORMAL = 2 ** -1022;
/** Far outside of the tolerance: most counts need no closer look. */
const CLEARLY_MORE = 1 + 1e-6;
const CLEARLY_MORE_THAN_NOTHING = 1e-300;

/** Small differences are taken away in silence, then falls. Tells what fell. */
function makeMonotonic({ bounds, counts, length }: Buckets): Forced | undefined {
  let forced: Forced | undefined;
  let previous = counts[0] as number;
  for (let i = 1; i < length; i++) {
    const count = counts[i] as number;
    if (count > CLEARLY_MORE * previous && count > CLEARLY_MORE_THAN_NOTHING) previous = count;
    else if (almostEqual(previous, count)) counts[i] = previous;
    else if (count < previous) {
      counts[i] = previous;
      forced ??= { minBound: Number.POSITIVE_INFINITY, maxBound: Number.NEGATIVE_INFINITY, maxDifference: 0 };
      widen(forced, { minBound: bounds[i] as number, maxBound: bounds[i] as number, maxDifference: previous - count });
    } else previous = count;
  }
  return forced;
}

/** Takes what `other` says into `forced`. */
export function widen(forced: Forced, other: Readonly<Forced>): void {
  if (other.minBound < forced.minBound) forced.minBound = other.minBound;
  if (other.maxBound > forced.maxBound) forced.maxBound = other.maxBound;
  if (other.maxDifference > forced.maxDifference) forced.maxDifference = other.maxDifference;
}

function almostEqual(a: number, b: number): boolean {
  if (a === b || (a !== a && b !== b)) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < MIN_NORMAL) return difference < TOLERANCE * MIN_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < TOLERANCE;
}

/** The share of the observations between two values. */
export function bucketFraction(lower: number, upper: number, buckets: Readonly<Buckets>): number {
  const { bounds, counts, length } = buckets;
  if (bounds[length - 1] !== Number.POSITIVE_INFINITY) return Number.NaN;
  const count = counts[length - 1] as number;
  if (count === 0 || lower !== lower || upper !== upper) return Number.NaN;
  if (lower >= upper) return 0;
  return (rankOf(upper, buckets) - rankOf(lower, buckets)) / count;
}

/** How many observations are at most `value`. */
function rankOf(value: number, { bounds, counts, length }: Readonly<Buckets>): number {
  const total = counts[length - 1] as number;
  let rank = 0;
  // Where the first bound is above 0 observations are taken to be positive.
  let lower = (bounds[0] as number) <= 0 ? Number.NEGATIVE_INFINITY : 0;
  for (let i = 0; i < length; i++) {
    if (i > 0) lower = bounds[i - 1] as number;
    if (lower >= value) return Math.min(rank, total);
    const upper = bounds[i] as number;
    const count = counts[i] as number;
    if (upper > value) {
      const inside = lower === Number.NEGATIVE_INFINITY ? count : rank + ((count - rank) * (value - lower)) / (upper - lower);
      return inside > total ? total : inside;
    }
    rank = count;
  }
  return total;
}
