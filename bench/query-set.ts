// The questions that dashboards ask, and what an answer comes to: how many series and points, and their sum.
//
//   the load's times ─▶ eleven requests, by name ─▶ (asked elsewhere) ─▶ a summary that two servers' answers can be compared by

import { z } from 'zod';

import { DURATION_METRIC, JOBS, MEMORY_METRIC, REQUESTS_METRIC } from './fleet.ts';
import { ONE_SERIES } from './load.ts';

const HOUR_S = 3600;

/** A request below the base of the query API. */
export interface Question {
  readonly name: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What an answer holds. Points and sum are 0 for lists of names; the sum leaves out what is not finite. */
export interface Summary {
  readonly series: number;
  readonly points: number;
  readonly sum: number;
}

/** From the first to the last scrape, in seconds. */
export interface Span {
  readonly startS: number;
  readonly endS: number;
}

export function rangeQuestion(name: string, query: string, { startS, endS }: Span, stepS: number): Question {
  return { name, path: '/query_range', parameters: { query, start: String(startS), end: String(endS), step: String(stepS) } };
}

export function instantQuestion(name: string, query: string, { endS }: Span): Question {
  return { name, path: '/query', parameters: { query, time: String(endS) } };
}

export function listQuestion(name: string, path: string, { startS, endS }: Span, more: Readonly<Record<string, string>> = {}): Question {
  return { name, path, parameters: { ...more, start: String(startS), end: String(endS) } };
}

/** The set by which the servers are compared: over all of the load at a step of a minute, unless a name says otherwise. */
export function questions(span: Span): readonly Question[] {
  const rates = `rate(${REQUESTS_METRIC}[5m])`;
  const errors = `rate(${REQUESTS_METRIC}{status=~"5.."}[5m])`;
  const buckets = `${DURATION_METRIC}_bucket`;
  const lastHour = { startS: Math.max(span.startS, span.endS - HOUR_S), endS: span.endS };
  const someJobs = JOBS.slice(0, JOBS.length / 2).join('|');
  return [
    rangeQuestion('sum(rate)', `sum(${rates})`, span, 60),
    rangeQuestion('sum by (job)(rate)', `sum by (job) (${rates})`, span, 60),
    rangeQuestion('histogram_quantile', `histogram_quantile(0.99, sum by (le) (rate(${buckets}[5m])))`, span, 60),
    rangeQuestion('error ratio by job', `sum by (job) (${errors}) / sum by (job) (${rates})`, span, 60),
    instantQuestion('topk(10, rate) instant', `topk(10, ${rates})`, span),
    rangeQuestion('one series', ONE_SERIES, span, 60),
    rangeQuestion('100 series, 1 h at 15 s', `${buckets}{job=~"${someJobs}",le="0.5"}`, lastHour, 15),
    rangeQuestion('max_over_time of gauges', `max by (job) (max_over_time(${MEMORY_METRIC}[10m]))`, span, 60),
    listQuestion('values of instance', '/label/instance/values', span),
    listQuestion('label names', '/labels', span),
    listQuestion('series of a job', '/series', span, { 'match[]': `{job="${JOBS[0]}"}` }),
  ];
}

const point = z.tuple([z.number(), z.string()]);
const answerSchema = z.object({
  status: z.literal('success'),
  data: z.union([
    z.object({ result: z.array(z.object({ value: point.optional(), values: z.array(point).optional() })) }),
    z.array(z.unknown()),
  ]),
});

/** Reads an answer. Throws when it is none of the API's. */
export function summarize(body: string): Summary {
  const { data } = answerSchema.parse(JSON.parse(body));
  if (Array.isArray(data)) return { series: data.length, points: 0, sum: 0 };
  let points = 0;
  let sum = 0;
  for (const { value, values = [] } of data.result)
    for (const [, text] of value === undefined ? values : [value]) {
      points++;
      if (Number.isFinite(Number(text))) sum += Number(text);
    }
  return { series: data.result.length, points, sum };
}
