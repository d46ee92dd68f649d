// `/api/v1/query`, `query_range`, `format_query`, `parse_query`: PromQL over HTTP.
//
// Source: Prometheus HTTP API documentation, "Expression queries".

import { RequestError } from '../base/request-error.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { json } from '../server/route.ts';
import { type MetricsApiOptions, getAndPost } from './api-context.ts';
import { durationParam, invalidParameter, limitParam, requiredTime, timeParam, withParameter } from './api-params.ts';
import { type Expr } from './promql/ast.ts';
import { exprJson } from './promql/ast-json.ts';
import { requireRangeType } from './promql/eval/eval.ts';
import type { Steps } from './promql/steps/evaluation.ts';
import { parseExpr } from './promql/parse.ts';
import { formatExpr } from './promql/print.ts';
import { instant } from './promql/eval/query-evaluation.ts';
import type { QueryStats } from './promql/eval/query-stats.ts';
import { queryStatsJson } from './query-stats-json.ts';
import { instantData, rangeData, successReply } from './result-json.ts';
import { checkLength, runQuery } from './run-query.ts';

/** Points per series that a range query may draw. */
export const RANGE_POINTS_MAX = 11_000;

/** The routes of expression queries. */
export function queryRoutes(options: MetricsApiOptions): readonly Route[] {
  return [
    ...getAndPost('/api/v1/query', 'Evaluates a PromQL expression at one time.', (request) => instantQuery(options, request)),
    ...getAndPost('/api/v1/query_range', 'Evaluates a PromQL expression over a range of time.', (request) => rangeQuery(options, request)),
    ...getAndPost('/api/v1/format_query', 'Lays a PromQL expression out for people.', (request) => {
      return json({ status: 'success', data: formatExpr(parsedQuery(options, request).expr) });
    }),
    ...getAndPost('/api/v1/parse_query', 'The syntax tree of a PromQL expression.', (request) => {
      return json({ status: 'success', data: exprJson(parsedQuery(options, request).expr) });
    }),
  ];
}

function parsedQuery(options: MetricsApiOptions, request: Request): { readonly text: string; readonly expr: Expr } {
  const text = request.query.get('query') ?? '';
  checkLength(options, request, text);
  return { text, expr: withParameter('query', () => parseExpr(text)) };
}

async function instantQuery(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const limit = limitParam(request.query);
  const atMs = timeParam(request.query, 'time', options.clock.now());
  if (!Number.isFinite(atMs)) throw invalidParameter('time', 'is out of range');
  const steps = instant(atMs);
  const { value, notes, stats } = await runQuery(options, request, { ...parsedQuery(options, request), steps, limit });
  return successReply(instantData(value, steps, askedStats(request, stats, steps)), notes);
}

async function rangeQuery(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const limit = limitParam(request.query);
  const steps = stepsOf(request.query);
  const parsed = parsedQuery(options, request);
  requireRangeType(parsed.expr);
  const { value, notes, stats } = await runQuery(options, request, { ...parsed, steps, limit });
  return successReply(rangeData(value, steps, askedStats(request, stats, steps)), notes);
}

/** `stats=all` shows counts per step besides; any other value but the empty one shows the rest. */
function askedStats({ query }: Request, stats: QueryStats, steps: Steps): string {
  return (query.get('stats') ?? '') === '' ? '' : queryStatsJson(stats, steps);
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
  if (Math.floor((endMs - startMs) / stepMs) > RANGE_POINTS_MAX) {
    throw new RequestError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  return { startMs, endMs, stepMs, count: Math.floor((endMs - startMs) / stepMs) + 1 };
}
