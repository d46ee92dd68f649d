// topk and bottomk: of each group the k series with the greatest or least values, step by step.
//
// Per group and step there is a heap of at most k entries, its root the one that gives way next; a series is kept as long as it is in a heap.
//
// Source: Prometheus 3.14, `evaluator.aggregationK`, and Go's `container/heap`, which decides between equal values.

import { Groups } from './aggregate-groups.ts';
import { IgnoredHistograms } from './aggregate-notes.ts';
import type { Aggregator } from './aggregate.ts';
import type { Aggregate } from '../ast.ts';
import type { Evaluation } from '../steps/evaluation.ts';
import { FLOAT_AT, NOTHING_AT, type StepSeries } from '../steps/step-series.ts';

/** A series that is in at least one heap. */
interface Candidate {
  readonly series: StepSeries;
  /** In how many heaps it is. */
  places: number;
}

/** Go's sort keeps the order of equal elements up to so many. */
const INSERTION_SORT_MAX = 12;

export class TopAggregator implements Aggregator {
  readonly #counts: Float64Array;
  readonly #ignored: IgnoredHistograms;
  readonly #groups: Groups<TopGroup>;

  constructor(expr: Aggregate, counts: Float64Array, evaluation: Evaluation) {
    this.#counts = counts;
    const sign = expr.op === 'topk' ? 1 : -1;
    this.#ignored = new IgnoredHistograms(expr, evaluation);
    this.#groups = new Groups(expr, () => new TopGroup(evaluation, sign));
  }

  add(series: StepSeries): void {
    this.#ignored.note(series);
    this.#groups.of(series.labels).add(series, this.#counts);
  }

  finish(): readonly StepSeries[] {
    return this.#groups.all().flatMap((group) => group.finish());
  }
}

class TopGroup {
  readonly #evaluation: Evaluation;
  readonly #sign: 1 | -1;
  readonly #candidates: (Candidate | undefined)[] = [];
  readonly #free: number[] = [];
  /** Per step a heap of `#capacity` places: the values, negated for bottomk, and the numbers of their series. */
  #capacity = 0;
  #values = new Float64Array(0);
  #members = new Int32Array(0);
  readonly #sizes: Int32Array;

  constructor(evaluation: Evaluation, sign: 1 | -1) {
    this.#evaluation = evaluation;
    this.#sign = sign;
    this.#sizes = new Int32Array(evaluation.steps.count);
  }

  /** hot: once per series and step; most values are refused by one comparison with the root of a full heap. */
  add(series: StepSeries, counts: Float64Array): void {
    const { has, values } = series;
    const number = this.#free.pop() ?? this.#candidates.length;
    const candidate: Candidate = { series, places: 0 };
    this.#candidates[number] = candidate;
    for (let step = 0; step < has.length; step++) {
      if (has[step] !== FLOAT_AT) continue;
      const value = this.#sign * (values[step] as number);
      const size = this.#sizes[step] as number;
      const count = counts[step] as number;
      if (size < count) this.#push(step, value, number);
      else if (count < 1 || !this.#replaceRoot(step, value, number)) continue;
      candidate.places++;
    }
    if (candidate.places === 0) this.#drop(number);
  }

  #push(step: number, value: number, member: number): void {
    const size = this.#sizes[step] as number;
    if (size === this.#capacity) this.#grow();
    this.#sizes[step] = size + 1;
    this.#put(step * this.#capacity + size, value, member);
    this.#up(step * this.#capacity, size);
  }

  /** Puts a value in the place of the root when it goes before it. */
  #replaceRoot(step: number, value: number, member: number): boolean {
    const root = step * this.#capacity;
    const least = this.#values[root] as number;
    if (!(least < value || (least !== least && value === value))) return false;
    const loser = this.#members[root] as number;
    const candidate = this.#candidates[loser];
    this.#put(root, value, member);
    this.#down(root, this.#sizes[step] as number);
    if (candidate !== undefined && --candidate.places === 0) this.#drop(loser);
    return true;
  }

  #put(place: number, value: number, member: number): void {
    this.#values[place] = value;
    this.#members[place] = member;
  }

  #up(root: number, from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.#less(root + at, root + parent)) return;
      this.#swap(root + at, root + parent);
      at = parent;
    }
  }

  #down(root: number, size: number): void {
    for (let at = 0; ;) {
      let child = 2 * at + 1;
      if (child >= size) return;
      if (child + 1 < size && this.#less(root + child + 1, root + child)) child++;
      if (!this.#less(root + child, root + at)) return;
      this.#swap(root + child, root + at);
      at = child;
    }
  }

  /** NaN gives way before everything else. */
  #less(a: number, b: number): boolean {
    const value = this.#values[a] as number;
    return value !== value || value < (this.#values[b] as number);
  }

  #swap(a: number, b: number): void {
    const value = this.#values[a] as number;
    const member = this.#members[a] as number;
    this.#put(a, this.#values[b] as number, this.#members[b] as number);
    this.#put(b, value, member);
  }

  #grow(): void {
    const capacity = Math.max(1, this.#capacity * 2);
    const steps = this.#sizes.length;
    const values = new Float64Array(capacity * steps);
    const members = new Int32Array(capacity * steps);
    for (let step = 0; step < steps; step++) {
      const [from, to] = [step * this.#capacity, (step + 1) * this.#capacity];
      values.set(this.#values.subarray(from, to), step * capacity);
      members.set(this.#members.subarray(from, to), step * capacity);
    }
    this.#capacity = capacity;
    this.#values = values;
    this.#members = members;
  }

  #drop(number: number): void {
    const candidate = this.#candidates[number];
    if (candidate === undefined) return;
    this.#candidates[number] = undefined;
    this.#free.push(number);
    this.#evaluation.arrays.give(candidate.series);
  }

  /** The series that are left, each at the steps where it is among the k; of a single step sorted by value. */
  finish(): readonly StepSeries[] {
    for (const candidate of this.#candidates) candidate?.series.has.fill(NOTHING_AT);
    for (let step = 0; step < this.#sizes.length; step++) {
      for (let i = 0; i < (this.#sizes[step] ?? 0); i++) {
        const has = this.#candidates[this.#members[step * this.#capacity + i] ?? -1]?.series.has;
        if (has !== undefined) has[step] = FLOAT_AT;
      }
    }
    const numbers = this.#sizes.length === 1 ? this.#sorted() : this.#candidates.keys();
    return [...numbers].flatMap((number) => this.#candidates[number]?.series ?? []);
  }

  #sorted(): readonly number[] {
    const places = Array.from({ length: this.#sizes[0] ?? 0 }, (_, place) => place);
    const goesBefore = (a: number, b: number): boolean => this.#less(b, a);
    if (places.length <= INSERTION_SORT_MAX) insertionSort(places, goesBefore);
    else places.sort((a, b) => (goesBefore(a, b) ? (goesBefore(b, a) ? 0 : -1) : goesBefore(b, a) ? 1 : 0));
    return places.map((place) => this.#members[place] ?? -1);
  }
}

function insertionSort(items: number[], goesBefore: (a: number, b: number) => boolean): void {
  for (let i = 1; i < items.length; i++) {
    const item = items[i] ?? 0;
    let at = i;
    for (; at > 0 && goesBefore(item, items[at - 1] ?? 0); at--) items[at] = items[at - 1] ?? 0;
    items[at] = item;
  }
}
