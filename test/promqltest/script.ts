// Scripts of the promqltest language: text in, commands out.
//
//   text ─▶ lines ─▶ clear │ load │ eval ─▶ run.ts (a started program) ─▶ compare.ts
//
// Source: Prometheus promql/promqltest and its README. Commands are judged line by line; the words of errors are the original's.

import { RE2JS } from 're2js';

import { parseDuration } from '../../src/base/duration.ts';
import { RequestError } from '../../src/base/request-error.ts';
import type { Expr } from '../../src/metrics/promql/ast.ts';
import { parseExpr } from '../../src/metrics/promql/parse.ts';
import type { StepValue } from '../../src/metrics/promql/series-notation.ts';
import { labelsKey } from '../../src/query/labels.ts';
import type { Labels } from '../../src/query/labels.ts';
import { parseFloatStrict } from '../../src/query/durations.ts';
import { unquote } from '../../src/query/scanner.ts';
import { parseLoad, parseSeriesLine } from './load.ts';
import type { Load } from './load.ts';
import { ScriptError } from './script-error.ts';

/** What a message must be: any, this one, or one that the pattern is found in. */
export type Wanted =
  | { readonly kind: 'any' }
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'pattern'; readonly text: string; readonly regex: RE2JS };

type ExpectKind = 'ordered' | 'fail' | 'warn' | 'no_warn' | 'info' | 'no_info';

export interface Span {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

export interface ExpectedSeries {
  readonly labels: Labels;
  /** Counted from 1, in the order of the script. */
  readonly position: number;
  readonly values: readonly StepValue[];
}

export interface Expected {
  /** A number alone: a scalar. */
  readonly scalar: number | undefined;
  readonly text: string | undefined;
  /** By `labelsKey`. */
  readonly series: ReadonlyMap<string, ExpectedSeries>;
}

export interface Eval {
  readonly kind: 'eval';
  /** Counted from 1. */
  readonly line: number;
  readonly expr: string;
  readonly tree: Expr;
  readonly time: { readonly kind: 'instant'; readonly atMs: number } | ({ readonly kind: 'range' } & Span);
  /** Of a range vector, which an instant query gives. */
  readonly rangeVector: Span | undefined;
  /** The command's older form, `eval_fail` and its like. */
  readonly older: 'fail' | 'warn' | 'info' | 'ordered' | undefined;
  readonly olderFailure: Wanted;
  readonly expect: Readonly<Record<ExpectKind, readonly Wanted[]>>;
  readonly expected: Expected;
}

export type Command = { readonly kind: 'clear' } | Load | Eval;

const INSTANT = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+)$/;
const RANGE = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+)$/;
const EXPECT = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/;
const EXPECT_RANGE = /^expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+)$/;
const MESSAGE_PREFIX = 'expected_fail_message';
const PATTERN_PREFIX = 'expected_fail_regexp';
const RANGE_PREFIX = 'expect range vector';
const STRING_PREFIX = 'expect string';

/** Reads a whole script. Throws `ScriptError`. */
export function parseScript(text: string): readonly Command[] {
  const lines = text.split('\n').map((line) => {
    const trimmed = line.trim();
    return trimmed.startsWith('#') ? '' : trimmed;
  });
  const commands: Command[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (line === '') continue;
    const word = (line.split(/[\t ]+/, 1)[0] ?? '').toLowerCase();
    if (word === 'clear') commands.push({ kind: 'clear' });
    else if (word.startsWith('load')) {
      const { load, last } = parseLoad(lines, i);
      commands.push(load);
      i = last;
    } else if (word.startsWith('eval')) {
      const parser = new EvalParser(lines, i);
      commands.push(parser.parse());
      i = parser.last;
    } else throw ScriptError.atLine(i, `invalid command ${JSON.stringify(line)}`);
  }
  return commands;
}

