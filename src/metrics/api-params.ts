// The parameters that Prometheus's HTTP API takes, with its words for those that are wrong.

import { RequestError } from '../base/request-error.ts';
import { parseFloatStrict, parseSecondsOrDuration } from '../query/durations.ts';
import { type Matcher, matchesEmpty } from '../query/matchers.ts';
import { quote } from '../query/scanner.ts';
import { parseSelector } from './promql/parse.ts';
import type { TimeRange } from './read.ts';

/** Times that Go prints for "since ever" and "for ever"; clients hand them back. */
const OPEN_ENDS: ReadonlyMap<string, number> = new Map([
  ['-292273086-05-16T16:47:06Z', Number.NEGATIVE_INFINITY],
  ['292277025-08-18T07:12:54.999999999Z', Number.POSITIVE_INFINITY],
  ['292277025-08-18T07:12:54.999Z', Number.POSITIVE_INFINITY],
]);
const RFC3339 = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

export function invalidParameter(name: string, problem: string): RequestError {
  return new RequestError('bad_data', `invalid parameter ${quote(name)}: ${problem}`);
}

/** Milliseconds of a time given as seconds or as RFC 3339, or undefined. */
export function parseTime(text: string): number | undefined {
  const open = OPEN_ENDS.get(text);
  if (open !== undefined) return open;
  const seconds = parseFloatStrict(text);
  if (seconds !== undefined) {
    const ms = Math.round(seconds * 1000);
    return Number.isSafeInteger(ms) ? ms : undefined;
  }
  const found = RFC3339.exec(text);
  if (found === null) return undefined;
  const [, date = '', clock = '', fraction = '', zone = ''] = found;
  const ms = Date.parse(`${date}T${clock}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms + Math.round(Number(`0${fraction}`) * 1000);
}

/** A time parameter, or what holds where it is not given. */
export function timeParam(query: URLSearchParams, name: string, otherwise: number): number {
  const given = query.get(name);
  if (given === null || given === '') return otherwise;
  const ms = parseTime(given);
  if (ms === undefined) throw invalidParameter(name, `cannot parse ${quote(given)} to a valid timestamp`);
  return ms;
}

/** A time parameter that must be there. */
export function requiredTime(query: URLSearchParams, name: string): number {
  const ms = timeParam(query, name, Number.NaN);
  if (Number.isNaN(ms)) throw invalidParameter(name, 'cannot parse "" to a valid timestamp');
  return ms;
}

/** `start` and `end`; open where they are not given. */
export function rangeParams(query: URLSearchParams): TimeRange {
  const range = { fromMs: timeParam(query, 'start', Number.NEGATIVE_INFINITY), toMs: timeParam(query, 'end', Number.POSITIVE_INFINITY) };
  if (range.toMs < range.fromMs) throw invalidParameter('end', 'end timestamp must not be before start time');
  return range;
}

/** Milliseconds of a duration given as seconds or with units; undefined where it is not given. */
export function durationParam(query: URLSearchParams, name: string): number | undefined {
  const given = query.get(name);
  if (given === null || given === '') return undefined;
  const ms = parseSecondsOrDuration(given);
  if (typeof ms !== 'number') throw invalidParameter(name, `cannot parse ${quote(given)} to a valid duration`);
  return ms;
}

/** `limit`: 0 where none is given, which is no limit. */
export function limitParam(query: URLSearchParams, name = 'limit'): number {
  const given = query.get(name);
  if (given === null || given === '') return 0;
  if (!/^[+-]?\d{1,15}$/.test(given)) throw invalidParameter(name, `cannot parse ${quote(given)} to a valid limit`);
  const limit = Number(given);
  if (limit < 0) throw invalidParameter(name, 'limit must be non-negative');
  return limit;
}

/** A truth value; false where it is not given. */
export function boolParam(query: URLSearchParams, name: string): boolean {
  const given = query.get(name) ?? '';
  if (given === '') return false;
  const value = parseBool(given);
  if (value === undefined)
    throw invalidParameter(name, `unable to parse boolean: strconv.ParseBool: parsing ${quote(given)}: invalid syntax`);
  return value;
}

/** A truth value as Go writes it, or undefined. Source: Go `strconv.ParseBool`. */
export function parseBool(text: string): boolean | undefined {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  return /^(?:0|f|F|FALSE|false|False)$/.test(text) ? false : undefined;
}

/** The selectors of `match[]`, each with a matcher that does not match everything. */
export function matchParams(query: URLSearchParams): readonly (readonly Matcher[])[] {
  return query.getAll('match[]').map((text) => {
    const { matchers } = withParameter('match[]', () => parseSelector(text));
    if (matchers.every(matchesEmpty)) throw invalidParameter('match[]', 'match[] must contain at least one non-empty matcher');
    return matchers;
  });
}

/** Runs a parser; its error says which parameter it was about, and keeps its range. */
export function withParameter<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    throw new RequestError(error.code, `invalid parameter ${quote(name)}: ${error.message}`, { ...error.options, cause: error });
  }
}

/** Cuts a result to its limit; the warning is Prometheus's. */
export function limited<T>(values: readonly T[], limit: number): { readonly kept: readonly T[]; readonly warnings: readonly string[] } {
  if (limit === 0 || values.length <= limit) return { kept: values, warnings: [] };
  return { kept: values.slice(0, limit), warnings: ['results truncated due to limit'] };
}

/** A label name out of its `U__` form, in which a path can carry any name; other names as they are. Source: Prometheus UTF-8 proposal, "Values escaping". */
export function unescapeLabelName(name: string): string {
  if (!name.startsWith('U__')) return name;
  const escaped = name.slice(3);
  if (!/^(?:[^_]|__|_[0-9a-fA-F]{1,6}_)*$/.test(escaped)) return name;
  return escaped.replaceAll(/__|_([0-9a-fA-F]{1,6})_/g, (whole, hex: string | undefined) => {
    if (hex === undefined) return '_';
    const code = Number.parseInt(hex, 16);
    return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? whole : String.fromCodePoint(code);
  });
}
