// Samples of a selection, series by series, out of streamed columns.
//
//   series in groups ──(a statement each, two at a time)──▶ blocks of columns ──▶ runs of rows per series ──▶ one series after another
//
// The table keeps a metric's samples in blocks of two hours, so a series comes in pieces; what is not yet merged comes in more of them. So
// nothing is asked to be sorted: pieces are noted where they lie and joined when their series is shown. A group is as many series as fit the
// memory of one, whatever the query reads. The same sample may stand in several parts; of one time one sample is shown: rather a value than a
// stale marker, and of two values the larger.

import { assert } from '../base/assert.ts';
import { RequestError } from '../base/request-error.ts';
import { type Sql, int, sql } from '../base/sql.ts';
import type { Block, Values } from '../storage/native.ts';
import { type ReadContext, type Selection, guarded, statementOptions } from './read.ts';
import { type Rows, type ValueMemory, decodeCodes } from './value-code.ts';
import { HIGH_WORD, isStaleAt, wordsOf } from './value.ts';

const TWO_32 = 4294967296;
const TWO_64 = 2n ** 64n;

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

/** A window of time in milliseconds: after `afterMs`, up to and including `toMs`. */
export interface Window {
  readonly afterMs: number;
  readonly toMs: number;
}

/** Rows that a group of series is meant to have, and those at which a group is given up and halved. */
const GROUP_ROWS = 3_000_000;
const GROUP_ROWS_MAX = 9_000_000;
/** Fewer rows than this are not worth a second statement. */
const SPLIT_ROWS_MIN = 300_000;
const GROUPS_AT_ONCE = 2;
/** How many rows a series is taken to have before it is known: a sample every 15 s. */
const USUAL_INTERVAL_MS = 15_000;
/** After so many rows other requests, and the other group, have their turn. */
const ROWS_PER_TURN = 250_000;

