// Reading the parameters of Tempo's query API: seconds of ranges, limits, tags of the older search, ids, and the times and steps of metrics queries.
//
// Source: Tempo HTTP API documentation; `pkg/api/http.go`, `pkg/api/search_tags.go`, `pkg/util/traceid.go`. Other than there, no start and no end stand
// for all that is stored.

import { parseDuration } from '../../base/duration.ts';
import { RequestError } from '../../base/request-error.ts';
import { parseFloatStrict } from '../../query/durations.ts';
import type { MetricsGrid } from '../answers.ts';
import type { NsRange } from '../catalogue.ts';

export const NS_PER_S = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;
const INT64_MAX = 2n ** 63n - 1n;
const UINT32_MAX = 2 ** 32 - 1;
const DEFAULT_LIMIT = 20;
const DEFAULT_SPANS_PER_SPANSET = 3;
const DEFAULT_SINCE_MS = 3_600_000;
/** Steps that an answer of metrics may have. */
export const STEPS_MAX = 11_000n;

/** All that can be stored. */
export const ALL_TIME: NsRange = { fromNs: 0n, toNs: INT64_MAX };

export function badData(message: string): RequestError {
  return new RequestError('bad_data', message);
}

/** A whole number that is not negative, or undefined where the parameter is not given. */
function countParam(query: URLSearchParams, name: string): number | undefined {
  const given = query.get(name) ?? '';
  if (given === '') return undefined;
  if (!/^\+?\d{1,12}$/.test(given)) throw badData(`invalid ${name}: ${JSON.stringify(given)} is no whole number that is not negative`);
  return Math.min(Number(given), UINT32_MAX);
}

/** `start` and `end` in seconds, as far as they are given. Source: `ParseSearchRequest`. */
export function secondsRange(query: URLSearchParams): NsRange | undefined {
  return rangeOfSeconds(secondsParam(query, 'start'), secondsParam(query, 'end'));
}

function secondsParam(query: URLSearchParams, name: string): bigint {
  const given = query.get(name) ?? '';
  if (given === '') return 0n;
  // Some clients send a fraction; the peer does not take it, and nobody is helped by that.
  const found = /^\+?(\d{1,19})(?:\.\d*)?$/.exec(given);
  if (found === null) throw badData(`invalid ${name}: ${JSON.stringify(given)} is no time in seconds since the epoch`);
  return BigInt(found[1] ?? 0);
}

/** The range of two times in seconds; 0 for one that is not given, and undefined where neither is. An end that is not given is open. */
export function rangeOfSeconds(start: bigint, end: bigint): NsRange | undefined {
  if (start === 0n && end === 0n) return undefined;
  if (end !== 0n && end <= start) throw badData(`http parameter start must be before end. received start=${start} end=${end}`);
  return { fromNs: capped(start * NS_PER_S), toNs: end === 0n ? INT64_MAX : capped(end * NS_PER_S) };
}

function capped(ns: bigint): bigint {
  return ns > INT64_MAX ? INT64_MAX : ns;
}

/** `limit` of a search: 20 where none is given, an error where it is 0 or above the tenant's bound. */
export function limitParam(query: URLSearchParams, tracesMax: number): number {
  const limit = countParam(query, 'limit');
  if (limit === 0) throw badData('invalid limit: must be a positive number');
  return checkedLimit(limit ?? 0, tracesMax);
}

/** The number of traces that a search may find; 0 stands for the default. */
export function checkedLimit(limit: number, tracesMax: number): number {
  if (limit === 0) return Math.min(DEFAULT_LIMIT, tracesMax);
  if (limit > tracesMax) throw badData(`limit ${limit} exceeds max limit ${tracesMax} (limits.traces.tracesMax)`);
  return limit;
}

/** `spss`: spans shown of each set; 0 asks for all. */
export function spansPerSpansetParam(query: URLSearchParams): number {
  const given = countParam(query, 'spss') ?? DEFAULT_SPANS_PER_SPANSET;
  return given === 0 ? Number.POSITIVE_INFINITY : given;
}

