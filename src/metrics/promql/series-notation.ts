// Test series in one line: labels, then what comes at each step. What rule unit tests and test scripts are written in.
//
//   http_requests_total{job="api"} 0+10x100 _ _x3 stale {{schema:0 sum:5 count:4 buckets:[1 2 1]}}+{{sum:1}}x4
//
// Source: Prometheus documentation, "Unit testing for rules", "series". A value `a+bxn` stands for n+1 values, `axn` too, `_xn` for n gaps.

import { RequestError } from '../../base/request-error.ts';
import { labelsOf, METRIC_NAME } from '../../query/labels.ts';
import type { Labels } from '../../query/labels.ts';
import { parseError, quotedEnd, unquote } from '../../query/scanner.ts';
import type { CounterResetHint, NativeHistogram, Span } from '../native-histogram.ts';
import { addHistograms, subtractHistograms } from './histogram/arithmetic.ts';

/** What one step holds. */
export type StepValue =
  | { readonly kind: 'gap' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'histogram'; readonly histogram: NativeHistogram };

export interface SeriesDescription {
  readonly labels: Labels;
  readonly values: readonly StepValue[];
}

/** Steps that one line may stand for. */
const STEPS_MAX = 1_000_000;

const NUMBER = String.raw`[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[iI][nN][fF]|[nN][aA][nN])`;
const UNSIGNED = NUMBER.replace('[+-]?', '');
const NUMBERS = new RegExp(`(${NUMBER})(?:([+-]${UNSIGNED}))?(?:x(\\d+))?(?=\\s|$)`, 'y');
const GAP = /_(?:x(\d+))?(?=\s|$)/y;
const STALE = /stale(?=\s|$)/y;
const HISTOGRAMS = /\{\{((?:[^{}])*)\}\}(?:([+-])\{\{((?:[^{}])*)\}\})?(?:x(\d+))?(?=\s|$)/y;

/** Reads one line. Throws `bad_data` with the position of the first thing that is none. */
export function parseSeriesDescription(text: string): SeriesDescription {
  const { labels, end } = parseMetric(text);
  return { labels, values: parseValues(text, end) };
}

// ── labels ──

function parseMetric(text: string): { readonly labels: Labels; readonly end: number } {
  const pairs: [string, string][] = [];
  const bare = /\s*([a-zA-Z_:][\w:]*)?/y;
  const name = bare.exec(text)?.[1];
  if (name !== undefined) pairs.push([METRIC_NAME, name]);
  let at = blank(text, bare.lastIndex);
  if (text[at] !== '{' || text[at + 1] === '{') {
    if (name === undefined && at < text.length) throw parseError(text, at, at + 1, 'expected a metric name or {');
    return { labels: labelsOf(pairs), end: bare.lastIndex };
  }
  at = blank(text, at + 1);
  while (text[at] !== '}') {
    at = parseLabel(text, at, pairs);
    if (text[at] === ',') at = blank(text, at + 1);
    else if (text[at] !== '}') throw parseError(text, at, at + 1, 'expected "," or "}" in the labels');
  }
  return { labels: labelsOf(pairs), end: at + 1 };
}

/** Reads `name="value"` or, for the metric's name, `"name"` alone; gives the offset after it. */
function parseLabel(text: string, from: number, pairs: [string, string][]): number {
  const word = /[a-zA-Z_]\w*/y;
  word.lastIndex = from;
  const isQuoted = text[from] === '"' || text[from] === "'" || text[from] === '`';
  const nameEnd = isQuoted ? endOfQuoted(text, from) : from + (word.exec(text)?.[0].length ?? 0);
  if (nameEnd === from) throw parseError(text, from, from + 1, 'expected a label name');
  const name = isQuoted ? unquote(text, from, nameEnd) : text.slice(from, nameEnd);
  let at = blank(text, nameEnd);
  if (text[at] !== '=') {
    if (!isQuoted) throw parseError(text, at, at + 1, 'expected "=" after the label name');
    pairs.push([METRIC_NAME, name]);
    return at;
  }
  at = blank(text, at + 1);
  if (text[at] !== '"' && text[at] !== "'" && text[at] !== '`') throw parseError(text, at, at + 1, 'expected a label value in quotes');
  const end = endOfQuoted(text, at);
  pairs.push([name, unquote(text, at, end)]);
  return blank(text, end);
}

function endOfQuoted(text: string, from: number): number {
  const found = quotedEnd(text, from);
  if ('problem' in found) throw parseError(text, from, text.length, found.problem);
  return found.end;
}

function blank(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at;
}

// ── values ──

function parseValues(text: string, from: number): StepValue[] {
  const values: StepValue[] = [];
  for (let at = blankOrEnd(text, from); at < text.length; at = blankOrEnd(text, at)) at = parseValue(text, at, values);
  return values;
}

function blankOrEnd(text: string, from: number): number {
  if (from < text.length && !/\s/.test(text[from] ?? '')) throw parseError(text, from, from + 1, 'expected a blank before the next value');
  return from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
}

