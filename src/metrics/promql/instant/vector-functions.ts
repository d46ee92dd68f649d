// The functions that look at all series of an instant vector at once, by name. Each owns the series it is given.

import { absent } from './absent.ts';
import type { CallContext } from '../steps/evaluation.ts';
import { fractionOfHistograms, quantileOfHistograms, quantilesOfHistograms } from './histogram-functions.ts';
import { labelJoin, labelReplace } from './label-functions.ts';
import { sortAscending, sortByLabel, sortByLabelDescending, sortDescending } from './sorting.ts';
import type { StepSeries } from '../steps/step-series.ts';

/** The series of the result, joined where their labels are the same; in order where the function gives one. */
export type VectorFunction = (series: readonly StepSeries[], context: CallContext) => readonly StepSeries[];

export const VECTOR_FUNCTIONS: ReadonlyMap<string, VectorFunction> = new Map<string, VectorFunction>([
  ['absent', absent],
  ['histogram_fraction', fractionOfHistograms],
  ['histogram_quantile', quantileOfHistograms],
  ['histogram_quantiles', quantilesOfHistograms],
  ['label_join', labelJoin],
  ['label_replace', labelReplace],
  ['sort', sortAscending],
  ['sort_by_label', sortByLabel],
  ['sort_by_label_desc', sortByLabelDescending],
  ['sort_desc', sortDescending],
]);
