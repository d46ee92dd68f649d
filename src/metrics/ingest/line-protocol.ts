// The InfluxDB line protocol: `measurement,tag=value field=1,other=2i 1700000000000000000`, one point a line.
//
// Every numeric or boolean field becomes one sample of the series `measurement_field` with the tags as labels. A line that cannot be read
// is told of with its reason and the others go on. Source: InfluxDB "Line protocol"; naming as Telegraf's and VictoriaMetrics's users know it.

import type { Labels } from '../../query/labels.ts';
import { labelsOf, METRIC_NAME } from '../../query/labels.ts';
import { parseGoFloatText } from './go-float.ts';

export interface LineSink {
  sample(labels: Labels, ts: number | undefined, value: number): void;
  /** A string field, which no series can hold. */
  droppedString(): void;
  /** A line that cannot be read; none of it was told of. */
  refused(line: string, reason: string): void;
}

export interface LineOptions {
  readonly precision: Precision;
  /** Labels for lines that do not have tags of these names. */
  readonly defaults: readonly (readonly [string, string])[];
}

/** How many digits to drop (negative exponent) or the factor that makes milliseconds. */
export interface Precision {
  readonly dropDigits: number;
  readonly factor: number;
}

const PRECISIONS: Readonly<Record<string, Precision>> = {
  n: { dropDigits: 6, factor: 1 },
  ns: { dropDigits: 6, factor: 1 },
  u: { dropDigits: 3, factor: 1 },
  us: { dropDigits: 3, factor: 1 },
  µ: { dropDigits: 3, factor: 1 },
  ms: { dropDigits: 0, factor: 1 },
  s: { dropDigits: 0, factor: 1000 },
  m: { dropDigits: 0, factor: 60_000 },
  h: { dropDigits: 0, factor: 3_600_000 },
};

/** The precision by its name, undefined for a name that InfluxDB does not have. */
export function precisionOf(name: string): Precision | undefined {
  return Object.hasOwn(PRECISIONS, name) ? PRECISIONS[name] : undefined;
}

interface Field {
  readonly name: string;
  readonly value: number;
}

/** How far behind its first newline a string field may end, in characters: one that never does costs its own line only. */
const STRING_LINES_MAX = 8192;

/** A line that cannot be read; caught where lines are counted. */
class LineError extends Error {
  override readonly name = 'LineError';
}

/** Reads all lines of `text` into `sink`. */
export function parseLineProtocol(text: string, sink: LineSink, options: LineOptions): void {
  let from = 0;
  while (from < text.length) {
    const to = lineEnd(text, from);
    const line = text.slice(from, text[to - 1] === '\r' ? to - 1 : to).trim();
    from = to + 1;
    if (line !== '' && !line.startsWith('#')) readLine(line, sink, options);
  }
}

/** The next newline outside of a string field. */
function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  if (end < 0) return text.length;
  const line = text.slice(from, end);
  if (!line.includes('"')) return end;
  const last = Math.min(text.length, end + STRING_LINES_MAX);
  let quoted = false;
  for (let i = from + endOfWord(line, 0, ' '); i < last; i++) {
    const char = text[i];
    if (char === '\\') i++;
    else if (char === '"') quoted = !quoted;
    else if (char === '\n' && !quoted) return i;
  }
  return end;
}

function readLine(line: string, sink: LineSink, options: LineOptions): void {
  try {
    const seriesEnd = endOfWord(line, 0, ' ');
    const fieldsEnd = endOfFields(line, seriesEnd + 1);
    if (seriesEnd >= line.length || fieldsEnd === seriesEnd + 1) throw new LineError('missing fields');
    const { fields, strings } = readFields(line.slice(seriesEnd + 1, fieldsEnd));
    const ts = readTimestamp(line.slice(fieldsEnd).trim(), options.precision);
    tell(readSeries(line.slice(0, seriesEnd), options), fields, ts, sink);
    for (let i = 0; i < strings; i++) sink.droppedString();
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    sink.refused(line, error.message);
  }
}

function tell(
  series: { readonly measurement: string; readonly labels: Labels },
  fields: readonly Field[],
  ts: number | undefined,
  sink: LineSink,
): void {
  const at = series.labels.indexOf(METRIC_NAME) + 1;
  for (const { name, value } of fields) {
    const labels = [...series.labels];
    labels[at] = metricName(series.measurement, name);
    sink.sample(labels, ts, value);
  }
}

