// Series whose labels have become the same, joined into one: what a function or an operator that changes labels does last.
//
//   {a="1"}  1 2 _ _
//   {a="1"}  _ _ 3 4   ──▶  {a="1"}  1 2 3 4

import { RequestError } from '../../../base/request-error.ts';
import { labelsKey } from '../../../query/labels.ts';
import type { Evaluation } from './evaluation.ts';
import { getAt, NOTHING_AT, putAt, type StepSeries } from './step-series.ts';

/** One series per label set, in the order of the first of each. Throws `execution` where two of the same labels have a value at a step. */
export function mergeSameLabels(series: readonly StepSeries[], { arrays }: Evaluation): readonly StepSeries[] {
  if (series.length < 2) return series;
  const byLabels = new Map<string, StepSeries>();
  for (const one of series) {
    const key = labelsKey(one.labels);
    const known = byLabels.get(key);
    if (known === undefined) byLabels.set(key, one);
    else {
      byLabels.set(key, joined(known, one));
      arrays.give(one);
    }
  }
  return byLabels.size === series.length ? series : [...byLabels.values()];
}

function joined(into: StepSeries, from: StepSeries): StepSeries {
  let result = into;
  for (let step = 0; step < from.has.length; step++) {
    if (from.has[step] === NOTHING_AT) continue;
    if (result.has[step] !== NOTHING_AT) throw new RequestError('execution', 'vector cannot contain metrics with the same labelset');
    result = putAt(result, step, getAt(from, step));
  }
  return result;
}
