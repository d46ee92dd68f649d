// The questions about traces by which servers are compared: Tempo's API with TraceQL, and Jaeger's with LogsQL as VictoriaTraces has them.

import { z } from 'zod';

import { SERVICES } from './log-load.ts';
import type { ApiQuestion, ApiRequest } from './questions.ts';
import type { TraceApi } from './trace-apis.ts';
import type { TraceLoad } from './trace-load.ts';

export type TraceQuestion = ApiQuestion<TraceApi>;

type Span = Pick<TraceLoad, 'startMs' | 'endMs'>;

const ABSENT = '0123456789abcdef0123456789abcdef';

/** A trace by its id alone. */
export function traceQuestion(name: string, id: string): TraceQuestion {
  return {
    name,
    tempo: { path: `/api/v2/traces/${id}`, parameters: {}, count: countSpans },
    victoriatraces: { path: `/select/jaeger/api/traces/${id}`, parameters: {}, count: countJaeger },
  };
}

export function traceQuestions(load: TraceLoad): readonly TraceQuestion[] {
  const service = SERVICES[3] ?? '';
  const slow = `{ resource.service.name = "${service}" && duration > 500ms }`;
  const rate = (name: string, traceql: string, logsql: string): TraceQuestion => points(name, load, traceql, logsql);
  return [
    traceQuestion('a trace by its id', load.probes[Math.floor(load.probes.length / 2)] ?? ''),
    traceQuestion('an id that there is not', ABSENT),
    search('slow spans of a service, 20', load, slow, { service, minDuration: '500ms', limit: '20' }),
    search('slow spans of a service, 1,000', load, slow, { service, minDuration: '500ms', limit: '1000' }),
    search('errors below failed requests', load, '{ span.http.status_code = 500 } >> { status = error }', undefined),
    search('spans of a user', load, '{ span.user.id = "u-1234" }', { service, tags: '{"user.id":"u-1234"}', limit: '20' }),
    rate('rate by service', '{ } | rate() by (resource.service.name)', '* | stats by ("resource_attr:service.name") count() c'),
    rate(
      'p99 by service',
      '{ } | quantile_over_time(duration, .99) by (resource.service.name)',
      '* | stats by ("resource_attr:service.name") quantile(0.99, duration) c',
    ),
    rate(
      'rate of errors by service',
      '{ status = error } | rate() by (resource.service.name)',
      'status_code:="2" | stats by ("resource_attr:service.name") count() c',
    ),
    names('services', load, '/api/v2/search/tag/resource.service.name/values', { path: '/select/jaeger/api/services', parameters: {} }),
    names('values of http.status_code', load, '/api/v2/search/tag/span.http.status_code/values', {
      path: '/select/logsql/field_values',
      parameters: { query: '*', field: 'span_attr:http.status_code' },
    }),
    names('names of attributes', load, '/api/v2/search/tags', { path: '/select/logsql/field_names', parameters: { query: '*' } }),
  ];
}

function search(name: string, span: Span, traceql: string, jaeger: Readonly<Record<string, string>> | undefined): TraceQuestion {
  const limit = jaeger?.['limit'] ?? '20';
  const times = { start: `${span.startMs}000`, end: `${span.endMs}000`, lookback: 'custom' };
  return {
    name,
    tempo: { path: '/api/search', parameters: { q: traceql, ...seconds(span), limit }, count: countTraces },
    victoriatraces:
      jaeger === undefined
        ? undefined
        : {
            path: '/select/jaeger/api/traces',
            parameters: { ...jaeger, ...times },
            count: (body) => jaegerSchema.parse(JSON.parse(body)).data.length,
          },
  };
}

function points(name: string, span: Span, traceql: string, logsql: string): TraceQuestion {
  return {
    name,
    tempo: { path: '/api/metrics/query_range', parameters: { q: traceql, ...seconds(span), step: '60s' }, count: countSeries },
    victoriatraces: {
      path: '/select/logsql/stats_query_range',
      parameters: { query: logsql, ...iso(span), step: '1m' },
      count: (body) => promSchema.parse(JSON.parse(body)).data.result.length,
    },
  };
}

function names(name: string, span: Span, tempo: string, victoriatraces: Omit<ApiRequest, 'count'>): TraceQuestion {
  return {
    name,
    tempo: { path: tempo, parameters: seconds(span), count: countNames },
    victoriatraces: { ...victoriatraces, parameters: { ...victoriatraces.parameters, ...iso(span) }, count: countVictoriaNames },
  };
}

function seconds({ startMs, endMs }: Span): Readonly<Record<string, string>> {
  return { start: String(Math.floor(startMs / 1000) - 5), end: String(Math.ceil(endMs / 1000) + 5) };
}

function iso({ startMs, endMs }: Span): Readonly<Record<string, string>> {
  return { start: new Date(startMs - 5000).toISOString(), end: new Date(endMs + 5000).toISOString() };
}

const spansSchema = z.object({ spans: z.array(z.unknown()) });
const groupSchema = z.object({ scopeSpans: z.array(spansSchema) });
const traceSchema = z.object({ trace: z.object({ resourceSpans: z.array(groupSchema) }) });
const searchSchema = z.object({ traces: z.array(z.unknown()) });
const seriesSchema = z.object({ series: z.array(z.unknown()) });
const jaegerSchema = z.object({ data: z.array(z.object({ spans: z.array(z.unknown()) })) });
const promSchema = z.object({ data: z.object({ result: z.array(z.unknown()) }) });
const valuesSchema = z.union([
  z.object({ tagValues: z.array(z.unknown()) }),
  z.object({ scopes: z.array(z.object({ tags: z.array(z.unknown()).default([]) })) }),
]);
const victoriaSchema = z.union([z.object({ values: z.array(z.unknown()) }), z.object({ data: z.array(z.unknown()) })]);

function countSpans(body: string): number {
  // An id that there is not is answered with a text.
  if (!body.startsWith('{')) return 0;
  const { trace } = traceSchema.parse(JSON.parse(body));
  return trace.resourceSpans.reduce((sum, { scopeSpans }) => sum + scopeSpans.reduce((inner, { spans }) => inner + spans.length, 0), 0);
}

function countJaeger(body: string): number {
  return jaegerSchema.parse(JSON.parse(body)).data.reduce((sum, { spans }) => sum + spans.length, 0);
}

function countTraces(body: string): number {
  return searchSchema.parse(JSON.parse(body)).traces.length;
}

function countSeries(body: string): number {
  return seriesSchema.parse(JSON.parse(body)).series.length;
}

function countNames(body: string): number {
  const answer = valuesSchema.parse(JSON.parse(body));
  return 'tagValues' in answer ? answer.tagValues.length : answer.scopes.reduce((sum, { tags }) => sum + tags.length, 0);
}

function countVictoriaNames(body: string): number {
  const answer = victoriaSchema.parse(JSON.parse(body));
  return 'values' in answer ? answer.values.length : answer.data.length;
}
