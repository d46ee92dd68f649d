// The questions about traces, to Tempo's interface, each as data; useAnswer puts them to the server.
//
// Source: Tempo HTTP API documentation, "Search", "Search tags V2", "Search tag values V2", "TraceQL Metrics".

import { isRecord } from './api.ts';
import type { Params, Question } from './api.ts';
import type { Span } from './time-range.ts';
import { decodeInstantSeries, decodeTraceMetrics } from './trace-metrics.ts';
import type { InstantSeries, TraceMetrics } from './trace-metrics.ts';
import { decodeSearch } from './trace-search.ts';
import type { SearchResult } from './trace-search.ts';

/** Spans of each trace that come with a search; a trace's own page has them all. */
export const SPANS_SHOWN = 10;
/** Values that completion and the builder list. */
const LISTED_VALUES_MAX = 500;
/** Diamonds that a person tells apart. */
const EXEMPLARS_MAX = 20;

/** Whole seconds around a span, which is what searches take. */
function secondsParams({ startMs, endMs }: Span): Params {
  return [
    ['start', String(Math.floor(startMs / 1000))],
    ['end', String(Math.ceil(endMs / 1000))],
  ];
}

export function traceSearch(query: string, span: Span, limit: number): Question<SearchResult> {
  const params: Params = [['q', query], ...secondsParams(span), ['limit', String(limit)], ['spss', String(SPANS_SHOWN)]];
  return { path: '/api/search', params, decode: decodeSearch };
}

/** A metrics query over time: points at the ends of whole steps. */
export function traceRange(query: string, span: Span, stepMs: number): Question<TraceMetrics> {
  const params: Params = [['q', query], ...secondsParams(span), ['step', String(stepMs / 1000)], ['exemplars', String(EXEMPLARS_MAX)]];
  return { path: '/api/metrics/query_range', params, decode: decodeTraceMetrics };
}

/** A metrics query over all of a span, one value for each series. */
export function traceInstant(query: string, span: Span): Question<readonly InstantSeries[]> {
  return { path: '/api/metrics/query', params: [['q', query], ...secondsParams(span)], decode: decodeInstantSeries };
}

export interface ScopeTags {
  /** `resource`, `span`, `event`, `link`, `instrumentation`, or `intrinsic`. */
  readonly scope: string;
  readonly tags: readonly string[];
}

/** Names of attributes by scope. */
export function traceTags(span: Span): Question<readonly ScopeTags[]> {
  return {
    path: '/api/v2/search/tags',
    params: secondsParams(span),
    decode: (data) => {
      const scopes = isRecord(data) ? data['scopes'] : undefined;
      if (scopes === null || scopes === undefined) return [];
      if (!Array.isArray(scopes)) throw new Error('expected scopes to be a list');
      return scopes.filter(isRecord).map(({ name, tags }) => ({ scope: String(name), tags: Array.isArray(tags) ? tags.map(String) : [] }));
    },
  };
}

export interface TagValue {
  /** `string`, `int`, `float`, `bool`, `duration`, or `keyword`. */
  readonly type: string;
  readonly value: string;
}

/** Values of a field as TraceQL spells it, of the spans that `query` chooses; of all where it is empty. */
export function traceValues(field: string, query: string, span: Span): Question<readonly TagValue[]> {
  const params: Params = [...secondsParams(span), ['limit', String(LISTED_VALUES_MAX)]];
  return {
    path: `/api/v2/search/tag/${encodeURIComponent(field)}/values`,
    params: query === '' ? params : [['q', query], ...params],
    decode: (data) => {
      const values = isRecord(data) ? data['tagValues'] : undefined;
      if (values === null || values === undefined) return [];
      if (!Array.isArray(values)) throw new Error('expected tagValues to be a list');
      return values.filter(isRecord).map(({ type, value }) => ({ type: String(type), value: String(value) }));
    },
  };
}
