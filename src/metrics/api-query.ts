// `/api/v1/query`, `query_range`, `format_query`, `parse_query`: PromQL over HTTP.
//
// Source: Prometheus HTTP API documentation, "Expression queries".

import { RequestError } from '../base/request-error.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { json } from '../server/route.ts';
import { type MetricsApiOptions, getAndPost, readContext } from './api-context.ts';
import { durationParam, invalidParameter, limitParam, limited, requiredTime, timeParam, withParameter } from './api-params.ts';
import { type Expr } from './promql/ast.ts';
import { exprJson } from './promql/ast-json.ts';
import { type Value, evaluate, requireRangeType } from './promql/eval.ts';
import { parseExpr } from './promql/parse.ts';
import { formatExpr } from './promql/print.ts';
import { Annotations } from './promql/annotations.ts';
import type { Steps } from './promql/evaluation.ts';
import { beginEvaluation, instant } from './promql/query-evaluation.ts';
import { QueryStats } from './promql/query-stats.ts';
import { type Annotations as Notes, instantData, rangeData, seriesOf, successReply } from './result-json.ts';

/** Points per series that a range query may draw. */
export const RANGE_POINTS_MAX = 11_000;

/** The routes of expression queries. */
export function queryRoutes(options: MetricsApiOptions): readonly Route[] {
  return [
    ...getAndPost('/api/v1/query', 'Evaluates a PromQL expression at one time.', (request) => instantQuery(options, request)),
    ...getAndPost('/api/v1/query_range', 'Evaluates a PromQL expression over a range of time.', (request) => rangeQuery(options, request)),
    ...getAndPost('/api/v1/format_query', 'Lays a PromQL expression out for people.', (request) => {
      return json({ status: 'success', data: formatExpr(parsedQuery(request)) });
    }),
    ...getAndPost('/api/v1/parse_query', 'The syntax tree of a PromQL expression.', (request) => {
      return json({ status: 'success', data: exprJson(parsedQuery(request)) });
    }),
  ];
}

function parsedQuery({ query }: Request): Expr {
  return withParameter('query', () => parseExpr(query.get('query') ?? ''));
}

async function instantQuery(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const limit = limitParam(request.query);
  const atMs = timeParam(request.query, 'time', options.clock.now());
  if (!Number.isFinite(atMs)) throw invalidParameter('time', 'is out of range');
  const run = await evaluated(options, request, { steps: instant(atMs), expr: parsedQuery(request), limit });
  return successReply(instantData(run.value, run.steps, run.stats), run.annotations);
}

async function rangeQuery(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const limit = limitParam(request.query);
  const steps = stepsOf(request.query);
  const expr = parsedQuery(request);
  requireRangeType(expr);
  const run = await evaluated(options, request, { steps, expr, limit });
  return successReply(rangeData(run.value, run.steps, run.stats), run.annotations);
}

/** The steps of a range query. Throws `bad_data` in Prometheus's words. */
export function stepsOf(query: URLSearchParams): Steps {
  const startMs = requiredTime(query, 'start');
  const endMs = requiredTime(query, 'end');
  if (!Number.isFinite(startMs)) throw invalidParameter('start', 'is out of range');
  if (!Number.isFinite(endMs)) throw invalidParameter('end', 'is out of range');
  if (endMs < startMs) throw invalidParameter('end', 'end timestamp must not be before start time');
  const stepMs = durationParam(query, 'step');
  if (stepMs === undefined) throw invalidParameter('step', 'cannot parse "" to a valid duration');
  if (stepMs <= 0) throw invalidParameter('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer');
  if ((endMs - startMs) / stepMs > RANGE_POINTS_MAX) {
    throw new RequestError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  return { startMs, endMs, stepMs, count: Math.floor((endMs - startMs) / stepMs) + 1 };
}

interface Run {
  readonly value: Value;
  readonly steps: Steps;
  readonly stats: string;
  readonly annotations: Notes;
}

interface Asked {
  readonly steps: Steps;
  readonly expr: Expr;
  readonly limit: number;
}

async function evaluated(options: MetricsApiOptions, request: Request, { steps, expr, limit }: Asked): Promise<Run> {
  const lookbackMs = durationParam(request.query, 'lookback_delta') ?? options.evaluation().lookbackMs;
  if (lookbackMs <= 0) throw invalidParameter('lookback_delta', 'must be positive');
  const read = await readContext(options, request);
  const counted = new QueryStats(steps, request.query.get('stats') === 'all');
  const annotations = new Annotations(request.query.get('query') ?? '');
  const settings = { ...options.evaluation(), lookbackMs };
  const begunMs = performance.now();
  const value = await evaluate(expr, beginEvaluation({ read, steps, settings, annotations, stats: counted }));
  const cut = limitedValue(value, limit);
  const stats = (request.query.get('stats') ?? '') === '' ? '' : statsJson((performance.now() - begunMs) / 1000, counted, cut.value, steps);
  const warnings = [...read.warnings, ...annotations.lines('warning'), ...cut.warnings];
  return { value: cut.value, steps, stats, annotations: { warnings, infos: annotations.lines('info') } };
}

function limitedValue(value: Value, limit: number): { readonly value: Value; readonly warnings: readonly string[] } {
  if (value.kind !== 'vector' && value.kind !== 'matrix') return { value, warnings: [] };
  const { kept, warnings } = limited(value.series, limit);
  return { value: { ...value, series: kept }, warnings };
}

function statsJson(seconds: number, { samples }: QueryStats, value: Value, steps: Steps): string {
  const peakSamples = seriesOf(value, steps).reduce((sum, series) => sum + series.times.length + series.histograms.length, 0);
  return JSON.stringify({
    timings: {
      evalTotalTime: seconds,
      resultSortTime: 0,
      queryPreparationTime: 0,
      innerEvalTime: seconds,
      execQueueTime: 0,
      execTotalTime: seconds,
    },
    samples: { totalQueryableSamples: samples, peakSamples },
  });
}
