// Blocks of spans out of the store: every statement gives its rows in the order of the sorting key, so that columns that are read at different times fit
// together. Whether they do is checked by their number; a block that was written to meanwhile is not held.

import { type Sql, identifier, int, join, sql, text } from '../../base/sql.ts';
import type { Block, CodedColumn } from '../../storage/native.ts';
import { type SpanReadContext, statementOptions } from '../read.ts';
import { BLOCK_NS, BLOCK_OF_TIME } from '../table.ts';
import { Dictionary, type HeldBlock, type HeldColumn } from './held-block.ts';

/** Columns that every block has. */
export const OWN_COLUMNS: readonly Sql[] = [sql`source`, sql`name`, sql`kind`, sql`status`];

/** By the expression of a column. */
export type Dictionaries = Map<string, Dictionary>;

const ORDER: Sql = sql`ORDER BY tenant, ${BLOCK_OF_TIME}, trace_high, trace_low, ts, span_id, kind`;

/** How many spans there are in each of some blocks. */
export async function countBlocks(context: SpanReadContext, blocks: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const statement = sql`SELECT ${BLOCK_OF_TIME} AS block, count() AS spans FROM spans WHERE ${inBlocks(context, blocks)} GROUP BY block`;
  const rows = await context.client.query(statement, statementOptions(context));
  return new Map(rows.map(({ block, spans }) => [Number(block), Number(spans)]));
}

export interface LoadOptions {
  readonly counts: ReadonlyMap<number, number>;
  readonly asOf: number;
  readonly dictionaries: Dictionaries;
}

/** Blocks with the columns that every block has; those whose number of spans is another by now, or that cannot be held, are left out. */
export async function loadBlocks(
  context: SpanReadContext,
  blocks: readonly number[],
  { counts, asOf, dictionaries }: LoadOptions,
): Promise<readonly HeldBlock[]> {
  const builders = blocks.map((block) => new BlockBuilder(block, counts.get(block) ?? 0, dictionaries));
  const fixed = sql`trace_high, trace_low, ts, span_id, parent_id, duration`;
  const statement = sql`SELECT ${fixed}, ${codedColumns(OWN_COLUMNS)} FROM spans WHERE ${inBlocks(context, blocks)} ${ORDER}`;
  const options = { ...statementOptions(context), coded: OWN_COLUMNS.map((_, i) => `c${i}`) };
  let at = 0;
  for await (const block of context.client.stream(statement, options)) {
    for (let row = 0; row < block.rows;) {
      const builder = builders[at];
      if (builder === undefined) return [];
      const end = builder.add(block, row);
      if (end === row) at++;
      row = end;
    }
  }
  // A dictionary may be full of values that only blocks of long ago had: what is read next begins a new one.
  for (const [i, { source }] of OWN_COLUMNS.entries()) if (builders.some((builder) => builder.isOverfull(i))) dictionaries.delete(source);
  return builders.flatMap((builder) => builder.done(asOf) ?? []);
}

/** `overfull`: more different values than can be held. `changed`: the store has another number of spans in these blocks by now. */
export type LoadedColumn = 'held' | 'overfull' | 'changed';

/** Reads a column for blocks that lack it, in the order of time. */
export async function loadColumn(
  context: SpanReadContext,
  blocks: readonly HeldBlock[],
  column: Sql,
  dictionaries: Dictionaries,
): Promise<LoadedColumn> {
  const numbers = blocks.map(({ block }) => block);
  const statement = sql`SELECT ${codedColumns([column])} FROM spans WHERE ${inBlocks(context, numbers)} ${ORDER}`;
  const filler = new CodeFiller(
    blocks.reduce((sum, block) => sum + block.rows, 0),
    dictionaryOf(dictionaries, column.source),
  );
  for await (const { rows, coded } of context.client.stream(statement, { ...statementOptions(context), coded: ['c0'] })) {
    if (coded['c0'] !== undefined) filler.add(coded['c0'], 0, rows);
  }
  if (filler.isOverfull) {
    dictionaries.delete(column.source);
    return 'overfull';
  }
  if (!filler.isFull) return 'changed';
  let from = 0;
  for (const block of blocks) {
    const held = filler.column(from, from + block.rows);
    if (held !== undefined) block.columns.set(column.source, held);
    from += block.rows;
  }
  return 'held';
}

