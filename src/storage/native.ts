// ClickHouse's Native format, written from and read into typed arrays.
//
//   block = varint columns, varint rows, then per column: name, type, data of all rows
//
// Source: ClickHouse `NativeWriter`, `SerializationLowCardinality`, `SerializationArray`, `SerializationMap`.

import { assert } from '../base/assert.ts';
import { ClickHouseError } from './client.ts';

/** The data of one column to write; the array's length is the number of rows. */
export type ColumnData =
  | { readonly kind: 'Int8' | 'UInt8'; readonly values: Int8Array | Uint8Array }
  | { readonly kind: 'Int32'; readonly values: Int32Array }
  | { readonly kind: 'UInt16'; readonly values: Uint16Array }
  | { readonly kind: 'UInt32'; readonly values: Uint32Array }
  | { readonly kind: 'Int64'; readonly values: BigInt64Array }
  | { readonly kind: 'UInt64'; readonly values: BigUint64Array }
  | { readonly kind: 'Float64'; readonly values: Float64Array }
  | { readonly kind: 'String'; readonly values: readonly (string | Uint8Array)[] }
  /** Texts as they stand in the format already: the length of each as a varint, then its bytes. */
  | { readonly kind: 'encoded String'; readonly bytes: Uint8Array; readonly rows: number }
  /** The same text in every row. */
  | { readonly kind: 'constant LowCardinality(String)'; readonly value: string; readonly rows: number }
  /** A dictionary and each row's index into it. */
  | { readonly kind: 'LowCardinality(String)'; readonly dictionary: readonly string[]; readonly indexes: Uint32Array }
  | { readonly kind: 'Array(String)'; readonly values: readonly (readonly string[])[] }
  | { readonly kind: 'Array(Float64)'; readonly values: readonly (readonly number[])[] }
  | { readonly kind: 'Array(Int32)'; readonly values: readonly (readonly number[])[] }
  | { readonly kind: 'Array(Int64)'; readonly values: readonly (readonly bigint[])[] }
  /** Nothing in any row. */
  | { readonly kind: 'empty Map(LowCardinality(String), String)'; readonly rows: number }
  /** Keys and values in turn per row. */
  | { readonly kind: 'Map(LowCardinality(String), String)'; readonly values: readonly (readonly string[])[] };

export interface Column {
  readonly name: string;
  readonly data: ColumnData;
}

