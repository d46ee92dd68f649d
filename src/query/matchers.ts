// Label matchers, as all signals share them: what a selector asks of a label's value.
//
// A regular expression is RE2's and anchored at both ends; `.` matches a newline too, as in Prometheus 3.

import { RE2JS } from 're2js';

import { RequestError } from '../base/request-error.ts';
import { isClassicLabelName, quote } from './scanner.ts';

export type MatchOp = '=' | '!=' | '=~' | '!~';

/** An absent label has the value `''`. */
export interface Matcher {
  readonly name: string;
  readonly op: MatchOp;
  readonly value: string;
}

/** What a regular expression asks, in its cheapest form. `set` holds the only values that match. */
export type Pattern =
  | { readonly kind: 'set'; readonly values: readonly string[] }
  | { readonly kind: 'any' }
  | { readonly kind: 'nonempty' }
  | { readonly kind: 'prefix'; readonly prefix: string; readonly more: boolean }
  | { readonly kind: 'regex'; readonly source: string };

const META = /[\\.+*?()|[\]{}^$]/;
const PATTERN_LENGTH_MAX = 64 * 1024;

/** The cheapest form of an anchored regular expression; every form means the same as the expression. */
export function patternOf(source: string): Pattern {
  if (source === '.*') return { kind: 'any' };
  if (source === '.+') return { kind: 'nonempty' };
  const grouped = /^\(([^()?][^()]*)\)$/.exec(source)?.[1] ?? source;
  const parts = grouped.split('|').map(literalOf);
  if (parts.every((part) => part !== undefined)) return { kind: 'set', values: [...new Set(parts)] };
  const tail = source.slice(-2);
  const head = literalOf(source.slice(0, -2));
  // `a\.*` ends in an escaped dot: its head then is no literal, for it ends in a backslash.
  if ((tail === '.*' || tail === '.+') && head !== undefined) return { kind: 'prefix', prefix: head, more: tail === '.+' };
  return { kind: 'regex', source: anchored(source) };
}

/** The text that an expression without operators stands for; an escaped punctuation mark stands for itself. */
function literalOf(source: string): string | undefined {
  const unescaped = source.replaceAll(/\\([^a-zA-Z0-9\s\u0080-\uffff])/g, '');
  return META.test(unescaped) ? undefined : source.replaceAll(/\\(.)/gs, '$1');
}

/** The expression as it has to be given to an engine that knows no anchoring: dot-all, from the first character to the last. */
export function anchored(source: string): string {
  return `^(?s:${source})$`;
}

const compiled = new Map<string, RE2JS>();
const COMPILED_MAX = 1000;

/** A compiled anchored expression; a bounded cache keeps those in use. Throws `bad_data` with the engine's words. */
export function compileRegex(source: string): RE2JS {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  if (source.length > PATTERN_LENGTH_MAX)
    throw new RequestError('bad_data', `regular expression of ${source.length} characters, ${PATTERN_LENGTH_MAX} at most`);
  const regex = compileOrRefuse(source);
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(source, regex);
  return regex;
}

function compileOrRefuse(source: string): RE2JS {
  try {
    // By itself first: what is wrong in `a)(b` must not be made right by the group around it.
    RE2JS.compile(source);
    return RE2JS.compile(anchored(source));
  } catch (cause) {
    throw new RequestError('bad_data', cause instanceof Error ? cause.message : `error parsing regexp: ${source}`, { cause });
  }
}

/** A test of a label's value (`''` where the label is absent). Throws `bad_data` on an expression that is none. */
export function compileMatcher(matcher: Matcher): (value: string) => boolean {
  const { op, value } = matcher;
  switch (op) {
    case '=':
      return (candidate) => candidate === value;
    case '!=':
      return (candidate) => candidate !== value;
    case '=~':
      return patternTest(value);
    case '!~': {
      const test = patternTest(value);
      return (candidate) => !test(candidate);
    }
  }
}

function patternTest(source: string): (value: string) => boolean {
  const pattern = patternOf(source);
  switch (pattern.kind) {
    case 'any':
      return () => true;
    case 'nonempty':
      return (value) => value !== '';
    case 'set': {
      const values = new Set(pattern.values);
      return (value) => values.has(value);
    }
    case 'prefix': {
      const least = pattern.prefix.length + (pattern.more ? 1 : 0);
      return (value) => value.length >= least && value.startsWith(pattern.prefix);
    }
    case 'regex': {
      const regex = compileRegex(source);
      return (value) => regex.test(value);
    }
  }
}

/** True when the matcher accepts a series without the label. */
export function matchesEmpty(matcher: Matcher): boolean {
  return compileMatcher(matcher)('');
}

/** As it stands in a selector: `job=~"a|b"`, `"my.label"="x"`. */
export function printMatcher(matcher: Matcher): string {
  const name = isClassicLabelName(matcher.name) ? matcher.name : quote(matcher.name);
  return `${name}${matcher.op}${quote(matcher.value)}`;
}
