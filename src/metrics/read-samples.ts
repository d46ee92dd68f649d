// Samples of a selection, series by series, out of streamed columns: memory holds one series at a time, and what the visitor keeps.
//
// The tables are sorted by (tenant, metric, series, ts), so a series' samples come one after another, in the order of time.
// The same sample may stand in several parts; of one time one sample is shown: rather a value than a stale marker, and of two values the larger.

import { assert } from '../base/assert.ts';
import { RequestError } from '../base/request-error.ts';
import { int, sql, type Sql } from '../base/sql.ts';
import type { Block, Values } from '../storage/native.ts';
import { type CounterResetHint, type NativeHistogram, type Span } from './native-histogram.ts';
import { type ReadContext, type Selection, bigintOf, guarded, statementOptions } from './read.ts';
import { decodeValues } from './value-code.ts';
import { HIGH_WORD, isStaleAt, wordsOf } from './value.ts';

const TWO_32 = 4294967296;

/** The float samples of one series in a window; arrays are larger than `length` and reused for the next series. */
export interface SampleRun {
  /** Milliseconds, ascending, each once. */
  readonly times: Float64Array;
  /** Stale markers keep their bits: see `isStaleAt`. */
  readonly values: Float64Array;
  readonly words: Uint32Array;
  readonly length: number;
}

/** Called once per series that has samples in the window. */
export type VisitSamples = (seriesNumber: number, run: SampleRun) => void;

/** A window of time in milliseconds: after `afterMs`, up to and including `toMs`. */
export interface Window {
  readonly afterMs: number;
  readonly toMs: number;
}

const TS_MIN = -(2n ** 63n);
const TS_MAX = 2n ** 63n - 1n;

function integerTime(ms: number): bigint {
  if (ms === Number.NEGATIVE_INFINITY) return TS_MIN;
  if (ms === Number.POSITIVE_INFINITY) return TS_MAX;
  const whole = BigInt(Math.floor(ms));
  return whole < TS_MIN ? TS_MIN : whole > TS_MAX ? TS_MAX : whole;
}

function windowCondition({ afterMs, toMs }: Window): Sql {
  // The least integer as a literal is a negated number over 2^63; one more than it is never missed, for nothing precedes it.
  const after = integerTime(afterMs);
  return sql`ts > ${int(after === TS_MIN ? TS_MIN + 1n : after)} AND ts <= ${int(integerTime(toMs))}`;
}

/** Streams the float samples of a selection in a window. */
export async function readSamples(context: ReadContext, selection: Selection, window: Window, visit: VisitSamples): Promise<void> {
  const statement = sql`SELECT series, ts, code FROM samples WHERE ${selection.condition} AND ${windowCondition(window)} ORDER BY metric, series, ts`;
  const gatherer = new SampleGatherer(selection, context.limits.samplesMax, visit);
  await guarded(context, async () => {
    for await (const block of context.client.stream(statement, statementOptions(context))) {
      if (block.rows > 0) gatherer.take(block);
    }
  });
  gatherer.end();
}

/** Joins the rows of each series over the borders of blocks. */
class SampleGatherer {
  readonly #selection: Selection;
  readonly #samplesMax: number;
  readonly #visit: VisitSamples;
  #low = 0;
  #high = 0;
  /** Of the series being gathered; -1 before the first, -2 for one that was not selected. */
  #number = -1;
  #times = new Float64Array(1024);
  #values = new Float64Array(1024);
  #words = wordsOf(this.#values);
  #length = 0;

  constructor(selection: Selection, samplesMax: number, visit: VisitSamples) {
    this.#selection = selection;
    this.#samplesMax = samplesMax;
    this.#visit = visit;
  }

  take({ rows, columns }: Block): void {
    const series = column64(columns['series']);
    const ts = column64(columns['ts']);
    const codes = columns['code'];
    assert(series !== undefined && ts !== undefined && codes instanceof BigInt64Array, 'columns series, ts and code of samples');
    const values = decodeValues(codes);
    for (let from = 0; from < rows;) {
      const low = series[2 * from] ?? 0;
      const high = series[2 * from + 1] ?? 0;
      let to = from + 1;
      while (to < rows && series[2 * to] === low && series[2 * to + 1] === high) to++;
      if (this.#number === -1 || low !== this.#low || high !== this.#high) this.#begin(low, high);
      if (this.#number >= 0) this.#append(ts, values, from, to);
      from = to;
    }
  }

  end(): void {
    if (this.#number >= 0 && this.#length > 0) {
      this.#visit(this.#number, { times: this.#times, values: this.#values, words: this.#words, length: this.#length });
    }
    this.#length = 0;
  }

  #begin(low: number, high: number): void {
    this.end();
    this.#low = low;
    this.#high = high;
    const number = this.#selection.find(low, high);
    this.#number = number < 0 ? -2 : number;
  }

  // hot: once per sample that any query reads; everything it touches is a typed array.
  #append(ts: Uint32Array, values: Float64Array, from: number, to: number): void {
    this.#reserve(this.#length + to - from);
    const times = this.#times;
    const kept = this.#values;
    const words = this.#words;
    const given = wordsOf(values);
    let length = this.#length;
    for (let i = from; i < to; i++) {
      const time = ((ts[2 * i + 1] as number) | 0) * TWO_32 + (ts[2 * i] as number);
      if (length > 0 && times[length - 1] === time) {
        const stale = isStaleAt(words, length - 1);
        // The negation lets a number win over a NaN too.
        if (isStaleAt(given, i) || (!stale && !((values[i] as number) > (kept[length - 1] as number) || Number.isNaN(kept[length - 1]))))
          continue;
        length--;
      }
      times[length] = time;
      // By words, so that a NaN keeps its bits.
      words[2 * length] = given[2 * i] as number;
      words[2 * length + 1] = given[2 * i + 1] as number;
      length++;
    }
    this.#length = length;
  }

