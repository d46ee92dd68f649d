// Samples of a group of series as they come out of the store: where the rows of each series lie, and how they become one run in the order of time.
//
//   blocks of columns ──take──▶ runs of rows per series ──join──▶ one SampleRun after another, in memory that is used again

import { assert } from '../base/assert.ts';
import { RequestError } from '../base/request-error.ts';
import type { Block, Values } from '../storage/native.ts';
import type { Selection } from './read.ts';
import { type Rows, type ValueMemory, decodeCodes } from './value-code.ts';
import { HIGH_WORD, isStaleAt, wordsOf } from './value.ts';
import type { Window } from './window.ts';

const TWO_32 = 4294967296;

/** The float samples of one series in a window; arrays are larger than `length` and used again for the next series. */
export interface SampleRun {
  /** Milliseconds, ascending, each once. */
  readonly times: Float64Array;
  /** Stale markers keep their bits: see `isStaleAt`. */
  readonly values: Float64Array;
  readonly words: Uint32Array;
  readonly length: number;
  /** False where no value is a NaN. */
  readonly mayBeStale: boolean;
}

/** Called once per series that has samples in the window. */
export type VisitSamples = (seriesNumber: number, run: SampleRun) => void;

/** The columns of a block as words. `narrow` times are 32 bits from the window's start, wide ones have two words each. */
interface Columns {
  readonly codes: Uint32Array;
  readonly times: Uint32Array;
  readonly isNarrow: boolean;
}

/** Where the rows of each series of a group lie, in the order in which they came. */
export class GroupRuns {
  readonly #selection: Selection;
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  readonly #touched: number[] = [];
  #blocks: Columns[] = [];
  /** Per run: its block, its rows from and to, and the next run of its series. */
  #runs = new Int32Array(4 * 1024);
  #count = 0;
  rows = 0;
  baseMs = 0;

  constructor(selection: Selection) {
    this.#selection = selection;
    this.#first = new Int32Array(selection.size).fill(-1);
    this.#last = new Int32Array(selection.size).fill(-1);
  }