/** Whether a message is what is wanted. */
export function matches(wanted: Wanted, message: string): boolean {
  switch (wanted.kind) {
    case 'any':
      return true;
    case 'message':
      return message === wanted.text;
    case 'pattern':
      return wanted.regex.matcher(message).find();
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads one `eval` command and the lines below it that belong to it. */
class EvalParser {
  readonly #lines: readonly string[];
  readonly #first: number;
  readonly #expr: string;
  readonly #expect: Record<ExpectKind, Wanted[]> = { ordered: [], fail: [], warn: [], no_warn: [], info: [], no_info: [] };
  readonly #series = new Map<string, ExpectedSeries>();
  readonly #expected: Mutable<Expected> = { scalar: undefined, text: undefined, series: this.#series };
  #older: Eval['older'];
  #olderFailure: Wanted = { kind: 'any' };
  #rangeVector: Span | undefined;
  #position = 0;
  /** The index of the last line that was read. */
  last: number;

  constructor(lines: readonly string[], first: number) {
    this.#lines = lines;
    this.#first = first;
    this.last = first;
    const line = lines[first] ?? '';
    this.#expr = INSTANT.exec(line)?.[3] ?? RANGE.exec(line)?.[5] ?? '';
  }

  parse(): Eval {
    const line = this.#lines[this.#first] ?? '';
    const instant = INSTANT.exec(line);
    const range = RANGE.exec(line);
    if (instant === null && range === null) {
      throw ScriptError.atLine(
        this.#first,
        "invalid evaluation command. Must be either 'eval[_fail|_warn|_ordered] instant [at <offset:duration>] <query>' or 'eval[_fail|_warn] range from <from> to <to> step <step> <query>'",
      );
    }
    const tree = this.#parseExpr(line);
    const time: Eval['time'] =
      instant !== null
        ? { kind: 'instant', atMs: this.#instant(instant[2] ?? '') }
        : { kind: 'range', ...this.#span(range?.[2] ?? '', range?.[3] ?? '', range?.[4] ?? '') };
    this.#older = olderOf((instant ?? range)?.[1]);
    while (this.last + 1 < this.#lines.length && this.#lines[this.last + 1] !== '') {
      this.last++;
      if (!this.#line(this.#lines[this.last] ?? '', time.kind === 'instant')) break;
    }
    return {
      kind: 'eval',
      line: this.#first + 1,
      expr: this.#expr,
      tree,
      time,
      rangeVector: this.#rangeVector,
      older: this.#older,
      olderFailure: this.#olderFailure,
      expect: this.#expect,
      expected: this.#expected,
    };
  }

  #parseExpr(line: string): Expr {
    try {
      return parseExpr(this.#expr);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      throw ScriptError.ofParser(error, this.#first, line.indexOf(this.#expr));
    }
  }

  #instant(text: string): number {
    const atMs = parseDuration(text);
    return typeof atMs === 'number' ? atMs : this.#fail(`invalid timestamp definition ${JSON.stringify(text)}: ${atMs.problem}`);
  }

  #span(from: string, to: string, step: string): Span {
    const startMs = parseDuration(from);
    if (typeof startMs !== 'number') return this.#fail(`invalid start timestamp definition ${JSON.stringify(from)}: ${startMs.problem}`);
    const endMs = parseDuration(to);
    if (typeof endMs !== 'number') return this.#fail(`invalid end timestamp definition ${JSON.stringify(to)}: ${endMs.problem}`);
    if (endMs < startMs) return this.#fail(`invalid test definition, end timestamp (${to}) is before start timestamp (${from})`);
    const stepMs = parseDuration(step);
    if (typeof stepMs !== 'number') return this.#fail(`invalid step definition ${JSON.stringify(step)}: ${stepMs.problem}`);
    return { startMs, endMs, stepMs };
  }

  /** Reads one line below the command; false after one that must be the last. */
  #line(line: string, isInstant: boolean): boolean {
    this.#position++;
    if (this.#older === 'fail' && line.startsWith(MESSAGE_PREFIX)) {
      this.#olderFailure = { kind: 'message', text: line.slice(MESSAGE_PREFIX.length).trim() };
      return false;
    }
    if (this.#older === 'fail' && line.startsWith(PATTERN_PREFIX)) {
      this.#olderFailure = this.#pattern(line.slice(PATTERN_PREFIX.length).trim(), 'expected_fail_regexp');
      return false;
    }
    if (line.startsWith(RANGE_PREFIX)) {
      const found = EXPECT_RANGE.exec(line);
      if (found === null) return this.#fail(`invalid range vector definition ${JSON.stringify(line)}`);
      this.#rangeVector = this.#span(found[1] ?? '', found[2] ?? '', found[3] ?? '');
      return true;
    }
    if (line.startsWith(STRING_PREFIX)) {
      this.#expected.text = this.#string(line);
      return true;
    }
    // A metric may bear the name, as `expect{}`.
    if (line.split(' ', 1)[0] === 'expect') {
      this.#expectLine(line);
      this.#position--;
      return true;
    }
    const scalar = parseNumber(line);
    if (scalar !== undefined) {
      this.#expected.scalar = scalar;
      return false;
    }
    this.#seriesLine(line, isInstant);
    return true;
  }

  #seriesLine(line: string, isInstant: boolean): void {
    const { labels, values } = parseSeriesLine(line, this.last);
    if (values.length > 1 && isInstant && this.#rangeVector === undefined) {
      this.#fail(
        "expecting multiple values in instant evaluation not allowed. consider using 'expect range vector' directive to enable a range vector result for an instant query",
      );
    }
    this.#series.set(labelsKey(labels), { labels, position: this.#position, values });
  }

  #expectLine(line: string): void {
    const found = EXPECT.exec(line);
    const kind = EXPECT_KINDS.find((each) => each === found?.[1]);
    if (found === null || kind === undefined) {
      return this.#fail('invalid expect statement, must match `expect <type> <match_type>: <string>` format');
    }
    const text = (found[3] ?? '').trim();
    const wanted: Wanted =
      found[2] === undefined
        ? { kind: 'any' }
        : found[2] === 'msg'
          ? { kind: 'message', text }
          : this.#pattern(text, kind, `invalid regex ${text} for ${kind}`);
    this.#expect[kind].push(wanted);
    const { info, no_info: noInfo, warn, no_warn: noWarn, fail } = this.#expect;
    if (info.length > 0 && noInfo.length > 0) this.#fail('invalid expect lines, info and no_info cannot be used together');
    if (warn.length > 0 && noWarn.length > 0) this.#fail('invalid expect lines, warn and no_warn cannot be used together');
    if (fail.length > 1) this.#fail('invalid expect lines, multiple expect fail lines are not allowed');
  }

  #pattern(text: string, where: string, problem?: string): Wanted {
    try {
      return { kind: 'pattern', text, regex: RE2JS.compile(text) };
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      return this.#fail(problem ?? `invalid regexp '${text}' for ${where}: ${cause}`);
    }
  }

  #string(line: string): string {
    const quoted = line.slice(STRING_PREFIX.length + 1);
    if (quoted === '') return this.#fail('expected string literal not valid - a quoted string literal is required');
    const quote = quoted[0] ?? '';
    const isQuoted = quoted.length > 1 && '"\'`'.includes(quote) && quoted.endsWith(quote);
    if (!isQuoted) return this.#fail('expected string literal not valid - check that the string is correctly quoted');
    return unquote(quoted, 0, quoted.length);
  }

  /** Names the line read last. */
  #fail(message: string): never {
    throw ScriptError.inEval(this.#expr, this.last + 1, message);
  }
}

const EXPECT_KINDS: readonly ExpectKind[] = ['ordered', 'fail', 'warn', 'no_warn', 'info', 'no_info'];

function olderOf(word: string | undefined): Eval['older'] {
  return word === 'fail' || word === 'warn' || word === 'info' || word === 'ordered' ? word : undefined;
}

/** A number alone on its line: an integer in any of Go's bases, or a float. */
function parseNumber(text: string): number | undefined {
  if (/^[+-]?0[xX][\da-fA-F]+$|^[+-]?0[bB][01]+$|^[+-]?0[oO]?[0-7]+$/.test(text)) {
    const [, sign, digits = ''] = /^([+-]?)(.*)$/.exec(text) ?? [];
    const value = Number(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
    return sign === '-' ? -value : value;
  }
  return parseFloatStrict(text);
}
