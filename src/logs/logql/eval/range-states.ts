// The states of the buckets of all series of a range aggregation.
//
//   SampleBlock ─┐
//   BucketBlock ─┴─▶ per series an array of states, one per bucket ─▶ slide.ts

import { bucketsOf, type BucketNumbering } from '../../window-grid.ts';
import type { BucketBlock, SampleBlock } from '../../range-source.ts';
import type { Fold } from './fold.ts';
import { checkSeries, hold, type MetricEvaluation } from './metric-context.ts';

export class RangeStates {
  readonly #fold: Fold;
  readonly #numbering: BucketNumbering;
  readonly #evaluation: MetricEvaluation;
  readonly #states: (Float64Array | undefined)[] = [];
  #buckets = new Uint32Array(0);
  #count = 0;

  constructor(fold: Fold, numbering: BucketNumbering, evaluation: MetricEvaluation) {
    this.#fold = fold;
    this.#numbering = numbering;
    this.#evaluation = evaluation;
  }

  /** hot: once per sample. */
  addSamples({ rows, series, ts, values }: SampleBlock): void {
    if (this.#buckets.length < rows) this.#buckets = new Uint32Array(rows);
    const buckets = this.#buckets;
    bucketsOf(this.#numbering, ts, rows, buckets);
    const { count } = this.#numbering;
    const fold = this.#fold;
    const { fields } = fold;
    for (let row = 0; row < rows; row++) {
      const bucket = buckets[row] as number;
      if (bucket >= count) continue;
      fold.add(this.#of(series[row] as number), bucket * fields, ts[row] as number, values[row] as number);
    }
  }

  /** Adds counts and sums, for folds whose state they are. */
  addBuckets({ rows, series, bucket, sums, counts }: BucketBlock): void {
    const { fields } = this.#fold;
    for (let row = 0; row < rows; row++) {
      const number = bucket[row] as number;
      if (number >= this.#numbering.count) continue;
      const states = this.#of(series[row] as number);
      const at = number * fields;
      states[at] = (states[at] as number) + (counts[row] as number);
      if (fields > 1) states[at + 1] = (states[at + 1] as number) + (sums[row] as number);
    }
  }

  #of(series: number): Float64Array {
    return this.#states[series] ?? this.#begin(series);
  }

  #begin(series: number): Float64Array {
    checkSeries(this.#evaluation, ++this.#count);
    const length = this.#numbering.count * this.#fold.fields;
    hold(this.#evaluation, length);
    const states = new Float64Array(length);
    this.#states[series] = states;
    return states;
  }

  /** The series that have samples, each with its states, which are held no longer. */
  *drain(): Generator<{ readonly series: number; readonly states: Float64Array }> {
    for (let series = 0; series < this.#states.length; series++) {
      const states = this.#states[series];
      if (states === undefined) continue;
      yield { series, states };
      this.#states[series] = undefined;
      this.#evaluation.held.samples -= states.length;
    }
  }
}
