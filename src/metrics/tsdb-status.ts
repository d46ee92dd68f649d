// `/api/v1/status/tsdb`: the cardinality of the series that were active on the last day with data and the day before it.
//
// Source: Prometheus HTTP API documentation, "TSDB Stats".

import { type Sql, int, ints, join, sql, text } from '../base/sql.ts';
import { METRIC_NAME } from '../query/labels.ts';
import type { Reply, Request } from '../server/route.ts';
import { json } from '../server/route.ts';
import { type MetricsApiOptions, readContext } from './api-context.ts';
import { invalidParameter, limitParam } from './api-params.ts';
import { cardinality, recentDays } from './cardinality.ts';
import type { Row } from '../storage/client.ts';
import { type ReadContext, type TimeRange, bigintOf, guarded, indexView, seriesCondition, statementOptions } from './read.ts';

const STATISTICS_LIMIT = 10;
const STATISTICS_LIMIT_MAX = 10_000;
/** Series whose first and last samples stand for all: every so many of them. */
const SAMPLED_SERIES = 100;

interface Statistic {
  readonly name: string;
  readonly value: number;
}

/** The statistics that `limit` names bound. */
export async function tsdbStatus(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const limit = limitParam(request.query) || STATISTICS_LIMIT;
  if (limit > STATISTICS_LIMIT_MAX) throw invalidParameter('limit', `limit must not exceed ${STATISTICS_LIMIT_MAX}`);
  const context = await readContext(options, request);
  const range = (await recentDays(context)) ?? { fromMs: 0, toMs: 0 };
  const { series, labels, pairs, of } = await cardinality(context, { matchers: [], range, of: [METRIC_NAME], limit });
  const times = series === 0 ? { first: 0, last: 0 } : await sampledTimes(context, range);
  const most = (value: (label: (typeof labels)[number]) => number): readonly Statistic[] =>
    labels
      .map((label) => ({ name: label.name, value: value(label) }))
      .sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1))
      .slice(0, limit);
  return json({
    status: 'success',
    data: {
      headStats: {
        numSeries: series,
        numLabelPairs: labels.reduce((sum, { values }) => sum + values, 0),
        chunkCount: 0,
        minTime: times.first,
        maxTime: times.last,
      },
      seriesCountByMetricName: (of.get(METRIC_NAME) ?? []).map((count) => ({ name: count.value, value: count.series })),
      labelValueCountByLabelName: most(({ values }) => values),
      memoryInBytesByLabelName: most(({ bytes }) => bytes),
      seriesCountByLabelValuePair: pairs.map((count) => ({ name: `${count.name}=${count.value}`, value: count.series })),
    },
  });
}

/** The first and the last time of samples in a range. All series are sampled alike, so that a few tell; to read every sample's time takes minutes. */
async function sampledTimes(context: ReadContext, range: TimeRange): Promise<{ readonly first: number; readonly last: number }> {
  const own: Sql[] = [];
  for (const tenant of context.tenants) {
    const { metrics, ids } = await someSeries(context, tenant, range);
    own.push(sql`(tenant = ${text(tenant)} AND metric IN ${ints(metrics)} AND series IN ${ints(ids)})`);
  }
  const [row] = await ask(
    context,
    sql`SELECT min(ts) AS first, max(ts) AS last FROM samples WHERE (${join(own, sql` OR `)}) AND ts >= ${int(range.fromMs)}`,
  );
  return { first: Number(row?.['first'] ?? 0), last: Number(row?.['last'] ?? 0) };
}

interface SomeSeries {
  readonly metrics: ReadonlySet<number>;
  readonly ids: readonly bigint[];
}

async function someSeries(context: ReadContext, tenant: string, range: TimeRange): Promise<SomeSeries> {
  const view = await indexView(context, tenant, range);
  if (view !== undefined) {
    const all = view.active.numbers(view.index.size);
    const step = Math.max(1, Math.floor(all.length / SAMPLED_SERIES));
    const some = Array.from(all.filter((_, i) => i % step === 0));
    return { metrics: new Set(some.map((number) => view.index.metric(number))), ids: some.map((number) => view.index.id(number)) };
  }
  const where = seriesCondition(tenant, [], range);
  const rows = await ask(context, sql`SELECT metric, series FROM series WHERE ${where} LIMIT ${int(SAMPLED_SERIES)}`);
  return { metrics: new Set(rows.map((row) => Number(row['metric']))), ids: rows.map((row) => bigintOf(row['series'])) };
}

function ask(context: ReadContext, statement: Sql): Promise<readonly Row[]> {
  return guarded(context, () => context.client.query(statement, statementOptions(context)));
}
