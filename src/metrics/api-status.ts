// `/api/v1/status/…`, `/api/v1/features`: what the program tells of itself and of the cardinality of its metrics.
//
// Source: Prometheus HTTP API documentation, "Status"; Mimir's `buildinfo` for the base path that stands for Mimir.

import { sql, int, texts } from '../base/sql.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { json } from '../server/route.ts';
import { printDuration } from '../base/duration.ts';
import type { Row } from '../storage/client.ts';
import { type MetricsApiOptions, readContext, route } from './api-context.ts';
import { invalidParameter, limitParam } from './api-params.ts';
import { EVALUATED_FUNCTIONS } from './promql/eval.ts';
import { guarded, statementOptions } from './read.ts';

/** Which program a base path stands for. */
export type Flavour = 'prometheus' | 'mimir';

const APPLICATION = 'Sightline';
const STATISTICS_LIMIT = 10;
const STATISTICS_LIMIT_MAX = 10_000;

function success(data: unknown): Reply {
  return json({ status: 'success', data });
}

/** The routes of the program's state. */
export function statusRoutes(options: MetricsApiOptions, flavour: Flavour): readonly Route[] {
  const { status } = options;
  return [
    route('GET', '/api/v1/status/config', 'The settings in force, as YAML.', () => success({ yaml: status.configYaml() })),
    route('GET', '/api/v1/status/flags', 'The settings in force, by name.', () => success(status.flags())),
    route('GET', '/api/v1/status/runtimeinfo', 'When the program was started and how it runs.', () => runtimeInfo(options)),
    route('GET', '/api/v1/status/buildinfo', 'The version of the program.', () => success(buildInfo(options, flavour))),
    route('GET', '/api/v1/status/tsdb', 'Cardinality statistics.', (request) => cardinality(options, request)),
    // Nothing is replayed: what was acknowledged is in the store.
    route('GET', '/api/v1/status/walreplay', 'State of the write-ahead log: always done.', () => success({ min: 0, max: 0, current: 0 })),
    route('GET', '/api/v1/features', 'What this server can do, by kind.', () => success(features())),
  ];
}

function buildInfo({ status: { version, revision } }: MetricsApiOptions, flavour: Flavour): Readonly<Record<string, unknown>> {
  const common = { version, revision, branch: '', buildUser: '', buildDate: '', goVersion: '' };
  return flavour === 'prometheus' ? common : { application: APPLICATION, ...common, features: { ruler_config_api: 'true' } };
}

function runtimeInfo({ status, clock }: MetricsApiOptions): Reply {
  const reload = status.lastReload();
  return success({
    startTime: new Date(status.startedMs).toISOString(),
    CWD: status.workingDirectory,
    hostname: status.hostname,
    serverTime: new Date(clock.now()).toISOString(),
    reloadConfigSuccess: reload.success,
    lastConfigTime: new Date(reload.ms).toISOString(),
    corruptionCount: 0,
    goroutineCount: 0,
    GOMAXPROCS: 0,
    GOMEMLIMIT: 0,
    GOGC: '',
    GODEBUG: '',
    storageRetention: status.retentionMs() === 0 ? 'unlimited' : printDuration(status.retentionMs()),
  });
}

function features(): Readonly<Record<string, Readonly<Record<string, boolean>>>> {
  const api = ['exclude_alerts', 'label_values_match', 'query_stats', 'time_range_labels', 'time_range_series', 'admin'];
  const language = ['at_modifier', 'offset', 'negative_offset', 'utf8_names', 'duration_expr'];
  const yes = (names: Iterable<string>): Record<string, boolean> => Object.fromEntries([...names].sort().map((name) => [name, true]));
  return { api: yes(api), promql: yes(language), promql_functions: yes(EVALUATED_FUNCTIONS) };
}

interface Statistic {
  readonly name: string;
  readonly value: number;
}

/** Of the series that were active on the last day with data and the day before it. */
async function cardinality(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const limit = limitParam(request.query) || STATISTICS_LIMIT;
  if (limit > STATISTICS_LIMIT_MAX) throw invalidParameter('limit', `limit must not exceed ${STATISTICS_LIMIT_MAX}`);
  const context = await readContext(options, request);
  const tenants = texts(request.tenants);
  const recent = sql`SELECT series, any(name) AS name, any(labels) AS labels FROM series WHERE tenant IN ${tenants} AND day >= (SELECT max(day) - 1 FROM series WHERE tenant IN ${tenants}) GROUP BY series`;
  const ask = (statement: ReturnType<typeof sql>): Promise<readonly Row[]> =>
    guarded(context, () => context.client.query(statement, statementOptions(context)));
  const most = sql`ORDER BY value DESC, item LIMIT ${int(limit)}`;
  const pairs = sql`SELECT name, arrayJoin(labels) AS pair, pair.1 AS label, pair.2 AS text FROM (${recent})`;
  const [head] = await ask(
    sql`SELECT count() AS series, uniqExact(pair) AS pairs FROM (SELECT series, arrayJoin(arrayConcat([('__name__', name)], mapFilter((k, v) -> k != '__name__', labels)::Array(Tuple(String, String)))) AS pair FROM (${recent}))`,
  );
  const [times] = await ask(
    sql`SELECT count() AS series, min(ts) AS first, max(ts) AS last FROM samples WHERE tenant IN ${tenants} AND ts >= (SELECT max(day) - 1 FROM series WHERE tenant IN ${tenants}) * 86400000`,
  );
  const [total] = await ask(sql`SELECT count() AS series FROM (${recent})`);
  return success({
    headStats: {
      numSeries: Number(total?.['series'] ?? 0),
      numLabelPairs: Number(head?.['pairs'] ?? 0),
      chunkCount: 0,
      minTime: Number(times?.['first'] ?? 0),
      maxTime: Number(times?.['last'] ?? 0),
    },
    seriesCountByMetricName: statistics(await ask(sql`SELECT name AS item, count() AS value FROM (${recent}) GROUP BY item ${most}`)),
    labelValueCountByLabelName: statistics(
      await ask(sql`SELECT label AS item, uniqExact(text) AS value FROM (${pairs}) GROUP BY item ${most}`),
    ),
    memoryInBytesByLabelName: statistics(
      await ask(sql`SELECT label AS item, sum(length(text)) AS value FROM (${pairs}) GROUP BY item ${most}`),
    ),
    seriesCountByLabelValuePair: statistics(
      await ask(sql`SELECT concat(label, '=', text) AS item, count() AS value FROM (${pairs}) GROUP BY item ${most}`),
    ),
  });
}

function statistics(rows: readonly Row[]): readonly Statistic[] {
  return rows.map((row) => ({ name: String(row['item']), value: Number(row['value']) }));
}