/** Reads what stands at `from`, which may be many values, and gives the offset after it. */
function parseValue(text: string, from: number, values: StepValue[]): number {
  const gap = matchAt(GAP, text, from);
  if (gap !== undefined) {
    repeat(text, from, values, { count: Number(gap[1] ?? 1), make: () => ({ kind: 'gap' }) });
    return from + gap[0].length;
  }
  const stale = matchAt(STALE, text, from);
  if (stale !== undefined) {
    values.push({ kind: 'stale' });
    return from + stale[0].length;
  }
  const histograms = matchAt(HISTOGRAMS, text, from);
  if (histograms !== undefined) {
    parseHistograms(text, from, values, histograms);
    return from + histograms[0].length;
  }
  const numbers = matchAt(NUMBERS, text, from);
  if (numbers === undefined) throw parseError(text, from, text.length, 'expected a number, _, stale or {{histogram}}');
  const [whole, first = '', increment, times] = numbers;
  if (increment !== undefined && times === undefined) throw parseError(text, from, text.length, `${whole}: an increment needs its xCOUNT`);
  const start = toNumber(first);
  const step = increment === undefined ? 0 : toNumber(increment);
  let value = start;
  repeat(text, from, values, {
    count: Number(times ?? 0) + 1,
    make: (i) => {
      if (i > 0) value += step;
      return { kind: 'number', value };
    },
  });
  return from + whole.length;
}

function parseHistograms(text: string, from: number, values: StepValue[], found: RegExpExecArray): void {
  const [, base = '', sign, increment, times] = found;
  if (sign !== undefined && times === undefined) throw parseError(text, from, text.length, 'an increment needs its xCOUNT');
  let histogram = parseHistogram(text, from, base);
  const step = increment === undefined ? undefined : parseHistogram(text, from, increment);
  repeat(text, from, values, {
    count: Number(times ?? 0) + 1,
    make: (i) => {
      if (i > 0 && step !== undefined) histogram = combined(histogram, step, sign === '-' ? subtractHistograms : addHistograms);
      return { kind: 'histogram', histogram };
    },
  });
}

interface Repetition {
  readonly count: number;
  readonly make: (i: number) => StepValue;
}

function repeat(text: string, from: number, values: StepValue[], { count, make }: Repetition): void {
  if (values.length + count > STEPS_MAX) throw parseError(text, from, text.length, `more than ${STEPS_MAX} values`);
  for (let i = 0; i < count; i++) values.push(make(i));
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function toNumber(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[+-]/, '').toLowerCase();
  if (digits === 'inf') return sign * Number.POSITIVE_INFINITY;
  return digits === 'nan' ? Number.NaN : sign * Number(digits);
}

// ── histograms ──

const ENTRY = new RegExp(`([a-z_]+):(?:(${NUMBER})|\\[((?:${NUMBER}\\s*)*)\\]|([a-z_]+))(?:\\s+|$)`, 'y');
const HINTS: Readonly<Record<string, CounterResetHint>> = { unknown: 'unknown', reset: 'yes', not_reset: 'no', gauge: 'gauge' };
const NUMBER_FIELDS = new Set(['schema', 'sum', 'count', 'z_bucket', 'z_bucket_w', 'offset', 'n_offset']);
const LIST_FIELDS = new Set(['buckets', 'n_buckets', 'custom_values']);

function parseHistogram(text: string, from: number, inner: string): NativeHistogram {
  const numbers = new Map<string, number>();
  const lists = new Map<string, readonly number[]>();
  let hint: CounterResetHint = 'unknown';
  const seen = new Set<string>();
  for (let at = inner.trim() === '' ? inner.length : 0; at < inner.length; at = ENTRY.lastIndex) {
    const found = matchAt(ENTRY, inner, at);
    const [, name = '', number, list, word] = found ?? [];
    const value = HINTS[word ?? ''];
    if (seen.has(name)) throw parseError(text, from, text.length, `${name} stands twice in the histogram`);
    seen.add(name);
    if (number !== undefined && NUMBER_FIELDS.has(name)) numbers.set(name, toNumber(number));
    else if (list !== undefined && LIST_FIELDS.has(name)) lists.set(name, list.split(/\s+/).filter(Boolean).map(toNumber));
    else if (value !== undefined && name === 'counter_reset_hint') hint = value;
    else throw parseError(text, from, text.length, `expected a histogram's name:value at "${inner.slice(at)}"`);
  }
  const side = (offset: string, buckets: readonly number[]): readonly Span[] =>
    buckets.length === 0 ? [] : [{ offset: numbers.get(offset) ?? 0, length: buckets.length }];
  const positiveBuckets = lists.get('buckets') ?? [];
  const negativeBuckets = lists.get('n_buckets') ?? [];
  return {
    schema: numbers.get('schema') ?? 0,
    counterResetHint: hint,
    count: numbers.get('count') ?? 0,
    sum: numbers.get('sum') ?? 0,
    zeroThreshold: numbers.get('z_bucket_w') ?? 0,
    zeroCount: numbers.get('z_bucket') ?? 0,
    positiveSpans: side('offset', positiveBuckets),
    positiveBuckets,
    negativeSpans: side('n_offset', negativeBuckets),
    negativeBuckets,
    customValues: lists.get('custom_values') ?? [],
  };
}

/** `base` and `step` in the base's resolution. */
function combined(base: NativeHistogram, step: NativeHistogram, combine: typeof addHistograms): NativeHistogram {
  const result = base.schema > step.schema ? undefined : combine(base, step);
  if (result === undefined)
    throw new RequestError('bad_data', `a histogram of schema ${step.schema} cannot be combined with one of schema ${base.schema}`);
  return result.histogram;
}
