// count_values: how many series of each group have the same value, one result series per value that occurs.

import { type Labels, labelsKey, setLabel } from '../../../query/labels.ts';
import type { NativeHistogram } from '../../native-histogram.ts';
import { printFloat } from '../../value.ts';
import { groupLabels, type Grouping, Groups } from './aggregate-groups.ts';
import type { Aggregator } from './aggregate.ts';
import type { Evaluation } from '../steps/evaluation.ts';
import { histogramText } from '../histogram/histogram-text.ts';
import { FLOAT_AT, getAt, type StepSeries } from '../steps/step-series.ts';

interface ValueGroup {
  /** Labels of one of its series as far as they matter, without the value. */
  readonly labels: Labels;
  /** Result series by the value; by its text for histograms and for -0, which a map takes for 0. */
  readonly byValue: Map<number | string, StepSeries>;
}

export class CountValuesAggregator implements Aggregator {
  readonly #label: string;
  readonly #grouping: Grouping;
  readonly #evaluation: Evaluation;
  readonly #groups: Groups<ValueGroup>;
  /** Two groups may have a result in common where the label is not part of the result. */
  readonly #results = new Map<string, StepSeries>();

  constructor({ without, grouping }: Grouping, label: string, evaluation: Evaluation) {
    this.#label = label;
    this.#grouping = { without, grouping: without ? grouping : [...grouping, label] };
    this.#evaluation = evaluation;
    // The label of the value is given to every series anew: what was there does not matter.
    const others = without ? [...grouping, label] : grouping.filter((name) => name !== label);
    this.#groups = new Groups({ without, grouping: others }, (labels) => ({ labels, byValue: new Map() }));
  }

  add(series: StepSeries): void {
    const group = this.#groups.of(series.labels);
    for (let step = 0; step < series.has.length; step++) {
      const value = getAt(series, step);
      if (value === undefined) continue;
      const result = this.#resultOf(group, value);
      result.has[step] = FLOAT_AT;
      result.values[step] = (result.values[step] ?? 0) + 1;
    }
    this.#evaluation.arrays.give(series);
  }

  finish(): readonly StepSeries[] {
    return [...this.#results.values()];
  }

  #resultOf({ labels, byValue }: ValueGroup, value: number | NativeHistogram): StepSeries {
    const key = typeof value !== 'number' ? histogramText(value) : Object.is(value, -0) ? '-0' : value;
    const known = byValue.get(key);
    if (known !== undefined) return known;
    const text = typeof key === 'number' ? printFloat(key) : key;
    const named = groupLabels(this.#grouping, setLabel(labels, this.#label, text));
    const resultKey = labelsKey(named);
    let result = this.#results.get(resultKey);
    if (result === undefined) {
      result = this.#evaluation.arrays.take(named);
      result.values.fill(0);
      this.#results.set(resultKey, result);
    }
    byValue.set(key, result);
    return result;
  }
}
