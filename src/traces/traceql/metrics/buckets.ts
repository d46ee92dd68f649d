// Buckets of powers of two, and quantiles from them.
//
// Source: Tempo `pkg/traceql/engine_metrics.go`, Log2Bucketize and Log2QuantileWithBucket.

/** A bucket of values up to `max`. */
export interface Bucket {
  readonly max: number;
  readonly count: number;
}

/** The exponent of the smallest power of two that is not below a value; undefined below 2, which is not counted. */
export function log2Exponent(value: bigint): number | undefined {
  return value < 2n ? undefined : (value - 1n).toString(2).length;
}

/**
 * The quantile `p` of buckets in ascending order: the upper bound where it falls on one, else between the bucket before (or half the bound) and its
 * bound, exponentially by the share of samples. 0 of no samples.
 */
export function log2Quantile(p: number, buckets: readonly Bucket[]): number {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  if (!(p >= 0 && p <= 1) || total === 0) return 0;
  const wanted = Math.max(1, Math.ceil(p * total));
  let before = 0;
  let previous: number | undefined;
  for (const { max, count } of buckets) {
    if (before + count > wanted) {
      const upper = Math.log2(max);
      const lower = previous === undefined ? upper - 1 : Math.log2(previous);
      return 2 ** (lower + (upper - lower) * ((wanted - before) / count));
    }
    before += count;
    if (before === wanted) return max;
    previous = max;
  }
  return previous ?? 0;
}