/** Streams the float samples of a selection in a window, in no order of series. */
export async function readSamples(context: ReadContext, selection: Selection, window: Window, visit: VisitSamples): Promise<void> {
  const usualRows = selection.size * Math.max(1, Math.min((window.toMs - window.afterMs) / USUAL_INTERVAL_MS, GROUP_ROWS_MAX));
  const least = usualRows < SPLIT_ROWS_MIN || selection.size < GROUPS_AT_ONCE ? 1 : GROUPS_AT_ONCE;
  const count = Math.min(selection.size, Math.max(least, Math.ceil(usualRows / GROUP_ROWS)));
  const groups = Array.from({ length: count }, (_, i): Group => ({ from: share(i, count), to: share(i + 1, count) - 1n }));
  const condition = selection.condition;
  const read: GroupRead = { context, selection, window, condition, visit, joiner: new Joiner(context.limits.samplesMax) };
  const workers = Array.from({ length: Math.min(count, GROUPS_AT_ONCE) }, async () => {
    const gathered = new GroupRuns(selection);
    for (let group = groups.pop(); group !== undefined; group = groups.pop()) groups.push(...(await readGroup(read, group, gathered)));
  });
  const outcomes = await Promise.allSettled(workers);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** The ids of a group's series, both ends included: ids are hashes, so that equal shares of their range hold about as many series. */
interface Group {
  readonly from: bigint;
  readonly to: bigint;
}

function share(index: number, count: number): bigint {
  return (TWO_64 * BigInt(index)) / BigInt(count);
}

interface GroupRead {
  readonly context: ReadContext;
  readonly selection: Selection;
  readonly window: Window;
  readonly condition: Sql;
  readonly visit: VisitSamples;
  readonly joiner: Joiner;
}

/** Reads a group and shows its series; gives the halves that must be read instead where it has too many rows. */
async function readGroup(
  { context, selection, window, condition, visit, joiner }: GroupRead,
  group: Group,
  runs: GroupRuns,
): Promise<readonly Group[]> {
  const isWhole = group.from === 0n && group.to === TWO_64 - 1n;
  const within = isWhole ? condition : sql`${condition} AND series >= ${int(group.from)} AND series <= ${int(group.to)}`;
  const { column, baseMs } = timeColumn(window);
  // Names of these lengths let the columns of a block begin at multiples of their width, so that they are read where they lie.
  const statement = sql`SELECT series AS hash, code AS c, ${column} FROM samples WHERE ${within} AND ${windowCondition(window)}`;
  const canHalve = selection.size > 1 && group.to > group.from;
  runs.begin(baseMs);
  await guarded(context, async () => {
    const options = { ...statementOptions(context), threadsMax: 1, isPlain: true };
    for await (const block of context.client.stream(statement, options)) {
      if (block.rows > 0) runs.take(block);
      if (canHalve && runs.rows > GROUP_ROWS_MAX) break;
    }
  });
  if (canHalve && runs.rows > GROUP_ROWS_MAX) {
    const middle = (group.from + group.to) / 2n;
    return [
      { from: group.from, to: middle },
      { from: middle + 1n, to: group.to },
    ];
  }
  let rows = 0;
  for (const number of runs.series()) {
    const run = joiner.join(runs, number);
    visit(number, run);
    if ((rows += run.length) < ROWS_PER_TURN) continue;
    rows = 0;
    await new Promise<void>((resolve) => void setImmediate(resolve));
    context.signal.throwIfAborted();
  }
  return [];
}

/** Times within a window as 32 bits from its start, where they fit: fewer bytes to hand over. */
function timeColumn({ afterMs, toMs }: Window): { readonly column: Sql; readonly baseMs: number } {
  const baseMs = Math.floor(afterMs);
  if (Number.isFinite(baseMs) && toMs - baseMs < TWO_32) return { column: sql`toUInt32(ts - ${int(BigInt(baseMs))}) AS time`, baseMs };
  return { column: sql`ts AS t`, baseMs: 0 };
}

const TS_MIN = -(2n ** 63n);
const TS_MAX = 2n ** 63n - 1n;

function integerTime(ms: number): bigint {
  if (ms === Number.NEGATIVE_INFINITY) return TS_MIN;
  if (ms === Number.POSITIVE_INFINITY) return TS_MAX;
  const whole = BigInt(Math.floor(ms));
  return whole < TS_MIN ? TS_MIN : whole > TS_MAX ? TS_MAX : whole;
}

/** The condition on `ts` of a window. */
export function windowCondition({ afterMs, toMs }: Window): Sql {
  // The least integer as a literal is a negated number over 2^63; one more than it is never missed, for nothing precedes it.
  const after = integerTime(afterMs);
  return sql`ts > ${int(after === TS_MIN ? TS_MIN + 1n : after)} AND ts <= ${int(integerTime(toMs))}`;
}

/** The columns of a block as words. `narrow` times are 32 bits from the window's start, wide ones have two words each. */
interface Columns {
  readonly codes: Uint32Array;
  readonly times: Uint32Array;
  readonly isNarrow: boolean;
}

/** Where the rows of each series of a group lie, in the order in which they came. */
class GroupRuns {
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

/** Joins the runs of a series into one, in the order of time. Its arrays are used again for every series. */
class Joiner {
  readonly #samplesMax: number;
  #times = new Float64Array(4096);
  #memory = valueMemory(4096);
  #length = 0;
  #mayBeStale = false;

  constructor(samplesMax: number) {
    this.#samplesMax = samplesMax;
  }

  join(runs: GroupRuns, number: number): SampleRun {
    this.#length = 0;
    this.#mayBeStale = false;
    for (const run of inOrder(runs, number)) this.#append(runs, run);
    return { times: this.#times, ...this.#memory, length: this.#length, mayBeStale: this.#mayBeStale };
  }

  #append(runs: GroupRuns, run: number): void {
    const columns = runs.columns(run);
    const rows = { from: runs.from(run), to: runs.to(run) };
    const at = this.#length;
    this.#reserve(at + rows.to - rows.from);
    const isLater = columns.isNarrow
      ? copyNarrow(columns.times, rows, { into: this.#times, at, baseMs: runs.baseMs })
      : copyWide(columns.times, rows, { into: this.#times, at });
    if (decodeCodes(columns.codes, rows, this.#memory, at)) this.#mayBeStale = true;
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

  #reserve(size: number): void {
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
