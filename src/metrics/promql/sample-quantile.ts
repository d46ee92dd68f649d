// Quantiles of samples: quantile_over_time and mad_over_time.
//
// Source: Prometheus 3.14, functions documentation, `quantile_over_time` and `mad_over_time`.

import { scalarArgument } from './call-arguments.ts';
import { formatG } from './go-float.ts';
import type { FloatFold } from './over-time.ts';
import { annotated } from './range-annotations.ts';

/**
 * The quantile of values that are sorted ascending as typed arrays sort, NaN last; NaN counts as less than all others.
 * Between two values it is interpolated. Outside of 0…1 it is an infinity, of no values NaN.
 */
export function quantileOfSorted(q: number, sorted: Float64Array): number {
  const count = sorted.length;
  if (count === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  let nans = 0;
  while (nans < count && Number.isNaN(sorted[count - 1 - nans])) nans++;
  const ranked = (rank: number): number => (rank < nans ? Number.NaN : (sorted[rank - nans] ?? Number.NaN));
  const rank = q * (count - 1);
  const lower = Math.max(0, Math.floor(rank));
  const weight = rank - Math.floor(rank);
  return ranked(lower) * (1 - weight) + ranked(Math.min(count - 1, lower + 1)) * weight;
}

export const quantileOverTime: FloatFold = ({ values }, { from, to, step }, context) => {
  const q = scalarArgument(context.scalars, 0)[step] ?? Number.NaN;
  if (!(q >= 0 && q <= 1)) {
    context.evaluation.annotations.warn(`quantile value should be between 0 and 1, got ${formatG(q)}`, annotated(context));
  }
  return quantileOfSorted(q, values.slice(from, to).sort());
};

/** The median of the distances to the median. */
export const medianDeviation: FloatFold = ({ values }, { from, to }) => {
  const sorted = values.slice(from, to).sort();
  const median = quantileOfSorted(0.5, sorted);
  for (let i = 0; i < sorted.length; i++) sorted[i] = Math.abs((sorted[i] ?? Number.NaN) - median);
  return quantileOfSorted(0.5, sorted.sort());
};
