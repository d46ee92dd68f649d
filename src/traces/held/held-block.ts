// Spans of one block of time in memory, in columns, in the order of the table: by trace, then by start.
//
//   times, ids          numbers of each span
//   traces              where the spans of each trace begin
//   columns             whatever else was asked for, each different value once: a query looks at values, not at spans

import type { BlockCount } from './block-count.ts';

/** Values of a column, each with a number that is its place in the list. Blocks of a tenant share it, so that a query looks at each value once. */
export class Dictionary {
  readonly values: string[] = [];
  readonly #codes = new Map<string, number>();
  /** About what it takes. */
  bytes = 0;

  /** The number of a value, which gets one if it has none; -1 when it holds no more. */
  code(value: string): number {
    const known = this.#codes.get(value);
    if (known !== undefined) return known;
    if (this.values.length >= CODES_MAX || this.bytes >= DICTIONARY_BYTES_MAX) return -1;
    this.bytes += VALUE_BYTES + value.length;
    this.#codes.set(value, this.values.length);
    return this.values.push(value) - 1;
  }
}

/** Values of a dictionary: what 16 bits tell apart. */
const CODES_MAX = 65_536;
const DICTIONARY_BYTES_MAX = 8 * 1024 * 1024;
/** What a value takes beside its characters. */
const VALUE_BYTES = 64;

export interface HeldColumn {
  readonly dictionary: Dictionary;
  /** Of each span. */
  readonly codes: Uint16Array;
}

export interface HeldBlock {
  /** The number of the block of time. */
  readonly block: number;
  /** The moment of writing up to which it holds: see RecentWrites. */
  readonly asOf: number;
  readonly rows: number;
  /** Nanoseconds since the epoch. */
  readonly startNs: bigint;
  /** Starts of the spans, nanoseconds since `startNs`. */
  readonly offsets: Float64Array;
  /** The least and the greatest of them. */
  readonly first: number;
  readonly last: number;
  /** Nanoseconds. */
  readonly durations: Float64Array;
  readonly spanIds: BigUint64Array;
  /** 0 where there is none. */
  readonly parentIds: BigUint64Array;
  /** Of each trace the halves of its id, and where its spans begin; at the end of `traceStarts` stands the number of spans. */
  readonly traceHighs: BigUint64Array;
  readonly traceLows: BigUint64Array;
  readonly traceStarts: Uint32Array;
  /** By the expression in SQL that gives the value. */
  readonly columns: Map<string, HeldColumn>;
  /** What metrics queries have counted of all of it, by their names. */
  readonly counts: Map<string, BlockCount>;
}

/** Bytes of a span without its columns, what counts may take for it included, and of it in a column. */
const SPAN_BYTES = 40;
const CODE_BYTES = 2;
const TRACE_BYTES = 20;
const BLOCK_BYTES = 17_408;
/** What counts may take: so much for each block, and for each span in it. */
const COUNTS_BYTES = 16_384;
const COUNTS_SPAN_BYTES = 8;

/** Keeps what a query has counted, in place of what was counted first where there is no room. */
export function keepCount({ rows, counts }: HeldBlock, name: string, count: BlockCount): void {
  const room = COUNTS_BYTES + rows * COUNTS_SPAN_BYTES;
  let bytes = countBytes(name, count);
  if (bytes > room) return;
  counts.set(name, count);
  for (const [other, each] of counts) if (other !== name) bytes += countBytes(other, each);
  for (const [other, each] of counts) {
    if (bytes <= room) return;
    bytes -= countBytes(other, each);
    counts.delete(other);
  }
}

function countBytes(name: string, { cells, counts, sums, samples, groups }: BlockCount): number {
  return 2 * name.length + 4 * cells.length + 8 * counts.length + 24 * sums.length + 4 * samples.length + 64 * groups.length;
}

/** What a block takes. */
export function bytesOf({ rows, traceStarts, columns }: HeldBlock): number {
  return bytesOfSpans(rows, columns.size) + traceStarts.length * TRACE_BYTES;
}

/** The same without its traces. */
export function bytesOfSpans(spans: number, columns: number): number {
  return BLOCK_BYTES + spans * (SPAN_BYTES + CODE_BYTES * columns);
}

/** The number of a trace's spans in a block begins where its own do: its place among the traces, or -1. */
export function traceAt({ traceHighs, traceLows }: HeldBlock, high: bigint, low: bigint): number {
  let from = 0;
  let to = traceHighs.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const own = traceHighs[middle] as bigint;
    if (own < high || (own === high && (traceLows[middle] as bigint) < low)) from = middle + 1;
    else to = middle;
  }
  return traceHighs[from] === high && traceLows[from] === low ? from : -1;
}

/** The place of the trace that a span belongs to. */
export function traceOfRow({ traceStarts }: HeldBlock, row: number): number {
  let from = 0;
  let to = traceStarts.length - 1;
  while (to - from > 1) {
    const middle = (from + to) >>> 1;
    if ((traceStarts[middle] as number) <= row) from = middle;
    else to = middle;
  }
  return from;
}
