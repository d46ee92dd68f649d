// The active series of one tenant, in columns: what every sample that arrives is looked up in.
//
//   labels ──(MD5)──▶ id ──(hash table)──▶ number of the series ──▶ its columns
//   wire bytes ──(wire-cache.ts)───────────▶ the same number
//
// A number is valid within this registry only. A registry is replaced, never shrunk: `survivors` makes the next one.

import { hash } from 'node:crypto';
import { labelsKey, labelValue, type Labels, METRIC_NAME } from '../query/labels.ts';

const EMPTY = -1;
/** Small: anyone who writes is a tenant. */
const SIZE_MIN = 64;

export class SeriesRegistry {
  /** Columns by series number. `day` is the last day on which the series is known to have a row in the table `series`, or `NO_DAY`. */
  metric = new Uint32Array(SIZE_MIN);
  idLow = new Uint32Array(SIZE_MIN);
  idHigh = new Uint32Array(SIZE_MIN);
  day = new Int32Array(SIZE_MIN);
  seenMinute = new Uint32Array(SIZE_MIN);
  /** 1 for a series whose values need decimals: see value-code.ts. */
  thousandths = new Uint8Array(SIZE_MIN);
  /** Start timestamp last stored, 0 for none. */
  start = new Float64Array(SIZE_MIN);
  readonly #labels: Labels[] = [];
  /** Series by the object of a frozen label set: one that a road keeps from request to request is hashed once (4 µs, then 0.1 µs). */
  readonly #frozen = new WeakMap<Labels, number>();
  #table = new Int32Array(2 * SIZE_MIN).fill(EMPTY);

  get size(): number {
    return this.#labels.length;
  }

  labels(series: number): Labels {
    return this.#labels[series] ?? [];
  }

  /** The number of a label set, or -1 when the registry has none. */
  find(labels: Labels): number {
    const remembered = this.#frozen.get(labels);
    if (remembered !== undefined) return remembered;
    const id = hash('md5', labelsKey(labels), 'buffer');
    const series = this.#table[this.#slot(id.readUInt32LE(0), id.readUInt32LE(4))] as number;
    if (series !== EMPTY && Object.isFrozen(labels)) this.#frozen.set(labels, series);
    return series;
  }

  /** The number of a label set, which becomes part of the registry when it is not yet. Labels must be valid. */
  intern(labels: Labels): number {
    const id = hash('md5', labelsKey(labels), 'buffer');
    const low = id.readUInt32LE(0);
    const high = id.readUInt32LE(4);
    const slot = this.#slot(low, high);
    const known = this.#table[slot] as number;
    if (known !== EMPTY) return known;
    const series = this.#add(labels, low, high);
    this.metric[series] = metricId(labelValue(labels, METRIC_NAME));
    this.day[series] = NO_DAY;
    return series;
  }

  /** The number of a series by the halves of its id, or -1. */
  findId(low: number, high: number): number {
    return this.#table[this.#slot(low, high)] as number;
  }

  /** Holds an equal label set in the place of a series' own: one object then serves this registry and the label index. */
  shareLabels(series: number, labels: Labels): void {
    this.#labels[series] = labels;
  }

  /** The 64-bit id that names the series in every table. */
  id(series: number): bigint {
    return (BigInt(this.idHigh[series] as number) << 32n) | BigInt(this.idLow[series] as number);
  }

  /** Forgets which days are registered, so that each series gets its row anew. */
  forgetDays(): void {
    this.day.fill(NO_DAY);
  }

  /** How many series have not been seen since `minute`. */
  idle(minute: number): number {
    let idle = 0;
    for (let series = 0; series < this.size; series++) if ((this.seenMinute[series] as number) < minute) idle++;
    return idle;
  }

  /** A registry of the series that were seen since `minute`. */
  survivors(minute: number): SeriesRegistry {
    const next = new SeriesRegistry();
    for (let old = 0; old < this.size; old++) {
      if ((this.seenMinute[old] as number) < minute) continue;
      const series = next.#add(this.labels(old), this.idLow[old] as number, this.idHigh[old] as number);
      next.metric[series] = this.metric[old] as number;
      next.day[series] = this.day[old] as number;
      next.seenMinute[series] = this.seenMinute[old] as number;
      next.thousandths[series] = this.thousandths[old] as number;
      next.start[series] = this.start[old] as number;
    }
    return next;
  }

  #add(labels: Labels, low: number, high: number): number {
    const slot = this.#slot(low, high);
    const series = this.#labels.push(labels) - 1;
    if (series >= this.metric.length) this.#growColumns();
    this.idLow[series] = low;
    this.idHigh[series] = high;
    this.#table[slot] = series;
    if (series * 2 > this.#table.length) this.#growTable();
    return series;
  }

  #slot(low: number, high: number): number {
    const mask = this.#table.length - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const series = this.#table[slot] as number;
      if (series === EMPTY || (this.idLow[series] === low && this.idHigh[series] === high)) return slot;
    }
  }

  #growColumns(): void {
    const size = this.metric.length * 2;
    this.metric = grown(this.metric, new Uint32Array(size));
    this.idLow = grown(this.idLow, new Uint32Array(size));
    this.idHigh = grown(this.idHigh, new Uint32Array(size));
    this.day = grown(this.day, new Int32Array(size));
    this.seenMinute = grown(this.seenMinute, new Uint32Array(size));
    this.thousandths = grown(this.thousandths, new Uint8Array(size));
    this.start = grown(this.start, new Float64Array(size));
  }

  #growTable(): void {
    this.#table = new Int32Array(this.#table.length * 2).fill(EMPTY);
    for (let series = 0; series < this.size; series++)
      this.#table[this.#slot(this.idLow[series] as number, this.idHigh[series] as number)] = series;
  }
}

export const NO_DAY = -0x80000000;

/** The hash of a metric's name that keeps its series together on disk. */
export function metricId(name: string): number {
  return hash('md5', name, 'buffer').readUInt32LE(0);
}

function grown<T extends { set(values: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
