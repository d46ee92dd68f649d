// The functions over ranges that dashboards are made of, for series of floats: all windows of a series in one pass.
//
// They give what the functions of range-functions.ts give window by window, to the last bit; a test compares the two.

import type { EvaluationSettings } from './evaluation.ts';
import type { Looks } from './query-evaluation.ts';
import type { RangeSeries } from './range-window.ts';
import type { StepSeries } from './step-series.ts';

/** Where the windows of all steps lie. */
export interface Windows {
  readonly looks: Looks;
  readonly rangeMs: number;
  readonly steps: number;
}

/** Fills a series with the function's value at every step; gives the samples that its windows held together. */
export type FastRange = (series: RangeSeries, windows: Windows, into: StepSeries) => number;

const FAST: ReadonlyMap<string, FastRange> = new Map();

/** The one-pass form of a function, where it has one. */
export function fastRange(name: string, settings: EvaluationSettings): FastRange | undefined {
  return settings.useStartTimestamps ? undefined : FAST.get(name);
}
