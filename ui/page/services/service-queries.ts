// The texts that the pages of services ask: PromQL over the metrics that are made of spans as they come, and TraceQL over the spans themselves.
//
// A service's requests are the spans in which it answers, SERVER and CONSUMER; where it has none (a job that starts by itself), all its spans.

import type { Matcher } from '../../../src/query/matchers.ts';
import { printSelector } from '../../data/selector.ts';
import { quoteText } from '../../data/traceql-text.ts';

/** Which spans are looked at: of all services, of one, of one operation of it. */
export interface Scope {
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
  /** `server`, `client`, …, of the operation. */
  readonly kind?: string | undefined;
}

const CALLS = 'traces_spanmetrics_calls_total';
const LATENCY = 'traces_spanmetrics_latency';
const REQUESTS = 'traces_service_graph_request_total';
const FAILED = 'traces_service_graph_request_failed_total';
const SERVER_SECONDS = 'traces_service_graph_request_server_seconds';
const CLIENT_SECONDS = 'traces_service_graph_request_client_seconds';

export const QUANTILES = [0.5, 0.95, 0.99] as const;

/** In which form latencies are kept; the tenant's settings say which there are. */
export type HistogramForm = 'native' | 'classic';

const ENTRY: Matcher = { name: 'span_kind', op: '=~', value: 'SPAN_KIND_SERVER|SPAN_KIND_CONSUMER' };

function series(metric: string, matchers: readonly Matcher[]): string {
  return printSelector({ metric, matchers });
}

function scopeMatchers({ service, operation, kind }: Scope): readonly Matcher[] {
  return [
    ...(service === undefined ? [] : [{ name: 'service', op: '=' as const, value: service }]),
    ...(operation === undefined ? [] : [{ name: 'span_name', op: '=' as const, value: operation }]),
    ...(kind === undefined ? [] : [{ name: 'span_kind', op: '=' as const, value: `SPAN_KIND_${kind.toUpperCase()}` }]),
  ];
}

/** A window in PromQL. */
function lookBack(windowMs: number): string {
  return `${Math.max(1, Math.round(windowMs / 1000))}s`;
}

/** Calls per second by service, kind and status, and by operation where one service is looked at. */
export function callRates(scope: Scope, windowMs: number, by: readonly string[]): string {
  const labels = ['service', 'span_kind', 'status_code', ...by].join(', ');
  return `sum by (${labels}) (rate(${series(CALLS, scopeMatchers(scope))}[${lookBack(windowMs)}]))`;
}

/** Latency histograms by labels, of the spans that answer requests, or of all spans where there are none of those. */
function latencies(scope: Scope, windowMs: number, by: readonly string[], form: HistogramForm): string {
  const of = (matchers: readonly Matcher[]): string => {
    const metric = form === 'native' ? LATENCY : `${LATENCY}_bucket`;
    const labels = (form === 'native' ? by : [...by, 'le']).join(', ');
    return `sum by (${labels}) (rate(${series(metric, matchers)}[${lookBack(windowMs)}]))`;
  };
  const own = scopeMatchers(scope);
  const entry = of([...own, ENTRY]);
  if (scope.operation !== undefined || by.includes('span_name')) return of(own);
  // A service that answers is counted by its answers alone, also in the buckets that these leave empty.
  return `(${entry} or (${of(own)} unless on (service) sum by (service) (rate(${series(CALLS, [...own, ENTRY])}[${lookBack(windowMs)}]))))`;
}

/** The histograms, in either form, that have exemplars of a scope. */
export function latencySeries(scope: Scope, entry: boolean): string {
  const name: Matcher = { name: '__name__', op: '=~', value: `${LATENCY}(_bucket)?` };
  return series('', [name, ...scopeMatchers(scope), ...(entry ? [ENTRY] : [])]);
}

/** Quantiles of durations in seconds; the label `q` names each. */
export function durationQuantiles(scope: Scope, windowMs: number, by: readonly string[], form: HistogramForm): string {
  return `histogram_quantiles(${latencies(scope, windowMs, by, form)}, "q", ${QUANTILES.join(', ')})`;
}

/** One quantile of durations in seconds. */
export function durationQuantile(scope: Scope, windowMs: number, by: readonly string[], form: HistogramForm): string {
  return `histogram_quantile(0.95, ${latencies(scope, windowMs, by, form)})`;
}

export type EdgeFigure = 'rate' | 'failed' | 'server seconds' | 'client seconds';

const EDGE_METRICS: Readonly<Record<EdgeFigure, string>> = {
  rate: REQUESTS,
  failed: FAILED,
  'server seconds': SERVER_SECONDS,
  'client seconds': CLIENT_SECONDS,
};

const EDGE_LABELS = 'client, server, connection_type';

/** A figure of every edge, or of those at one service. Seconds are the 0.95 quantile. */
export function edgeFigures(figure: EdgeFigure, service: string | undefined, windowMs: number, form: HistogramForm): string {
  const quantile = figure === 'server seconds' || figure === 'client seconds';
  const metric = quantile && form === 'classic' ? `${EDGE_METRICS[figure]}_bucket` : EDGE_METRICS[figure];
  const labels = quantile && form === 'classic' ? `${EDGE_LABELS}, le` : EDGE_LABELS;
  const of = (matchers: readonly Matcher[]): string => `sum by (${labels}) (rate(${series(metric, matchers)}[${lookBack(windowMs)}]))`;
  const at = (side: string): Matcher => ({ name: side, op: '=', value: service ?? '' });
  const all = service === undefined ? of([]) : `(${of([at('client')])} or ${of([at('server')])})`;
  return quantile ? `histogram_quantile(0.95, ${all})` : all;
}

// TraceQL: the same of the spans themselves.

/** More names than this are not written into a query: then all services are asked for. */
const NAMED_MAX = 20;

/** Conditions on spans as one filter; none for none. */
function filter(conditions: readonly string[]): string {
  const all = conditions.filter((condition) => condition !== '');
  return all.length === 0 ? '{ }' : `{ ${all.join(' && ')} }`;
}

function oneOf(services: readonly string[]): string {
  if (services.length === 0 || services.length > NAMED_MAX) return '';
  const each = services.map((name) => `resource.service.name = ${quoteText(name)}`).join(' || ');
  return services.length === 1 ? each : `(${each})`;
}

function named({ operation, kind }: Scope): readonly string[] {
  return [operation === undefined ? '' : `name = ${quoteText(operation)}`, kind === undefined ? '' : `kind = ${kind}`];
}

/** Spans of some services; an empty list stands for all. */
export interface SpanScope {
  readonly services: readonly string[];
  readonly operation?: string | undefined;
  readonly kind?: string | undefined;
  /** Only those that answer. */
  readonly entry: boolean;
}

function spans({ services, entry, ...scope }: SpanScope): string {
  return filter([oneOf(services), ...named(scope), entry ? '(kind = server || kind = consumer)' : '']);
}

const groups = (by: readonly string[]): string => ['resource.service.name', ...by].join(', ');

export function spanRates(scope: SpanScope, by: readonly string[]): string {
  return `${spans(scope)} | rate() by (${groups(['kind', 'status', ...by])})`;
}

export function spanQuantiles(scope: SpanScope, by: readonly string[]): string {
  return `${spans(scope)} | quantile_over_time(duration, ${QUANTILES.join(', ')}) by (${groups(by)})`;
}

/** The spans of a scope as a search finds them. */
export function spanSearch(scope: Scope, condition: string): string {
  return filter([scope.service === undefined ? '' : oneOf([scope.service]), ...named(scope), condition]);
}
