// rate, increase and delta over `anchored` and `smoothed` ranges: the difference of the values at the ends of the window, nothing extrapolated.
//
// Source: Prometheus 3.14, feature `promql-extended-range-selectors`.

import type { NativeHistogram } from '../../native-histogram.ts';
import { extendedHistogramRate } from './extended-histogram-rate.ts';
import { type Extent, covers, extensionOf, floatExtent, histogramExtent } from './extended-window.ts';
import { warnMixedKinds } from './range-annotations.ts';
import { type RangeContext, type RangeSeries, type RangeWindow, timeAt, valueAt, windowSeconds } from './range-window.ts';
import type { RateKind } from './rate.ts';

export function extendedRate(
  series: RangeSeries,
  window: RangeWindow,
  context: RangeContext,
  kind: RateKind,
): number | NativeHistogram | undefined {
  const extension = extensionOf(context);
  const floats = floatExtent(series, window, extension);
  const histograms = histogramExtent(series, window, extension);
  if (floats !== undefined && histograms !== undefined) return warnMixedKinds(context);
  if (histograms !== undefined) return extendedHistogramRate({ series, window, context, extent: histograms }, kind);
  if (floats === undefined || !covers(timeAt(series, floats.first), timeAt(series, floats.last), window)) return undefined;
  const ends: Ends = { smoothed: extension.smoothed, counter: kind.counter };
  const left = leftValue(series, floats, window, ends);
  const right = rightValue(series, floats, window, ends);
  const increase = right - left + (kind.counter ? lostBetween(series, floats, window, { left, right }) : 0);
  return kind.perSecond ? increase / windowSeconds(window) : increase;
}

/** How the values at the ends of a window are found. */
export interface Ends {
  readonly smoothed: boolean;
  readonly counter: boolean;
}

/** The value at the start of the window: of the last sample until then or the first after it, or between the two where smoothed. */
export function leftValue(series: RangeSeries, { first }: Extent, { startMs }: RangeWindow, { smoothed, counter }: Ends): number {
  return smoothed && timeAt(series, first) < startMs ? interpolate(series, first, startMs, counter) : valueAt(series, first);
}

/** The value at the end of the window. */
export function rightValue(series: RangeSeries, { first, last }: Extent, { endMs }: RangeWindow, { smoothed, counter }: Ends): number {
  const isBeyond = smoothed && last > first && timeAt(series, last) > endMs;
  return isBeyond ? interpolate(series, last - 1, endMs, counter) : valueAt(series, last);
}

/** The value at a time between the sample at `index` and the next. A counter that was reset between them has gone up from zero. */
export function interpolate(series: RangeSeries, index: number, ms: number, counter: boolean): number {
  const next = valueAt(series, index + 1);
  const value = valueAt(series, index);
  const from = counter && next < value ? 0 : value;
  const fromMs = timeAt(series, index);
  return from + ((next - from) * (ms - fromMs)) / (timeAt(series, index + 1) - fromMs);
}

/** The sum of what a counter had reached before its resets within the window, whose ends have these values. */
function lostBetween(
  series: RangeSeries,
  { first, last }: Extent,
  { startMs, endMs }: RangeWindow,
  { left, right }: { readonly left: number; readonly right: number },
): number {
  const from = timeAt(series, first) <= startMs ? first + 1 : first;
  const to = timeAt(series, last) >= endMs ? last - 1 : last;
  let lost = 0;
  let previous = left;
  for (let i = from; i <= to; i++) {
    const value = valueAt(series, i);
    if (value < previous) lost += previous;
    previous = value;
  }
  return right < previous ? lost + previous : lost;
}
