// The OpenMetrics 1.0 text format: bytes to an `ExpositionSink`, line by line.
//
//   line ─▶ grammar (here) ─▶ OpenMetricsRules (what a family may say) ─▶ sink
//
// `_created` lines become the start timestamps of the samples before them in their family and are no series of their own.
// Source: OpenMetrics 1.0.0, "Text format"; quoted UTF-8 names as Prometheus 3 reads them.

import { isUtf8 } from 'node:buffer';
import type { MetricType } from '../write.ts';
import type { ExposedExemplar, ExpositionSink } from './exposition.ts';
import { FamilyMetadata } from './family-metadata.ts';
import { numberLabelOf } from './exposition-text.ts';
import { parseGoFloat } from './go-float.ts';
import { OpenMetricsRules } from './open-metrics-rules.ts';
import { StartTimestamps } from './start-timestamps.ts';
import { CLASS, failAt, LABEL_CHAR, LABEL_START, matches, NAME_CHAR, NAME_START, TextSeries, unescape } from './text-series.ts';

const NEWLINE = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const COMMA = 0x2c;
const EQUALS = 0x3d;

const TYPES = new Set(['counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset', 'unknown']);

/** Code points of an exemplar's label names and values together. Source: OpenMetrics 1.0.0, "Exemplars". */
const EXEMPLAR_CODE_POINTS_MAX = 128;

/** Parses a page of OpenMetrics text into `sink`. Throws `bad_data` with the line of the first error. */
export function parseOpenMetrics(bytes: Uint8Array, sink: ExpositionSink): void {
  new OpenMetricsParser(bytes, sink).parse();
}

/** One line's sample, apart from its series. */
interface Suffix {
  value: number;
  /** Seconds, as written; undefined when there is none. */
  ts: number | undefined;
  exemplar: ExposedExemplar | undefined;
}

class OpenMetricsParser {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #sink: ExpositionSink;
  readonly #series: TextSeries;
  readonly #exemplarLabels: TextSeries;
  readonly #suffix: Suffix = { value: 0, ts: undefined, exemplar: undefined };
  readonly #metadata: FamilyMetadata;
  readonly #rules: OpenMetricsRules;
  readonly #starts: StartTimestamps;
  #pos = 0;

