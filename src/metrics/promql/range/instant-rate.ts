// irate and idelta: what lies between the last two samples of a window.
//
// Source: Prometheus 3.14, functions documentation, `irate` and `idelta`.

import type { NativeHistogram } from '../../native-histogram.ts';
import { compactHistogram, detectReset, divideHistogram, subtractHistograms, withHint } from '../histogram/arithmetic.ts';
import { noteBoundsReconciled, warnMixedBuckets, warnMixedKinds, warnNotCounter, warnNotGauge } from './range-annotations.ts';
import { type RangeContext, type RangeFunction, type RangeSeries, type RangeWindow, histogramAt, timeAt, valueAt } from './range-window.ts';
import { startsAnew } from './start-timestamps.ts';

export function instantRateOf(counter: boolean): RangeFunction {
  return (series, window, context) => {
    const kinds = lastTwo(series, window);
    if (kinds === undefined) return undefined;
    if (kinds === 'mixed') return warnMixedKinds(context);
    return kinds === 'floats'
      ? floatDifference(series, window.to - 1, counter)
      : histogramDifference(series, window.histogramTo - 1, context, counter);
  };
}

/** Of which kind the last two samples are; `undefined` where there are fewer. */
function lastTwo(
  series: RangeSeries,
  { from, to, histogramFrom, histogramTo }: RangeWindow,
): 'floats' | 'histograms' | 'mixed' | undefined {
  const floats = to - from;
  const histograms = histogramTo - histogramFrom;
  if (floats + histograms < 2) return undefined;
  if (histograms === 0) return 'floats';
  if (floats === 0) return 'histograms';
  if (floats > 1 && timeAt(series, to - 2) > histogramAt(series, histogramTo - 1).ms) return 'floats';
  if (histograms > 1 && histogramAt(series, histogramTo - 2).ms > timeAt(series, to - 1)) return 'histograms';
  return 'mixed';
}

function floatDifference(series: RangeSeries, last: number, counter: boolean): number {
  const value = valueAt(series, last);
  const previous = valueAt(series, last - 1);
  if (!counter) return value - previous;
  const ms = timeAt(series, last);
  const previousMs = timeAt(series, last - 1);
  const starts = series.starts?.floats;
  const isReset = value < previous || (starts !== undefined && startsAnew(starts[last - 1] ?? 0, previousMs, starts[last] ?? 0, ms));
  return (isReset ? value : value - previous) / ((ms - previousMs) / 1000);
}

function histogramDifference(series: RangeSeries, last: number, context: RangeContext, counter: boolean): NativeHistogram | undefined {
  const { ms, histogram } = histogramAt(series, last);
  const { ms: previousMs, histogram: previous } = histogramAt(series, last - 1);
  const gauges = Number(histogram.counterResetHint === 'gauge') + Number(previous.counterResetHint === 'gauge');
  if (counter && gauges > 0) warnNotCounter(context);
  if (!counter && gauges < 2) warnNotGauge(context);
  let result = histogram;
  const starts = series.starts?.histograms;
  const isReset =
    counter &&
    ((starts !== undefined && startsAnew(starts[last - 1] ?? 0, previousMs, starts[last] ?? 0, ms)) || detectReset(histogram, previous));
  if (!isReset) {
    const difference = subtractHistograms(histogram, previous);
    if (difference === undefined) return warnMixedBuckets(context);
    if (difference.boundsReconciled) noteBoundsReconciled(context, 'subtraction');
    result = difference.histogram;
  }
  result = compactHistogram(withHint(result, 'gauge'));
  return counter ? divideHistogram(result, (ms - previousMs) / 1000) : result;
}