/** Texts where they lie in what was read: cheap to skip, to compare and to search as bytes. */
export interface TextColumn {
  readonly bytes: Buffer;
  /** Text `row` is `bytes[starts[row]…ends[row])`, UTF-8. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** Values of a column each once, and which of them each row has. */
export interface CodedColumn {
  readonly dictionary: Values;
  readonly indexes: Uint8Array | Uint16Array | Uint32Array;
}

/** Column values as read. 64-bit integers keep all their bits. A column of maps that are all empty comes as an empty list. */
export type Values =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | readonly unknown[];

export interface Block {
  readonly rows: number;
  readonly columns: Readonly<Record<string, Values>>;
  /** The columns of type String that were asked for as bytes. */
  readonly texts: Readonly<Record<string, TextColumn>>;
  /** The columns of type LowCardinality that were asked for as they are. */
  readonly coded: Readonly<Record<string, CodedColumn>>;
}

/** Names of columns that are not unfolded into values. */
export interface Unfolded {
  /** Of type String: as bytes. */
  readonly texts?: readonly string[] | undefined;
  /** Of type LowCardinality: as a dictionary and indexes. */
  readonly coded?: readonly string[] | undefined;
}
const EMPTY: readonly unknown[] = [];
/** A column of maps of which none has an entry. */
const NOTHING_IN_ANY_ROW: readonly unknown[] = [];
/** Of a column in which no row has anything. */
const NO_OFFSETS: readonly number[] = [];

const HAS_ADDITIONAL_KEYS = 1n << 9n;
const NEED_UPDATE_DICTIONARY = 1n << 10n;
const SHARED_DICTIONARIES_WITH_ADDITIONAL_KEYS = 1n;

/** Rows of a column to write. */
export function rowsOf(data: ColumnData): number {
  if ('rows' in data) return data.rows;
  return data.kind === 'LowCardinality(String)' ? data.indexes.length : data.values.length;
}

/** Gives memory of at least so many bytes. */
export type Allocate = (size: number) => Buffer;

/** One block; all columns must have the same number of rows. */
export function encodeBlock(columns: readonly Column[], allocate: Allocate = (size) => Buffer.allocUnsafe(size)): Uint8Array {
  const rows = columns[0] === undefined ? 0 : rowsOf(columns[0].data);
  const out = new Writer(allocate(columns.reduce((sum, { data }) => sum + sizeHint(data), 256)));
  out.varint(columns.length);
  out.varint(rows);
  for (const { name, data } of columns) {
    assert(rowsOf(data) === rows, `column ${name} has ${rowsOf(data)} rows of ${rows}`);
    out.text(name);
    out.text(data.kind.replace(/^(constant|encoded|empty) /, ''));
    if (rows > 0) writeColumn(out, data);
  }
  return out.take();
}

// Exact for numbers, a guess for the rest: a buffer that is large enough is not copied.
function sizeHint(data: ColumnData): number {
  if (data.kind === 'encoded String') return data.bytes.length + 64;
  if (data.kind === 'LowCardinality(String)' || data.kind === 'constant LowCardinality(String)') return rowsOf(data) + 1024;
  if (data.kind === 'empty Map(LowCardinality(String), String)') return data.rows * 8 + 64;
  return 'BYTES_PER_ELEMENT' in data.values ? data.values.byteLength + 64 : data.values.length * 64;
}

function writeColumn(out: Writer, data: ColumnData): void {
  switch (data.kind) {
    case 'String':
      for (const value of data.values) out.text(value);
      return;
    case 'encoded String':
      return out.bytes(data.bytes);
    case 'LowCardinality(String)':
      out.u64(SHARED_DICTIONARIES_WITH_ADDITIONAL_KEYS);
      writeLowCardinality(out, data.dictionary, data.indexes);
      return;
    case 'constant LowCardinality(String)':
      out.u64(SHARED_DICTIONARIES_WITH_ADDITIONAL_KEYS);
      writeDictionary(out, [data.value], 0);
      out.u64(BigInt(data.rows));
      out.fill(1, data.rows);
      return;
    case 'Array(String)':
      writeOffsets(out, data.values, 1);
      for (const row of data.values) for (const value of row) out.text(value);
      return;
    case 'Array(Float64)':
      writeOffsets(out, data.values, 1);
      out.bytes(bytesOf(Float64Array.from(data.values.flat())));
      return;
    case 'Array(Int32)':
      writeOffsets(out, data.values, 1);
      out.bytes(bytesOf(Int32Array.from(data.values.flat())));
      return;
    case 'Array(Int64)':
      writeOffsets(out, data.values, 1);
      out.bytes(bytesOf(BigInt64Array.from(data.values.flat())));
      return;
    case 'empty Map(LowCardinality(String), String)':
      out.u64(SHARED_DICTIONARIES_WITH_ADDITIONAL_KEYS);
      return out.fill(0, data.rows * 8);
    case 'Map(LowCardinality(String), String)':
      writeMap(out, data.values);
      return;
    default:
      out.bytes(bytesOf(data.values));
  }
}

// 64-bit numbers, each as its low and its high half: what one block holds fits into the low one.
function writeOffsets(out: Writer, rows: readonly { readonly length: number }[], stride: number): void {
  let end = 0;
  const halves = new Uint32Array(2 * rows.length);
  for (let i = 0; i < rows.length; i++) halves[2 * i] = end += (rows[i] as { readonly length: number }).length / stride;
  out.bytes(bytesOf(halves));
}

function writeMap(out: Writer, rows: readonly (readonly string[])[]): void {
  out.u64(SHARED_DICTIONARIES_WITH_ADDITIONAL_KEYS);
  writeOffsets(out, rows, 2);
  const dictionary = new Map<string, number>();
  const indexes: number[] = [];
  for (const row of rows) for (let i = 0; i < row.length; i += 2) indexes.push(numbered(dictionary, row[i] ?? ''));
  if (indexes.length > 0) writeLowCardinality(out, [...dictionary.keys()], Uint32Array.from(indexes));
  for (const row of rows) for (let i = 1; i < row.length; i += 2) out.text(row[i] ?? '');
}

/** The number of a text in a dictionary that grows; numbers begin with 0. */
export function numbered(dictionary: Map<string, number>, value: string): number {
  const known = dictionary.get(value);
  if (known !== undefined) return known;
  dictionary.set(value, dictionary.size);
  return dictionary.size - 1;
}

// ClickHouse keeps the type's default, the empty string, at index 0 of every dictionary.
function writeLowCardinality(out: Writer, dictionary: readonly string[], indexes: Uint32Array): void {
  const size = dictionary.length + 1;
  const width = size <= 0x100 ? 0 : size <= 0x10000 ? 1 : 2;
  writeDictionary(out, dictionary, width);
  out.u64(BigInt(indexes.length));
  const shifted =
    width === 0 ? new Uint8Array(indexes.length) : width === 1 ? new Uint16Array(indexes.length) : new Uint32Array(indexes.length);
  for (let i = 0; i < indexes.length; i++) shifted[i] = (indexes[i] as number) + 1;
  out.bytes(bytesOf(shifted));
}

function writeDictionary(out: Writer, dictionary: readonly string[], width: number): void {
  out.u64(BigInt(width) | HAS_ADDITIONAL_KEYS | NEED_UPDATE_DICTIONARY);
  out.u64(BigInt(dictionary.length + 1));
  out.text('');
  for (const value of dictionary) out.text(value);
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

class Writer {
  #buffer: Buffer;
  #length = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = rest;
  }

  u64(value: bigint): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeBigUInt64LE(value, this.#length);
  }

  text(value: string | Uint8Array): void {
    const size = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
    this.varint(size);
    this.#reserve(size);
    if (typeof value === 'string') this.#buffer.write(value, this.#length, 'utf8');
    else this.#buffer.set(value, this.#length);
    this.#length += size;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  fill(byte: number, count: number): void {
    this.#reserve(count);
    this.#buffer.fill(byte, this.#length, this.#length + count);
    this.#length += count;
  }

  take(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

/** All blocks that stand whole in `bytes`. */
export function* decodeBlocks(bytes: Uint8Array, unfolded: Unfolded = {}): Generator<Block> {
  const reader = new Reader(bytes);
  while (!reader.done) yield readBlock(reader, unfolded);
}

/**
 * Blocks out of chunks that may end anywhere, as HTTP delivers them.
 * A block is decoded once it is whole: until then the chunks are kept, so memory is bounded by the largest block.
 */
export async function* decodeStream(chunks: AsyncIterable<Uint8Array>, unfolded: Unfolded = {}): AsyncGenerator<Block> {
  let pending: Uint8Array = new Uint8Array(0);
  let wanted = 0;
  const queue: Uint8Array[] = [];
  let queued = 0;
  for await (const chunk of chunks) {
    queue.push(chunk);
    queued += chunk.length;
    if (pending.length + queued < wanted) continue;
    pending = Buffer.concat([pending, ...queue.splice(0)]);
    queued = 0;
    const reader = new Reader(pending);
    let from = 0;
    try {
      while (!reader.done) {
        const block = readBlock(reader, unfolded);
        from = reader.pos;
        yield block;
      }
      wanted = 0;
    } catch (error) {
      if (!(error instanceof Truncated)) throw error;
      wanted = Math.ceil((pending.length - from) * 1.5);
    }
    pending = pending.subarray(from);
  }
  if (queued > 0) pending = Buffer.concat([pending, ...queue]);
  if (pending.length > 0) yield* decodeBlocks(pending, unfolded);
}

class Truncated extends ClickHouseError {
  constructor(at: number) {
    super(0, `Native block ends early at byte ${at}`);
  }
}

function readBlock(reader: Reader, { texts: asTexts = [], coded: asCoded = [] }: Unfolded): Block {
  const count = reader.varint();
  const rows = reader.varint();
  const columns: Record<string, Values> = {};
  const texts: Record<string, TextColumn> = {};
  const coded: Record<string, CodedColumn> = {};
  for (let i = 0; i < count; i++) {
    const name = reader.text();
    const type = reader.text();
    if (asTexts.includes(name)) texts[name] = reader.texts(rows);
    else if (asCoded.includes(name) && rows > 0) coded[name] = readCodedColumn(reader, type, rows);
    else columns[name] = rows === 0 ? [] : readColumn(reader, type, rows);
  }
  return { rows, columns, texts, coded };
}

const FIXED: Readonly<Record<string, (bytes: ArrayBuffer, offset: number, rows: number) => Values>> = {
  Int8: (b, at, n) => new Int8Array(b, at, n),
  UInt8: (b, at, n) => new Uint8Array(b, at, n),
  Bool: (b, at, n) => new Uint8Array(b, at, n),
  Int16: (b, at, n) => new Int16Array(b, at, n),
  UInt16: (b, at, n) => new Uint16Array(b, at, n),
  Date: (b, at, n) => new Uint16Array(b, at, n),
  Int32: (b, at, n) => new Int32Array(b, at, n),
  UInt32: (b, at, n) => new Uint32Array(b, at, n),
  DateTime: (b, at, n) => new Uint32Array(b, at, n),
  Int64: (b, at, n) => new BigInt64Array(b, at, n),
  DateTime64: (b, at, n) => new BigInt64Array(b, at, n),
  UInt64: (b, at, n) => new BigUint64Array(b, at, n),
  Float32: (b, at, n) => new Float32Array(b, at, n),
  Float64: (b, at, n) => new Float64Array(b, at, n),
};
const WIDTHS: Readonly<Record<string, number>> = {
  Int8: 1,
  UInt8: 1,
  Bool: 1,
  Int16: 2,
  UInt16: 2,
  Date: 2,
  Int32: 4,
  UInt32: 4,
  DateTime: 4,
  Int64: 8,
  DateTime64: 8,
  UInt64: 8,
  Float32: 4,
  Float64: 8,
};

function readColumn(reader: Reader, type: string, rows: number): Values {
  const fixed = readFixed(reader, type, rows);
  if (fixed !== undefined) return fixed;
  if (type.startsWith('LowCardinality(') || type.startsWith('Array(') || type.startsWith('Map(')) readPrefix(reader, type);
  return readNested(reader, type, rows);
}

function readFixed(reader: Reader, type: string, rows: number): Values | undefined {
  const base = type.replace(/\(.*/s, '');
  const make = FIXED[base];
  const width = WIDTHS[base];
  return make === undefined || width === undefined ? undefined : make(...reader.column(rows * width, width), rows);
}

// Dictionary versions of every LowCardinality inside a type stand before the data.
function readPrefix(reader: Reader, type: string): void {
  for (let from = type.indexOf('LowCardinality('); from >= 0; from = type.indexOf('LowCardinality(', from + 1)) {
    const version = reader.u64();
    if (version !== SHARED_DICTIONARIES_WITH_ADDITIONAL_KEYS)
      throw new ClickHouseError(0, `LowCardinality of version ${version} in Native`);
  }
}

function readNested(reader: Reader, type: string, rows: number): Values {
  const fixed = readFixed(reader, type, rows);
  if (fixed !== undefined) return fixed;
  if (type === 'String') return Array.from({ length: rows }, () => reader.text());
  const open = type.indexOf('(');
  const inner = type.slice(open + 1, -1);
  switch (type.slice(0, open)) {
    case 'FixedString':
      return Array.from({ length: rows }, () => new Uint8Array(reader.take(Number(inner))));
    case 'LowCardinality':
      return readLowCardinality(reader, inner, rows);
    case 'Nullable': {
      const nulls = new Uint8Array(reader.take(rows));
      const values = readNested(reader, inner, rows);
      return Array.from({ length: rows }, (_, i) => (nulls[i] === 1 ? null : values[i]));
    }
    case 'Array':
      return readArray(reader, inner, rows);
    case 'Map': {
      const [keyType, valueType] = splitPair(inner);
      const offsets = readOffsets(reader, rows);
      const total = offsets.at(-1) ?? 0;
      if (total === 0) return NOTHING_IN_ANY_ROW;
      const keys = readNested(reader, keyType, total);
      const values = readNested(reader, valueType, total);
      return offsets.map((end, i) => interleaved(keys, values, [offsets[i - 1] ?? 0, end]));
    }
    default:
      throw new ClickHouseError(0, `column type ${type} in Native`);
  }
}

// A map's row: keys and values in turn.
function interleaved(keys: Values, values: Values, [from, to]: readonly [number, number]): unknown[] {
  const row: unknown[] = [];
  for (let i = from; i < to; i++) row.push(keys[i], values[i]);
  return row;
}

function splitPair(inner: string): [string, string] {
  let depth = 0;
  for (let i = 0; i < inner.length; i++) {
    if (inner[i] === '(') depth++;
    else if (inner[i] === ')') depth--;
    else if (inner[i] === ',' && depth === 0) return [inner.slice(0, i), inner.slice(i + 1).trim()];
  }
  throw new ClickHouseError(0, `Map(${inner}) in Native`);
}

function readOffsets(reader: Reader, rows: number): readonly number[] {
  const offsets = new BigUint64Array(reader.take(rows * 8));
  return offsets.at(-1) === 0n ? NO_OFFSETS : Array.from(offsets, Number);
}

/** One empty array for every row: `Array.from` takes ten times as long. */
function empties(rows: number): readonly (readonly unknown[])[] {
  const values: (readonly unknown[])[] = [];
  for (let row = 0; row < rows; row++) values.push(EMPTY);
  return values;
}

function readArray(reader: Reader, inner: string, rows: number): Values {
  const offsets = readOffsets(reader, rows);
  const total = offsets.at(-1) ?? 0;
  if (total === 0) return empties(rows);
  const values = readNested(reader, inner, total);
  return offsets.map((end, i) => values.slice(offsets[i - 1] ?? 0, end));
}

function readCodedColumn(reader: Reader, type: string, rows: number): CodedColumn {
  const inner = /^LowCardinality\((.*)\)$/.exec(type)?.[1];
  if (inner === undefined) throw new ClickHouseError(0, `column type ${type} in Native, where LowCardinality is asked for`);
  readPrefix(reader, type);
  return readCoded(reader, inner, rows);
}

function readLowCardinality(reader: Reader, inner: string, rows: number): Values {
  const { dictionary, indexes } = readCoded(reader, inner, rows);
  if (dictionary instanceof BigUint64Array) return BigUint64Array.from(indexes, (index) => dictionary[index] ?? 0n);
  return Array.from(indexes, (index) => dictionary[index]);
}

function readCoded(reader: Reader, inner: string, rows: number): CodedColumn {
  const flags = reader.u64();
  const size = Number(reader.u64());
  const dictionary = readNested(reader, inner, size);
  const count = Number(reader.u64());
  assert(count === rows, `LowCardinality with ${count} rows of ${rows}`);
  const width = Number(flags & 0xffn);
  const bytes = reader.take(rows * 2 ** width);
  const indexes = width === 0 ? new Uint8Array(bytes) : width === 1 ? new Uint16Array(bytes) : new Uint32Array(bytes);
  return { dictionary, indexes };
}

class Reader {
  readonly #bytes: Buffer;
  pos = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.pos >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.#bytes[this.#forward(1)] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      if (factor > 2 ** 49) throw new ClickHouseError(0, `varint over 2^56 at byte ${this.pos} in Native`);
    }
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#forward(8));
  }

  text(): string {
    const size = this.varint();
    const at = this.#forward(size);
    return this.#bytes.toString('utf8', at, at + size);
  }

  /** Texts where they lie. Hot: once per line that a query reads. */
  texts(rows: number): TextColumn {
    const bytes = this.#bytes;
    const starts = new Uint32Array(rows);
    const ends = new Uint32Array(rows);
    let { pos } = this;
    for (let row = 0; row < rows; row++) {
      if (pos >= bytes.length) throw new Truncated(this.pos);
      let size = bytes[pos++] as number;
      if (size >= 0x80) {
        this.pos = pos - 1;
        size = this.varint();
        ({ pos } = this);
      }
      starts[row] = pos;
      pos += size;
      ends[row] = pos;
    }
    if (pos > bytes.length) throw new Truncated(this.pos);
    this.pos = pos;
    return { bytes, starts, ends };
  }

  /** A column's bytes for a typed array: where they lie, if they begin at a multiple of their width, else as a copy. */
  column(size: number, width: number): [ArrayBuffer, number] {
    const offset = this.#bytes.byteOffset + this.pos;
    if (offset % width !== 0 || !(this.#bytes.buffer instanceof ArrayBuffer)) return [this.take(size), 0];
    this.#forward(size);
    return [this.#bytes.buffer, offset];
  }

  /** A copy, so that a typed array over it is aligned. */
  take(size: number): ArrayBuffer {
    const at = this.#forward(size);
    return this.#bytes.buffer.slice(this.#bytes.byteOffset + at, this.#bytes.byteOffset + at + size) as ArrayBuffer;
  }

  #forward(size: number): number {
    const at = this.pos;
    if (size > this.#bytes.length - at) throw new Truncated(at);
    this.pos = at + size;
    return at;
  }
}

/** The names of a block's columns. */
export function columnNames(block: Uint8Array): readonly string[] {
  return Object.keys(readBlock(new Reader(block), {}).columns);
}
