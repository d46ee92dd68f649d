// The parameters of the third version of Jaeger's query API: times as RFC 3339, durations as Go writes them, attributes as JSON.
//
// Names are those of its messages (`query.serviceName`), and the older ones with underscores (`query.service_name`).
// Source: Jaeger `cmd/jaeger/internal/extension/jaegerquery/internal/apiv3/query_parser.go`. Other than there, `query.attributes[key]=value`,
// which is how gRPC gateways write maps, is read too.

import { Buffer } from 'node:buffer';
import { ALL_TIME, badData, checkedLimit, goBool, goDurationNs, traceIdOf } from '../api/params.ts';
import type { NsRange } from '../catalogue.ts';
import { DEFAULT_LIMIT, type JaegerSearch, tagsOfJson } from './query-params.ts';

export interface FindParams {
  readonly search: JaegerSearch;
  readonly range: NsRange;
  readonly limit: number;
  readonly isRaw: boolean;
}

const NS_PER_MS = 1_000_000n;
const UINT32_MAX = 2 ** 32 - 1;
const RFC_3339 = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:[.,](\d{1,18}))?(Z|[ +-]\d\d:\d\d)$/;
const ATTRIBUTE = /^query\.attributes\[(.+)\]$/s;
/** What a search may ask of some stores of the peer, and not of this one. */
const UNSUPPORTED = ['query.filter', 'query.pagination.pageSize', 'query.pagination.pageToken'];

/** A parameter that was given, under the name that it was given by. */
interface Given {
  readonly name: string;
  readonly text: string;
}

function given(query: URLSearchParams, names: readonly string[]): Given | undefined {
  for (const name of names) {
    const text = query.get(name) ?? '';
    if (text !== '') return { name, text };
  }
  return undefined;
}

function malformed({ name, text }: Given, problem: string): Error {
  return badData(`malformed parameter ${name}: ${JSON.stringify(text.slice(0, 100))} ${problem}`);
}

/** The first parameter that asks for what there is not. */
export function unsupportedParam(query: URLSearchParams): string | undefined {
  return UNSUPPORTED.find((name) => (query.get(name) ?? '') !== '');
}

/** The parameters of a search. Throws `bad_data` where a time is missing or a parameter is malformed. */
export function findParams(query: URLSearchParams, tracesMax: number): FindParams {
  return {
    search: {
      service: textParam(query, ['query.serviceName', 'query.service_name']),
      operation: textParam(query, ['query.operationName', 'query.operation_name']),
      tags: attributesParam(query),
      minDurationNs: durationParam(query, ['query.durationMin', 'query.duration_min']),
      maxDurationNs: durationParam(query, ['query.durationMax', 'query.duration_max']) || undefined,
    },
    range: rangeParam(query),
    limit: depthParam(query, tracesMax),
    isRaw: rawParam(query, ['query.rawTraces', 'query.raw_traces']),
  };
}

export function textParam(query: URLSearchParams, names: readonly string[]): string {
  return given(query, names)?.text ?? '';
}

function attributesParam(query: URLSearchParams): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  const text = query.get('query.attributes') ?? '';
  if (text !== '') for (const [key, value] of tagsOfJson(text, 'parameter query.attributes')) attributes.set(key, value);
  for (const [name, value] of query) {
    const key = ATTRIBUTE.exec(name)?.[1];
    if (key !== undefined) attributes.set(key, value);
  }
  return attributes;
}

function durationParam(query: URLSearchParams, names: readonly string[]): bigint | undefined {
  const found = given(query, names);
  if (found === undefined) return undefined;
  const ns = goDurationNs(found.text);
  if (ns === undefined) throw malformed(found, 'is no duration');
  return ns;
}

/** The time of a search, which must be there: its start within, its end not. */
function rangeParam(query: URLSearchParams): NsRange {
  const fromNs = timeParam(query, ['query.startTimeMin', 'query.start_time_min']);
  const toNs = timeParam(query, ['query.startTimeMax', 'query.start_time_max']);
  if (fromNs === undefined || toNs === undefined)
    throw badData('min and max start time are required: query.startTimeMin and query.startTimeMax');
  return ordered({ fromNs, toNs }, 'query.startTimeMax must be after query.startTimeMin');
}

/** The time of dependencies, which must be there. */
export function dependencyRange(query: URLSearchParams): NsRange {
  const fromNs = timeParam(query, ['startTime', 'start_time']);
  if (fromNs === undefined) throw badData('parameter startTime is required');
  const toNs = timeParam(query, ['endTime', 'end_time']);
  if (toNs === undefined) throw badData('parameter endTime is required');
  return ordered({ fromNs, toNs }, 'endTime must be after startTime');
}

/** When a trace was, where that is said. */
export function traceRange(query: URLSearchParams): NsRange | undefined {
  const fromNs = timeParam(query, ['startTime', 'start_time']);
  const toNs = timeParam(query, ['endTime', 'end_time']);
  if (fromNs === undefined && toNs === undefined) return undefined;
  return ordered({ fromNs: fromNs ?? ALL_TIME.fromNs, toNs: toNs ?? ALL_TIME.toNs }, 'endTime must be after startTime');
}

function ordered(range: NsRange, problem: string): NsRange {
  if (range.toNs <= range.fromNs) throw badData(problem);
  return range;
}

/** Nanoseconds since the epoch. A time that lies outside of what can be stored is the nearest that does not. */
function timeParam(query: URLSearchParams, names: readonly string[]): bigint | undefined {
  const found = given(query, names);
  if (found === undefined) return undefined;
  const [, date, clock, fraction = '', zone] = RFC_3339.exec(found.text) ?? [];
  // Clients that do not encode the sign of a zone send what reads as a space.
  const ms = Date.parse(`${date}T${clock}${zone?.replace(' ', '+')}`);
  if (Number.isNaN(ms)) throw malformed(found, 'is no time as RFC 3339 has it');
  const ns = BigInt(ms) * NS_PER_MS + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  if (ns < ALL_TIME.fromNs) return ALL_TIME.fromNs;
  return ns > ALL_TIME.toNs ? ALL_TIME.toNs : ns;
}

function depthParam(query: URLSearchParams, tracesMax: number): number {
  const found = given(query, ['query.searchDepth', 'query.search_depth', 'query.num_traces']);
  if (found !== undefined && !(/^\d{1,10}$/.test(found.text) && Number(found.text) <= UINT32_MAX))
    throw malformed(found, 'is no whole number of 32 bits');
  const depth = Number(found?.text ?? 0);
  return depth === 0 ? Math.min(DEFAULT_LIMIT, tracesMax) : checkedLimit(depth, tracesMax);
}

/** Whether traces are asked for as they came. */
export function rawParam(query: URLSearchParams, names: readonly string[]): boolean {
  const found = given(query, names);
  const isRaw = found === undefined ? false : goBool(found.text);
  if (found !== undefined && isRaw === undefined) throw malformed(found, 'is neither true nor false');
  return isRaw === true;
}

/** A trace's id as 32 lower-case hex digits: given so, shorter, or in base64, as JSON of protobuf has it. */
export function traceIdParam(text: string): string {
  if (/^[A-Za-z0-9+/]{22}(?:==)?$/.test(text) && !/^[0-9a-fA-F]+$/.test(text)) return Buffer.from(text, 'base64').toString('hex');
  if (!/^[0-9a-fA-F]{1,32}$/.test(text)) throw malformed({ name: 'trace_id', text }, 'is no id of a trace');
  return traceIdOf(text);
}
