// The values of one label and, for each, the numbers of the series that have it.
//
//   label ─▶ value ─▶ 3, 17, 18, …   ascending, because series are numbered as they come
//
// Values and numbers are only ever added. A value of one series, as most values of a unique label are, costs its place in the map and nothing more.

import { type Labels, NO_LABELS, compareText, labelValue } from '../query/labels.ts';

/** The numbers of the series with a value, ascending: one number by itself, or a list. */
export type Postings = number | PostingList;

const FIRST_CAPACITY = 4;

/** Ascending numbers in an array that grows. */
export class PostingList {
  /** The value in the one string that all label sets share. */
  readonly value: string;
  #numbers = new Uint32Array(FIRST_CAPACITY);
  #length = 0;

  constructor(value: string, first: number, second: number) {
    this.value = value;
    this.push(first);
    this.push(second);
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#numbers.byteLength;
  }

  /** The numbers; valid until the next is added. */
  numbers(): Uint32Array {
    return this.#numbers.subarray(0, this.#length);
  }

  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      const larger = new Uint32Array(Math.ceil(this.#length * (this.#length < 1024 ? 2 : 1.25)));
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#length++] = number;
  }
}

/** How many series a value has. */
export function postingsLength(postings: Postings): number {
  return typeof postings === 'number' ? 1 : postings.length;
}

/** The numbers of a value's series as an array. */
export function postingNumbers(postings: Postings): Uint32Array {
  return typeof postings === 'number' ? Uint32Array.of(postings) : postings.numbers();
}

const SURROGATE = /[\ud800-\udfff]/;

/** All values of a label. */
export class LabelPostings {
  readonly name: string;
  /** In the order of their coming. */
  readonly values = new Map<string, Postings>();
  /** Series that have the label. */
  total = 0;
  #sorted: readonly string[] = [];
  /** Values that have come since the others were sorted. */
  #fresh: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Notes that a series has a value; `labelSets` are those of the series before it. Returns the value in its shared string. */
  add(value: string, number: number, labelSets: readonly Labels[]): string {
    this.total++;
    const known = this.values.get(value);
    if (known === undefined) {
      this.values.set(value, number);
      this.#fresh.push(value);
      return value;
    }
    if (typeof known !== 'number') {
      known.push(number);
      return known.value;
    }
    const list = new PostingList(labelValue(labelSets[known] ?? NO_LABELS, this.name), known, number);
    this.values.set(value, list);
    return list.value;
  }

  /** The values in the order of their code points; only those that have come since the last time are sorted. */
  sortedValues(): readonly string[] {
    if (this.#fresh.length === 0) return this.#sorted;
    const fresh = sortTexts(this.#fresh);
    this.#sorted = this.#sorted.length === 0 ? fresh : merged(this.#sorted, fresh);
    this.#fresh = [];
    return this.#sorted;
  }
}

/** Sorts by code points. The language's own order by units is the same where there are no surrogates, and several times as fast. */
export function sortTexts(texts: string[]): string[] {
  return texts.some((text) => SURROGATE.test(text)) ? texts.sort(compareText) : texts.sort();
}

/** Two sorted lists without a common value as one. */
function merged(a: readonly string[], b: readonly string[]): readonly string[] {
  const all: string[] = [];
  let i = 0;
  for (const value of b) {
    for (; i < a.length && compareText(a[i] ?? '', value) < 0; i++) all.push(a[i] ?? '');
    all.push(value);
  }
  for (; i < a.length; i++) all.push(a[i] ?? '');
  return all;
}
