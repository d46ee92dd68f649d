// A column of texts on its way into a block: of attribute values, each as its typed text, or of plain texts. Rows that nothing is set in are empty.

import type { AnyValue } from '../otlp/any-value.ts';
import type { ColumnData } from '../storage/native.ts';
import { typedText } from './typed-text.ts';

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

/** For many different values. */
export class TextsColumn implements TextColumn {
  readonly #rows: number;
  #texts: string[] | undefined;

  constructor(rows: number) {
    this.#rows = rows;
  }

  set(row: number, value: AnyValue): void {
    this.#texts ??= new Array<string>(this.#rows).fill('');
    if (this.#texts[row] === '') this.#texts[row] = typedText(value);
  }

  setText(row: number, text: string): void {
    if (text === '') return;
    this.#texts ??= new Array<string>(this.#rows).fill('');
    this.#texts[row] = text;
  }

  data(): ColumnData {
    if (this.#texts === undefined) return { kind: 'encoded String', bytes: new Uint8Array(this.#rows), rows: this.#rows };
    return { kind: 'String', values: this.#texts };
  }
}
