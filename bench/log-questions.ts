// The questions about logs by which servers are compared, in LogQL and in LogsQL, and what an answer comes to.

import { z } from 'zod';

import { type LogLoad, SERVICES } from './log-load.ts';
import type { LogApi } from './log-apis.ts';
import type { ApiQuestion, ApiRequest } from './questions.ts';

const HOUR_MS = 3_600_000;

export type LogQuestion = ApiQuestion<LogApi>;

type Span = Pick<LogLoad, 'startMs' | 'endMs'>;

/** One line by an id that stands in it, among all lines. */
export function needleQuestion(span: Span, id: string): LogQuestion {
  return lines('a needle over everything', span, { logql: `{job=~".+"} |= "${id}"`, logsql: `"${id}"` });
}

export function logQuestions(load: LogLoad): readonly LogQuestion[] {
  const lastHour = { startMs: Math.max(load.startMs, load.endMs - HOUR_MS), endMs: load.endMs };
  const [service = ''] = SERVICES;
  const app = `{app="${service}"}`;
  const metric = (name: string, logql: string, logsql: string): LogQuestion => points(name, lastHour, { logql, logsql });
  return [
    needleQuestion(load, load.probes[Math.floor(load.probes.length / 3)] ?? ''),
    metric('lines by app', 'sum by (app) (count_over_time({job=~".+"} [1m]))', '* | stats by (app) count() lines'),
    metric(
      'rate by level, logfmt',
      `sum by (level) (rate(${app} | logfmt [1m]))`,
      `${app} | unpack_logfmt fields (level) | stats by (level) rate() lines`,
    ),
    metric(
      'a regular expression',
      'sum(count_over_time({job=~".+"} |~ "status=5.. duration=9[0-9]{2}ms" [1m]))',
      '~"status=5.. duration=9[0-9]{2}ms" | stats count() lines',
    ),
    metric(
      'errors by app',
      'sum by (app) (count_over_time({job=~".+"} |= "level=error" [1m]))',
      '"level=error" | stats by (app) count() lines',
    ),
    metric('bytes by app', 'sum by (app) (bytes_over_time({job=~".+"} [1m]))', '* | stats by (app) sum_len(_msg) bytes'),
    metric(
      'p99 of a duration',
      `quantile_over_time(0.99, ${app} | logfmt | unwrap duration_seconds(duration) [1m]) by (app)`,
      `${app} | extract "duration=<took>ms" | stats by (app) quantile(0.99, took) took`,
    ),
    lines('last lines of a stream', load, {
      logql: `{app="${service}", instance="${service}-0"}`,
      logsql: `{app="${service}",instance="${service}-0"}`,
    }),
    lines('last errors of all', load, { logql: '{job=~".+"} | logfmt | status >= 500', logsql: '* | unpack_logfmt | filter status:>=500' }),
    names(
      'values of app',
      load,
      { path: '/loki/api/v1/label/app/values', parameters: {} },
      { path: '/select/logsql/stream_field_values', parameters: { query: '*', field: 'app' } },
    ),
    names(
      'series of an app',
      load,
      { path: '/loki/api/v1/series', parameters: { 'match[]': app } },
      { path: '/select/logsql/streams', parameters: { query: app } },
    ),
  ];
}

interface Texts {
  readonly logql: string;
  readonly logsql: string;
}

function lines(name: string, span: Span, { logql, logsql }: Texts): LogQuestion {
  const limit = '100';
  return {
    name,
    loki: {
      path: '/loki/api/v1/query_range',
      parameters: { query: logql, ...lokiTimes(span), limit, direction: 'backward' },
      count: countResult,
    },
    victorialogs: {
      path: '/select/logsql/query',
      parameters: { query: logsql, ...isoTimes(span), limit },
      count: (body) => body.split('\n').filter(Boolean).length,
    },
  };
}

function points(name: string, span: Span, { logql, logsql }: Texts): LogQuestion {
  return {
    name,
    loki: { path: '/loki/api/v1/query_range', parameters: { query: logql, ...lokiTimes(span), step: '60' }, count: countResult },
    victorialogs: {
      path: '/select/logsql/stats_query_range',
      parameters: { query: logsql, ...isoTimes(span), step: '1m' },
      count: countResult,
    },
  };
}

function names(name: string, span: Span, loki: Omit<ApiRequest, 'count'>, victorialogs: Omit<ApiRequest, 'count'>): LogQuestion {
  return {
    name,
    loki: {
      path: loki.path,
      parameters: { ...loki.parameters, ...lokiTimes(span) },
      count: (body) => listSchema.parse(JSON.parse(body)).data.length,
    },
    victorialogs: {
      path: victorialogs.path,
      parameters: { ...victorialogs.parameters, ...isoTimes(span) },
      count: (body) => valuesSchema.parse(JSON.parse(body)).values.length,
    },
  };
}

function lokiTimes({ startMs, endMs }: Span): Readonly<Record<string, string>> {
  return { start: `${startMs}000000`, end: `${endMs}000000` };
}

function isoTimes({ startMs, endMs }: Span): Readonly<Record<string, string>> {
  return { start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() };
}

const resultSchema = z.object({
  status: z.literal('success'),
  data: z.object({ result: z.array(z.object({ values: z.array(z.unknown()) })) }),
});
const listSchema = z.object({ data: z.array(z.unknown()) });
const valuesSchema = z.object({ values: z.array(z.unknown()) });

/** Lines or points, of all streams or series. */
function countResult(body: string): number {
  return resultSchema.parse(JSON.parse(body)).data.result.reduce((sum, { values }) => sum + values.length, 0);
}
