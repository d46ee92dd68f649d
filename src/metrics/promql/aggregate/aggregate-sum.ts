// sum and avg, of floats and of native histograms: compensated sums, and the running mean where a sum leaves the range of floats.
//
// Source: Prometheus 3.14, `evaluator.aggregation` and `kahanSumInc`: Neumaier's variant of Kahan's summation. The error of an addition is
// found here by Knuth's TwoSum, which gives the same number without a branch.

import { labelValue, METRIC_NAME } from '../../../query/labels.ts';
import { quote } from '../../../query/scanner.ts';
import type { NativeHistogram } from '../../native-histogram.ts';
import { Groups, isFull } from './aggregate-groups.ts';
import { innerPosition } from './aggregate-notes.ts';
import type { Aggregator } from './aggregate.ts';
import type { Aggregate } from '../ast.ts';
import type { Evaluation } from '../steps/evaluation.ts';
import { compactHistogram } from '../histogram/arithmetic.ts';
import { HistogramSum } from '../histogram/histogram-sum.ts';
import { FLOAT_AT, getAt, hasAny, HISTOGRAM_AT, NOTHING_AT, putAt, type StepSeries } from '../steps/step-series.ts';

/** Beside `FLOAT_AT` and `HISTOGRAM_AT`, which stand for what a step has seen: histograms that do not go together. */
const INCOMPATIBLE = 4;
const MIXED = FLOAT_AT | HISTOGRAM_AT;

interface SumGroup {
  /** Until the end `has` holds what each step has seen and `values` the plain sums. */
  readonly series: StepSeries;
  /** The errors of the additions, summed. */
  readonly errors: Float64Array;
  /** For avg: how many values there are, besides those of the series without gaps. */
  readonly counts: Float64Array;
  always: number;
  /** For avg, where a sum has overflowed: the running mean. */
  means: Map<number, number> | undefined;
  histograms: (HistogramSum | undefined)[] | undefined;
  dropName: boolean;
}

export class SumAggregator implements Aggregator {
  readonly #expr: Aggregate;
  readonly #evaluation: Evaluation;
  readonly #averages: boolean;
  readonly #groups: Groups<SumGroup>;

