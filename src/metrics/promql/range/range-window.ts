// Range vectors as functions see them: the samples of one series, and the window of each step as indexes into them.
//
//   times   |──────●──●──●──●──●──●────▶        window (startMs, endMs] of a step: samples from … to - 1
//                     from        to

import { assert } from '../../../base/assert.ts';
import type { Labels } from '../../../query/labels.ts';
import type { NativeHistogram } from '../../native-histogram.ts';
import type { HistogramPoint } from '../../series.ts';
import type { CallContext } from '../steps/evaluation.ts';

/** The samples of one series over all windows of a call, and of the lookback around them where the range is anchored or smoothed. */
export interface RangeSeries {
  readonly labels: Labels;
  readonly dropName: boolean;
  /** Milliseconds, ascending; `length` of them, without stale markers. The arrays may be larger, and are used again for the next series. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly length: number;
  readonly histograms: readonly HistogramPoint[];
  /** Start timestamp in milliseconds of each float sample and of each histogram, 0 where none is known; only with `useStartTimestamps`. */
  readonly starts?: { readonly floats: Float64Array; readonly histograms: Float64Array };
}

/** The window of one step; the same object is filled anew for every step. */
export interface RangeWindow {
  /** After `startMs`, up to and including `endMs`: with `offset` and `@` applied. */
  startMs: number;
  endMs: number;
  /** Floats `from` to `to - 1`. */
  from: number;
  to: number;
  /** Histograms `histogramFrom` to `histogramTo - 1`. */
  histogramFrom: number;
  histogramTo: number;
  /** The number of the step, by which scalar arguments are looked up. */
  step: number;
}

export interface RangeContext extends CallContext {
  /** The series' metric name, for annotations; may be empty. */
  readonly metricName: string;
  readonly extension: 'anchored' | 'smoothed' | undefined;
}

/** One step of a function over a range vector; `undefined` where it has no result. */
export type RangeFunction = (series: RangeSeries, window: RangeWindow, context: RangeContext) => number | NativeHistogram | undefined;

export interface RangeFunctionEntry {
  readonly evaluate: RangeFunction;
  /** True for the functions that keep the metric's name: first_over_time, last_over_time. */
  readonly keepsName: boolean;
  /** Called once after the windows of a series of which at least one gave a float: what is to be said of the series as a whole. */
  readonly afterFloats?: (series: RangeSeries, context: RangeContext) => void;
}

/** The value of a float sample; the index is within the series. */
export function valueAt({ values }: RangeSeries, index: number): number {
  return values[index] ?? Number.NaN;
}

/** The time of a float sample in milliseconds; the index is within the series. */
export function timeAt({ times }: RangeSeries, index: number): number {
  return times[index] ?? Number.NaN;
}

/** A histogram sample; the index is within the series. */
export function histogramAt({ histograms }: RangeSeries, index: number): HistogramPoint {
  const point = histograms[index];
  assert(point !== undefined, 'a histogram of the window');
  return point;
}

/** The length of a window in seconds. */
export function windowSeconds({ startMs, endMs }: Pick<RangeWindow, 'startMs' | 'endMs'>): number {
  return (endMs - startMs) / 1000;
}

/** A window before the first. */
export function newWindow(): RangeWindow {
  return { startMs: 0, endMs: 0, from: 0, to: 0, histogramFrom: 0, histogramTo: 0, step: 0 };
}

/** Moves a window on to an end that is not before the one it had. */
export function moveWindow(
  window: RangeWindow,
  { times, length, histograms }: RangeSeries,
  { endMs, rangeMs }: { readonly endMs: number; readonly rangeMs: number },
): void {
  window.endMs = endMs;
  window.startMs = endMs - rangeMs;
  while (window.to < length && (times[window.to] as number) <= endMs) window.to++;
  while (window.from < window.to && (times[window.from] as number) <= window.startMs) window.from++;
  while (window.histogramTo < histograms.length && (histograms[window.histogramTo]?.ms ?? 0) <= endMs) window.histogramTo++;
  while (window.histogramFrom < window.histogramTo && (histograms[window.histogramFrom]?.ms ?? 0) <= window.startMs) window.histogramFrom++;
}
