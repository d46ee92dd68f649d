// Quantiles of samples: quantile_over_time and mad_over_time.
//
// Source: Prometheus 3.14, functions documentation, `quantile_over_time` and `mad_over_time`.

import { scalarArgument } from '../steps/call-arguments.ts';
import { quantileOf } from '../aggregate/float-quantile.ts';
import { formatG } from '../steps/go-float.ts';
import type { FloatFold } from './over-time.ts';
import { annotated } from './range-annotations.ts';

export const quantileOverTime: FloatFold = ({ values }, { from, to, step }, context) => {
  const q = scalarArgument(context.scalars, 0)[step] ?? Number.NaN;
  if (!(q >= 0 && q <= 1)) {
    context.evaluation.annotations.warn(`quantile value should be between 0 and 1, got ${formatG(q)}`, annotated(context));
  }
  return quantileOf(q, values.slice(from, to));
};

/** The median of the distances to the median; NaN where any sample is NaN. */
export const medianDeviation: FloatFold = ({ values }, { from, to }) => {
  const distances = values.slice(from, to);
  if (distances.some(Number.isNaN)) return Number.NaN;
  const median = quantileOf(0.5, distances);
  for (let i = 0; i < distances.length; i++) distances[i] = Math.abs((distances[i] ?? Number.NaN) - median);
  return quantileOf(0.5, distances);
};