  constructor(bytes: Uint8Array, sink: ExpositionSink) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.length;
    this.#sink = sink;
    this.#series = new TextSeries(this.#bytes);
    this.#exemplarLabels = new TextSeries(this.#bytes);
    this.#metadata = new FamilyMetadata(sink);
    this.#rules = new OpenMetricsRules((what) => this.#fail(what));
    this.#starts = new StartTimestamps(this.#bytes, (at) => this.#peek(at));
  }

  parse(): void {
    for (;;) {
      if (this.#pos >= this.#end) this.#fail('data does not end with # EOF');
      const byte = this.#bytes[this.#pos] as number;
      if (byte === HASH) {
        if (!this.#comment()) break;
      } else if (byte === OPEN || ((CLASS[byte] as number) & NAME_START) !== 0) this.#sample();
      else this.#fail('expected a valid start token');
    }
    this.#rules.finish();
    this.#metadata.flush();
  }

  /** At `#`. False at the end of the page. */
  #comment(): boolean {
    const word = this.#bytes.toString('latin1', this.#pos, this.#pos + 7);
    if (word.startsWith('# EOF')) {
      this.#pos += word[5] === '\n' ? 6 : 5;
      if (this.#pos < this.#end) this.#fail('unexpected data after # EOF');
      return false;
    }
    if (word !== '# HELP ' && word !== '# TYPE ' && word !== '# UNIT ') this.#fail('expected a valid start token');
    this.#pos += 7;
    const kind = word.slice(2, 6);
    const name = this.#metadataName(kind);
    if (this.#bytes[this.#pos] !== SPACE) this.#fail(`expected text in ${kind}`);
    const end = this.#bytes.indexOf(NEWLINE, this.#pos);
    if (end < 0) this.#fail(`expected text in ${kind}`);
    const raw = this.#bytes.subarray(this.#pos + 1, end);
    if (!isUtf8(raw)) this.#fail(`text of ${kind} is not valid UTF-8`);
    this.#declare(kind, name, raw.toString('utf8'));
    this.#pos = end + 1;
    return true;
  }

  #declare(kind: string, name: string, text: string): void {
    this.#rules.declare(kind, name);
    this.#starts.familyBegins();
    if (kind === 'HELP') this.#metadata.help(name, unescape(text));
    else if (kind === 'TYPE') {
      if (!isMetricType(text)) this.#fail(`invalid metric type ${JSON.stringify(text)}`);
      this.#rules.type(text);
      this.#metadata.type(name, text);
      this.#series.numberLabel = numberLabelOf(text);
    } else {
      if (text !== '' && !name.endsWith(`_${text}`))
        this.#fail(`unit ${JSON.stringify(text)} not a suffix of metric ${JSON.stringify(name)}`);
      this.#rules.unit(text);
      this.#metadata.unit(name, text);
    }
  }

  #metadataName(kind: string): string {
    const start = this.#pos;
    const byte = this.#bytes[start];
    if (byte === QUOTE) {
      if (!this.#quoted('name')) this.#fail(`expected metric name after ${kind}`);
      return unescape(this.#bytes.toString('utf8', start + 1, this.#pos - 1));
    }
    if (byte === undefined || ((CLASS[byte] as number) & NAME_START) === 0) this.#fail(`expected metric name after ${kind}`);
    this.#name(NAME_CHAR);
    return this.#bytes.toString('latin1', start, this.#pos);
  }

  #sample(): void {
    const series = this.#series;
    const suffix = this.#suffix;
    const start = this.#pos;
    this.#line(series, suffix);
    const next = this.#pos;
    this.#pos = start;
    const created = this.#rules.sample(series, suffix.value, suffix.ts, suffix.exemplar !== undefined);
    const startTs = created ? 0 : this.#starts.of(series, next, this.#rules);
    this.#pos = next;
    this.#metadata.flush();
    if (created) return;
    this.#sink.sample(series, suffix.value, milliseconds(suffix.ts), startTs);
    if (suffix.exemplar !== undefined) this.#sink.exemplar(series, suffix.exemplar);
  }

  /** Reads the line at `at` without moving; undefined when it is no valid sample line. */
  #peek(at: number): { readonly series: TextSeries; readonly value: number } | undefined {
    const pos = this.#pos;
    const series = new TextSeries(this.#bytes);
    const suffix: Suffix = { value: 0, ts: undefined, exemplar: undefined };
    this.#pos = at;
    try {
      this.#line(series, suffix);
      return { series, value: suffix.value };
    } catch {
      // The line's own turn comes, and its error with it.
      return undefined;
    } finally {
      this.#pos = pos;
    }
  }

  /** A whole line: `name{labels} value [timestamp] [# {labels} value [timestamp]]`. */
  #line(series: TextSeries, suffix: Suffix): void {
    const start = this.#pos;
    series.reset(start);
    if (this.#bytes[start] !== OPEN) {
      this.#name(NAME_CHAR);
      series.name(start, this.#pos);
    }
    if (this.#bytes[this.#pos] === OPEN) this.#labels(series, false);
    series.to = this.#pos;
    if (series.nameFrom < 0) this.#fail('metric name not set');
    suffix.value = this.#number('expected value after metric');
    suffix.ts = this.#time();
    suffix.exemplar = this.#atExemplar() ? this.#exemplar() : undefined;
    if (this.#pos >= this.#end) this.#fail('data does not end with # EOF');
    if (this.#bytes[this.#pos] !== NEWLINE) this.#fail('expected next entry');
    this.#pos++;
  }

  #exemplar(): ExposedExemplar {
    const series = this.#exemplarLabels;
    this.#pos += 3;
    series.reset(this.#pos);
    this.#labels(series, true);
    series.to = this.#pos;
    const value = this.#number('expected value after exemplar labels');
    const ts = milliseconds(this.#time());
    const labels = series.bareLabels();
    let codePoints = 0;
    for (const text of labels) for (const _ of text) codePoints++;
    if (codePoints > EXEMPLAR_CODE_POINTS_MAX) this.#fail(`exemplar labels over ${EXEMPLAR_CODE_POINTS_MAX} code points`);
    return { labels, value, ts };
  }

  #atExemplar(): boolean {
    return matches(this.#bytes, this.#pos, ' # {');
  }

  /** At `{`; ends after `}`. hot: every byte of every label passes here. */
  #labels(series: TextSeries, isExemplar: boolean): void {
    const bytes = this.#bytes;
    this.#pos++;
    if (bytes[this.#pos] === CLOSE) {
      this.#pos++;
      return;
    }
    for (;;) {
      let from = this.#pos;
      const quoted = bytes[from] === QUOTE;
      if (quoted) {
        if (!this.#quoted('name')) this.#fail('expected label name');
      } else if (((CLASS[bytes[from] as number] as number) & LABEL_START) !== 0) this.#name(LABEL_CHAR);
      else this.#fail('expected label name');
      let to = this.#pos;
      let next = bytes[to];
      if (quoted) {
        from++;
        to--;
      }
      if (quoted && !isExemplar && (next === COMMA || next === CLOSE)) {
        if (series.nameFrom >= 0) this.#fail('metric name already set');
        series.name(from, to);
      } else {
        if (next !== EQUALS) this.#fail('expected equal');
        const valueFrom = ++this.#pos + 1;
        if (bytes[this.#pos] !== QUOTE || !this.#quoted(isExemplar ? 'exemplar value' : 'value')) this.#fail('expected label value');
        series.label(from, to, valueFrom, this.#pos - 1);
        next = bytes[this.#pos];
      }
      this.#pos++;
      if (next === CLOSE) return;
      if (next !== COMMA) {
        this.#pos--;
        this.#fail('expected comma or brace close');
      }
    }
  }

  /** At `"`; ends after the closing one. False when there is none. Null bytes are text in label values only. */
  #quoted(what: 'name' | 'value' | 'exemplar value'): boolean {
    const bytes = this.#bytes;
    const start = this.#pos;
    const nullIsText = what === 'value';
    let ascii = true;
    for (let pos = start + 1; pos < this.#end; pos++) {
      const byte = bytes[pos] as number;
      if (byte === QUOTE) {
        if (!ascii && !isUtf8(bytes.subarray(start, pos))) this.#fail(`invalid UTF-8 label ${what}`);
        this.#pos = pos + 1;
        return true;
      }
      if (byte >= 0x80) ascii = false;
      else if (byte === BACKSLASH) {
        do pos++;
        while (nullIsText && bytes[pos] === 0);
        if (bytes[pos] === NEWLINE || bytes[pos] === 0) return false;
      } else if (byte === NEWLINE || (byte === 0 && !nullIsText)) return false;
    }
    return false;
  }

  /** A space and a number. */
  #number(expected: string): number {
    const from = this.#pos + 1;
    const to = this.#word();
    if (to === from) this.#fail(expected);
    const value = parseGoFloat(this.#bytes, from, to);
    if (value === undefined) this.#fail(`invalid number ${JSON.stringify(this.#bytes.toString('utf8', from, Math.min(to, from + 50)))}`);
    this.#pos = to;
    return value;
  }

  /** A space and a timestamp in seconds, if they follow. */
  #time(): number | undefined {
    if (this.#bytes[this.#pos] !== SPACE || this.#atExemplar()) return undefined;
    const ts = this.#number('expected timestamp');
    if (!Number.isFinite(ts)) this.#fail(`invalid timestamp ${ts}`);
    return ts;
  }

  /** The end of the word that follows one space; just behind the space when there is none. */
  #word(): number {
    const bytes = this.#bytes;
    let pos = this.#pos + 1;
    if (bytes[this.#pos] !== SPACE) return pos;
    for (; pos < this.#end; pos++) {
      const byte = bytes[pos];
      if (byte === SPACE || byte === NEWLINE || byte === 0) break;
    }
    return pos;
  }

  #name(charClass: number): void {
    do this.#pos++;
    while (((CLASS[this.#bytes[this.#pos] as number] as number) & charClass) !== 0);
  }

  #fail(what: string): never {
    return failAt(this.#bytes, Math.min(this.#pos, this.#end), what);
  }
}

function isMetricType(text: string): text is MetricType {
  return TYPES.has(text);
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.trunc(seconds * 1000);
}
