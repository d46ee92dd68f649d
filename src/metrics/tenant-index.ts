// The series of one tenant in memory: numbered, with their label sets, the postings of every label, and who had samples on which day.
//
//   id ─▶ number ─▶ label set, hash of the name, shape        label ─▶ value ─▶ numbers        day ─▶ bitmap of numbers
//
// It only grows. What a deletion or a bound takes away goes with the whole index, which is then made anew from the table `series`;
// so a number means the same series for as long as anyone holds the index, also over the pauses of a long look-up.

import type { Labels } from '../query/labels.ts';
import { Bits } from './bits.ts';
import { IdTable } from './id-table.ts';
import { LabelPostings } from './postings.ts';

/** The names of a label set: most series have one of a few shapes. */
export interface Shape {
  readonly id: number;
  readonly names: readonly string[];
}

// Shapes as a tree by their names, so that finding a series' shape finds the postings of its labels as well.
interface ShapeNode {
  readonly label: LabelPostings;
  readonly next: Map<string, ShapeNode>;
  shape: Shape | undefined;
}

/** One day of the table `series`. */
export interface IndexedDay {
  readonly active: Bits;
  /** Rows of the table when the day was first heard of: what loading it costs. */
  readonly rows: number;
  /** All of the day's rows are in; until then only those that have come in since. */
  complete: boolean;
}

export class TenantIndex {
  readonly tenant: string;
  readonly days = new Map<number, IndexedDay>();
  readonly labels = new Map<string, LabelPostings>();
  readonly #ids = new IdTable(64);
  readonly #labelSets: Labels[] = [];
  readonly #shapes: Shape[] = [];
  readonly #root: ShapeNode = { label: new LabelPostings(''), next: new Map(), shape: undefined };
  #metrics = new Uint32Array(64);
  #shapeOf = new Uint32Array(64);

  constructor(tenant: string) {
    this.tenant = tenant;
  }

  /** How many series; they are numbered from 0. */
  get size(): number {
    return this.#ids.size;
  }

  get shapes(): readonly Shape[] {
    return this.#shapes;
  }

  /** The number of a series by the halves of its id, or -1. */
  find(low: number, high: number): number {
    return this.#ids.find(low, high);
  }

  id(number: number): bigint {
    return this.#ids.id(number);
  }

  low(number: number): number {
    return this.#ids.low(number);
  }

  high(number: number): number {
    return this.#ids.high(number);
  }

  labelSet(number: number): Labels {
    return this.#labelSets[number] ?? [];
  }

  /** The hash of a series' name. */
  metric(number: number): number {
    return this.#metrics[number] as number;
  }

  /** Which of the shapes a series has. */
  shapeOf(number: number): number {
    return this.#shapeOf[number] as number;
  }

  /** The day, which is made when it is new. `complete` and `rows` say what is known of a new one. */
  day(day: number, complete: boolean, rows = 0): IndexedDay {
    let known = this.days.get(day);
    if (known === undefined) this.days.set(day, (known = { active: new Bits(this.size), rows, complete }));
    return known;
  }

  /** Adds a series unless it is known. Labels are sorted by name, `metric` is the hash of the series' name. Returns its number. */
  add(low: number, high: number, metric: number, labels: Labels): number {
    const { size } = this.#ids;
    const number = this.#ids.add(low, high);
    if (number < size) return number;
    if (number === this.#metrics.length) this.#growColumns();
    const own = labels.slice();
    let node = this.#root;
    for (let i = 0; i < labels.length; i += 2) {
      node = node.next.get(labels[i] ?? '') ?? this.#nextNode(node, labels[i] ?? '');
      const { label } = node;
      own[i] = label.name;
      own[i + 1] = label.add(labels[i + 1] ?? '', number, this.#labelSets);
    }
    this.#labelSets.push(own);
    this.#metrics[number] = metric;
    this.#shapeOf[number] = (node.shape ??= this.#newShape(labels)).id;
    return number;
  }

  #nextNode(from: ShapeNode, name: string): ShapeNode {
    let label = this.labels.get(name);
    if (label === undefined) this.labels.set(name, (label = new LabelPostings(name)));
    const node: ShapeNode = { label, next: new Map(), shape: undefined };
    from.next.set(name, node);
    return node;
  }

  #newShape(labels: Labels): Shape {
    const shape = { id: this.#shapes.length, names: labels.filter((_, i) => i % 2 === 0) };
    this.#shapes.push(shape);
    return shape;
  }

  #growColumns(): void {
    const size = this.#metrics.length * 2;
    const metrics = new Uint32Array(size);
    metrics.set(this.#metrics);
    this.#metrics = metrics;
    const shapeOf = new Uint32Array(size);
    shapeOf.set(this.#shapeOf);
    this.#shapeOf = shapeOf;
  }
}
