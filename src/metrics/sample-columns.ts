// The float samples of one request, in columns: what decoders fill and what becomes one block of the table `samples`.

import { encodeBlock } from '../storage/native.ts';
import type { SeriesRegistry } from './series-registry.ts';
import { encodeValues } from './value-code.ts';

const TWO_32 = 4294967296;

/** From and to in milliseconds, both included. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

export class SampleColumns {
  count = 0;
  /** Numbers of the series in the tenant's registry. */
  series = new Int32Array(256);
  /** Milliseconds since the epoch. */
  ts = new Float64Array(256);
  values = new Float64Array(256);
  /** The words of `values`: a NaN's bits pass through these. */
  words = new Uint32Array(this.values.buffer);

  /** Makes room for `more` samples. */
  reserve(more: number): void {
    const needed = this.count + more;
    if (needed <= this.ts.length) return;
    const size = Math.max(needed, this.ts.length * 2);
    const { series, ts, values } = this;
    this.series = new Int32Array(size);
    this.ts = new Float64Array(size);
    this.values = new Float64Array(size);
    this.words = new Uint32Array(this.values.buffer);
    this.series.set(series);
    this.ts.set(ts);
    this.words.set(new Uint32Array(values.buffer));
  }

  /** Adds a sample by the bits of its value. */
  push(series: number, ts: number, low: number, high: number): void {
    if (this.count === this.ts.length) this.reserve(1);
    const at = this.count++;
    this.series[at] = series;
    this.ts[at] = ts;
    this.words[2 * at] = low;
    this.words[2 * at + 1] = high;
  }

  /** Keeps the samples for which `keep` holds, in order. */
  filter(keep: (at: number) => boolean): void {
    let to = 0;
    for (let at = 0; at < this.count; at++) {
      if (!keep(at)) continue;
      this.series[to] = this.series[at] as number;
      this.ts[to] = this.ts[at] as number;
      this.words[2 * to] = this.words[2 * at] as number;
      this.words[2 * to + 1] = this.words[2 * at + 1] as number;
      to++;
    }
    this.count = to;
  }

  /** The earliest and the latest time. */
  span(): TimeSpan {
    let fromMs = Number.POSITIVE_INFINITY;
    let toMs = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < this.count; at++) {
      const ms = this.ts[at] as number;
      if (ms < fromMs) fromMs = ms;
      if (ms > toMs) toMs = ms;
    }
    return { fromMs, toMs };
  }

  /** One block of the table `samples`. */
  encode(tenant: string, registry: SeriesRegistry): Uint8Array {
    const { count } = this;
    const series = this.series.subarray(0, count);
    const columns = keyColumns(tenant, registry, { series, ts: this.ts });
    const codes = encodeValues(this.values.subarray(0, count), series, registry.thousandths, scratchFor(count).code.subarray(0, count));
    return encodeBlock([...columns, { name: 'code', data: { kind: 'Int64', values: codes } }]);
  }
}

// What a block is copied together from, right after it is filled: one set of arrays for all requests.
class Scratch {
  readonly rows: number;
  readonly metric: Uint32Array;
  readonly id: BigUint64Array;
  readonly ts: BigInt64Array;
  readonly code: BigInt64Array;

  constructor(rows: number) {
    this.rows = rows;
    this.metric = new Uint32Array(rows);
    this.id = new BigUint64Array(rows);
    this.ts = new BigInt64Array(rows);
    this.code = new BigInt64Array(rows);
  }
}

const SCRATCH_ROWS = 65_536;
let kept = new Scratch(0);

function scratchFor(rows: number): Scratch {
  if (rows <= kept.rows) return kept;
  if (rows > SCRATCH_ROWS) return new Scratch(rows);
  kept = new Scratch(Math.min(SCRATCH_ROWS, rows * 2));
  return kept;
}

/** The columns that all tables with samples begin with: tenant, metric, series, ts. To be encoded before the next call: their memory is used again. */
export function keyColumns(
  tenant: string,
  registry: SeriesRegistry,
  { series, ts }: { readonly series: Int32Array; readonly ts: Float64Array },
) {
  const count = series.length;
  const scratch = scratchFor(count);
  const metric = scratch.metric.subarray(0, count);
  const id = scratch.id.subarray(0, count);
  const idWords = new Uint32Array(id.buffer, 0, 2 * count);
  for (let i = 0; i < count; i++) {
    const number = series[i] as number;
    metric[i] = registry.metric[number] as number;
    idWords[2 * i] = registry.idLow[number] as number;
    idWords[2 * i + 1] = registry.idHigh[number] as number;
  }
  return [
    { name: 'tenant', data: { kind: 'constant LowCardinality(String)', value: tenant, rows: count } },
    { name: 'metric', data: { kind: 'UInt32', values: metric } },
    { name: 'series', data: { kind: 'UInt64', values: id } },
    { name: 'ts', data: { kind: 'Int64', values: writeInt64(ts, scratch.ts.subarray(0, count)) } },
  ] as const;
}

/** Whole numbers within ±2^53 as a column of 64-bit integers. */
export function int64Column(numbers: readonly number[]): BigInt64Array {
  return writeInt64(numbers, new BigInt64Array(numbers.length));
}

function writeInt64(numbers: ArrayLike<number>, column: BigInt64Array): BigInt64Array {
  const words = new Uint32Array(column.buffer, column.byteOffset, column.length * 2);
  for (let i = 0; i < column.length; i++) {
    const value = numbers[i] as number;
    const high = Math.floor(value / TWO_32);
    words[2 * i] = value - high * TWO_32;
    words[2 * i + 1] = high;
  }
  return column;
}
