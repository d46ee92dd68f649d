// The Prometheus text format, 0.0.4 and 1.0.0 (quoted UTF-8 names): bytes to an `ExpositionSink`, line by line.
//
// Source: Prometheus exposition formats; what is accepted and refused is what Prometheus 3 accepts and refuses, label for label:
// blanks between all parts, missing commas between labels, a null byte at the start of a line as the end of the page.

import { isUtf8 } from 'node:buffer';
import type { MetricType } from '../write.ts';
import type { ExpositionSink } from './exposition.ts';
import { parseGoFloat } from './go-float.ts';
import { CLASS, failAt, LABEL_CHAR, LABEL_START, NAME_CHAR, NAME_START, TextSeries, unescape } from './text-series.ts';
import { FamilyMetadata } from './family-metadata.ts';

const NEWLINE = 0x0a;
const TAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const COMMA = 0x2c;
const EQUALS = 0x3d;

const TYPES: Readonly<Record<string, MetricType>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  summary: 'summary',
  untyped: 'unknown',
};

const INT64_MAX = 9223372036854775807n;

/** Parses a page of the Prometheus text format into `sink`. Throws `bad_data` with the line of the first error. */
export function parsePrometheusText(bytes: Uint8Array, sink: ExpositionSink): void {
  new PrometheusTextParser(bytes, sink).parse();
}

class PrometheusTextParser {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #sink: ExpositionSink;
  readonly #series: TextSeries;
  readonly #family: FamilyMetadata;
  #pos = 0;

