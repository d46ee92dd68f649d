// Lines out of the store, block by block: those of some streams within a range that conditions let pass, in no order or by time.

import { type Sql, and, int, join, NOTHING, sql } from '../base/sql.ts';
import { type ReadContext, guarded, statementOptions } from '../metrics/read.ts';
import type { Labels } from '../query/labels.ts';
import { NO_LABELS } from '../query/labels.ts';
import type { Block, TextColumn } from '../storage/native.ts';
import type { LineBlock, NsRange } from './line-block.ts';
import { NO_LEVEL, withLevel } from './line-columns.ts';
import type { StreamSet, TenantPart } from './select-streams.ts';

export interface LineQuery {
  readonly range: NsRange;
  /** On the columns of the table `logs`. */
  readonly conditions: readonly Sql[];
  /** What the conditions name, for `WITH`. */
  readonly definitions?: readonly Sql[] | undefined;
  /** The first lines by time, or the last; undefined for all, in no order. */
  readonly first?: { readonly direction: 'forward' | 'backward'; readonly count: number } | undefined;
  /** False where nobody will look at the detected level; other metadata always comes along, since it decides what a field is called. */
  readonly withLevel: boolean;
}

/** Reads lines, tenant by tenant. Rows of streams that were not selected are left out. */
export async function* readLines(context: ReadContext, streams: StreamSet, query: LineQuery): AsyncGenerator<LineBlock> {
  for (const part of streams.parts) yield* readPart(context, streams, part, query);
}

/** Of one tenant. */
export async function* readPart(context: ReadContext, streams: StreamSet, part: TenantPart, query: LineQuery): AsyncGenerator<LineBlock> {
  const columns = query.withLevel ? sql`stream, ts, level, metadata, line` : sql`stream, ts, metadata, line`;
  const defined = query.definitions === undefined ? NOTHING : sql`WITH ${join(query.definitions, sql`, `)} `;
  const statement = sql`${defined}SELECT ${columns} FROM ${part.from} WHERE ${part.condition(query.range)}${and(query.conditions)}${ordered(query)}`;
  const blocks = context.client.stream(statement, { ...statementOptions(context), texts: ['line'] })[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await guarded(context, () => blocks.next());
      if (done === true) return;
      yield lineBlock(streams, part, value);
    }
  } finally {
    await blocks.return?.(undefined);
  }
}

function ordered({ first }: LineQuery): Sql {
  if (first === undefined) return NOTHING;
  return first.direction === 'backward' ? sql` ORDER BY ts DESC LIMIT ${int(first.count)}` : sql` ORDER BY ts LIMIT ${int(first.count)}`;
}

function lineBlock(streams: StreamSet, { selection, first }: TenantPart, { rows, columns, texts }: Block): LineBlock {
  const ids = columns['stream'];
  const ts = columns['ts'];
  const lines = texts['line'];
  if (!(ids instanceof BigUint64Array) || !(ts instanceof BigInt64Array) || lines === undefined) return emptyBlock(streams);
  const words = new Uint32Array(ids.buffer, ids.byteOffset, 2 * rows);
  const stream = new Uint32Array(rows);
  let kept = 0;
  let [low, high, number] = [-1, -1, -1];
  for (let row = 0; row < rows; row++) {
    if (words[2 * row] !== low || words[2 * row + 1] !== high) {
      low = words[2 * row] as number;
      high = words[2 * row + 1] as number;
      number = selection.find(low, high);
    }
    stream[row] = first + number;
    if (number >= 0) kept++;
  }
  const block = { rows, streams, stream, ts, lines, metadata: metadataOf(columns, rows) };
  return kept === rows ? block : selected(block, words, (id) => selection.find(id.low, id.high) >= 0);
}

function emptyBlock(streams: StreamSet): LineBlock {
  const none = new Uint32Array(0);
  const lines: TextColumn = { bytes: Buffer.alloc(0), starts: none, ends: none };
  return { rows: 0, streams, stream: none, ts: new BigInt64Array(0), lines, metadata: undefined };
}

/** The rows of the streams that were selected. */
function selected(block: LineBlock, words: Uint32Array, isSelected: (id: { low: number; high: number }) => boolean): LineBlock {
  const rows: number[] = [];
  for (let row = 0; row < block.rows; row++)
    if (isSelected({ low: words[2 * row] as number, high: words[2 * row + 1] as number })) rows.push(row);
  const { lines, metadata } = block;
  return {
    rows: rows.length,
    streams: block.streams,
    stream: Uint32Array.from(rows, (row) => block.stream[row] as number),
    ts: BigInt64Array.from(rows, (row) => block.ts[row] ?? 0n),
    lines: {
      bytes: lines.bytes,
      starts: Uint32Array.from(rows, (row) => lines.starts[row] as number),
      ends: Uint32Array.from(rows, (row) => lines.ends[row] as number),
    },
    metadata: metadata && rows.map((row) => metadata[row] ?? NO_LABELS),
  };
}

function metadataOf({ metadata: maps = [], level }: Block['columns'], rows: number): readonly Labels[] | undefined {
  const levels = level instanceof Uint8Array ? level : undefined;
  if (maps.length === 0 && levels === undefined) return undefined;
  const result: Labels[] = [];
  let hasAny = false;
  for (let row = 0; row < rows; row++) {
    const metadata = withLevel(labelsOfMap(maps[row]), levels?.[row] ?? NO_LEVEL);
    if (metadata.length > 0) hasAny = true;
    result.push(metadata);
  }
  return hasAny ? result : undefined;
}

/** A map as it is stored: sorted by name, since a label set was written. */
export function labelsOfMap(map: unknown): Labels {
  return Array.isArray(map) && map.length > 0 ? (map as Labels) : NO_LABELS;
}

/** Characters of the names and values of a block's metadata. */
export function metadataBytes({ metadata = [] }: LineBlock): number {
  let bytes = 0;
  for (const labels of metadata) for (const text of labels) bytes += text.length;
  return bytes;
}
