// The lines of one request, in columns: what decoders fill and what becomes one block of the table `logs`.
//
// Lines stand in one buffer in the form in which a block carries them, the length as a varint and then the bytes, so that they are copied once.

import type { SeriesRegistry } from '../metrics/series-registry.ts';
import { tenantColumn } from '../metrics/series-registration.ts';
import { type Labels, NO_LABELS, setLabel } from '../query/labels.ts';
import { type Allocate, type Column, type ColumnData, type TextColumn, encodeBlock } from '../storage/native.ts';
import { LEVELS } from './ingest/label-level.ts';
import type { LineBlock } from './line-block.ts';
import { NeedleColumns } from './needle/needle-columns.ts';
import { mendedLines } from './valid-lines.ts';

export const DETECTED_LEVEL = 'detected_level';
/** In the column `level`: nobody looked for one, or it is among the metadata. Other values are one more than the number in `LEVELS`. */
export const NO_LEVEL = 0;

const ROWS_MIN = 256;
const BYTES_MIN = 32 * 1024;
const VARINT_BYTES_MAX = 5;

export class LineColumns {
  count = 0;
  /** Numbers of the streams in the tenant's registry. */
  stream = new Int32Array(ROWS_MIN);
  /** Nanoseconds since the epoch, low and high halves in turn. */
  words = new Uint32Array(2 * ROWS_MIN);
  level = new Uint8Array(ROWS_MIN);
  /** By row, with gaps where a line has none. */
  readonly metadata: Labels[] = [];
  /** Where each line stands in `bytes`, as it came. */
  starts = new Uint32Array(ROWS_MIN);
  ends = new Uint32Array(ROWS_MIN);
  bytes = Buffer.allocUnsafe(BYTES_MIN);
  /** Bytes of `bytes` in use. */
  used = 0;
  readonly needles = new NeedleColumns();
  /** Where the last line begins. */
  #last = 0;

  /** Adds a line, `source[from…to)`; `low` and `high` are the halves of its time. Hot: once per line of every push. */
  push(stream: number, time: Halves, source: Buffer, { from, to }: Extent): void {
    const size = to - from;
    this.#last = this.used;
    this.#row(stream, time);
    this.#reserve(size + VARINT_BYTES_MAX);
    this.#varint(size);
    this.starts[this.count - 1] = this.used;
    this.used += source.copy(this.bytes, this.used, from, to);
    this.ends[this.count - 1] = this.used;
  }

  /** Takes the last line back. */
  pop(): void {
    const row = --this.count;
    this.used = this.#last;
    if (this.metadata.length > row) this.metadata.length = row;
  }

  /** Makes it empty, for the next request. */
  clear(): void {
    this.count = 0;
    this.used = 0;
    this.metadata.length = 0;
    this.needles.clear();
  }

  /** One block of the table `logs`. */
  encode(tenant: string, registry: SeriesRegistry, allocate: Allocate): Uint8Array {
    const { count } = this;
    this.#mend();
    const ids = new BigUint64Array(count);
    const idWords = new Uint32Array(ids.buffer);
    for (let row = 0; row < count; row++) {
      const stream = this.stream[row] as number;
      idWords[2 * row] = registry.idLow[stream] as number;
      idWords[2 * row + 1] = registry.idHigh[stream] as number;
    }
    const columns: readonly Column[] = [
      tenantColumn(tenant, count),
      { name: 'stream', data: { kind: 'UInt64', values: ids } },
      { name: 'ts', data: { kind: 'Int64', values: new BigInt64Array(this.words.buffer, 0, count) } },
      { name: 'line', data: { kind: 'encoded String', bytes: this.bytes.subarray(0, this.used), rows: count } },
      { name: 'level', data: { kind: 'UInt8', values: this.level.subarray(0, count) } },
      { name: 'metadata', data: this.#metadataData() },
    ];
    return encodeBlock(columns, allocate);
  }

  /** The same lines as a reader of the table would get them; a copy. */
  block(labels: (stream: number) => Labels): LineBlock {
    const { count, metadata, level } = this;
    const hasMetadata = metadata.length > 0 || level.subarray(0, count).some((one) => one !== NO_LEVEL);
    return {
      rows: count,
      streams: { labels },
      stream: Uint32Array.from(this.stream.subarray(0, count)),
      ts: new BigInt64Array(this.words.slice(0, 2 * count).buffer),
      lines: this.#texts(),
      metadata: hasMetadata ? Array.from({ length: count }, (_, row) => withLevel(metadata[row] ?? NO_LABELS, level[row] ?? 0)) : undefined,
    };
  }

  #mend(): void {
    const mended = mendedLines(this.bytes.subarray(0, this.used), this.count);
    if (mended === undefined) return;
    this.bytes = mended;
    this.used = mended.length;
  }

  #texts(): TextColumn {
    const bytes = Buffer.from(this.bytes.subarray(0, this.used));
    const starts = new Uint32Array(this.count);
    const ends = new Uint32Array(this.count);
    let at = 0;
    for (let row = 0; row < this.count; row++) {
      let size = 0;
      for (let factor = 1; ; factor *= 0x80) {
        const byte = bytes[at++] as number;
        size += (byte & 0x7f) * factor;
        if (byte < 0x80) break;
      }
      starts[row] = at;
      ends[row] = at += size;
    }
    return { bytes, starts, ends };
  }

  #metadataData(): ColumnData {
    if (this.metadata.length === 0) return { kind: 'empty Map(LowCardinality(String), String)', rows: this.count };
    const values = Array.from({ length: this.count }, (_, row) => this.metadata[row] ?? NO_LABELS);
    return { kind: 'Map(LowCardinality(String), String)', values };
  }

  #row(stream: number, { low, high }: Halves): void {
    if (this.count === this.stream.length) this.#growRows();
    const row = this.count++;
    this.stream[row] = stream;
    this.words[2 * row] = low;
    this.words[2 * row + 1] = high;
    this.level[row] = NO_LEVEL;
  }

  #growRows(): void {
    const { stream, words, level, starts, ends } = this;
    const size = stream.length * 2;
    this.stream = new Int32Array(size);
    this.stream.set(stream);
    this.words = new Uint32Array(2 * size);
    this.words.set(words);
    this.level = new Uint8Array(size);
    this.level.set(level);
    this.starts = new Uint32Array(size);
    this.starts.set(starts);
    this.ends = new Uint32Array(size);
    this.ends.set(ends);
  }

  #reserve(size: number): void {
    if (this.used + size <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.used + size, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.used);
    this.bytes = grown;
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.bytes[this.used++] = (rest & 0x7f) | 0x80;
    this.bytes[this.used++] = rest;
  }
}

/** A 64-bit time by its unsigned halves. */
export interface Halves {
  readonly low: number;
  readonly high: number;
}

export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** A line's metadata with the level that the column `level` gives it. */
export function withLevel(metadata: Labels, level: number): Labels {
  if (level === NO_LEVEL) return metadata;
  const name = LEVELS[level - 1] ?? '';
  return metadata.length === 0 ? (ONLY_LEVEL[level] ?? NO_LABELS) : setLabel(metadata, DETECTED_LEVEL, name);
}

const ONLY_LEVEL: readonly Labels[] = [NO_LABELS, ...LEVELS.map((name) => [DETECTED_LEVEL, name])];
