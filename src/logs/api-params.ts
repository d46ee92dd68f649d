// The parameters that Loki's HTTP API takes, with its words for those that are wrong.
//
// A time is RFC 3339, or a number: up to 10^10 it counts seconds, above nanoseconds. All become nanoseconds without passing through a double.
// Source: Loki `pkg/loghttp/params.go`, `pkg/loghttp/query.go`.

import { parseDuration } from '../base/duration.ts';
import { RequestError } from '../base/request-error.ts';
import { parseFloatStrict } from '../query/durations.ts';
import type { Matcher } from '../query/matchers.ts';
import { quote } from '../query/scanner.ts';
import type { TimeRange } from '../metrics/read.ts';
import type { LogExpr } from './logql/ast.ts';
import { parseLogql } from './logql/parse.ts';
import type { NsRange } from './line-block.ts';
import type { LogQuery } from './query-result.ts';

export const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;
const DEFAULT_SINCE_MS = 3_600_000;
const DEFAULT_LIMIT = 100;
/** Numbers up to this are seconds. */
const SECONDS_MAX = 10_000_000_000n;
const INT64_MAX = 2n ** 63n - 1n;
const LIMIT_MAX = 2 ** 31 - 1;
/** A default step divides a range into so many parts. */
const DEFAULT_STEPS = 250n;
/** Points per series that a range query may draw. */
const RANGE_POINTS_MAX = 11_000n;

const RFC3339 = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:[.,](\d+))?([Zz]|[+-]\d{2}:\d{2})$/;
const DECIMAL = /^([+-]?)(\d*)\.(\d*)(?:[eE]([+-]?\d{1,3}))?$/;
const INTEGER = /^[+-]?\d{1,19}$/;

export function badData(message: string): RequestError {
  return new RequestError('bad_data', message);
}

/** Nanoseconds since the epoch, or undefined where the text is no time. */
export function parseTimeNs(text: string): bigint | undefined {
  const ns = rfc3339Ns(text) ?? decimalNs(text) ?? integerNs(text);
  return ns === undefined || ns > INT64_MAX || ns < -INT64_MAX ? undefined : ns;
}

