// The functions that treat every series of an instant vector by itself, by name.

import { DATE_FUNCTIONS } from './dates.ts';
import { ofEachHistogram, type SeriesFunction, withoutHistograms } from './each-step.ts';
import { type CallContext, dropName, stepTime } from '../steps/evaluation.ts';
import { histogramAvg, histogramStddev, histogramStdvar } from '../histogram/quantile.ts';
import { MATH_FUNCTIONS } from './math.ts';
import { FLOAT_AT, NOTHING_AT, type StepSeries } from '../steps/step-series.ts';

const MS_PER_S = 1000;

/** Element-wise functions: each owns the arrays of its argument. Series whose labels become the same are joined by `mergeSameLabels`. */
export const SERIES_FUNCTIONS: ReadonlyMap<string, SeriesFunction> = new Map<string, SeriesFunction>([
  ...MATH_FUNCTIONS,
  ...DATE_FUNCTIONS,
  ['timestamp', timestampOfStep],
  ['histogram_count', ofEachHistogram(({ count }) => count)],
  ['histogram_sum', ofEachHistogram(({ sum }) => sum)],
  ['histogram_avg', ofEachHistogram(histogramAvg)],
  ['histogram_stddev', ofEachHistogram(histogramStddev)],
  ['histogram_stdvar', ofEachHistogram(histogramStdvar)],
]);

/** The time of the step in seconds, of floats and histograms alike: what `timestamp` is of anything but a selector. */
function timestampOfStep(series: StepSeries, { evaluation }: CallContext): StepSeries {
  const { has, values } = series;
  for (let step = 0; step < has.length; step++) {
    if (has[step] === NOTHING_AT) continue;
    has[step] = FLOAT_AT;
    values[step] = stepTime(evaluation.steps, step) / MS_PER_S;
  }
  return dropName(withoutHistograms(series), evaluation);
}