function inBlocks({ tenant }: SpanReadContext, blocks: readonly number[]): Sql {
  return sql`tenant = ${text(tenant)} AND ${BLOCK_OF_TIME} IN (${join(blocks.map(int), sql`, `)})`;
}

function codedColumns(columns: readonly Sql[]): Sql {
  const coded = columns.map((column, i) => sql`toLowCardinality(toString(${column})) AS ${identifier(`c${i}`)}`);
  return join(coded, sql`, `);
}

function dictionaryOf(dictionaries: Dictionaries, source: string): Dictionary {
  const dictionary = dictionaries.get(source) ?? new Dictionary();
  dictionaries.set(source, dictionary);
  return dictionary;
}

/** Takes in the codes of a column, block after block of an answer, as those of a dictionary of ours. */
class CodeFiller {
  readonly #dictionary: Dictionary;
  readonly #codes: Uint16Array;
  #rows = 0;
  isOverfull = false;

  constructor(rows: number, dictionary: Dictionary) {
    this.#codes = new Uint16Array(rows);
    this.#dictionary = dictionary;
  }

  add({ dictionary, indexes }: CodedColumn, from: number, to: number): void {
    const ours = new Int32Array(dictionary.length).fill(-1);
    const codes = this.#codes;
    let at = this.#rows;
    for (let row = from; row < to && at < codes.length; row++, at++) {
      const index = indexes[row] as number;
      let code = ours[index] as number;
      if (code < 0) ours[index] = code = this.#dictionary.code(String(dictionary[index]));
      if (code < 0) this.isOverfull = true;
      codes[at] = code;
    }
    this.#rows += to - from;
  }

  /** Whether there were as many rows as there should be. */
  get isFull(): boolean {
    return this.#rows === this.#codes.length;
  }

  /** Undefined where there are more different values than a dictionary holds, or not as many rows as there should be. */
  column(from: number, to: number): HeldColumn | undefined {
    if (this.isOverfull || !this.isFull) return undefined;
    const isAll = from === 0 && to === this.#codes.length;
    return { dictionary: this.#dictionary, codes: isAll ? this.#codes : this.#codes.slice(from, to) };
  }
}

const WORD = 4_294_967_296;
/** Whole numbers up to here are doubles. */
const EXACT_MAX = 2 ** 53;

class BlockBuilder {
  readonly #block: number;
  readonly #count: number;
  readonly #startNs: bigint;
  readonly #offsets: Float64Array;
  readonly #durations: Float64Array;
  readonly #spanIds: BigUint64Array;
  readonly #parentIds: BigUint64Array;
  /** Of traces, with room for as many as spans. */
  readonly #traceHighs: BigUint64Array;
  readonly #traceLows: BigUint64Array;
  readonly #traceStarts: Uint32Array;
  readonly #columns: readonly CodeFiller[];
  #rows = 0;
  #traces = 0;

  constructor(block: number, count: number, dictionaries: Dictionaries) {
    this.#block = block;
    this.#count = count;
    this.#startNs = BigInt(block) * BLOCK_NS;
    this.#offsets = new Float64Array(count);
    this.#durations = new Float64Array(count);
    this.#spanIds = new BigUint64Array(count);
    this.#parentIds = new BigUint64Array(count);
    this.#traceHighs = new BigUint64Array(count);
    this.#traceLows = new BigUint64Array(count);
    this.#traceStarts = new Uint32Array(count + 1);
    this.#columns = OWN_COLUMNS.map(({ source }) => new CodeFiller(count, dictionaryOf(dictionaries, source)));
  }

