// Scripts of the logqltest notation: text in, commands out.
//
//   text ─▶ lines ─▶ clear │ load │ eval ─▶ run.ts ─▶ compare.ts
//
//   load
//     {app="a"} "line {{.i}}" @ 10s [repeat every 5s for 3] [metadata pod="1"]     index, times after 2026-01-01T00:00:00Z
//   eval range from 10s to 30s step 10s count_over_time({app="a"}[10s])
//     {app="a", pod="1"} 1 2 _

import { RE2JS } from 're2js';

import { parseNanoseconds } from '../../src/logs/logql/units.ts';
import { parseSeriesDescription } from '../../src/metrics/promql/series-notation.ts';
import { compareText } from '../../src/query/labels.ts';
import type { Labels } from '../../src/query/labels.ts';
import { parseFloatStrict } from '../../src/query/durations.ts';
import { quotedEnd, unquote } from '../../src/query/scanner.ts';

/** What a message must hold. */
export type Wanted =
  | { readonly kind: 'any' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'pattern'; readonly text: string; readonly regex: RE2JS };

export interface LoadedEntry {
  readonly labels: Labels;
  readonly tsNs: bigint;
  readonly line: string;
  readonly metadata: Labels;
}

export interface ExpectedSeries {
  /** An empty value counts. */
  readonly labels: Labels;
  /** One per step; undefined for a gap. */
  readonly values: readonly (number | undefined)[];
}

export type Expected =
  | { readonly kind: 'fail'; readonly wanted: Wanted }
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'series'; readonly series: readonly ExpectedSeries[]; readonly isOrdered: boolean };

export interface EvalTime {
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** Absent in an instant query. */
  readonly stepNs: bigint | undefined;
}

export interface Eval {
  readonly kind: 'eval';
  /** Counted from 1. */
  readonly line: number;
  readonly expr: string;
  readonly time: EvalTime;
  readonly expected: Expected;
}

export interface Load {
  readonly kind: 'load';
  readonly line: number;
  readonly entries: readonly LoadedEntry[];
}

export type Command = { readonly kind: 'clear' } | Load | Eval;

