// Aggregations over the samples of a window: sum_over_time, avg_over_time and their kin.
//
// Source: Prometheus 3.14, functions documentation, `<aggregation>_over_time`.

import type { NativeHistogram } from '../../native-histogram.ts';
import { HistogramSum } from '../histogram/histogram-sum.ts';
import { KahanSum } from '../steps/kahan-sum.ts';
import { noteBoundsReconciled, noteHistogramsIgnored, warnMixedBuckets, warnMixedKinds, warnResetCollision } from './range-annotations.ts';
import { type RangeContext, type RangeFunction, type RangeSeries, type RangeWindow, histogramAt, timeAt, valueAt } from './range-window.ts';

/** A function of the floats of a window, of which there is at least one. */
export type FloatFold = (series: RangeSeries, window: RangeWindow, context: RangeContext) => number;

/** The function that looks at floats only: histograms beside them are told of, a window of histograms alone has no result. */
export function ofFloats(fold: FloatFold): RangeFunction {
  return (series, window, context) => {
    if (window.from === window.to) return undefined;
    if (window.histogramFrom < window.histogramTo) noteHistogramsIgnored(context);
    return fold(series, window, context);
  };
}

// ── sums and means ──

export const sumOverTime: RangeFunction = (series, window, context) => {
  if (window.histogramFrom === window.histogramTo) return window.from === window.to ? undefined : floatSum(series, window);
  if (window.from < window.to) return warnMixedKinds(context);
  return histogramSum(series, window, context)?.total();
};

export const avgOverTime: RangeFunction = (series, window, context) => {
  if (window.histogramFrom === window.histogramTo) return window.from === window.to ? undefined : floatMean(series, window);
  if (window.from < window.to) return warnMixedKinds(context);
  return histogramSum(series, window, context)?.mean();
};

function floatSum(series: RangeSeries, { from, to }: RangeWindow): number {
  const sum = new KahanSum();
  for (let i = from; i < to; i++) sum.add(valueAt(series, i));
  return Number.isFinite(sum.sum) ? sum.total() : sum.sum;
}

/** The sum divided once, unless the sum leaves the range of floats: then the mean is carried on from sample to sample. */
function floatMean(series: RangeSeries, { from, to }: RangeWindow): number {
  const sum = new KahanSum(valueAt(series, from));
  for (let i = from + 1; i < to; i++) {
    const before = sum.sum;
    const compensation = sum.compensation;
    sum.add(valueAt(series, i));
    if (sum.sum === Number.POSITIVE_INFINITY || sum.sum === Number.NEGATIVE_INFINITY) {
      return incrementalMean(series, { at: i, to, from }, new KahanSum(before / (i - from), compensation / (i - from)));
    }
  }
  const count = to - from;
  return sum.sum / count + sum.compensation / count;
}

interface Rest {
  readonly from: number;
  /** The first sample that the mean does not hold yet. */
  readonly at: number;
  readonly to: number;
}

function incrementalMean(series: RangeSeries, { from, at, to }: Rest, mean: KahanSum): number {
  for (let i = at; i < to; i++) {
    const count = i - from + 1;
    const weight = (count - 1) / count;
    mean.sum *= weight;
    mean.compensation *= weight;
    mean.add(valueAt(series, i) / count);
  }
  return mean.total();
}

function histogramSum(series: RangeSeries, window: RangeWindow, context: RangeContext): HistogramSum | undefined {
  const sum = new HistogramSum(histogramAt(series, window.histogramFrom).histogram);
  for (let i = window.histogramFrom + 1; i < window.histogramTo; i++) {
    if (sum.add(histogramAt(series, i).histogram) === 'incompatible') return warnMixedBuckets(context);
  }
  if (sum.resetCollision) warnResetCollision(context);
  if (sum.boundsReconciled) noteBoundsReconciled(context, 'aggregation');
  return sum;
}

// ── spread ──

/** The population variance, by Welford's method with compensation. */
export const stdvar: FloatFold = (series, { from, to }) => {
  const mean = new KahanSum();
  const squares = new KahanSum();
  for (let i = from; i < to; i++) {
    const value = valueAt(series, i);
    const delta = value - mean.total();
    mean.add(delta / (i - from + 1));
    squares.add(delta * (value - mean.total()));
  }
  return squares.total() / (to - from);
};

export const stddev: FloatFold = (series, window, context) => Math.sqrt(stdvar(series, window, context));

// ── one sample of all ──

/** Whether a value takes the place of the best so far. */
type Beats = (value: number, best: number) => boolean;

/** The index of the best value; NaN gives way to anything. */
function best(series: RangeSeries, { from, to }: RangeWindow, beats: Beats): number {
  let at = from;
  let most = valueAt(series, from);
  for (let i = from; i < to; i++) {
    const value = valueAt(series, i);
    if (beats(value, most) || Number.isNaN(most)) {
      at = i;
      most = value;
    }
  }
  return at;
}

export function valueOfBest(beats: Beats): FloatFold {
  return (series, window) => valueAt(series, best(series, window, beats));
}

/** In seconds. */
export function timeOfBest(beats: Beats): FloatFold {
  return (series, window) => timeAt(series, best(series, window, beats)) / 1000;
}

export const firstOverTime: RangeFunction = (series, { from, to, histogramFrom, histogramTo }): number | NativeHistogram | undefined => {
  if (histogramFrom === histogramTo) return from === to ? undefined : valueAt(series, from);
  const { ms, histogram } = histogramAt(series, histogramFrom);
  return from < to && timeAt(series, from) < ms ? valueAt(series, from) : histogram;
};

export const lastOverTime: RangeFunction = (series, { from, to, histogramFrom, histogramTo }): number | NativeHistogram | undefined => {
  if (histogramFrom === histogramTo) return from === to ? undefined : valueAt(series, to - 1);
  const { ms, histogram } = histogramAt(series, histogramTo - 1);
  return from < to && timeAt(series, to - 1) > ms ? valueAt(series, to - 1) : histogram;
};

/** Seconds of the first sample of either kind. */
export const timeOfFirst: RangeFunction = (series, { from, to, histogramFrom, histogramTo }) => {
  if (from === to && histogramFrom === histogramTo) return undefined;
  const float = from === to ? Number.POSITIVE_INFINITY : timeAt(series, from);
  const histogram = histogramFrom === histogramTo ? Number.POSITIVE_INFINITY : histogramAt(series, histogramFrom).ms;
  return Math.min(float, histogram) / 1000;
};

/** Seconds of the last sample of either kind; never before 1970. */
export const timeOfLast: RangeFunction = (series, { from, to, histogramFrom, histogramTo }) => {
  if (from === to && histogramFrom === histogramTo) return undefined;
  const float = from === to ? 0 : timeAt(series, to - 1);
  const histogram = histogramFrom === histogramTo ? 0 : histogramAt(series, histogramTo - 1).ms;
  return Math.max(float, histogram) / 1000;
};

// ── how many ──

export const countOverTime: RangeFunction = (_, { from, to, histogramFrom, histogramTo }) => {
  const count = to - from + histogramTo - histogramFrom;
  return count === 0 ? undefined : count;
};

export const presentOverTime: RangeFunction = (_, { from, to, histogramFrom, histogramTo }) =>
  from === to && histogramFrom === histogramTo ? undefined : 1;
