// quantile_over_time: the quantile of the samples in each window of a series.
//
// Windows that share samples keep counts by rank in a Fenwick tree: a sample enters and leaves once, whatever the overlap.
// Source: Loki `quantileOverTime`, which takes NaN for less than everything; Fenwick, "A new data structure for cumulative frequency tables".

import { quantileOf } from '../../../metrics/promql/aggregate/float-quantile.ts';
import type { WindowTimes } from './fold.ts';
import type { SeriesSamples } from './sample-columns.ts';
import type { TakeValue } from './slide.ts';

export interface QuantileWindows {
  readonly quantile: number;
  readonly steps: number;
  readonly times: (step: number) => WindowTimes;
  readonly overlap: boolean;
}

/** Gives the quantile of every window that has samples. */
export function slideQuantile({ quantile, steps, times, overlap }: QuantileWindows, samples: SeriesSamples, take: TakeValue): void {
  const counts = overlap ? new RankCounts(samples.values) : undefined;
  let from = 0;
  let to = 0;
  for (let step = 0; step < steps; step++) {
    const window = times(step);
    for (; to < samples.times.length && (samples.times[to] as number) <= window.to; to++) counts?.enter(to);
    for (; from < to && (samples.times[from] as number) <= window.from; from++) counts?.leave(from);
    if (from === to) continue;
    take(step, counts === undefined ? quantileOf(quantile, samples.values.slice(from, to)) : counts.quantile(quantile, to - from));
  }
}

function sortNaNFirst(values: Float64Array): Float64Array {
  values.sort();
  let nans = 0;
  while (nans < values.length && Number.isNaN(values[values.length - 1 - nans])) nans++;
  if (nans > 0) {
    values.copyWithin(nans, 0, values.length - nans);
    values.fill(Number.NaN, 0, nans);
  }
  return values;
}

/** How many of the samples in a window have each value of a series, by the value's place among all of them. */
class RankCounts {
  readonly #sorted: Float64Array;
  readonly #ranks: Uint32Array;
  /** Node `i`, from 1 on, counts the ranks `i - (i & -i)` to `i - 1`. */
  readonly #tree: Int32Array;
  readonly #top: number;

  constructor(values: Float64Array) {
    this.#sorted = sortNaNFirst(values.slice());
    this.#ranks = Uint32Array.from(values, (value) => rankOf(this.#sorted, value));
    this.#tree = new Int32Array(values.length + 1);
    this.#top = 2 ** Math.floor(Math.log2(values.length));
  }

  enter(sample: number): void {
    this.#count(sample, 1);
  }

  leave(sample: number): void {
    this.#count(sample, -1);
  }

  #count(sample: number, by: 1 | -1): void {
    const tree = this.#tree;
    for (let i = (this.#ranks[sample] as number) + 1; i < tree.length; i += i & -i) tree[i] = (tree[i] as number) + by;
  }

  /** Of `count` samples in the window; between two of them by weight, beyond 0 and 1 infinite. */
  quantile(quantile: number, count: number): number {
    if (quantile < 0) return -Infinity;
    if (quantile > 1) return Infinity;
    const rank = quantile * (count - 1);
    const lower = Math.floor(rank);
    const weight = rank - lower;
    return this.#at(lower) * (1 - weight) + this.#at(Math.min(count - 1, lower + 1)) * weight;
  }

  /** The value at a place in the ascending order of those in the window. */
  #at(index: number): number {
    const tree = this.#tree;
    let node = 0;
    let left = index;
    for (let jump = this.#top; jump > 0; jump >>= 1) {
      const next = node + jump;
      if (next >= tree.length || (tree[next] as number) > left) continue;
      node = next;
      left -= tree[next] as number;
    }
    return this.#sorted[node] as number;
  }
}

/** The first place of a value; that of NaN is 0. */
function rankOf(sorted: Float64Array, value: number): number {
  let [low, high] = [0, value === value ? sorted.length - 1 : 0];
  while (low < high) {
    const middle = (low + high) >> 1;
    const candidate = sorted[middle] as number;
    if (candidate < value || candidate !== candidate) low = middle + 1;
    else high = middle;
  }
  return low;
}
