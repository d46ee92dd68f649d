// The parameters of Jaeger's query service: microseconds, durations as Go writes them, and tags.
//
// Source: Jaeger `cmd/query/app/query_parser.go`. Other than there, neither a start nor a lookback stands for all that is stored.

import { parseDuration } from '../../base/duration.ts';
import { ALL_TIME, badData, checkedLimit, goDurationParam, traceIdOf } from '../api/params.ts';
import type { NsRange } from '../catalogue.ts';

/** Traces of a search that names no number. */
export const DEFAULT_LIMIT = 100;
const NS_PER_US = 1000n;
const NS_PER_MS = 1_000_000n;
const DEFAULT_LOOKBACK_MS = 86_400_000n;
/** Such times fit into 64 bits as nanoseconds. */
const MICROSECONDS = /^\d{1,15}$|^[1-8]\d{15}$/;

/** What a search is for; every part holds of one span. */
export interface JaegerSearch {
  /** Empty for any. */
  readonly service: string;
  /** Empty for any. */
  readonly operation: string;
  readonly tags: ReadonlyMap<string, string>;
  /** Nanoseconds. */
  readonly minDurationNs: bigint | undefined;
  readonly maxDurationNs: bigint | undefined;
}

/** Throws `bad_data` where the service is missing or a parameter is malformed. */
export function searchParams(query: URLSearchParams): JaegerSearch {
  const service = serviceParam(query);
  const [minDurationNs, maxDurationNs] = [goDurationParam(query, 'minDuration'), goDurationParam(query, 'maxDuration')];
  if (minDurationNs !== undefined && maxDurationNs !== undefined && maxDurationNs !== 0n && maxDurationNs < minDurationNs)
    throw badData("'maxDuration' should be greater than 'minDuration'");
  return {
    service,
    operation: query.get('operation') ?? '',
    tags: tagsParam(query),
    minDurationNs,
    maxDurationNs: maxDurationNs || undefined,
  };
}

export function serviceParam(query: URLSearchParams): string {
  const service = query.get('service') ?? '';
  if (service === '') throw badData("parameter 'service' is required");
  return service;
}

/** `tag=key:value`, and `tags` as a JSON object. */
function tagsParam(query: URLSearchParams): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  for (const tag of query.getAll('tag')) {
    const colon = tag.indexOf(':');
    if (colon < 0) throw badData(`malformed 'tag' parameter, expecting key:value, received: ${tag.slice(0, 100)}`);
    tags.set(tag.slice(0, colon), tag.slice(colon + 1));
  }
  for (const text of query.getAll('tags'))
    if (text !== '') for (const [key, value] of tagsOfJson(text, "'tags' parameter")) tags.set(key, value);
  return tags;
}

/** Tags as a JSON object. Throws `bad_data` that names the parameter as `what`. */
export function tagsOfJson(text: string, what: string): readonly (readonly [key: string, value: string])[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw badData(`malformed ${what}, cannot unmarshal JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw badData(`malformed ${what}: expected an object of texts, got ${text.slice(0, 100)}`);
  return Object.entries(parsed).map(([key, value]) => {
    if (typeof value === 'string') return [key, value];
    if (typeof value === 'number' || typeof value === 'boolean') return [key, String(value)];
    throw badData(`malformed ${what}: the value of ${JSON.stringify(key.slice(0, 100))} is no text`);
  });
}

/** `limit` of a search: 100 where none is given. */
export function limitParam(query: URLSearchParams, tracesMax: number): number {
  const given = query.get('limit') ?? '';
  if (!/^\d{0,9}$/.test(given)) throw badData(`unable to parse param 'limit': ${JSON.stringify(given.slice(0, 40))} is no whole number`);
  return given === '' || Number(given) === 0 ? Math.min(DEFAULT_LIMIT, tracesMax) : checkedLimit(Number(given), tracesMax);
}

/** The ids of `traceID`, with 32 digits each. */
export function traceIdsParam(query: URLSearchParams): readonly string[] {
  return [...new Set(query.getAll('traceID').map(traceIdOf))];
}

/** `start` and `end` in microseconds, both within; `lookback` where no start is given. */
export function rangeParams(query: URLSearchParams, nowMs: number): NsRange {
  const end = microsecondsParam(query, 'end');
  const toNs = end === undefined ? ALL_TIME.toNs : (end + 1n) * NS_PER_US;
  const start = microsecondsParam(query, 'start');
  if (start !== undefined) {
    if (start * NS_PER_US >= toNs) throw badData("'end' should be after 'start'");
    return { fromNs: start * NS_PER_US, toNs };
  }
  const lookback = query.get('lookback') ?? '';
  if (lookback === '' || lookback === 'custom') return { fromNs: ALL_TIME.fromNs, toNs };
  const ms = parseDuration(lookback);
  if (typeof ms !== 'number') throw badData(`unable to parse param 'lookback': ${ms.problem}`);
  const fromNs = (end === undefined ? BigInt(nowMs) * NS_PER_MS : toNs) - BigInt(ms) * NS_PER_MS;
  return { fromNs: fromNs < 0n ? 0n : fromNs, toNs };
}

function microsecondsParam(query: URLSearchParams, name: string): bigint | undefined {
  const given = query.get(name) ?? '';
  if (given === '') return undefined;
  if (!MICROSECONDS.test(given))
    throw badData(`unable to parse param '${name}': ${JSON.stringify(given.slice(0, 40))} is no time in microseconds`);
  return BigInt(given);
}

/** `endTs` and `lookback` in milliseconds: the last day where they are not given. */
export function dependencyRange(query: URLSearchParams, nowMs: number): NsRange {
  const end = millisecondsParam(query, 'endTs') ?? BigInt(nowMs);
  const lookback = millisecondsParam(query, 'lookback') ?? DEFAULT_LOOKBACK_MS;
  const from = lookback > end ? 0n : end - lookback;
  return { fromNs: from * NS_PER_MS, toNs: (end + 1n) * NS_PER_MS };
}

function millisecondsParam(query: URLSearchParams, name: string): bigint | undefined {
  const given = query.get(name) ?? '';
  if (given === '') return undefined;
  if (!/^\d{1,12}$|^[1-8]\d{12}$/.test(given))
    throw badData(`unable to parse param '${name}': ${JSON.stringify(given.slice(0, 40))} is no number of milliseconds`);
  return BigInt(given);
}
