// One LogQL query from its tree to its value: lines, or numbers over time, and what it cost.
//
//   api-query.ts, tail.ts ─(tree, times)─▶ query-lines.ts │ logql/eval over stored-samples.ts ─▶ value, costs

import type { LogReadContext } from './late-lines.ts';
import { type Expr, isMetric } from './logql/ast.ts';
import { evaluateMetric } from './logql/eval/eval.ts';
import { type LogQuery, type LogQueryAnswer, NO_COSTS, type QueryCosts, type QueryValue } from './query-result.ts';
import { queryLines } from './query-lines.ts';
import { storedSamples } from './stored-samples.ts';

/** Evaluates a query for a context's tenants within its limits. Throws what is to be answered instead. */
export async function runLogQuery(context: LogReadContext, expr: Expr, query: LogQuery): Promise<LogQueryAnswer> {
  const begunMs = performance.now();
  const costs: QueryCosts = { ...NO_COSTS };
  const value = await evaluated(context, expr, query, costs);
  costs.execMs = performance.now() - begunMs;
  return { value, costs, warnings: context.warnings };
}

async function evaluated(context: LogReadContext, expr: Expr, query: LogQuery, costs: QueryCosts): Promise<QueryValue> {
  if (!isMetric(expr)) return { kind: 'streams', entries: await queryLines(context, expr, query, costs) };
  const { startNs, endNs, stepNs } = query;
  const { seriesMax, samplesMax } = context.limits;
  const source = storedSamples(context, costs);
  return evaluateMetric(expr, { source, startNs, endNs, stepNs, seriesMax, samplesMax, signal: context.signal });
}