function rfc3339Ns(text: string): bigint | undefined {
  const [, date, clock, fraction = '', zone = ''] = RFC3339.exec(text) ?? [];
  const ms = Date.parse(`${date}T${clock}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * NS_PER_MS + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}

function decimalNs(text: string): bigint | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  if (sign === undefined || whole + fraction === '' || whole.length + fraction.length > 100) return undefined;
  // The value is `digits` times ten to the power of `power`.
  const digits = BigInt(whole + fraction);
  const power = Number(exponent) - fraction.length;
  const seconds = scaled(digits, power);
  const size = seconds <= SECONDS_MAX ? scaled(digits, power + 9) : seconds;
  return sign === '-' ? -size : size;
}

function scaled(digits: bigint, power: number): bigint {
  return power >= 0 ? digits * 10n ** BigInt(power) : digits / 10n ** BigInt(-power);
}

function integerNs(text: string): bigint | undefined {
  if (!INTEGER.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  return value <= SECONDS_MAX ? value * NS_PER_SECOND : value;
}

/** A time parameter, or what holds where it is not given. */
export function timeParam(query: URLSearchParams, name: string, otherwise: bigint): bigint {
  const given = query.get(name) ?? '';
  if (given === '') return otherwise;
  const ns = parseTimeNs(given);
  if (ns === undefined)
    throw badData(`could not parse '${name}' parameter: ${quote(given)} is no time: give nanoseconds, seconds with a fraction or RFC 3339`);
  return ns;
}

/** `start`, `end`, `since`: the last hour where nothing is given. */
export function boundsParams(query: URLSearchParams, nowMs: number): NsRange {
  const nowNs = BigInt(nowMs) * NS_PER_MS;
  const since = query.get('since') ?? '';
  const sinceMs = since === '' ? DEFAULT_SINCE_MS : parseDuration(since);
  if (typeof sinceMs !== 'number') throw badData(`could not parse 'since' parameter: ${sinceMs.problem}`);
  const toNs = timeParam(query, 'end', nowNs);
  // An end in the future must not push the default start there as well.
  const fromNs = timeParam(query, 'start', (toNs < nowNs ? toNs : nowNs) - BigInt(sinceMs) * NS_PER_MS);
  return { fromNs, toNs };
}

/** As `boundsParams`; the end may not lie before the start. */
export function rangeParams(query: URLSearchParams, nowMs: number): NsRange {
  const range = boundsParams(query, nowMs);
  if (range.toNs < range.fromNs) throw badData('end timestamp must not be before or equal to start time');
  return range;
}

/** A range in milliseconds that holds all of it. */
export function timeRangeOf({ fromNs, toNs }: NsRange): TimeRange {
  return { fromMs: floorMs(fromNs), toMs: floorMs(toNs + NS_PER_MS - 1n) };
}

/** Whole milliseconds, rounded down. */
export function floorMs(ns: bigint): number {
  const ms = ns / NS_PER_MS;
  return Number(ns < 0n && ms * NS_PER_MS !== ns ? ms - 1n : ms);
}

/** Nanoseconds of a duration given as seconds or with units; undefined where it is not given. */
function durationParam(query: URLSearchParams, name: string): bigint | undefined {
  const given = query.get(name) ?? '';
  if (given === '') return undefined;
  const seconds = parseFloatStrict(given);
  const ns = seconds === undefined ? unitsNs(given) : Math.trunc(seconds * 1e9);
  if (ns === undefined || Number.isNaN(ns)) throw badData(`cannot parse ${quote(given)} to a valid duration`);
  if (Math.abs(ns) > 2 ** 63) throw badData(`cannot parse ${quote(given)} to a valid duration. It overflows int64`);
  return BigInt(ns);
}

function unitsNs(text: string): number | undefined {
  const ms = parseDuration(text);
  return typeof ms === 'number' ? ms * 1e6 : undefined;
}

/** The steps of a range: `step`, or a 250th of the range, at least a second. */
export function stepParam(query: URLSearchParams, { fromNs, toNs }: NsRange): bigint {
  const seconds = (toNs - fromNs) / NS_PER_SECOND / DEFAULT_STEPS;
  const stepNs = durationParam(query, 'step') ?? (seconds < 1n ? 1n : seconds) * NS_PER_SECOND;
  if (stepNs <= 0n) throw badData('zero or negative query resolution step widths are not accepted. Try a positive integer');
  if ((toNs - fromNs) / stepNs > RANGE_POINTS_MAX)
    throw badData('exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter');
  return stepNs;
}

/** A number of things that are asked for: `limit` or what else it is called. */
export function limitParam(query: URLSearchParams, name = 'limit', otherwise = DEFAULT_LIMIT): number {
  const given = query.get(name) ?? '';
  if (given === '') return otherwise;
  if (!INTEGER.test(given)) throw badData(`${name}: strconv.Atoi: parsing ${quote(given)}: invalid syntax`);
  const limit = Number(given);
  if (limit <= 0) throw badData('limit must be a positive value');
  return Math.min(limit, LIMIT_MAX);
}

function directionParam(query: URLSearchParams): LogQuery['direction'] {
  const given = query.get('direction') ?? '';
  const direction = given.toLowerCase();
  if (direction === '' || direction === 'backward') return 'backward';
  if (direction === 'forward') return direction;
  throw badData(`invalid direction '${given}'`);
}

function intervalParam(query: URLSearchParams): bigint {
  const intervalNs = durationParam(query, 'interval') ?? 0n;
  if (intervalNs < 0n) throw badData('interval must be >= 0');
  return intervalNs;
}

export interface RangeQuery extends LogQuery {
  readonly stepNs: bigint;
  /** Lines of the answer lie at least so far apart; 0 for all. */
  readonly intervalNs: bigint;
}

/** What a range query asks. */
export function rangeQueryParams(query: URLSearchParams, nowMs: number): RangeQuery {
  const range = rangeParams(query, nowMs);
  const limit = limitParam(query);
  const direction = directionParam(query);
  const stepNs = stepParam(query, range);
  const intervalNs = intervalParam(query);
  return { text: query.get('query') ?? '', startNs: range.fromNs, endNs: range.toNs, stepNs, limit, direction, intervalNs };
}

/** What an instant query asks. */
export function instantQueryParams(query: URLSearchParams, nowMs: number): LogQuery {
  const limit = limitParam(query);
  const atNs = timeParam(query, 'time', BigInt(nowMs) * NS_PER_MS);
  return { text: query.get('query') ?? '', startNs: atNs, endNs: atNs, stepNs: undefined, limit, direction: directionParam(query) };
}

/** A query for lines. */
export function parseLogQuery(text: string): LogExpr {
  const expr = parseLogql(text);
  if (expr.kind !== 'log') throw badData('only log selector is supported');
  return expr;
}

/** The matchers of a selector without stages; none for the empty text and for `{}`, which stand for all streams. */
export function parseMatchers(text: string): readonly Matcher[] {
  if (/^\s*(?:\{\s*\}\s*)?$/.test(text)) return [];
  const expr = parseLogql(text);
  if (expr.kind !== 'log' || expr.stages.length > 0) throw badData('only label matchers are supported');
  return expr.matchers;
}
