// `/loki/api/v1/query_range`, `query` and the older `/api/prom/query`: LogQL over HTTP.
//
// Source: Loki HTTP API documentation, "Query logs".

import { printDuration } from '../base/duration.ts';
import { RequestError } from '../base/request-error.ts';
import type { ReadContext } from '../metrics/read.ts';
import { piecesReply, successReply } from '../metrics/result-json.ts';
import { warnWhenSlow } from '../metrics/slow-query-log.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { type LogsApiOptions, checkedLength, getAndPost, leastOf } from './api-context.ts';
import { badData, floorMs, instantQueryParams, parseLogQuery, rangeQueryParams } from './api-params.ts';
import { type Expr, type LogExpr, isMetric } from './logql/ast.ts';
import { parseLogql } from './logql/parse.ts';
import type { LogQuery, LogQueryAnswer, QueryCosts } from './query-result.ts';
import { queryStats } from './query-stats-json.ts';
import { encodingFlags, entriesIn, legacyStreams, printRfc3339, queryData } from './result-json.ts';
import { thinnedLines } from './thin-lines.ts';

const FLAGS_HEADER = 'x-loki-response-encoding-flags';

/** The routes of queries. */
export function queryRoutes(options: LogsApiOptions): readonly Route[] {
  const flagged = [
    ...getAndPost('/loki/api/v1/query_range', 'Evaluates a LogQL query over a range of time.', (request) => rangeQuery(options, request)),
    ...getAndPost('/loki/api/v1/query', 'Evaluates a LogQL metric query at one time.', (request) => instantQuery(options, request)),
  ];
  return [
    ...flagged.map((route) => ({ ...route, headers: [FLAGS_HEADER] })),
    ...getAndPost('/api/prom/query', 'Lines of a LogQL query, in the older form.', (request) => legacyQuery(options, request)),
  ];
}

async function rangeQuery(options: LogsApiOptions, request: Request): Promise<Reply> {
  const { intervalNs, ...query } = rangeQueryParams(request.query, options.clock.now());
  const expr = parsed(options, request, query.text);
  return queryReply(await run(options, request, { expr, query, intervalNs }), request);
}

async function instantQuery(options: LogsApiOptions, request: Request): Promise<Reply> {
  const query = instantQueryParams(request.query, options.clock.now());
  const expr = parsed(options, request, query.text);
  if (!isMetric(expr))
    throw badData('log queries are not supported as an instant query type, please change your query to a range query type');
  return queryReply(await run(options, request, { expr, query }), request);
}

async function legacyQuery(options: LogsApiOptions, request: Request): Promise<Reply> {
  const { intervalNs, ...query } = rangeQueryParams(request.query, options.clock.now());
  const regexp = request.query.get('regexp') ?? '';
  const expr = parsed(options, request, query.text);
  if (isMetric(expr)) throw badData('legacy endpoints only support streams result type');
  const answer = await run(options, request, { expr: regexp === '' ? expr : filtered(expr, regexp), query, intervalNs });
  const { value } = answer.answer;
  return piecesReply(legacyStreams(value.kind === 'streams' ? value.entries : [], statsJson(answer, request)));
}

/** The query with a filter behind it, which stands nowhere in its text. */
function filtered(expr: LogExpr, regexp: string): LogExpr {
  const place = { from: expr.to, to: expr.to };
  const filter = { ...place, kind: 'line_filter', op: '|~', alternatives: [{ ...place, kind: 'text', value: regexp }] } as const;
  return { ...expr, stages: [...expr.stages, filter] };
}

function parsed(options: LogsApiOptions, request: Request, text: string): Expr {
  return parseLogql(checkedLength(options, request, text));
}

interface Asked {
  readonly expr: Expr;
  readonly query: LogQuery;
  readonly intervalNs?: bigint;
}

export interface Answered {
  readonly context: ReadContext;
  readonly answer: LogQueryAnswer;
}

async function run(options: LogsApiOptions, request: Request, asked: Asked): Promise<Answered> {
  const { expr, query } = asked;
  if (!isMetric(expr)) checkEntries(options, request.tenants, query.limit);
  checkRange(options, request.tenants, query);
  const begunMs = performance.now();
  let outcome = 'ok';
  let costs: Partial<QueryCosts> = {};
  try {
    const answered = await evaluated(options, request, asked);
    costs = answered.answer.costs;
    return answered;
  } catch (error) {
    outcome = error instanceof RequestError ? error.code : 'internal';
    throw error;
  } finally {
    const { linesProcessed: lines, bytesProcessed: bytes, streams } = costs;
    const range = { start: printRfc3339(query.startNs), end: printRfc3339(query.endNs) };
    const evaluationMs = performance.now() - begunMs;
    warnWhenSlow(options, request, {
      text: query.text,
      evaluationMs,
      waitedMs: request.waitedMs ?? 0,
      fields: { ...range, outcome, lines, bytes, streams },
    });
  }
}

async function evaluated(options: LogsApiOptions, request: Request, { expr, query, intervalNs = 0n }: Asked): Promise<Answered> {
  const context = await options.contexts.read(request);
  const evaluate = (asked: LogQuery): Promise<LogQueryAnswer> => options.runQuery(context, expr, asked);
  const answer = intervalNs > 0n && !isMetric(expr) ? await thinnedLines(evaluate, query, intervalNs) : await evaluate(query);
  return { context, answer };
}

/** The lines that a query for lines gives, as other routes look at them. */
export async function queryLines(options: LogsApiOptions, request: Request, query: LogQuery): Promise<Answered> {
  return run(options, request, { expr: parseLogQuery(checkedLength(options, request, query.text)), query });
}

function queryReply(answered: Answered, request: Request): Reply {
  const { context, answer } = answered;
  const flags = encodingFlags(request.headers[FLAGS_HEADER]);
  const warnings = [...new Set([...context.warnings, ...answer.warnings])];
  return successReply(queryData(answer.value, flags, statsJson(answered, request)), { warnings, infos: [] });
}

function statsJson({ answer: { value, costs } }: Answered, { waitedMs = 0 }: Request): string {
  return JSON.stringify(queryStats(costs, entriesIn(value), costs.queueMs + waitedMs));
}

/** Refuses to look for more lines than the tenants' queries may ask for. */
function checkEntries(options: LogsApiOptions, tenants: readonly string[], limit: number): void {
  const most = leastOf(options, tenants, ({ logs }) => logs.entriesMax);
  if (limit <= most) return;
  throw badData(
    `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${most}); the setting is limits.logs.entriesMax`,
  );
}

function checkRange(options: LogsApiOptions, tenants: readonly string[], { startNs, endNs }: LogQuery): void {
  const rangeMax = leastOf(options, tenants, ({ query }) => (query.rangeMax === 0 ? Number.POSITIVE_INFINITY : query.rangeMax));
  const asked = floorMs(endNs - startNs);
  if (asked <= rangeMax) return;
  throw badData(
    `the query time range exceeds the limit (query length: ${printDuration(asked)}, limit: ${printDuration(rangeMax)}; limits.query.rangeMax)`,
  );
}