  constructor(bytes: Uint8Array, sink: ExpositionSink) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.length;
    this.#sink = sink;
    this.#series = new TextSeries(this.#bytes);
    this.#family = new FamilyMetadata(sink);
  }

  parse(): void {
    for (;;) {
      this.#blanks();
      if (this.#pos >= this.#end) break;
      const byte = this.#bytes[this.#pos] as number;
      if (byte === NEWLINE) this.#pos++;
      else if (byte === 0) break;
      else if (byte === HASH) {
        if (!this.#comment()) break;
      } else if (byte === OPEN || ((CLASS[byte] as number) & NAME_START) !== 0) this.#sample();
      else this.#fail('expected a valid start token');
    }
    this.#family.flush();
  }

  /** At `#`. False when the page ends in it. */
  #comment(): boolean {
    const start = ++this.#pos;
    this.#blanks();
    if (this.#pos > start) {
      const kind = this.#keyword();
      if (kind !== undefined) {
        this.#metadata(kind);
        return true;
      }
    }
    const end = this.#lineEnd();
    // After `# ` null bytes are part of the comment; in other comments they end the page.
    const stops = this.#pos === start && this.#bytes.subarray(start, end).includes(0);
    this.#pos = end;
    return !stops;
  }

  #keyword(): 'HELP' | 'TYPE' | undefined {
    const word = this.#bytes.toString('latin1', this.#pos, this.#pos + 4);
    const after = this.#bytes[this.#pos + 4];
    if ((word !== 'HELP' && word !== 'TYPE') || (after !== SPACE && after !== TAB)) return undefined;
    this.#pos += 4;
    this.#blanks();
    return word;
  }

  #metadata(kind: 'HELP' | 'TYPE'): void {
    const name = this.#metadataName(kind);
    const end = this.#lineEnd();
    const raw = this.#bytes.subarray(Math.min(this.#pos + 1, end), end);
    if (kind === 'HELP' && !isUtf8(raw)) this.#fail('help text is not valid UTF-8');
    const rest = raw.toString('utf8');
    const text = /^[ \t]*$/.test(rest) ? '' : rest;
    if (kind === 'TYPE') {
      const type = Object.hasOwn(TYPES, text) ? TYPES[text] : undefined;
      if (type === undefined) this.#fail(`invalid metric type ${JSON.stringify(text)}`);
      this.#family.type(name, type);
      this.#series.numberLabel = numberLabelOf(type);
    } else
      this.#family.help(
        name,
        text.replace(/\\([\\n])/g, (_, char: string) => (char === 'n' ? '\n' : char)),
      );
    this.#pos = end;
  }

  #metadataName(kind: string): string {
    const start = this.#pos;
    const byte = this.#bytes[start];
    if (byte === QUOTE) {
      if (!this.#quoted(false)) this.#fail(`expected metric name after ${kind}`);
      return unescape(this.#bytes.toString('utf8', start + 1, this.#pos - 1));
    }
    if (byte === undefined || ((CLASS[byte] as number) & NAME_START) === 0) this.#fail(`expected metric name after ${kind}`);
    this.#name(NAME_CHAR);
    return this.#bytes.toString('latin1', start, this.#pos);
  }

  #sample(): void {
    const series = this.#series;
    const start = this.#pos;
    series.reset(start);
    if (this.#bytes[start] !== OPEN) {
      this.#name(NAME_CHAR);
      series.name(start, this.#pos);
      series.to = this.#pos;
      this.#blanks();
    }
    if (this.#bytes[this.#pos] === OPEN) {
      this.#labels();
      series.to = this.#pos;
      this.#blanks();
    }
    if (series.nameFrom < 0) this.#fail('metric name not set');
    const value = this.#value();
    this.#blanks();
    const ts = this.#timestamp();
    this.#family.flush();
    this.#sink.sample(series, value, ts, 0);
  }

  /** At `{`; ends after `}`. hot: every byte of every label passes here. */
  #labels(): void {
    const bytes = this.#bytes;
    const series = this.#series;
    this.#pos++;
    this.#blanks();
    while (bytes[this.#pos] !== CLOSE) {
      let from = this.#pos;
      const quoted = bytes[from] === QUOTE;
      if (quoted) {
        if (!this.#quoted(false)) this.#fail('expected label name');
      } else if (((CLASS[bytes[from] as number] as number) & LABEL_START) !== 0) this.#name(LABEL_CHAR);
      else this.#fail('expected label name');
      let to = this.#pos;
      this.#blanks();
      const next = bytes[this.#pos];
      if (quoted) {
        from++;
        to--;
        if (next === COMMA || next === CLOSE) {
          if (series.nameFrom >= 0) this.#fail('metric name already set');
          series.name(from, to);
          if (next === CLOSE) break;
          this.#pos++;
          this.#blanks();
          continue;
        }
      }
      if (next !== EQUALS) this.#fail('expected equal');
      this.#pos++;
      this.#blanks();
      const valueFrom = this.#pos + 1;
      if (bytes[this.#pos] !== QUOTE || !this.#quoted(true)) this.#fail('expected label value');
      series.label(from, to, valueFrom, this.#pos - 1);
      this.#blanks();
      if (bytes[this.#pos] === COMMA) {
        this.#pos++;
        this.#blanks();
      }
    }
    this.#pos++;
  }

  /** At `"`; ends after the closing one. False when there is none. In values null bytes are text and UTF-8 is checked. */
  #quoted(isValue: boolean): boolean {
    const bytes = this.#bytes;
    const start = this.#pos;
    let pos = start + 1;
    let ascii = true;
    for (; pos < this.#end; pos++) {
      const byte = bytes[pos] as number;
      if (byte === QUOTE) {
        if (!ascii && isValue && !isUtf8(bytes.subarray(start, pos))) this.#fail('invalid UTF-8 label value');
        this.#pos = pos + 1;
        return true;
      }
      if (byte >= 0x80) ascii = false;
      else if (byte === BACKSLASH) {
        do pos++;
        while (isValue && bytes[pos] === 0);
        if (bytes[pos] === NEWLINE || bytes[pos] === 0) return false;
      } else if (byte === 0 && !isValue) return false;
    }
    return false;
  }

  #value(): number {
    const bytes = this.#bytes;
    const from = this.#pos;
    let pos = from;
    for (; pos < this.#end; pos++) {
      const byte = bytes[pos] as number;
      if (byte === SPACE || byte === NEWLINE || byte === TAB || byte === OPEN || byte === 0) break;
    }
    if (pos === from) this.#fail('expected value after metric');
    const value = parseGoFloat(bytes, from, pos);
    if (value === undefined) this.#fail(`invalid value ${JSON.stringify(bytes.toString('utf8', from, Math.min(pos, from + 50)))}`);
    this.#pos = pos;
    return value;
  }

  /** The timestamp, if one follows, and the end of the line. */
  #timestamp(): number | undefined {
    const from = this.#pos;
    let ts = 0;
    for (let byte = this.#bytes[from]; byte !== undefined && byte >= 0x30 && byte <= 0x39; byte = this.#bytes[this.#pos]) {
      ts = ts * 10 + (byte - 0x30);
      this.#pos++;
    }
    const given = this.#pos > from;
    if (this.#pos - from >= 19 && BigInt(this.#bytes.toString('latin1', from, Math.min(this.#pos, from + 100))) > INT64_MAX)
      this.#fail('timestamp out of range');
    if (given) this.#blanks();
    if (this.#pos < this.#end && this.#bytes[this.#pos] !== NEWLINE) {
      this.#fail(given ? 'expected next entry after timestamp' : 'expected timestamp or new record');
    }
    this.#pos++;
    return given ? ts : undefined;
  }

  #name(charClass: number): void {
    do this.#pos++;
    while (((CLASS[this.#bytes[this.#pos] as number] as number) & charClass) !== 0);
  }

  #blanks(): void {
    let byte = this.#bytes[this.#pos];
    while (byte === SPACE || byte === TAB) byte = this.#bytes[++this.#pos];
  }

  #lineEnd(): number {
    const end = this.#bytes.indexOf(NEWLINE, this.#pos);
    return end < 0 ? this.#end : end;
  }

  #fail(what: string): never {
    return failAt(this.#bytes, Math.min(this.#pos, this.#end), what);
  }
}

/** The label whose value is a number in families of a type. */
export function numberLabelOf(type: MetricType): string {
  return type === 'histogram' ? 'le' : type === 'summary' ? 'quantile' : '';
}
