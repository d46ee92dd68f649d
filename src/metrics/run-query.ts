// One query from its parsed expression to its value: within its tenants' limits, its costs counted, in the log when it was slow.
//
//   api-query.ts ─(expression, steps)─▶ limits ─▶ evaluation ─▶ value, annotations, costs ─▶ result-json.ts

import { printByteSize } from '../base/byte-size.ts';
import { printDuration } from '../base/duration.ts';
import { RequestError } from '../base/request-error.ts';
import type { Request } from '../server/route.ts';
import { type MetricsApiOptions, leastLimit, readContext } from './api-context.ts';
import { durationParam, limited } from './api-params.ts';
import { Annotations } from './promql/steps/annotations.ts';
import type { Expr } from './promql/ast.ts';
import { type Value, evaluate } from './promql/eval/eval.ts';
import type { Steps } from './promql/steps/evaluation.ts';
import { beginEvaluation } from './promql/eval/query-evaluation.ts';
import { QueryStats } from './promql/eval/query-stats.ts';
import type { Annotations as Notes } from './result-json.ts';
import { logSlowQuery } from './slow-query-log.ts';

export interface AskedQuery {
  readonly text: string;
  readonly expr: Expr;
  readonly steps: Steps;
  /** Series of the answer; 0 for all. */
  readonly limit: number;
}

export interface QueryAnswer {
  readonly value: Value;
  readonly stats: QueryStats;
  readonly notes: Notes;
}

/** Evaluates a query for a request. Throws what is to be answered instead. */
export async function runQuery(options: MetricsApiOptions, request: Request, asked: AskedQuery): Promise<QueryAnswer> {
  checkRange(options, request, asked.steps);
  const stats = new QueryStats(asked.steps, request.query.get('stats') === 'all');
  stats.addTime('queue', request.waitedMs ?? 0);
  const begunMs = performance.now();
  let outcome = 'ok';
  let series = 0;
  try {
    const answer = await evaluated(options, request, asked, stats);
    series = seriesIn(answer.value);
    return answer;
  } catch (error) {
    outcome = error instanceof RequestError ? error.code : 'internal';
    throw error;
  } finally {
    stats.addTime('evaluation', performance.now() - begunMs);
    logSlowQuery(options, request, { ...asked, stats, outcome, series });
  }
}

async function evaluated(options: MetricsApiOptions, request: Request, asked: AskedQuery, stats: QueryStats): Promise<QueryAnswer> {
  const { text, expr, steps, limit } = asked;
  const settings = options.evaluation();
  // As in Prometheus no lookback at all means the usual one.
  const given = durationParam(request.query, 'lookback_delta') ?? 0;
  const read = await readContext(options, request);
  const annotations = new Annotations(text);
  const value = await evaluate(
    expr,
    beginEvaluation({ read, steps, settings: given > 0 ? { ...settings, lookbackMs: given } : settings, annotations, stats }),
  );
  const cut = limitedValue(value, limit);
  stats.hold(samplesIn(cut.value));
  const warnings = [...read.warnings, ...annotations.lines('warning'), ...cut.warnings];
  return { value: cut.value, stats, notes: { warnings, infos: annotations.lines('info') } };
}

/** Refuses a text that is longer than the tenants' queries may be. */
export function checkLength(options: MetricsApiOptions, { tenants }: Request, text: string): void {
  const lengthMax = leastLimit(options, tenants, ({ lengthMax: max }) => max);
  // No character is more than three bytes for each unit of its length.
  if (text.length * 3 <= lengthMax || Buffer.byteLength(text) <= lengthMax) return;
  throw new RequestError('bad_data', `the query is longer than ${printByteSize(lengthMax)} (limits.query.lengthMax)`);
}

function checkRange(options: MetricsApiOptions, { tenants }: Request, { startMs, endMs }: Steps): void {
  const rangeMax = leastLimit(options, tenants, ({ rangeMax: max }) => (max === 0 ? Number.POSITIVE_INFINITY : max));
  if (endMs - startMs <= rangeMax) return;
  const [asked, most] = [printDuration(endMs - startMs), printDuration(rangeMax)];
  throw new RequestError('bad_data', `the query time range of ${asked} exceeds the limit of ${most} (limits.query.rangeMax)`);
}

function limitedValue(value: Value, limit: number): { readonly value: Value; readonly warnings: readonly string[] } {
  if (value.kind !== 'vector' && value.kind !== 'matrix') return { value, warnings: [] };
  const { kept, warnings } = limited(value.series, limit);
  return { value: { ...value, series: kept }, warnings };
}

function seriesIn(value: Value): number {
  return value.kind === 'vector' || value.kind === 'matrix' ? value.series.length : 1;
}

function samplesIn(value: Value): number {
  switch (value.kind) {
    case 'string':
      return 0;
    case 'scalar':
      return value.values.length;
    case 'vector':
    case 'matrix':
      return value.series.reduce((sum, { times, histograms }) => sum + times.length + histograms.length, 0);
  }
}
