// Names and values of labels, and how many series have them, out of the label index.
//
// Asked about few series their label sets are read; about many, the postings are gone through until one of the series is met.

import type { Bits } from './bits.ts';
import { Bits as BitSet } from './bits.ts';
import { type LabelPostings, type Postings, postingsLength, sortTexts } from './postings.ts';
import { labelValue } from '../query/labels.ts';
import type { IndexView } from './series-index.ts';
import type { TenantIndex } from './tenant-index.ts';

/** Reading a series' label costs as much as looking at so many numbers of a posting. */
const LABEL_COST = 24;

/** Series of a tenant: those with these ascending numbers, or all that were active. */
export interface ChosenSeries {
  readonly view: IndexView;
  readonly numbers: Uint32Array | undefined;
}

/** The names of the labels that any of the series has, in no order. */
export function namesOf({ view: { index, active }, numbers }: ChosenSeries): Iterable<string> {
  if (numbers === undefined && active.count(index.size) === index.size) return index.labels.keys();
  const seen = new Uint8Array(index.shapes.length);
  for (const number of numbers ?? active.numbers(index.size)) seen[index.shapeOf(number)] = 1;
  return new Set(index.shapes.flatMap(({ id, names }) => (seen[id] === 1 ? names : [])));
}

/** The values that a label has in any of the series, sorted: the first `most` of them. */
export function valuesOf({ view: { index, active }, numbers }: ChosenSeries, name: string, most: number): readonly string[] {
  const label = index.labels.get(name);
  if (label === undefined) return [];
  if (numbers === undefined) {
    if (active.count(index.size) === index.size) return label.sortedValues().slice(0, most);
    return firstMet(label, active, most);
  }
  if (numbers.length * LABEL_COST < label.total) return sortTexts([...readValues(index, numbers, name)]).slice(0, most);
  return firstMet(label, bitsOf(numbers, index.size), most);
}

function firstMet(label: LabelPostings, among: Bits, most: number): readonly string[] {
  const met: string[] = [];
  for (const value of label.sortedValues()) {
    if (met.length === most) break;
    const postings = label.values.get(value);
    if (postings !== undefined && meets(postings, among)) met.push(value);
  }
  return met;
}

function readValues(index: TenantIndex, numbers: Uint32Array, name: string): Set<string> {
  const values = new Set<string>();
  for (const number of numbers) values.add(labelValue(index.labelSet(number), name));
  values.delete('');
  return values;
}

function bitsOf(numbers: Uint32Array, end: number): Bits {
  const bits = new BitSet(end);
  for (const number of numbers) bits.add(number);
  return bits;
}

function meets(postings: Postings, among: Bits): boolean {
  return typeof postings === 'number' ? among.has(postings) : postings.numbers().some((number) => among.has(number));
}

/** How many series and values a label has. */
export interface LabelCount {
  readonly name: string;
  readonly series: number;
  readonly values: number;
  /** Bytes of its values, each as often as a series has it. */
  readonly bytes: number;
}

/** How many series have a value of a label. */
export interface ValueCount {
  readonly name: string;
  readonly value: string;
  readonly series: number;
}

/** The labels of some series, counted: every label, and the values with the most series of all labels and of each label in `of`. */
export interface Cardinality {
  readonly series: number;
  readonly labels: readonly LabelCount[];
  readonly pairs: readonly ValueCount[];
  readonly of: ReadonlyMap<string, readonly ValueCount[]>;
}

/** Counts labels and values of series; of values the `limit` with the most series are named. */
export function cardinalityOf({ view: { index, active }, numbers }: ChosenSeries, of: readonly string[], limit: number): Cardinality {
  const among = numbers === undefined ? active : bitsOf(numbers, index.size);
  const series = among.count(index.size);
  const labels: LabelCount[] = [];
  const pairs = new Most(limit);
  const lists = new Map<string, readonly ValueCount[]>();
  for (const label of index.labels.values()) {
    const own = of.includes(label.name) ? new Most(limit) : undefined;
    const count = counted(label, series === index.size ? undefined : among, (value, number) => {
      pairs.offer(label.name, value, number);
      own?.offer(label.name, value, number);
    });
    if (count.values > 0) labels.push(count);
    if (own !== undefined && count.values > 0) lists.set(label.name, own.list());
  }
  return { series, labels, pairs: pairs.list(), of: lists };
}

/** `among` undefined counts every series. */
function counted(label: LabelPostings, among: Bits | undefined, visit: (value: string, series: number) => void): LabelCount {
  let series = 0;
  let values = 0;
  let bytes = 0;
  for (const [value, postings] of label.values) {
    const count = among === undefined ? postingsLength(postings) : countAmong(postings, among);
    if (count === 0) continue;
    series += count;
    values++;
    bytes += count * Buffer.byteLength(value);
    visit(value, count);
  }
  return { name: label.name, series, values, bytes };
}

function countAmong(postings: Postings, among: Bits): number {
  if (typeof postings === 'number') return among.has(postings) ? 1 : 0;
  let count = 0;
  for (const number of postings.numbers()) if (among.has(number)) count++;
  return count;
}

/** Keeps the values with the most series; of equal ones the first in the order of their texts. */
export class Most {
  readonly #limit: number;
  #kept: ValueCount[] = [];
  /** The last of those that are kept once there are enough: whatever comes after it is passed over. */
  #last: ValueCount | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  offer(name: string, value: string, series: number): void {
    if (this.#last !== undefined && !isBefore(this.#last, { name, value, series })) return;
    this.#kept.push({ name, value, series });
    if (this.#kept.length >= 2 * this.#limit + 1000) this.#cut();
  }

  list(): readonly ValueCount[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    this.#kept.sort(byCount);
    if (this.#kept.length < this.#limit) return;
    this.#kept.length = this.#limit;
    this.#last = this.#kept.at(-1);
  }
}

function byCount(a: ValueCount, b: ValueCount): number {
  if (a.series !== b.series) return b.series - a.series;
  const left = pairText(a.name, a.value);
  const right = pairText(b.name, b.value);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** True for what would stand before the last. Texts are made only where names differ. */
function isBefore(last: ValueCount, { name, value, series }: ValueCount): boolean {
  if (series !== last.series) return series > last.series;
  return name === last.name ? value < last.value : pairText(name, value) < pairText(last.name, last.value);
}

function pairText(name: string, value: string): string {
  return `${name}=${value}`;
}