function readSeries(text: string, { defaults }: LineOptions): { readonly measurement: string; readonly labels: Labels } {
  const measurementEnd = endOfWord(text, 0, ',');
  const measurement = unescape(text.slice(0, measurementEnd));
  if (measurement === '') throw new LineError('missing measurement');
  const pairs: [string, string][] = defaults.map(([name, value]) => [name, value]);
  for (let at = measurementEnd; at < text.length;) {
    const from = at + 1;
    const end = endOfWord(text, from, ',');
    const equals = endOfWord(text, from, '=');
    if (equals >= end) throw new LineError('missing tag value');
    const name = unescape(text.slice(from, equals));
    if (name === '') throw new LineError('missing tag key');
    if (equals + 1 === end) throw new LineError('missing tag value');
    pairs.push([labelName(name), unescape(text.slice(equals + 1, end))]);
    at = end;
  }
  pairs.push([METRIC_NAME, '_']);
  return { measurement, labels: labelsOf(pairs) };
}

function readFields(text: string): { readonly fields: Field[]; readonly strings: number } {
  const fields: Field[] = [];
  let strings = 0;
  for (let at = 0; at < text.length;) {
    const equals = endOfWord(text, at, '=');
    const name = unescape(text.slice(at, equals));
    if (name === '' || equals >= text.length) throw new LineError('missing field value');
    const isString = text[equals + 1] === '"';
    const end = isString ? endOfString(text, equals + 1) : endOfWord(text, equals + 1, ',');
    if (isString) strings++;
    else fields.push({ name, value: readNumber(text.slice(equals + 1, end)) });
    if (end < text.length && text[end] !== ',') throw new LineError('unbalanced quotes');
    if (end + 1 === text.length) throw new LineError('missing field key');
    at = end + 1;
  }
  return { fields, strings };
}

function readNumber(text: string): number {
  if (/^(?:t|T|true|True|TRUE)$/.test(text)) return 1;
  if (/^(?:f|F|false|False|FALSE)$/.test(text)) return 0;
  if (/^-?\d+i$/.test(text) || /^\d+u$/.test(text)) return Number(text.slice(0, -1));
  const value = parseGoFloatText(text);
  if (value === undefined || !Number.isFinite(value)) throw new LineError(`invalid number ${JSON.stringify(text.slice(0, 50))}`);
  return value;
}

function readTimestamp(text: string, { dropDigits, factor }: Precision): number | undefined {
  if (text === '') return undefined;
  if (!/^-?\d{1,19}$/.test(text)) throw new LineError('bad timestamp');
  // Digits are dropped as text: nanoseconds are beyond what a number holds exactly.
  const kept = dropDigits === 0 ? text : text.slice(0, -dropDigits);
  return kept === '' || kept === '-' ? 0 : Number(kept) * factor;
}

/** Where the next unescaped `end` stands from `from` on, or the end of the text. */
function endOfWord(text: string, from: number, end: string): number {
  let at = text.indexOf(end, from);
  while (at > from && isEscaped(text, from, at)) at = text.indexOf(end, at + 1);
  return at < 0 ? text.length : at;
}

function isEscaped(text: string, from: number, at: number): boolean {
  let slashes = 0;
  while (at - 1 - slashes >= from && text[at - 1 - slashes] === '\\') slashes++;
  return slashes % 2 === 1;
}

/** The space behind the fields, outside of strings, or the end of the line. */
function endOfFields(line: string, from: number): number {
  let quoted = false;
  for (let i = from; i < line.length; i++) {
    const char = line[i];
    if (char === '\\') i++;
    else if (char === '"') quoted = !quoted;
    else if (char === ' ' && !quoted) return i;
  }
  return line.length;
}

/** At `"`: just behind the closing one. */
function endOfString(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i + 1;
  }
  throw new LineError('unbalanced quotes');
}

function unescape(text: string): string {
  return text.includes('\\') ? text.replace(/\\([,= \\])/g, '$1') : text;
}

function metricName(measurement: string, field: string): string {
  const name = `${measurement}_${field}`.replace(/[^a-zA-Z0-9_:]/g, '_');
  return /^\d/.test(name) ? `_${name}` : name;
}

function labelName(tag: string): string {
  const name = tag.replace(/[^a-zA-Z0-9_]/g, '_');
  return /^\d/.test(name) ? `_${name}` : name;
}