  constructor(expr: Aggregate, evaluation: Evaluation) {
    this.#expr = expr;
    this.#evaluation = evaluation;
    this.#averages = expr.op === 'avg';
    const { count } = evaluation.steps;
    this.#groups = new Groups(expr, (labels) => ({
      series: startAt0(evaluation.arrays.take(labels)),
      errors: new Float64Array(count),
      counts: new Float64Array(this.#averages ? count : 0),
      always: 0,
      means: undefined,
      histograms: undefined,
      dropName: false,
    }));
  }

  add(series: StepSeries): void {
    const group = this.#groups.of(series.labels);
    if (series.dropName) group.dropName = true;
    if (series.histograms !== undefined || group.histograms !== undefined) this.#addElements(group, series);
    else if (this.#averages) addToMeans(group, series);
    else addFloats(group, series);
    this.#evaluation.arrays.give(series);
  }

  #addElements(group: SumGroup, from: StepSeries): void {
    const { has } = group.series;
    for (let step = 0; step < has.length; step++) {
      const element = getAt(from, step);
      const seen = has[step] ?? 0;
      if (element === undefined || (seen & INCOMPATIBLE) !== 0) continue;
      if (typeof element !== 'number') {
        has[step] = seen | HISTOGRAM_AT;
        this.#addHistogram(group, step, element, from);
        continue;
      }
      has[step] = seen | FLOAT_AT;
      if (this.#averages) {
        addToMean(group, step, element);
        group.counts[step] = (group.counts[step] ?? 0) + 1;
      } else addFloat(group, step, element);
    }
  }

  #addHistogram(group: SumGroup, step: number, histogram: NativeHistogram, { labels }: StepSeries): void {
    group.histograms ??= [];
    const sum = group.histograms[step];
    if (sum === undefined) {
      // With floats before it the step has no result anyway.
      if (group.series.has[step] === HISTOGRAM_AT) group.histograms[step] = new HistogramSum(histogram);
      return;
    }
    if (sum.add(histogram) === 'ok') return;
    group.series.has[step] = (group.series.has[step] ?? 0) | INCOMPATIBLE;
    const name = quote(labelValue(labels, METRIC_NAME));
    const message = `vector contains a mix of histograms with exponential and custom buckets schemas for metric name ${name}`;
    this.#evaluation.annotations.warn(message, innerPosition(this.#expr));
  }

  finish(): readonly StepSeries[] {
    const results: StepSeries[] = [];
    for (const group of this.#groups.all()) {
      const result = group.histograms === undefined ? this.#finishFloats(group) : this.#finishElements(group);
      if (hasAny(result)) results.push(group.dropName ? { ...result, dropName: true } : result);
      else this.#evaluation.arrays.give(result);
    }
    return results;
  }

  #finishFloats(group: SumGroup): StepSeries {
    const { values } = group.series;
    for (let step = 0; step < values.length; step++) values[step] = this.#total(group, step);
    return group.series;
  }

  #finishElements(group: SumGroup): StepSeries {
    const { annotations } = this.#evaluation;
    const at = innerPosition(this.#expr);
    let result = group.series;
    for (let step = 0; step < result.has.length; step++) {
      const seen = result.has[step] ?? 0;
      if (seen === NOTHING_AT) continue;
      const sum = group.histograms?.[step];
      if (sum?.boundsReconciled === true) annotations.info('mismatched custom buckets were reconciled during aggregation', at);
      if (seen === FLOAT_AT) result.values[step] = this.#total(group, step);
      else if (seen === HISTOGRAM_AT && sum !== undefined) {
        if (sum.resetCollision) annotations.warn('conflicting counter resets during histogram aggregation', at);
        result = putAt(result, step, compactHistogram(this.#averages ? sum.mean() : sum.total()));
      } else {
        if ((seen & MIXED) === MIXED) annotations.warn('encountered a mix of histograms and floats for aggregation', at);
        result = putAt(result, step, undefined);
      }
    }
    return result;
  }

  #total({ series, errors, counts, always, means }: SumGroup, step: number): number {
    const sum = series.values[step] ?? 0;
    const error = errors[step] ?? 0;
    if (!this.#averages) return isInfinite(sum) ? sum : sum + error;
    const mean = means?.get(step);
    if (mean !== undefined) return mean + error;
    const count = (counts[step] ?? 0) + always;
    return sum / count + error / count;
  }
}

function startAt0(series: StepSeries): StepSeries {
  series.values.fill(0);
  return series;
}

function isInfinite(value: number): boolean {
  return value === Infinity || value === -Infinity;
}

/**
 * hot: the loop that most queries spend their time in, once per series and step. Without gaps it takes 1.6 ns per value, with them 3.9. An
 * infinite sum makes nonsense of its error; the end looks at the sum alone then.
 */
function addFloats({ series, errors }: SumGroup, from: StepSeries): void {
  const { has, values } = series;
  const fromValues = from.values;
  if (isFull(from)) {
    for (let i = 0; i < values.length; i++) {
      const value = fromValues[i] as number;
      const sum = values[i] as number;
      const total = sum + value;
      const added = total - sum;
      values[i] = total;
      errors[i] = (errors[i] as number) + (sum - (total - added) + (value - added));
    }
    has.fill(FLOAT_AT);
    return;
  }
  const fromHas = from.has;
  for (let i = 0; i < values.length; i++) {
    const seen = fromHas[i] as number;
    // Adding zero is cheaper than a jump that cannot be foreseen.
    const value = seen === FLOAT_AT ? (fromValues[i] as number) : 0;
    const sum = values[i] as number;
    const total = sum + value;
    const added = total - sum;
    values[i] = total;
    errors[i] = (errors[i] as number) + (sum - (total - added) + (value - added));
    has[i] = (has[i] as number) | seen;
  }
}

function addFloat({ series: { values }, errors }: SumGroup, step: number, value: number): void {
  const sum = values[step] ?? 0;
  const total = sum + value;
  const added = total - sum;
  errors[step] = (errors[step] ?? 0) + (sum - (total - added) + (value - added));
  values[step] = total;
}

/** hot: as `addFloats`; what is not finite, or is a running mean already, takes the long way. */
function addToMeans(group: SumGroup, from: StepSeries): void {
  const { series, errors } = group;
  const { has, values } = series;
  const fromValues = from.values;
  if (!isFull(from)) {
    addToSomeMeans(group, from);
    return;
  }
  for (let i = 0; i < values.length; i++) {
    const value = fromValues[i] as number;
    const sum = values[i] as number;
    const total = sum + value;
    if (total - total !== 0) {
      addToMean(group, i, value);
      continue;
    }
    const added = total - sum;
    values[i] = total;
    errors[i] = (errors[i] as number) + (sum - (total - added) + (value - added));
  }
  has.fill(FLOAT_AT);
  group.always++;
}

function addToSomeMeans(group: SumGroup, from: StepSeries): void {
  const { series, counts } = group;
  const { has } = series;
  for (let i = 0; i < has.length; i++) {
    if (from.has[i] !== FLOAT_AT) continue;
    addToMean(group, i, from.values[i] as number);
    has[i] = FLOAT_AT;
    counts[i] = (counts[i] as number) + 1;
  }
}

/** Adds to the sum of a step, or to its running mean from the value on with which the sum would overflow. The caller counts. */
function addToMean(group: SumGroup, step: number, value: number): void {
  const { series, errors } = group;
  const before = (group.counts[step] ?? 0) + group.always;
  const sum = series.values[step] ?? 0;
  const error = errors[step] ?? 0;
  let mean = group.means?.get(step);
  if (mean === undefined) {
    const next = compensated(value, sum, error);
    if (before === 0 || !isInfinite(next.sum)) {
      series.values[step] = next.sum;
      errors[step] = next.error;
      return;
    }
    mean = sum / before;
    errors[step] = error / before;
    // From now on every addition is seen to be not finite.
    series.values[step] = Infinity;
    group.means ??= new Map();
  }
  const count = before + 1;
  const weight = before / count;
  const next = compensated(value / count, weight * mean, weight * (errors[step] ?? 0));
  group.means?.set(step, next.sum);
  errors[step] = next.error;
}

function compensated(value: number, sum: number, error: number): { readonly sum: number; readonly error: number } {
  const total = sum + value;
  if (isInfinite(total)) return { sum: total, error: 0 };
  const lost = Math.abs(sum) >= Math.abs(value) ? sum - total + value : value - total + sum;
  return { sum: total, error: error + lost };
}
