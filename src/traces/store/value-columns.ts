// A column of texts on its way into a block: of attribute values, each as its typed text, or of plain texts. Rows that nothing is set in are empty.

import { Buffer } from 'node:buffer';
import type { AnyValue } from '../../otlp/any-value.ts';
import type { ColumnData } from '../../storage/native.ts';
import { typedText } from '../typed-text.ts';

export interface TextColumn {
  /** Sets a row to the typed text of a value; the first value that a row is given stays. */
  set(row: number, value: AnyValue): void;
  /** Sets a row to a text as it is. */
  setText(row: number, text: string): void;
  data(): ColumnData;
}

type Scalar = string | bigint | number | boolean;

/** For few different values. Values find their number as they are, so that a text is made once for each. */
export class LowColumn implements TextColumn {
  readonly #indexes: Uint32Array;
  // Number 0 is the empty text.
  readonly #dictionary: string[] = [''];
  readonly #numbers = new Map<Scalar, number>();
  readonly #texts = new Map<string, number>();

  constructor(rows: number) {
    this.#indexes = new Uint32Array(rows);
  }

  set(row: number, value: AnyValue): void {
    if (this.#indexes[row] !== 0) return;
    this.#indexes[row] = typeof value === 'object' ? this.#numberOfText(typedText(value)) : this.#number(value);
  }

  setText(row: number, text: string): void {
    if (text !== '') this.#indexes[row] = this.#numberOfText(text);
  }

  data(): ColumnData {
    if (this.#dictionary.length === 1) return { kind: 'constant LowCardinality(String)', value: '', rows: this.#indexes.length };
    return { kind: 'LowCardinality(String)', dictionary: this.#dictionary, indexes: this.#indexes };
  }

  #number(value: Scalar): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    // A zero's sign is no part of a map's key.
    const number = this.#numberOfText(typedText(value));
    if (value !== 0) this.#numbers.set(value, number);
    return number;
  }

  #numberOfText(text: string): number {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, this.#dictionary.length);
    return this.#dictionary.push(text) - 1;
  }
}

/** For many different values: the texts as the format has them, so that each is written once. Rows are set in their order. */
export class TextsColumn implements TextColumn {
  readonly #rows: number;
  #bytes: Buffer | undefined;
  #length = 0;
  /** The first row that is not written yet. */
  #next = 0;

  constructor(rows: number) {
    this.#rows = rows;
  }

  set(row: number, value: AnyValue): void {
    if (row < this.#next) return;
    if (typeof value === 'string') this.#write(row, value, STRING_TAG);
    else this.#write(row, typedText(value), undefined);
  }

  setText(row: number, text: string): void {
    if (text !== '') this.#write(row, text, undefined);
  }

  data(): ColumnData {
    const rows = this.#rows;
    if (this.#bytes === undefined) return { kind: 'encoded String', bytes: new Uint8Array(rows), rows };
    const bytes = this.#room(0, rows);
    return { kind: 'encoded String', bytes: bytes.subarray(0, this.#length), rows };
  }

  /** A text behind its first character, where that is a type's. */
  #write(row: number, text: string, tag: number | undefined): void {
    const size = Buffer.byteLength(text) + (tag === undefined ? 0 : 1);
    const bytes = this.#room(size + VARINT_BYTES_MAX, row);
    let rest = size;
    for (; rest >= 0x80; rest >>>= 7) bytes[this.#length++] = (rest & 0x7f) | 0x80;
    bytes[this.#length++] = rest;
    if (tag !== undefined) bytes[this.#length++] = tag;
    this.#length += bytes.write(text, this.#length, 'utf8');
    this.#next = row + 1;
  }

  /** Rows up to `row` are written as empty; behind them there is room for `size` bytes. */
  #room(size: number, row: number): Buffer {
    const needed = this.#length + (row - this.#next) + size;
    let bytes = this.#bytes ?? Buffer.allocUnsafe(Math.max(needed, 16 * this.#rows));
    if (needed > bytes.length) {
      const grown = Buffer.allocUnsafe(2 * needed);
      bytes.copy(grown, 0, 0, this.#length);
      bytes = grown;
    }
    this.#bytes = bytes;
    bytes.fill(0, this.#length, this.#length + row - this.#next);
    this.#length += row - this.#next;
    this.#next = row;
    return bytes;
  }
}

const STRING_TAG = 0x73;
/** Of a length below 2^35. */
const VARINT_BYTES_MAX = 5;
