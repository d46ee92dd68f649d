// Functions that treat every series by itself, step by step: what they are, and the loops that all of them share.
//
// A function owns the arrays of its argument: it changes them in place, or gives them back where nothing is left.

import type { NativeHistogram } from '../../native-histogram.ts';
import { type CallContext, dropName, type Evaluation } from '../steps/evaluation.ts';
import { FLOAT_AT, HISTOGRAM_AT, NOTHING_AT, type StepSeries } from '../steps/step-series.ts';

/** The series' result, or nothing where it has none at any step. */
export type SeriesFunction = (series: StepSeries, context: CallContext) => StepSeries | undefined;

/** A function of every float by itself; histograms drop out. */
export function ofEachFloat(compute: (value: number) => number): SeriesFunction {
  return (series, { evaluation }) => {
    const { has, values } = series;
    let any = false;
    // hot: once per series and step.
    for (let step = 0; step < has.length; step++) {
      if (has[step] === FLOAT_AT) {
        values[step] = compute(values[step] as number);
        any = true;
      } else has[step] = NOTHING_AT;
    }
    return floatsLeft(series, any, evaluation);
  };
}

/** A function of every histogram by itself; floats drop out. `undefined` leaves nothing at the step. */
export function ofEachHistogram(compute: (histogram: NativeHistogram) => number | undefined): SeriesFunction {
  return (series, { evaluation }) => {
    const { has, values, histograms } = series;
    let any = false;
    for (let step = 0; step < has.length; step++) {
      const histogram = has[step] === HISTOGRAM_AT ? histograms?.[step] : undefined;
      const value = histogram === undefined ? undefined : compute(histogram);
      has[step] = value === undefined ? NOTHING_AT : FLOAT_AT;
      if (value === undefined) continue;
      values[step] = value;
      any = true;
    }
    return floatsLeft(series, any, evaluation);
  };
}

/** The series with its floats alone and without its name, or nothing (and its arrays given back) where there are none. */
export function floatsLeft(series: StepSeries, any: boolean, evaluation: Evaluation): StepSeries | undefined {
  if (any) return dropName(withoutHistograms(series), evaluation);
  evaluation.arrays.give(series);
  return undefined;
}

/** The series without the column of histograms. */
export function withoutHistograms({ labels, dropName: drops, has, values }: StepSeries): StepSeries {
  return { labels, dropName: drops, has, values };
}
