// limitk and limit_ratio: some series of each group, as they are; which ones does not depend on their values.

import { Groups, type Grouping } from './aggregate-groups.ts';
import type { Aggregator } from './aggregate.ts';
import type { Evaluation } from '../steps/evaluation.ts';
import { labelHash } from './label-hash.ts';
import { hasAny, NOTHING_AT, type StepSeries } from '../steps/step-series.ts';

/** The first k series of each group that have something at a step. */
export class LimitAggregator implements Aggregator {
  readonly #counts: Float64Array;
  readonly #evaluation: Evaluation;
  readonly #groups: Groups<Float64Array>;
  readonly #kept: StepSeries[] = [];

  constructor(grouping: Grouping, counts: Float64Array, evaluation: Evaluation) {
    this.#counts = counts;
    this.#evaluation = evaluation;
    this.#groups = new Groups(grouping, () => new Float64Array(evaluation.steps.count));
  }

  add(series: StepSeries): void {
    const taken = this.#groups.of(series.labels);
    const { has } = series;
    for (let step = 0; step < has.length; step++) {
      if (has[step] === NOTHING_AT) continue;
      const before = taken[step] ?? 0;
      if (before >= (this.#counts[step] ?? 0)) has[step] = NOTHING_AT;
      else taken[step] = before + 1;
    }
    keepOrGive(series, this.#kept, this.#evaluation);
  }

  finish(): readonly StepSeries[] {
    return this.#kept;
  }
}

const HASH_MAX = 2 ** 64;

/**
 * A pseudo-random share of the series, the same at every query: a positive ratio takes those whose hash is below it, a negative one the
 * complement. Ratios are within -1 and 1.
 */
export class RatioAggregator implements Aggregator {
  readonly #ratios: Float64Array;
  readonly #evaluation: Evaluation;
  readonly #kept: StepSeries[] = [];

  constructor(ratios: Float64Array, evaluation: Evaluation) {
    this.#ratios = ratios;
    this.#evaluation = evaluation;
  }

  add(series: StepSeries): void {
    const offset = Number(labelHash(series.labels)) / HASH_MAX;
    const { has } = series;
    for (let step = 0; step < has.length; step++) {
      const ratio = this.#ratios[step] ?? 0;
      const taken = ratio >= 0 ? offset < ratio : offset >= 1 + ratio;
      if (!taken) has[step] = NOTHING_AT;
    }
    keepOrGive(series, this.#kept, this.#evaluation);
  }

  finish(): readonly StepSeries[] {
    return this.#kept;
  }
}

function keepOrGive(series: StepSeries, kept: StepSeries[], { arrays }: Evaluation): void {
  if (hasAny(series)) kept.push(series);
  else arrays.give(series);
}
