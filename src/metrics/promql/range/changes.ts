// changes and resets: how often a series took another value, how often a counter began anew.
//
// Source: Prometheus 3.14, functions documentation; start timestamps: pull request 18627.

import type { NativeHistogram } from '../../native-histogram.ts';
import { type Extent, extensionOf, floatExtent, histogramExtent } from './extended-window.ts';
import { detectReset, equalHistograms } from '../histogram/arithmetic.ts';
import { type RangeContext, type RangeFunction, type RangeSeries, type RangeWindow, histogramAt, timeAt, valueAt } from './range-window.ts';
import { startsAnew } from './start-timestamps.ts';

/** What is counted between one sample and the next of the same kind. A change of kind counts always. */
interface Counting {
  readonly floats: (series: RangeSeries, index: number, previous: number) => boolean;
  readonly histograms: (series: RangeSeries, index: number, previous: number) => boolean;
}

const CHANGES: Counting = {
  floats: (series, index, previous) => {
    const value = valueAt(series, index);
    const before = valueAt(series, previous);
    return value !== before && !(Number.isNaN(value) && Number.isNaN(before));
  },
  histograms: (series, index, previous) => !equalHistograms(histogramOf(series, index), histogramOf(series, previous)),
};

const RESETS: Counting = {
  floats: (series, index, previous) => {
    if (valueAt(series, index) < valueAt(series, previous)) return true;
    const starts = series.starts?.floats;
    if (starts === undefined) return false;
    return startsAnew(starts[previous] ?? 0, timeAt(series, previous), starts[index] ?? 0, timeAt(series, index));
  },
  histograms: (series, index, previous) => {
    const starts = series.starts?.histograms;
    const ms = histogramAt(series, index).ms;
    if (starts !== undefined && startsAnew(starts[previous] ?? 0, histogramAt(series, previous).ms, starts[index] ?? 0, ms)) return true;
    return detectReset(histogramOf(series, index), histogramOf(series, previous));
  },
};

export const changes: RangeFunction = (series, window, context) => count(series, window, context, CHANGES);
export const resets: RangeFunction = (series, window, context) => count(series, window, context, RESETS);

function histogramOf(series: RangeSeries, index: number): NativeHistogram {
  return histogramAt(series, index).histogram;
}

/** Samples of both kinds in the order of time, from the anchor where the range is anchored. */
function count(series: RangeSeries, window: RangeWindow, context: RangeContext, counting: Counting): number | undefined {
  const { to, histogramTo } = window;
  if (window.from === to && window.histogramFrom === histogramTo) return undefined;
  const start = context.extension === undefined ? window : anchoredStart(series, window, context);
  let float = start.from;
  let histogram = start.histogramFrom;
  let previous: 'none' | 'float' | 'histogram' = 'none';
  let counted = 0;
  while (float < to || histogram < histogramTo) {
    const isFloat = histogram >= histogramTo || (float < to && timeAt(series, float) <= histogramAt(series, histogram).ms);
    const kind = isFloat ? 'float' : 'histogram';
    if (previous !== 'none') {
      if (previous !== kind) counted++;
      else if (isFloat ? counting.floats(series, float, float - 1) : counting.histograms(series, histogram, histogram - 1)) counted++;
    }
    previous = kind;
    if (isFloat) float++;
    else histogram++;
  }
  return counted;
}

/** The one sample before the window that it is compared with first: the newest within the lookback, of either kind. */
function anchoredStart(series: RangeSeries, window: RangeWindow, context: RangeContext): Pick<RangeWindow, 'from' | 'histogramFrom'> {
  const { from, histogramFrom } = window;
  const extension = extensionOf(context);
  const float = before(floatExtent(series, window, extension), from);
  const histogram = before(histogramExtent(series, window, extension), histogramFrom);
  if (float !== undefined && (histogram === undefined || timeAt(series, float) >= histogramAt(series, histogram).ms)) {
    return { from: float, histogramFrom };
  }
  return { from, histogramFrom: histogram ?? histogramFrom };
}

function before(extent: Extent | undefined, from: number): number | undefined {
  return extent !== undefined && extent.first < from ? extent.first : undefined;
}
