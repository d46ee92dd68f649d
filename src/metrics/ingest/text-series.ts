// The series of one line of a text page, as positions in its bytes: shared by the two text parsers, decoded only when asked.

import { RequestError } from '../../base/request-error.ts';
import { decodeUtf8 } from '../../base/protobuf.ts';
import type { Labels } from '../../query/labels.ts';
import { compareText, METRIC_NAME } from '../../query/labels.ts';
import type { Series } from './exposition.ts';
import { formatOpenMetricsFloat, parseGoFloatText } from './go-float.ts';

export const LABEL_START = 1;
export const LABEL_CHAR = 2;
export const NAME_START = 4;
export const NAME_CHAR = 8;

/** What an ASCII byte may be part of, as a set of the bits above. */
export const CLASS = characterClasses();

function characterClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  for (const char of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_') {
    classes[char.charCodeAt(0)] = LABEL_START | LABEL_CHAR | NAME_START | NAME_CHAR;
  }
  for (const char of '0123456789') classes[char.charCodeAt(0)] = LABEL_CHAR | NAME_CHAR;
  classes[0x3a] = NAME_START | NAME_CHAR;
  return classes;
}

/** Positions of a series or of an exemplar's labels; `nameFrom` is -1 while no name was seen. */
export class TextSeries implements Series {
  readonly bytes: Buffer;
  from = 0;
  to = 0;
  nameFrom = -1;
  nameTo = -1;
  /** Name from, name to, value from, value to of each label, as many as `labelCount` says. */
  parts = new Int32Array(64);
  labelCount = 0;
  /** The label whose value is a number and gets one spelling (`le`, `quantile`), or ''. */
  numberLabel = '';

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  reset(from: number): void {
    this.from = from;
    this.to = from;
    this.nameFrom = -1;
    this.nameTo = -1;
    this.labelCount = 0;
  }

  name(from: number, to: number): void {
    this.nameFrom = from;
    this.nameTo = to;
  }

  label(nameFrom: number, nameTo: number, valueFrom: number, valueTo: number): void {
    const at = this.labelCount * 4;
    if (at === this.parts.length) {
      const larger = new Int32Array(at * 2);
      larger.set(this.parts);
      this.parts = larger;
    }
    this.parts[at] = nameFrom;
    this.parts[at + 1] = nameTo;
    this.parts[at + 2] = valueFrom;
    this.parts[at + 3] = valueTo;
    this.labelCount++;
  }

  key(): string {
    return this.bytes.toString('latin1', this.from, this.to);
  }

  labels(): Labels {
    const pairs = this.#pairs();
    const name = this.nameFrom < 0 ? '' : this.#text(this.nameFrom, this.nameTo);
    if (name === '') throw new RequestError('bad_data', `no metric name in ${this.#quoted()}`);
    pairs.push([METRIC_NAME, name]);
    return this.#sorted(pairs);
  }

  /** The labels without a name: those of an exemplar. */
  bareLabels(): Labels {
    return this.#sorted(this.#pairs());
  }

  /** The number of the label at which `name` (plain ASCII) stands, or -1. */
  find(name: string): number {
    for (let i = 0; i < this.labelCount; i++) {
      const from = this.parts[i * 4] as number;
      if ((this.parts[i * 4 + 1] as number) - from === name.length && matches(this.bytes, from, name)) return i;
    }
    return -1;
  }

  /** The value of label number `index`. */
  value(index: number): string {
    return this.#text(this.parts[index * 4 + 2] as number, this.parts[index * 4 + 3] as number);
  }

  /** The raw bytes of the labels other than number `except` (-1 for all), as one string. */
  group(except: number): string {
    const last = this.labelCount - 1;
    if (last < 0 || (last === 0 && except === 0)) return '';
    // The one left out mostly comes last or first: the others are one piece of the page then.
    if (except === -1 || except === last) return this.#piece(0, except === last ? last - 1 : last);
    if (except === 0) return this.#piece(1, last);
    return `${this.#piece(0, except - 1)},${this.#piece(except + 1, last)}`;
  }

  /** Labels number `first` to `last` as the page wrote them, without the outermost quotes. */
  #piece(first: number, last: number): string {
    return this.bytes.toString('latin1', this.parts[first * 4], this.parts[last * 4 + 3]);
  }

  #pairs(): [string, string][] {
    const pairs: [string, string][] = [];
    for (let i = 0; i < this.labelCount; i++) {
      const name = this.#text(this.parts[i * 4] as number, this.parts[i * 4 + 1] as number);
      const value = this.value(i);
      pairs.push([name, name === this.numberLabel ? oneSpelling(value) : value]);
    }
    return pairs;
  }

  #sorted(pairs: [string, string][]): Labels {
    pairs.sort(([a], [b]) => compareText(a, b));
    const labels: string[] = [];
    for (let i = 0; i < pairs.length; i++) {
      const [name, value] = pairs[i] as [string, string];
      if (i > 0 && pairs[i - 1]?.[0] === name)
        throw new RequestError('bad_data', `label name "${name}" is not unique in ${this.#quoted()}`);
      if (name === '') throw new RequestError('bad_data', `empty label name in ${this.#quoted()}`);
      if (value !== '') labels.push(name, value);
    }
    return labels;
  }

  #text(from: number, to: number): string {
    const text = decodeUtf8(this.bytes, from, to);
    return text.includes('\\') ? unescape(text) : text;
  }

  #quoted(): string {
    return JSON.stringify(this.bytes.toString('utf8', this.from, Math.min(this.to, this.from + 200)));
  }
}

/** Undoes `\\`, `\"` and `\n`; another backslash stands for itself. */
export function unescape(text: string): string {
  return text.replace(/\\([\\"n])/g, (_, char: string) => (char === 'n' ? '\n' : char));
}

/** Whether `bytes` has the ASCII text `text` at `from`. */
export function matches(bytes: Uint8Array, from: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false;
  return true;
}

function oneSpelling(value: string): string {
  const number = parseGoFloatText(value);
  return number === undefined ? value : formatOpenMetricsFloat(number);
}

/** Ends the parsing of a page: what was found, on which line, and the line's beginning. */
export function failAt(bytes: Buffer, pos: number, what: string): never {
  let line = 1;
  for (let at = bytes.indexOf(10); at >= 0 && at < pos; at = bytes.indexOf(10, at + 1)) line++;
  const from = pos === 0 ? 0 : bytes.lastIndexOf(10, pos - 1) + 1;
  const end = bytes.indexOf(10, from);
  const text = bytes.toString('utf8', from, Math.min(end < 0 ? bytes.length : end, from + 160));
  throw new RequestError('bad_data', `${what} at line ${line}, column ${pos - from + 1}: ${JSON.stringify(text)}`);
}
