// quantile: the φ-quantile of each group's values at each step. The values have to be there all at once: series are kept until the end.

import type { Labels } from '../../../query/labels.ts';
import { Groups } from './aggregate-groups.ts';
import { IgnoredHistograms } from './aggregate-notes.ts';
import type { Aggregator } from './aggregate.ts';
import type { Aggregate } from '../ast.ts';
import type { Evaluation } from '../steps/evaluation.ts';
import { quantileOf } from './float-quantile.ts';
import { FLOAT_AT, hasAny, type StepSeries } from '../steps/step-series.ts';

interface QuantileGroup {
  readonly labels: Labels;
  readonly series: StepSeries[];
}

/** Steps that are gathered from the series at a time: a series' values lie side by side, a step's do not. */
const STEPS_AT_ONCE = 16;

export class QuantileAggregator implements Aggregator {
  readonly #quantiles: Float64Array;
  readonly #evaluation: Evaluation;
  readonly #ignored: IgnoredHistograms;
  readonly #groups: Groups<QuantileGroup>;

  constructor(expr: Aggregate, quantiles: Float64Array, evaluation: Evaluation) {
    this.#quantiles = quantiles;
    this.#evaluation = evaluation;
    this.#ignored = new IgnoredHistograms(expr, evaluation);
    this.#groups = new Groups(expr, (labels) => ({ labels, series: [] }));
  }

  add(series: StepSeries): void {
    this.#ignored.note(series);
    this.#groups.of(series.labels).series.push(series);
  }

  finish(): readonly StepSeries[] {
    const { arrays } = this.#evaluation;
    const results: StepSeries[] = [];
    const groups = this.#groups.all();
    const sizeMax = groups.reduce((max, { series }) => Math.max(max, series.length), 0);
    const rows = Array.from({ length: STEPS_AT_ONCE }, () => new Float64Array(sizeMax));
    for (const { labels, series } of groups) {
      const result = arrays.take(
        labels,
        series.some(({ dropName }) => dropName),
      );
      this.#fold(series, rows, result);
      for (const one of series) arrays.give(one);
      if (hasAny(result)) results.push(result);
      else arrays.give(result);
    }
    return results;
  }

  /** `rows` is scratch, a row for the values of one step. */
  #fold(all: readonly StepSeries[], rows: readonly Float64Array[], result: StepSeries): void {
    const sizes = new Int32Array(STEPS_AT_ONCE);
    const { count } = this.#evaluation.steps;
    for (let first = 0; first < count; first += STEPS_AT_ONCE) {
      const steps = Math.min(STEPS_AT_ONCE, count - first);
      sizes.fill(0);
      for (const { has, values } of all) {
        for (let i = 0; i < steps; i++) {
          if (has[first + i] !== FLOAT_AT) continue;
          const row = rows[i];
          const size = sizes[i] as number;
          if (row !== undefined) row[size] = values[first + i] as number;
          sizes[i] = size + 1;
        }
      }
      for (let i = 0; i < steps; i++) {
        const row = rows[i]?.subarray(0, sizes[i]);
        if (row === undefined || row.length === 0) continue;
        result.has[first + i] = FLOAT_AT;
        result.values[first + i] = quantileOf(this.#quantiles[first + i] ?? Number.NaN, row);
      }
    }
  }
}