const EPOCH_NS = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n;
const INSTANT = /^eval\s+instant\s+at\s+(\S+)\s+(.+)$/;
const RANGE = /^eval\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/;
const EXPECT_FAIL = /^expect\s+fail(?:\s+(msg|regex):\s*(.+))?$/;
const START = /\s*@\s*(\S+)/y;
const REPEAT = /\s*\[\s*repeat\s+every\s+(\S+)\s+for\s+(\d+)\s*\]/y;
const METADATA = /\s*\[metadata ([^\]]*)\]/y;
const PAIR = /\s*([a-zA-Z_][\w.]*)\s*=\s*(?=")/y;

/** Reads a whole script. Throws with the number of a line that cannot be read. */
export function parseScript(text: string): readonly Command[] {
  const lines = text.split('\n').flatMap((raw, index) => {
    const line = withoutComment(raw);
    return line === '' ? [] : [{ line, number: index + 1 }];
  });
  const commands: Command[] = [];
  for (let i = 0; i < lines.length; i++) {
    const { line, number } = lines[i] ?? { line: '', number: 0 };
    const below: string[] = [];
    for (; /^\s/.test(lines[i + 1]?.line ?? ''); i++) below.push(lines[i + 1]?.line.trim() ?? '');
    try {
      commands.push(parseCommand(line, below, number));
    } catch (cause) {
      throw new Error(`line ${number}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
  return commands;
}

function parseCommand(line: string, below: readonly string[], number: number): Command {
  if (line === 'clear') return { kind: 'clear' };
  return line === 'load' ? { kind: 'load', line: number, entries: below.flatMap(parseEntries) } : parseEval(line, below, number);
}

/** A `#` outside of quotes begins a comment; a line of nothing else is empty. */
function withoutComment(line: string): string {
  for (let i = 0; i < line.length; i++) {
    const character = line[i] ?? '';
    if (character === '#') return line.slice(0, i).trimEnd();
    // In a line of `load` a backslash escapes nothing, but none stands before a quote there.
    if (character === '"') while (++i < line.length && line[i] !== '"') if (line[i] === '\\') i++;
    if (character === '`') i = line.indexOf('`', i + 1);
    if (i === -1) return line.trimEnd();
  }
  return line.trimEnd();
}

// ── load ──

function parseEntries(text: string): LoadedEntry[] {
  const selector = parseLabels(text, 0);
  const opening = /\s*(["`])/y;
  opening.lastIndex = selector.end;
  const quote = opening.exec(text)?.[1];
  const from = opening.lastIndex;
  const to = quote === undefined ? -1 : text.indexOf(quote, from);
  if (to === -1) throw new Error(`no line in ${text}`);
  let at = to + 1;
  const read = (form: RegExp): RegExpExecArray | undefined => {
    form.lastIndex = at;
    const found = form.exec(text);
    if (found === null) return undefined;
    at = form.lastIndex;
    return found;
  };
  const start = timeNs(read(START)?.[1]);
  const [, every = '0s', times = '1'] = read(REPEAT) ?? [];
  const metadata = parsePairs(read(METADATA)?.[1] ?? '', 0).labels;
  if (text.slice(at).trim() !== '') throw new Error(`what is ${text.slice(at)}`);
  const line = text.slice(from, to);
  return Array.from({ length: Number(times) }, (_, i) => ({
    labels: selector.labels,
    tsNs: start + BigInt(i) * lengthNs(every),
    line: line.replaceAll('{{.i}}', String(i)),
    metadata,
  }));
}

/** `{a="b", …}` at a place; empty values stay. */
function parseLabels(text: string, from: number): { readonly labels: Labels; readonly end: number } {
  if (text[from] !== '{') throw new Error(`no labels in ${text}`);
  const { labels, end } = parsePairs(text, from + 1);
  const closing = /\s*\}/y;
  closing.lastIndex = end;
  if (!closing.test(text)) throw new Error(`no } in ${text}`);
  return { labels, end: closing.lastIndex };
}

function parsePairs(text: string, from: number): { readonly labels: Labels; readonly end: number } {
  const pairs: [string, string][] = [];
  let end = from;
  for (;;) {
    PAIR.lastIndex = end;
    const name = PAIR.exec(text)?.[1];
    if (name === undefined) break;
    const opening = PAIR.lastIndex;
    const closed = quotedEnd(text, opening);
    if ('problem' in closed) throw new Error(closed.problem);
    pairs.push([name, unquote(text, opening, closed.end)]);
    end = closed.end;
    if (text[end] === ',') end++;
  }
  return { labels: pairs.sort(([a], [b]) => compareText(a, b)).flat(), end };
}

function timeNs(text: string | undefined): bigint {
  return EPOCH_NS + lengthNs(text ?? '');
}

function lengthNs(text: string): bigint {
  const ns = parseNanoseconds(text);
  if (ns === undefined) throw new Error(`no time: ${text}`);
  return BigInt(ns);
}

// ── eval ──

function parseEval(line: string, below: readonly string[], number: number): Eval {
  const instant = INSTANT.exec(line);
  const range = RANGE.exec(line);
  if (instant === null && range === null) throw new Error(`no command: ${line}`);
  const time: EvalTime = {
    startNs: timeNs(instant?.[1] ?? range?.[1]),
    endNs: timeNs(instant?.[1] ?? range?.[2]),
    stepNs: range === null ? undefined : lengthNs(range[3] ?? ''),
  };
  return { kind: 'eval', line: number, expr: instant?.[2] ?? range?.[4] ?? '', time, expected: parseExpected(below) };
}

function parseExpected(lines: readonly string[]): Expected {
  const series: ExpectedSeries[] = [];
  let isOrdered = false;
  for (const line of lines) {
    const fail = EXPECT_FAIL.exec(line);
    if (fail !== null) return { kind: 'fail', wanted: parseWanted(fail[1], fail[2] ?? '') };
    const scalar = parseFloatStrict(line);
    if (scalar !== undefined) return { kind: 'scalar', value: scalar };
    if (line === 'expect ordered') isOrdered = true;
    // What another installation of the original cannot answer exactly, this program can.
    else if (line !== 'expect empty' && !line.startsWith('skip ')) series.push(parseSeries(line));
  }
  return { kind: 'series', series, isOrdered };
}

function parseWanted(kind: string | undefined, text: string): Wanted {
  if (kind === undefined) return { kind: 'any' };
  return kind === 'msg' ? { kind: 'text', text: text.trim() } : { kind: 'pattern', text, regex: RE2JS.compile(text.trim()) };
}

function parseSeries(line: string): ExpectedSeries {
  const { labels, end } = parseLabels(line, 0);
  const { values } = parseSeriesDescription(`x ${line.slice(end)}`);
  return { labels, values: values.map((value) => (value.kind === 'number' ? value.value : undefined)) };
}