  #reserve(size: number): void {
    if (size > this.#samplesMax) throw tooManySamples(this.#samplesMax);
    if (size <= this.#times.length) return;
    const capacity = Math.max(size, this.#times.length * 2);
    const times = new Float64Array(capacity);
    const values = new Float64Array(capacity);
    const words = wordsOf(values);
    times.set(this.#times.subarray(0, this.#length));
    words.set(this.#words.subarray(0, this.#length * 2));
    this.#times = times;
    this.#values = values;
    this.#words = words;
  }
}

/** The refusal of a query that would hold more samples than it may. */
export function tooManySamples(samplesMax: number): RequestError {
  return new RequestError(
    'execution',
    `query processing would load too many samples into memory in query execution: more than ${samplesMax} (limits.query.rowsMax)`,
  );
}

function column64(values: Values | undefined): Uint32Array | undefined {
  if (!(values instanceof BigInt64Array) && !(values instanceof BigUint64Array)) return undefined;
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

assert(HIGH_WORD === 1, 'columns are read as little-endian words');

/** A native histogram of a series, or the end of the series at that time. */
export type HistogramSample =
  | { readonly kind: 'histogram'; readonly ms: number; readonly histogram: NativeHistogram }
  | { readonly kind: 'stale'; readonly ms: number };

/** Called once per native histogram sample, series by series in the order of time. */
export type VisitHistogram = (seriesNumber: number, sample: HistogramSample) => void;

const HISTOGRAM_COLUMNS = sql`schema, reset_hint, count, sum, zero_threshold, zero_count, positive_spans, positive_buckets, negative_spans, negative_buckets, custom_values`;

/** Streams the native histograms of a selection in a window. Of two at one time the first in the table's order is shown. */
export async function readHistograms(context: ReadContext, selection: Selection, window: Window, visit: VisitHistogram): Promise<void> {
  const statement = sql`SELECT series, ts, ${HISTOGRAM_COLUMNS} FROM histograms WHERE ${selection.condition} AND ${windowCondition(window)} ORDER BY metric, series, ts, count DESC`;
  let last: readonly [bigint, number] = [-1n, 0];
  await guarded(context, async () => {
    for await (const { rows, columns } of context.client.stream(statement, statementOptions(context))) {
      for (let row = 0; row < rows; row++) {
        const id = bigintOf(columns['series']?.[row]);
        const ms = Number(columns['ts']?.[row]);
        const number = selection.find(Number(id & 0xffffffffn), Number(id >> 32n));
        if (number < 0 || (last[0] === id && last[1] === ms)) continue;
        last = [id, ms];
        visit(number, histogramOfRow(columns, row, ms));
      }
    }
  });
}

type Columns = Readonly<Record<string, Values>>;

function histogramOfRow(columns: Columns, row: number, ms: number): HistogramSample {
  const sums = columns['sum'];
  assert(sums instanceof Float64Array, 'column sum of histograms');
  if (isStaleAt(wordsOf(sums), row)) return { kind: 'stale', ms };
  const float = (name: string): number => Number(columns[name]?.[row]);
  return {
    kind: 'histogram',
    ms,
    histogram: {
      schema: float('schema'),
      counterResetHint: RESET_HINTS[float('reset_hint')] ?? 'unknown',
      count: float('count'),
      sum: float('sum'),
      zeroThreshold: float('zero_threshold'),
      zeroCount: float('zero_count'),
      positiveSpans: spansOf(columns['positive_spans']?.[row]),
      positiveBuckets: numbersOf(columns['positive_buckets']?.[row]),
      negativeSpans: spansOf(columns['negative_spans']?.[row]),
      negativeBuckets: numbersOf(columns['negative_buckets']?.[row]),
      customValues: numbersOf(columns['custom_values']?.[row]),
    },
  };
}

/** As in the table: see `reset_hint` in table.ts. */
const RESET_HINTS: readonly CounterResetHint[] = ['unknown', 'yes', 'no', 'gauge'];

function numbersOf(value: unknown): readonly number[] {
  if (value instanceof Float64Array || value instanceof Int32Array) return Array.from(value);
  return Array.isArray(value) ? value.map(Number) : [];
}

function spansOf(value: unknown): readonly Span[] {
  const flat = numbersOf(value);
  return Array.from({ length: flat.length / 2 }, (_, i) => ({ offset: flat[2 * i] ?? 0, length: flat[2 * i + 1] ?? 0 }));
}