/** `limit` of look-ups of names and values; 0 is no bound of the caller's. */
export function lookUpLimit(query: URLSearchParams): number {
  return countParam(query, 'limit') ?? 0;
}

/** `exemplars`, 0 where it is not given. */
export function exemplarsParam(query: URLSearchParams): number {
  return countParam(query, 'exemplars') ?? 0;
}

/** A trace's id as 32 lower-case hex digits; shorter ones are filled up from the left. Source: `HexStringToTraceID`. */
export function traceIdOf(text: string): string {
  const wrong = /[^0-9a-f]/i.exec(text);
  if (wrong !== null)
    throw badData(`trace IDs can only contain hex characters: invalid character '${wrong[0]}' at position ${wrong.index + 1}`);
  if (text === '') throw badData('please provide a traceID');
  if (text.length > 32) throw badData("trace IDs can't be larger than 128 bits");
  return text.toLowerCase().padStart(32, '0');
}

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** Yes or no as Go reads it; undefined where the text is neither. Source: Go `strconv.ParseBool`. */
export function goBool(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

const UNIT_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: NS_PER_MS,
  s: NS_PER_S,
  m: 60n * NS_PER_S,
  h: 3600n * NS_PER_S,
};

/** Nanoseconds of a duration as Go writes it (`1m30.5s`), or undefined where the parameter is not given. */
export function goDurationParam(query: URLSearchParams, name: string): bigint | undefined {
  const given = query.get(name) ?? '';
  if (given === '') return undefined;
  const ns = goDurationNs(given);
  if (ns === undefined) throw badData(`invalid ${name}: time: invalid duration ${JSON.stringify(given)}`);
  return ns;
}

/** Nanoseconds; undefined where the text is no duration, or a negative one. Source: Go `time.ParseDuration`. */
export function goDurationNs(text: string): bigint | undefined {
  if (text === '0') return 0n;
  if (!/^\+?(?:\d{1,12}(?:\.\d{0,12})?(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let ns = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(/(\d+)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    ns += (BigInt(whole + fraction) * (UNIT_NS[unit] ?? 1n)) / 10n ** BigInt(fraction.length);
  }
  return ns;
}

/** The tags of a search as logfmt writes them: `service.name=cart http.url="a b"`. A key alone has the empty value. */
export function parseTags(text: string): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  const pair = /\s*([^\s="]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s"=]*)))?/y;
  while (pair.lastIndex < text.trimEnd().length) {
    const at = pair.lastIndex;
    const [, key, quoted, plain] = pair.exec(text) ?? [];
    if (key === undefined) throw badData(`invalid tags: unexpected text at pos ${at + 1}: ${JSON.stringify(text.slice(at, at + 20))}`);
    if (tags.has(key)) throw badData(`invalid tags: tag ${key} has been set twice`);
    tags.set(key, quoted === undefined ? (plain ?? '') : unquoted(quoted));
  }
  return tags;
}

function unquoted(text: string): string {
  const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  return text.replaceAll(/\\(.)/gs, (_, char: string) => escapes[char] ?? char);
}

// Of metrics queries.

/** Nanoseconds since the epoch: seconds, with a fraction too; nanoseconds where there are more than ten digits; RFC 3339. */
export function timeNs(text: string): bigint | undefined {
  const decimal = /^(\d{1,12})\.(\d{0,18})$/.exec(text);
  if (decimal !== null) return BigInt(decimal[1] ?? 0) * NS_PER_S + BigInt((decimal[2] ?? '').slice(0, 9).padEnd(9, '0'));
  if (/^\d{1,10}$/.test(text)) return BigInt(text) * NS_PER_S;
  if (/^\d{11,19}$/.test(text)) return capped(BigInt(text));
  const [, date, clock, fraction = '', zone = ''] =
    /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,18}))?([Zz]|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const ms = Date.parse(`${date}T${clock}${zone.toUpperCase()}`);
  return Number.isNaN(ms) || ms < 0 ? undefined : BigInt(ms) * NS_PER_MS + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}

