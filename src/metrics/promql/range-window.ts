// Range vectors as functions see them: the samples of one series, and the window of each step as indexes into them.
//
//   times   |──────●──●──●──●──●──●────▶        window (startMs, endMs] of a step: samples from … to - 1
//                     from        to

import type { Labels } from '../../query/labels.ts';
import type { NativeHistogram } from '../native-histogram.ts';
import type { HistogramPoint } from '../series.ts';
import type { CallContext } from './evaluation.ts';

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
}
