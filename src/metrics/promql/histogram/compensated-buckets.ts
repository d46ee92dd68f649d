// Bucket counts to which others are added over and over, each with what rounding has cost it so far. Made for `CompensatedHistogram`.
//
// Source: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen" (1974): improved Kahan summation.

import type { Span } from '../../native-histogram.ts';
import { indexesOf, spansOf } from './bucket-indexes.ts';
import type { Buckets, Side } from './bucket-indexes.ts';

/** Where the buckets of a histogram that is added go; indexes here never decrease from bucket to bucket. */
export type Target = (index: number) => number;

export class CompensatedBuckets implements Buckets {
  #indexes: number[];
  #counts: number[];
  /** Per bucket what rounding has taken from its count. */
  #lost: number[];

  constructor(indexes: number[], counts: number[], lost: number[]) {
    this.#indexes = indexes;
    this.#counts = counts;
    this.#lost = lost;
  }

  static of({ spans, counts }: Side): CompensatedBuckets {
    return new CompensatedBuckets(indexesOf(spans), [...counts], zeros(counts.length));
  }

  get indexes(): readonly number[] {
    return this.#indexes;
  }

  get counts(): readonly number[] {
    return this.#counts;
  }

  copy(): CompensatedBuckets {
    return new CompensatedBuckets([...this.#indexes], [...this.#counts], [...this.#lost]);
  }

  /** The counts, each with what rounding has taken from it. */
  value(): Side {
    return { spans: spansOf(this.#indexes), counts: this.#counts.map((count, i) => count + (this.#lost[i] ?? 0)) };
  }

  /** Adds buckets, the first `skipped` ones left out. */
  add({ spans, counts }: Side, skipped: number, target?: Target): void {
    if (skipped === 0 && target === undefined) {
      if (!this.#hasAll(spans)) this.#makeRoom(indexesOf(spans));
      this.#addSpans(spans, counts);
      return;
    }
    const indexes = indexesOf(spans).slice(skipped);
    const wanted = target === undefined ? indexes : indexes.map(target);
    this.#makeRoom(wanted);
    let at = 0;
    wanted.forEach((index, i) => {
      at = this.#find(index, at);
      this.#addAt(at, counts[i + skipped] ?? 0);
    });
  }

  /** Multiplies every count. */
  scale(factor: number): void {
    for (let i = 0; i < this.#counts.length; i++) {
      this.#counts[i] = (this.#counts[i] ?? 0) * factor;
      this.#lost[i] = (this.#lost[i] ?? 0) * factor;
    }
  }

  /** Divides every count. */
  divide(divisor: number): void {
    for (let i = 0; i < this.#counts.length; i++) {
      this.#counts[i] = (this.#counts[i] ?? 0) / divisor;
      this.#lost[i] = (this.#lost[i] ?? 0) / divisor;
    }
  }

  /** Joins the buckets that have the same target. */
  join(target: Target): void {
    const before = this.copy();
    this.#indexes = [...new Set(before.#indexes.map(target))];
    this.#counts = zeros(this.#indexes.length);
    this.#lost = zeros(this.#indexes.length);
    let at = 0;
    before.#indexes.forEach((index, i) => {
      if (this.#indexes[at] !== target(index)) at++;
      this.#addAt(at, before.#counts[i] ?? 0);
      this.#addAt(at, before.#lost[i] ?? 0);
    });
  }

  /** Takes the first `length` buckets away, and every empty one with them; gives the counts that are to go elsewhere. */
  takeFirst(length: number): number[] {
    const taken = [...this.#counts.slice(0, length), ...this.#lost.slice(0, length)];
    const kept = (_: number, i: number): boolean => i >= length && (counts[i] !== 0 || lost[i] !== 0);
    const counts = this.#counts;
    const lost = this.#lost;
    this.#indexes = this.#indexes.filter(kept);
    this.#counts = counts.filter(kept);
    this.#lost = lost.filter(kept);
    return taken;
  }

  #addAt(at: number, value: number): void {
    const sum = this.#counts[at] ?? 0;
    const total = sum + value;
    this.#counts[at] = total;
    if (total === Infinity || total === -Infinity) this.#lost[at] = 0;
    else this.#lost[at] = (this.#lost[at] ?? 0) + (Math.abs(sum) >= Math.abs(value) ? sum - total + value : value - total + sum);
  }

  /** The place of an index, or where it would be, from `from` on. */
  #find(index: number, from: number): number {
    const indexes = this.#indexes;
    let at = from;
    while (at < indexes.length && (indexes[at] ?? 0) < index) at++;
    return at;
  }

  /** Whether every bucket of the spans is here. Indexes ascend, so that a span is, when its two ends are as far apart here as there. */
  #hasAll(spans: readonly Span[]): boolean {
    let index = 0;
    let at = 0;
    for (const { offset, length } of spans) {
      index += offset;
      at = this.#find(index, at);
      if (length > 0 && (this.#indexes[at] !== index || this.#indexes[at + length - 1] !== index + length - 1)) return false;
      index += length;
      at += length;
    }
    return true;
  }

  /** Adds buckets that are all here. */
  #addSpans(spans: readonly Span[], counts: readonly number[]): void {
    let index = 0;
    let at = 0;
    let i = 0;
    for (const { offset, length } of spans) {
      index += offset;
      at = this.#find(index, at);
      for (const end = at + length; at < end; at++) this.#addAt(at, counts[i++] ?? 0);
      index += length;
    }
  }

  /** Puts an empty bucket where `wanted` names one that is missing. */
  #makeRoom(wanted: readonly number[]): void {
    const indexes: number[] = [];
    const counts: number[] = [];
    const lost: number[] = [];
    let i = 0;
    for (const index of [...wanted, Infinity]) {
      for (; i < this.#indexes.length && (this.#indexes[i] ?? 0) <= index; i++) {
        indexes.push(this.#indexes[i] ?? 0);
        counts.push(this.#counts[i] ?? 0);
        lost.push(this.#lost[i] ?? 0);
      }
      if (index === Infinity || indexes.at(-1) === index) continue;
      indexes.push(index);
      counts.push(0);
      lost.push(0);
    }
    this.#indexes = indexes;
    this.#counts = counts;
    this.#lost = lost;
  }
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}