  begin(baseMs: number): void {
    for (const number of this.#touched) this.#first[number] = -1;
    this.#touched.length = 0;
    this.#blocks = [];
    this.#count = 0;
    this.rows = 0;
    this.baseMs = baseMs;
  }

  /** Numbers of the series that have rows. */
  series(): readonly number[] {
    return this.#touched;
  }

  /** The first run of a series, or -1. */
  first(number: number): number {
    return this.#first[number] ?? -1;
  }

  next(run: number): number {
    return this.#runs[4 * run + 3] as number;
  }

  from(run: number): number {
    return this.#runs[4 * run + 1] as number;
  }

  to(run: number): number {
    return this.#runs[4 * run + 2] as number;
  }

  columns(run: number): Columns {
    const columns = this.#blocks[this.#runs[4 * run] as number];
    assert(columns !== undefined, 'the block of a run');
    return columns;
  }

  /** The time of a row of a block. */
  time({ times, isNarrow }: Columns, row: number): number {
    return isNarrow ? this.baseMs + (times[row] as number) : wideTime(times, row);
  }

  // hot: once per run of rows; the rows of a series are many, so its end is looked for in strides.
  take({ rows, columns }: Block): void {
    const series = words(columns['hash']);
    const codes = words(columns['c']);
    const narrow = columns['time'];
    const times = narrow instanceof Uint32Array ? narrow : words(columns['t']);
    assert(series !== undefined && codes !== undefined && times !== undefined, 'columns hash, c and time of samples');
    const block = this.#blocks.push({ codes, times, isNarrow: narrow instanceof Uint32Array }) - 1;
    this.rows += rows;
    for (let from = 0; from < rows;) {
      const low = series[2 * from] as number;
      const high = series[2 * from + 1] as number;
      const to = endOfRun(series, from, rows);
      const number = this.#selection.find(low, high);
      if (number >= 0) this.#add(number, block, from, to);
      from = to;
    }
  }

  #add(number: number, block: number, from: number, to: number): void {
    const run = this.#count++;
    if (4 * run === this.#runs.length) {
      const grown = new Int32Array(this.#runs.length * 2);
      grown.set(this.#runs);
      this.#runs = grown;
    }
    const runs = this.#runs;
    runs[4 * run] = block;
    runs[4 * run + 1] = from;
    runs[4 * run + 2] = to;
    runs[4 * run + 3] = -1;
    if (this.#first[number] === -1) {
      this.#first[number] = run;
      this.#touched.push(number);
    } else runs[4 * (this.#last[number] as number) + 3] = run;
    this.#last[number] = run;
  }
}

function endOfRun(series: Uint32Array, from: number, rows: number): number {
  const low = series[2 * from] as number;
  const high = series[2 * from + 1] as number;
  let to = from + 1;
  while (to < rows && series[2 * to] === low && series[2 * to + 1] === high) to++;
  return to;
}

/** Memory that samples are copied to; `reserve` may replace the arrays. */
export interface CopyTarget {
  readonly times: Float64Array;
  readonly words: Uint32Array;
  mayBeStale: boolean;
  reserve(size: number): void;
}

/** Samples in memory, by the number of their series there. */
export interface CachedSamples {
  /** Copies those of a window to memory, from index `at` on; gives how many there are. */
  copy(series: number, window: Window, into: CopyTarget, at: number): number;
}

/** Joins the runs of a series into one, in the order of time. Its arrays are used again for every series. */
export class Joiner implements CopyTarget {
  readonly #samplesMax: number;
  #times = new Float64Array(4096);
  #memory = valueMemory(4096);
  #length = 0;
  mayBeStale = false;

  constructor(samplesMax: number) {
    this.#samplesMax = samplesMax;
  }

  /** Begins the next series. */
  start(): void {
    this.#length = 0;
    this.mayBeStale = false;
  }

  /** What was joined since `start`; it holds until the next series begins. */
  run(): SampleRun {
    return { times: this.#times, ...this.#memory, length: this.#length, mayBeStale: this.mayBeStale };
  }

  /** Adds all runs of a series. */
  append(runs: GroupRuns, number: number): void {
    for (const run of inOrder(runs, number)) this.#appendRun(runs, run);
  }

  /** Adds samples that another memory holds: they are later than those before. */
  copy(block: CachedSamples, series: number, window: Window): void {
    this.#length += block.copy(series, window, this, this.#length);
  }

  get times(): Float64Array {
    return this.#times;
  }

  get words(): Uint32Array {
    return this.#memory.words;
  }

  #appendRun(runs: GroupRuns, run: number): void {
    const columns = runs.columns(run);
    const rows = { from: runs.from(run), to: runs.to(run) };
    const at = this.#length;
    this.reserve(at + rows.to - rows.from);
    const isLater = columns.isNarrow
      ? copyNarrow(columns.times, rows, { into: this.#times, at, baseMs: runs.baseMs })
      : copyWide(columns.times, rows, { into: this.#times, at });
    if (decodeCodes(columns.codes, rows, this.#memory, at)) this.mayBeStale = true;
    this.#length += rows.to - rows.from;
    if (!isLater) this.#settle();
  }

  /** Sorts all samples so far and keeps one of each time. */
  #settle(): void {
    const order = Uint32Array.from({ length: this.#length }, (_, i) => i).sort(
      (a, b) => (this.#times[a] as number) - (this.#times[b] as number),
    );
    const times = this.#times.slice(0, this.#length);
    const words = this.#memory.words.slice(0, this.#length * 2);
    const values = new Float64Array(words.buffer);
    const kept = this.#memory;
    let length = 0;
    for (const from of order) {
      const time = times[from] as number;
      if (length > 0 && this.#times[length - 1] === time) {
        const stale = isStaleAt(kept.words, length - 1);
        const other = kept.values[length - 1] as number;
        // The negation lets a number win over a NaN too.
        if (isStaleAt(words, from) || (!stale && !((values[from] as number) > other || Number.isNaN(other)))) continue;
        length--;
      }
      this.#times[length] = time;
      // By words, so that a NaN keeps its bits.
      kept.words[2 * length] = words[2 * from] as number;
      kept.words[2 * length + 1] = words[2 * from + 1] as number;
      length++;
    }
    this.#length = length;
  }

  /** Makes room for samples. Throws where a series alone has more than a query may hold. */
  reserve(size: number): void {
    if (size > this.#samplesMax) throw tooManySamples(this.#samplesMax);
    if (size <= this.#times.length) return;
    const capacity = Math.max(size, this.#times.length * 2);
    const times = new Float64Array(capacity);
    const memory = valueMemory(capacity);
    times.set(this.#times.subarray(0, this.#length));
    memory.words.set(this.#memory.words.subarray(0, this.#length * 2));
    this.#times = times;
    this.#memory = memory;
  }
}

function valueMemory(capacity: number): ValueMemory {
  const values = new Float64Array(capacity);
  return { values, words: wordsOf(values) };
}

/** The runs of a series by their first time; as they came where that is in order already, as it mostly is. */
function inOrder(runs: GroupRuns, number: number): readonly number[] {
  const found: number[] = [];
  for (let run = runs.first(number); run >= 0; run = runs.next(run)) found.push(run);
  if (found.length < 2) return found;
  const startOf = (run: number): number => runs.time(runs.columns(run), runs.from(run));
  return found.sort((a, b) => startOf(a) - startOf(b));
}

interface Target {
  readonly into: Float64Array;
  readonly at: number;
}

// hot: once per sample that any query reads. False where the times do not go up, from what stands before them on.
function copyNarrow(times: Uint32Array, { from, to }: Rows, { into, at, baseMs }: Target & { readonly baseMs: number }): boolean {
  const shift = at - from;
  let last = at === 0 ? Number.NEGATIVE_INFINITY : (into[at - 1] as number);
  let isLater = true;
  for (let row = from; row < to; row++) {
    const ms = baseMs + (times[row] as number);
    isLater = isLater && ms > last;
    into[row + shift] = last = ms;
  }
  return isLater;
}

function copyWide(times: Uint32Array, { from, to }: Rows, { into, at }: Target): boolean {
  let last = at === 0 ? Number.NEGATIVE_INFINITY : (into[at - 1] as number);
  let isLater = true;
  for (let row = from; row < to; row++) {
    const ms = wideTime(times, row);
    isLater = isLater && ms > last;
    into[at + row - from] = last = ms;
  }
  return isLater;
}

function wideTime(times: Uint32Array, row: number): number {
  return ((times[2 * row + 1] as number) | 0) * TWO_32 + (times[2 * row] as number);
}

/** The refusal of a query that would hold more samples than it may. */
export function tooManySamples(samplesMax: number): RequestError {
  return new RequestError(
    'execution',
    `query processing would load too many samples into memory in query execution: more than ${samplesMax} (limits.query.rowsMax)`,
  );
}

function words(values: Values | undefined): Uint32Array | undefined {
  if (!(values instanceof BigInt64Array) && !(values instanceof BigUint64Array)) return undefined;
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

assert(HIGH_WORD === 1, 'columns are read as little-endian words');
