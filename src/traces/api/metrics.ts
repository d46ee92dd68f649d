// `/api/metrics/query_range` and `/api/metrics/query`: what is made of many spans over time, or over all of a range.
//
// Source: Tempo HTTP API documentation, "TraceQL Metrics"; `modules/frontend/metrics_query*_handler.go`.

import { RequestError } from '../../base/request-error.ts';
import { json, type Reply, type Request, type Route } from '../../server/route.ts';
import { compareText } from '../../query/labels.ts';
import type { MetricsAnswer } from '../answers.ts';
import {
  protobuf,
  readContexts,
  wantsProtobuf,
  checkedLength,
  leastOf,
  reading,
  route,
  type Asker,
  tellEnd,
  type TracesApiOptions,
  warningsOf,
} from './context.ts';
import { instantJson, rangeJson } from './json.ts';
import { badData, boundsParams, defaultStep, exemplarsParam, gridOf, stepParam } from './params.ts';
import { instantPackets, rangePackets } from './protobuf.ts';
import { promLabels } from './values.ts';
import type { NsRange } from '../catalogue.ts';
import { type MetricsQuestion, runMetrics } from '../metrics/run-metrics.ts';
import type { Query } from '../traceql/ast.ts';
import { checkTraceql } from '../traceql/check.ts';
import { parseTraceql } from '../traceql/parse.ts';

/** Exemplars of a series, whatever is asked for; the peer's default and bound. */
const EXEMPLARS_MAX = 100;

/** The routes of metrics queries. */
export function metricsRoutes(options: TracesApiOptions): readonly Route[] {
  return [
    route('/api/metrics/query_range', 'A metrics query over time.', (request) => range(options, request)),
    route('/api/metrics/query', 'A metrics query over all of a range, one value for each series.', (request) => instant(options, request)),
  ];
}

async function range(options: TracesApiOptions, request: Request): Promise<Reply> {
  const { query } = request;
  const bounds = boundsParams(query, options.clock.now());
  const question = rangeQuestion(bounds, stepParam(query), exemplarsParam(query));
  const { answer, warnings } = await askMetrics(options, request, textOf(query), question);
  return wantsProtobuf(request) ? protobuf(rangePackets(answer, question.grid.stepNs, warnings)) : json(rangeJson(answer, warnings));
}

async function instant(options: TracesApiOptions, request: Request): Promise<Reply> {
  const { query } = request;
  const question = instantQuestion(boundsParams(query, options.clock.now()));
  const { answer, warnings } = await askMetrics(options, request, textOf(query), question);
  return wantsProtobuf(request) ? protobuf(instantPackets(answer, warnings)) : json(instantJson(answer, warnings));
}

function textOf(query: URLSearchParams): string {
  return query.get('q') || query.get('query') || '';
}

/** What a range query asks; 0 exemplars leave their number to the server. */
export function rangeQuestion(range: NsRange, stepNs: bigint | undefined, exemplars: number): MetricsQuestion {
  const exemplarsMax = exemplars === 0 ? EXEMPLARS_MAX : Math.min(exemplars, EXEMPLARS_MAX);
  return { grid: gridOf(range, stepNs ?? defaultStep(range)), isInstant: false, exemplarsMax };
}

/** What an instant query asks: one step of all the range. */
export function instantQuestion({ fromNs, toNs }: NsRange): MetricsQuestion {
  return { grid: { startNs: fromNs, endNs: toNs, stepNs: toNs - fromNs }, isInstant: true, exemplarsMax: 0 };
}

/** The tree of a metrics query. Throws `bad_data` where the text is none, or a search. */
function metricsQuery(options: TracesApiOptions, tenants: readonly string[], text: string): Query {
  if (text === '') throw badData('missing query: give it as the parameter q');
  const query = parseTraceql(checkedLength(options, tenants, text));
  checkTraceql(query);
  if (query.root.type === 'pipeline') throw badData('invalid TraceQL metrics query: it has no metrics function, such as | rate()');
  return query;
}

/** The answer over all tenants of a read, its series in the order of their labels' text. */
export async function askMetrics(
  options: TracesApiOptions,
  asker: Asker,
  text: string,
  question: MetricsQuestion,
): Promise<{ readonly answer: MetricsAnswer; readonly warnings: readonly string[] }> {
  const { startNs, endNs } = question.grid;
  const rangeMax = leastOf(options, asker.tenants, ({ query }) => query.rangeMax || Number.POSITIVE_INFINITY);
  if (Number(endNs - startNs) / 1e6 > rangeMax) throw badData(`the range is longer than ${rangeMax} ms (limits.query.rangeMax)`);
  const query = metricsQuery(options, asker.tenants, text);
  const begunMs = performance.now();
  const contexts = await readContexts(options, asker);
  let outcome = 'ok';
  const answer = await reading(contexts, () => runMetrics(contexts, query, question))
    .catch((error: unknown) => {
      outcome = error instanceof RequestError ? error.code : 'internal';
      throw error;
    })
    .finally(() => tellEnd(options, asker, query, { begunMs, outcome }));
  const series = answer.series.map((each) => [promLabels(each.labels), each] as const).sort(([a], [b]) => compareText(a, b));
  return { answer: { ...answer, series: series.map(([, each]) => each) }, warnings: warningsOf(contexts) };
}
