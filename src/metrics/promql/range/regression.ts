// Trends: deriv and predict_linear by least squares, double_exponential_smoothing.
//
// Source: Prometheus 3.14, functions documentation; Holt, "Forecasting trends and seasonals by exponentially weighted moving averages" (1957).

import { RequestError } from '../../../base/request-error.ts';
import { scalarArgument } from '../steps/call-arguments.ts';
import { stepTime } from '../steps/evaluation.ts';
import { KahanSum } from '../steps/kahan-sum.ts';
import { noteHistogramsIgnored } from './range-annotations.ts';
import { type RangeContext, type RangeFunction, type RangeSeries, type RangeWindow, timeAt, valueAt } from './range-window.ts';

/** A straight line through samples: its slope per second, and its value at the time asked for. */
interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/** True when a window has the two floats that a trend needs. Tells of histograms beside floats. */
function hasTrend({ from, to, histogramFrom, histogramTo }: RangeWindow, context: RangeContext): boolean {
  if (from < to && histogramFrom < histogramTo) noteHistogramsIgnored(context);
  return to - from >= 2;
}

export const deriv: RangeFunction = (series, window, context) =>
  // Times count from the first sample, for large ones would cost digits.
  hasTrend(window, context) ? leastSquares(series, window, timeAt(series, window.from)).slope : undefined;

export const predictLinear: RangeFunction = (series, window, context) => {
  const seconds = scalarArgument(context.scalars, 1)[window.step] ?? Number.NaN;
  if (!hasTrend(window, context)) return undefined;
  const { slope, intercept } = leastSquares(series, window, stepTime(context.evaluation.steps, window.step));
  return slope * seconds + intercept;
};

function leastSquares(series: RangeSeries, { from, to }: RangeWindow, interceptMs: number): Line {
  const first = valueAt(series, from);
  let isConstant = true;
  const x = new KahanSum();
  const y = new KahanSum();
  const xy = new KahanSum();
  const xx = new KahanSum();
  for (let i = from; i < to; i++) {
    const value = valueAt(series, i);
    const seconds = (timeAt(series, i) - interceptMs) / 1000;
    if (i > from && value !== first) isConstant = false;
    x.add(seconds);
    y.add(value);
    xy.add(seconds * value);
    xx.add(seconds * seconds);
  }
  if (isConstant) {
    // A line through equal values is that value: no rounding may make a slope of it.
    const isInfinite = first === Number.POSITIVE_INFINITY || first === Number.NEGATIVE_INFINITY;
    return isInfinite ? { slope: Number.NaN, intercept: Number.NaN } : { slope: 0, intercept: first };
  }
  const count = to - from;
  const covariance = xy.total() - (x.total() * y.total()) / count;
  const variance = xx.total() - (x.total() * x.total()) / count;
  const slope = covariance / variance;
  return { slope, intercept: y.total() / count - (slope * x.total()) / count };
}

export const doubleExponentialSmoothing: RangeFunction = (series, window, context) => {
  if (window.from === window.to && window.histogramFrom === window.histogramTo) return undefined;
  const smoothing = factorAt(context, 1, window.step, 'smoothing factor. Expected: 0 < sf < 1');
  const trending = factorAt(context, 2, window.step, 'trend factor. Expected: 0 < tf < 1');
  if (!hasTrend(window, context)) return undefined;
  const { from, to } = window;
  let before = 0;
  let smoothed = valueAt(series, from);
  let trend = valueAt(series, from + 1) - smoothed;
  for (let i = from + 1; i < to; i++) {
    const weighted = smoothing * valueAt(series, i);
    if (i > from + 1) trend = trending * (smoothed - before) + (1 - trending) * trend;
    const carried = (1 - smoothing) * (smoothed + trend);
    before = smoothed;
    smoothed = weighted + carried;
  }
  return smoothed;
};

function factorAt({ scalars, call }: RangeContext, argument: number, step: number, expected: string): number {
  const factor = scalarArgument(scalars, argument)[step] ?? Number.NaN;
  if (factor > 0 && factor < 1) return factor;
  if (Number.isNaN(factor)) return factor;
  const { from, to } = call.args[argument] ?? call;
  throw new RequestError('execution', `invalid ${expected}, got: ${fixed(factor)}`, { from, to });
}

/** As Go's `%f` writes it. */
function fixed(value: number): string {
  if (Number.isFinite(value)) return value.toFixed(6);
  return value > 0 ? '+Inf' : '-Inf';
}
