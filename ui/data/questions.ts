// The questions that pages ask, each as data; useAnswer puts them to the server.

import type { Params, Question } from './api.ts';
import { decodeCardinality, decodeConfig, decodeFacts, decodeMatrix, decodeMetadata, decodeStrings, decodeTargets } from './decode.ts';
import type { Cardinality, MetricMeta, Targets } from './decode.ts';
import { decodeInstant, decodeRange } from './query-result.ts';
import type { InstantResult, RangeResult } from './query-result.ts';
import type { RawSeries } from './samples.ts';
import type { Span } from './time-range.ts';

/** More series than this are not sent to a browser; the server says so in a warning. */
const FETCHED_SERIES_MAX = 2000;
/** Rows of a cardinality table, and the metrics whose series are counted in the list of names. */
const CARDINALITY_ROWS = 1000;

const seconds = (ms: number): string => String(ms / 1000);

function rangeParams(span: Span): Params {
  return [
    ['start', seconds(span.startMs)],
    ['end', seconds(span.endMs)],
  ];
}

export function metricNames(span: Span): Question<readonly string[]> {
  return { path: 'label/__name__/values', params: rangeParams(span), decode: decodeStrings };
}

export const metadata: Question<ReadonlyMap<string, MetricMeta>> = { path: 'metadata', params: [], decode: decodeMetadata };

export const cardinality: Question<Cardinality> = {
  path: 'status/tsdb',
  params: [['limit', String(CARDINALITY_ROWS)]],
  decode: decodeCardinality,
};

export const targets: Question<Targets> = { path: 'targets', params: [], decode: decodeTargets };

export function facts(path: 'status/buildinfo' | 'status/runtimeinfo' | 'status/flags'): Question<readonly (readonly [string, string])[]> {
  return { path, params: [], decode: decodeFacts };
}

export const config: Question<string> = { path: 'status/config', params: [], decode: decodeConfig };

/** Labels and values offered to choose from; who wants others types them. */
export const LISTED_VALUES_MAX = 1000;

function matchParams(selectors: readonly string[]): Params {
  return selectors.map((selector) => ['match[]', selector]);
}

/** The labels of the series that any of the selectors chooses; of all series when there is none. */
export function labelNames(selectors: readonly string[], span: Span): Question<readonly string[]> {
  const params: Params = [...matchParams(selectors), ...rangeParams(span), ['limit', String(LISTED_VALUES_MAX)]];
  return { path: 'labels', params, decode: decodeStrings };
}

export function labelValues(label: string, selectors: readonly string[], span: Span): Question<readonly string[]> {
  const params: Params = [...matchParams(selectors), ...rangeParams(span), ['limit', String(LISTED_VALUES_MAX)]];
  return { path: `label/${encodeURIComponent(label)}/values`, params, decode: decodeStrings };
}

/** A query over time, of at most so many series. */
export function range(query: string, span: Span, stepMs: number, seriesMax = FETCHED_SERIES_MAX): Question<readonly RawSeries[]> {
  const params: Params = [['query', query], ...rangeParams(span), ['step', seconds(stepMs)], ['limit', String(seriesMax)]];
  return { path: 'query_range', params, decode: decodeMatrix };
}

/** A query over time with what the server did for it. */
export function queryRange(query: string, span: Span, stepMs: number): Question<RangeResult> {
  return { ...range(query, span, stepMs), params: [...range(query, span, stepMs).params, ['stats', '1']], decode: decodeRange };
}

/** A query at one time. */
export function queryInstant(query: string, atMs: number): Question<InstantResult> {
  const params: Params = [
    ['query', query],
    ['time', seconds(atMs)],
    ['limit', String(FETCHED_SERIES_MAX)],
    ['stats', '1'],
  ];
  return { path: 'query', params, decode: decodeInstant };
}