  /** Takes the rows of an answer that are of this block of time, from a row on; gives the first that is not. */
  add({ rows, columns, coded }: Block, from: number): number {
    const { ts, span_id: ids, parent_id: parents, duration, trace_high: highs, trace_low: lows } = columns;
    if (!(ts instanceof BigInt64Array) || !(duration instanceof BigInt64Array)) return rows;
    if (!(ids instanceof BigUint64Array) || !(parents instanceof BigUint64Array)) return rows;
    if (!(highs instanceof BigUint64Array) || !(lows instanceof BigUint64Array)) return rows;
    const end = this.#end(ts, from, rows);
    const at = this.#rows;
    this.#rows += end - from;
    if (this.#rows > this.#count) return end;
    halvesToDoubles(ts.subarray(from, end), this.#startNs, this.#offsets.subarray(at));
    halvesToDoubles(duration.subarray(from, end), 0n, this.#durations.subarray(at));
    this.#spanIds.set(ids.subarray(from, end), at);
    this.#parentIds.set(parents.subarray(from, end), at);
    this.#addTraces(highs.subarray(from, end), lows.subarray(from, end), at);
    this.#columns.forEach((filler, i) => {
      const column = coded[`c${i}`];
      if (column !== undefined) filler.add(column, from, end);
    });
    return end;
  }

  /** Whether one of the own columns has more different values than can be held. */
  isOverfull(column: number): boolean {
    return this.#columns[column]?.isOverfull === true;
  }

  /** Undefined where it is not what was counted, or holds what no double does. */
  done(asOf: number): HeldBlock | undefined {
    const columns = this.#columns.map((filler) => filler.column(0, this.#count));
    if (this.#rows !== this.#count || columns.includes(undefined)) return undefined;
    if (!this.#durations.every((duration) => duration < EXACT_MAX)) return undefined;
    const traces = this.#traces;
    this.#traceStarts[traces] = this.#count;
    return {
      block: this.#block,
      asOf,
      rows: this.#count,
      startNs: this.#startNs,
      offsets: this.#offsets,
      first: this.#offsets.reduce((least, offset) => Math.min(least, offset), this.#offsets[0] ?? 0),
      last: this.#offsets.reduce((most, offset) => Math.max(most, offset), 0),
      durations: this.#durations,
      spanIds: this.#spanIds,
      parentIds: this.#parentIds,
      traceHighs: this.#traceHighs.slice(0, traces),
      traceLows: this.#traceLows.slice(0, traces),
      traceStarts: this.#traceStarts.slice(0, traces + 1),
      columns: new Map(OWN_COLUMNS.flatMap(({ source }, i) => (columns[i] === undefined ? [] : [[source, columns[i]]]))),
      counts: new Map(),
    };
  }

  /** The first row that is of another block of time. Blocks come one after another. */
  #end(ts: BigInt64Array, from: number, rows: number): number {
    const endNs = this.#startNs + BLOCK_NS;
    if ((ts[from] as bigint) >= endNs || rows === from) return from;
    if ((ts[rows - 1] as bigint) < endNs) return rows;
    // Within a block rows are not in the order of time: a row of the next block is one at which all that follow are.
    let end = from;
    while (end < rows && (ts[end] as bigint) < endNs) end++;
    return end;
  }

  /** Hot: by halves, since every bigint is an object. */
  #addTraces(highs: BigUint64Array, lows: BigUint64Array, at: number): void {
    const last = this.#traces - 1;
    const isContinued = last >= 0 && this.#traceHighs[last] === highs[0] && this.#traceLows[last] === lows[0];
    const [high, low] = [wordsOf(highs), wordsOf(lows)];
    for (let row = isContinued ? 1 : 0; row < highs.length; row++) {
      const [own, before] = [2 * row, 2 * row - 2];
      const isSame = row > 0 && low[own] === low[before] && low[own + 1] === low[before + 1];
      if (isSame && high[own] === high[before] && high[own + 1] === high[before + 1]) continue;
      const trace = this.#traces++;
      this.#traceHighs[trace] = highs[row] as bigint;
      this.#traceLows[trace] = lows[row] as bigint;
      this.#traceStarts[trace] = at + row;
    }
  }
}

function wordsOf({ buffer, byteOffset, length }: BigUint64Array | BigInt64Array): Int32Array {
  return new Int32Array(buffer, byteOffset, 2 * length);
}

/** Differences of 64-bit numbers to a base, exact below 2^53. Hot: by halves, since every bigint is an object. */
function halvesToDoubles(values: BigInt64Array, base: bigint, into: Float64Array): void {
  const words = wordsOf(values);
  const high = Number(base >> 32n);
  const low = Number(base & 0xffffffffn);
  for (let i = 0; i < values.length; i++) into[i] = ((words[2 * i + 1] as number) - high) * WORD + ((words[2 * i] as number) >>> 0) - low;
}