function timeParam(query: URLSearchParams, name: string, otherwise: bigint): bigint {
  const given = query.get(name) ?? '';
  if (given === '') return otherwise;
  const ns = timeNs(given);
  if (ns === undefined)
    throw badData(`could not parse '${name}' parameter: ${JSON.stringify(given)} is no time: give seconds, nanoseconds or RFC 3339`);
  return ns;
}

/** `start`, `end`, `since`: the last hour where nothing is given. Source: `determineBounds`. */
export function boundsParams(query: URLSearchParams, nowMs: number): NsRange {
  const nowNs = BigInt(nowMs) * NS_PER_MS;
  const since = query.get('since') ?? '';
  const sinceMs = since === '' ? DEFAULT_SINCE_MS : parseDuration(since);
  if (typeof sinceMs !== 'number') throw badData(`could not parse 'since' parameter: ${sinceMs.problem}`);
  const toNs = timeParam(query, 'end', nowNs);
  // An end in the future must not push the start that was not given there as well.
  const fromNs = timeParam(query, 'start', (toNs < nowNs ? toNs : nowNs) - BigInt(sinceMs) * NS_PER_MS);
  if (toNs <= fromNs) throw badData(`http parameter start must be before end. received start=${fromNs} end=${toNs}`);
  return { fromNs: fromNs < 0n ? 0n : fromNs, toNs };
}

/** `step` in nanoseconds: seconds or a duration; undefined where it is not given. */
export function stepParam(query: URLSearchParams): bigint | undefined {
  const given = query.get('step') ?? '';
  if (given === '') return undefined;
  const seconds = parseFloatStrict(given);
  const ns = seconds === undefined ? unitsNs(given) : Math.trunc(seconds * 1e9);
  if (ns === undefined || !(Math.abs(ns) < 2 ** 63)) throw badData(`cannot parse ${JSON.stringify(given)} to a valid duration`);
  if (ns <= 0) throw badData('step must be greater than 0');
  return BigInt(ns);
}

function unitsNs(text: string): number | undefined {
  const ms = parseDuration(text);
  if (typeof ms === 'number') return ms * 1e6;
  const ns = /^[\d.]+[a-zµμ]/.test(text) ? goDurationParam(new URLSearchParams({ step: text }), 'step') : undefined;
  return ns === undefined ? undefined : Number(ns);
}

const LADDER_S: readonly bigint[] = [3600n, 300n, 60n, 15n, 5n, 1n];
const SUB_MINUTE_STEP_NS = 50_000_000n;

/** The step of a range that names none: about 240 of them, of round lengths. Source: `DefaultQueryRangeStep`. */
export function defaultStep({ fromNs, toNs }: NsRange): bigint {
  const baseline = (toNs - fromNs) / 240n;
  const isShort = toNs - fromNs < 60n * NS_PER_S;
  const unit = isShort ? SUB_MINUTE_STEP_NS : NS_PER_S * (LADDER_S.find((seconds) => baseline > seconds * NS_PER_S) ?? 1n);
  const step = (baseline / unit) * unit;
  return step < unit ? unit : step;
}

/** The steps of a range query, aligned to the epoch. */
export function gridOf({ fromNs, toNs }: NsRange, stepNs: bigint): MetricsGrid {
  const startNs = fromNs - (fromNs % stepNs);
  const endNs = toNs + ((stepNs - (toNs % stepNs)) % stepNs);
  if (endNs > INT64_MAX) throw badData('the last step ends too late: narrow the step parameter, or the range');
  if ((endNs - startNs) / stepNs > STEPS_MAX)
    throw badData(`the range has more than ${STEPS_MAX} steps: increase the step parameter, or narrow the range`);
  return { startNs, endNs, stepNs };
}
