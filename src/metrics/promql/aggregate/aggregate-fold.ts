// count, group, min, max, stddev and stdvar: each folds a series into a few numbers per step of its group.

import { Groups, isFull } from './aggregate-groups.ts';
import type { Aggregator } from './aggregate.ts';
import { IgnoredHistograms } from './aggregate-notes.ts';
import type { Aggregate, AggregateOp } from '../ast.ts';
import type { Evaluation } from '../steps/evaluation.ts';
import { FLOAT_AT, hasAny, NOTHING_AT, type StepSeries } from '../steps/step-series.ts';

type FoldOp = Extract<AggregateOp, 'count' | 'group' | 'min' | 'max' | 'stddev' | 'stdvar'>;

interface Fold {
  /** The result's series: `has` where the group has anything that counts, `values` as far as they are folded. */
  readonly series: StepSeries;
  /** For the deviations only: how many values there are at a step, and their mean. */
  readonly counts: Float64Array;
  readonly means: Float64Array;
  dropName: boolean;
}

export class FoldAggregator implements Aggregator {
  readonly #op: FoldOp;
  readonly #evaluation: Evaluation;
  readonly #ignored: IgnoredHistograms;
  readonly #groups: Groups<Fold>;

  constructor(expr: Aggregate, op: FoldOp, evaluation: Evaluation) {
    this.#op = op;
    this.#evaluation = evaluation;
    this.#ignored = new IgnoredHistograms(expr, evaluation);
    const deviates = op === 'stddev' || op === 'stdvar';
    const scratch = deviates ? evaluation.steps.count : 0;
    this.#groups = new Groups(expr, (labels) => ({
      series: startAt(evaluation.arrays.take(labels), op),
      counts: new Float64Array(scratch),
      means: new Float64Array(scratch),
      dropName: false,
    }));
  }

  add(series: StepSeries): void {
    const fold = this.#groups.of(series.labels);
    const { has, values } = fold.series;
    if (series.dropName) fold.dropName = true;
    if (this.#op !== 'count' && this.#op !== 'group') this.#ignored.note(series);
    switch (this.#op) {
      case 'count':
        countSteps(series, has, values);
        break;
      case 'group':
        markSteps(series, has);
        break;
      case 'min':
        foldLeast(series, has, values);
        break;
      case 'max':
        foldGreatest(series, has, values);
        break;
      default:
        foldDeviation(series, fold);
    }
    this.#evaluation.arrays.give(series);
  }

  finish(): readonly StepSeries[] {
    const results: StepSeries[] = [];
    for (const { series, counts, dropName } of this.#groups.all()) {
      if (!hasAny(series)) {
        this.#evaluation.arrays.give(series);
        continue;
      }
      if (this.#op === 'stddev')
        for (let i = 0; i < counts.length; i++) series.values[i] = Math.sqrt((series.values[i] ?? 0) / (counts[i] ?? 0));
      if (this.#op === 'stdvar') for (let i = 0; i < counts.length; i++) series.values[i] = (series.values[i] ?? 0) / (counts[i] ?? 0);
      results.push(dropName ? { ...series, dropName } : series);
    }
    return results;
  }
}

/** The values before the first series. NaN gives way to any other value in min and max. */
function startAt(series: StepSeries, op: FoldOp): StepSeries {
  series.values.fill(op === 'min' || op === 'max' ? Number.NaN : op === 'group' ? 1 : 0);
  return series;
}

// hot: the loops below run once per series and step of the query; without gaps they need not ask what stands at a step.

function countSteps({ has: from }: StepSeries, has: Uint8Array, values: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    const one = from[i] === NOTHING_AT ? 0 : FLOAT_AT;
    values[i] = (values[i] as number) + one;
    has[i] = (has[i] as number) | one;
  }
}

function markSteps({ has: from }: StepSeries, has: Uint8Array): void {
  for (let i = 0; i < from.length; i++) if (from[i] !== NOTHING_AT) has[i] = FLOAT_AT;
}

function foldLeast(from: StepSeries, has: Uint8Array, values: Float64Array): void {
  const { has: fromHas, values: fromValues } = from;
  if (isFull(from)) {
    for (let i = 0; i < values.length; i++) {
      const value = fromValues[i] as number;
      const least = values[i] as number;
      if (value < least || least !== least) values[i] = value;
    }
    has.fill(FLOAT_AT);
    return;
  }
  for (let i = 0; i < values.length; i++) {
    if (fromHas[i] !== FLOAT_AT) continue;
    has[i] = FLOAT_AT;
    const value = fromValues[i] as number;
    const least = values[i] as number;
    if (value < least || least !== least) values[i] = value;
  }
}

function foldGreatest(from: StepSeries, has: Uint8Array, values: Float64Array): void {
  const { has: fromHas, values: fromValues } = from;
  if (isFull(from)) {
    for (let i = 0; i < values.length; i++) {
      const value = fromValues[i] as number;
      const greatest = values[i] as number;
      if (value > greatest || greatest !== greatest) values[i] = value;
    }
    has.fill(FLOAT_AT);
    return;
  }
  for (let i = 0; i < values.length; i++) {
    if (fromHas[i] !== FLOAT_AT) continue;
    has[i] = FLOAT_AT;
    const value = fromValues[i] as number;
    const greatest = values[i] as number;
    if (value > greatest || greatest !== greatest) values[i] = value;
  }
}

/** Welford's running sum of squared distances from the mean, in `values`. */
function foldDeviation(from: StepSeries, { series, counts, means }: Fold): void {
  const { has, values } = series;
  for (let i = 0; i < has.length; i++) {
    if (from.has[i] !== FLOAT_AT) continue;
    has[i] = FLOAT_AT;
    const value = from.values[i] as number;
    const count = (counts[i] as number) + 1;
    const delta = value - (means[i] as number);
    const mean = (means[i] as number) + delta / count;
    counts[i] = count;
    means[i] = mean;
    values[i] = (values[i] as number) + delta * (value - mean);
  }
}
