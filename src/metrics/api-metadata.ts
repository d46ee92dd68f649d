// `/api/v1/metadata` and `/api/v1/query_exemplars`: what stands beside the samples.
//
// Source: Prometheus HTTP API documentation, "Querying metric metadata", "Querying exemplars".

import { int, join, sql, text, texts } from '../base/sql.ts';
import { compareLabels, type Labels } from '../query/labels.ts';
import { labelsOf } from '../query/labels.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { type MetricsApiOptions, getAndPost, readContext, route } from './api-context.ts';
import { invalidParameter, limitParam, rangeParams, withParameter } from './api-params.ts';
import { type Expr, type VectorSelector, children } from './promql/ast.ts';
import { parseExpr } from './promql/parse.ts';
import { type ReadContext, type Selection, type TimeRange, bigintOf, guarded, selectSeries, statementOptions } from './read.ts';
import { tooManySamples } from './sample-runs.ts';
import { labelsJson, listPieces, mapped, successReply } from './result-json.ts';
import { printFloat, printTime } from './value.ts';

/** The routes of metadata and exemplars. */
export function metadataRoutes(options: MetricsApiOptions): readonly Route[] {
  return [
    route('GET', '/api/v1/metadata', 'Type, help and unit of metrics.', (request) => metadata(options, request)),
    ...getAndPost('/api/v1/query_exemplars', 'Exemplars of the series that an expression selects.', (request) =>
      exemplars(options, request),
    ),
  ];
}

async function metadata(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const limit = optionalLimit(request.query, 'limit');
  const perMetric = optionalLimit(request.query, 'limit_per_metric') ?? 0;
  const metric = request.query.get('metric') ?? '';
  const context = await readContext(options, request);
  const ofMetric = metric === '' ? sql`` : sql` AND metric_family = ${text(metric)}`;
  const most = Math.min(limit ?? context.limits.seriesMax, context.limits.seriesMax);
  const entry = sql`groupUniqArray((type, help, unit)) AS entries`;
  const statement = sql`SELECT metric_family, ${entry} FROM metadata WHERE tenant IN ${texts(request.tenants)}${ofMetric} GROUP BY metric_family ORDER BY metric_family LIMIT ${int(most)}`;
  const rows = await guarded(context, () => context.client.query(statement, statementOptions(context)));
  const members = mapped(
    rows,
    (row) => `${JSON.stringify(String(row['metric_family']))}:${JSON.stringify(metadataEntries(row['entries'], perMetric))}`,
  );
  return successReply(objectPieces(members));
}

function optionalLimit(query: URLSearchParams, name: string): number | undefined {
  const given = query.get(name);
  if (given === null || given === '') return undefined;
  if (!/^[+-]?\d{1,15}$/.test(given)) throw invalidParameter(name, 'limit must be a number');
  const limit = Number(given);
  // As in Prometheus a negative number is no limit.
  return limit < 0 ? undefined : limit;
}

interface MetadataEntry {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

/** Entries of the table `metadata`, at most so many of a metric; 0 for all. */
export function metadataEntries(tuples: unknown, perMetric: number): readonly MetadataEntry[] {
  const all = (Array.isArray(tuples) ? tuples : []).map((tuple: unknown): MetadataEntry => {
    const [type, help, unit] = Array.isArray(tuple) ? tuple.map(String) : Object.values(Object(tuple)).map(String);
    return { type: type ?? 'unknown', help: help ?? '', unit: unit ?? '' };
  });
  return perMetric > 0 ? all.slice(0, perMetric) : all;
}

function* objectPieces(members: Iterable<string>): Generator<string> {
  yield '{';
  let comma = '';
  for (const member of members) {
    yield comma + member;
    comma = ',';
  }
  yield '}';
}

interface ExemplarRow {
  readonly labels: Labels;
  readonly value: number;
  readonly ms: number;
}

async function exemplars(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const range = rangeParams(request.query);
  const limit = limitParam(request.query);
  const expr = withParameter('query', () => parseExpr(request.query.get('query') ?? ''));
  const context = await readContext(options, request);
  const bySeries = new Map<string, { readonly labels: Labels; readonly rows: ExemplarRow[] }>();
  for (const { matchers } of selectorsOf(expr)) {
    for (const selection of await selectSeries(context, matchers, range))
      await readExemplars({ context, selection, range, limit }, bySeries);
  }
  if (limit > 0) for (const { rows } of bySeries.values()) rows.sort((a, b) => a.ms - b.ms);
  const all = [...bySeries.values()].sort((a, b) => compareLabels(a.labels, b.labels));
  return successReply(
    listPieces(
      mapped(all, ({ labels, rows }) => `{"seriesLabels":${labelsJson(labels)},"exemplars":[${rows.map(exemplarJson).join(',')}]}`),
    ),
  );
}

/** All vector selectors of an expression. */
export function selectorsOf(expr: Expr): readonly VectorSelector[] {
  return expr.kind === 'vector' ? [expr] : children(expr).flatMap(selectorsOf);
}

type ExemplarsBySeries = Map<string, { readonly labels: Labels; readonly rows: ExemplarRow[] }>;

interface ExemplarQuestion {
  readonly context: ReadContext;
  readonly selection: Selection;
  readonly range: TimeRange;
  /** 0 for all; else at most so many of a closed range, the greatest of each part of it, so that a picture shows no fewer than it can. */
  readonly limit: number;
}

async function readExemplars({ context, selection, range, limit }: ExemplarQuestion, into: ExemplarsBySeries): Promise<void> {
  const { fromMs, toMs } = range;
  const bounds = [
    ...(Number.isFinite(fromMs) ? [sql`ts >= ${int(fromMs)}`] : []),
    ...(Number.isFinite(toMs) ? [sql`ts <= ${int(toMs)}`] : []),
  ];
  const where = join([selection.condition, ...bounds], sql` AND `);
  const { samplesMax } = context.limits;
  const sliceMs = Math.ceil((toMs - fromMs + 1) / limit);
  const order = Number.isFinite(sliceMs)
    ? sql`value DESC, ts, series LIMIT 1 BY intDiv(ts - ${int(fromMs)}, ${int(sliceMs)})`
    : sql`metric, series, ts, value`;
  const statement = sql`SELECT DISTINCT series, ts, value, labels FROM exemplars WHERE ${where} ORDER BY ${order} LIMIT ${int(samplesMax + 1)}`;
  // Selectors of one expression may choose the same series: each is shown once.
  const before = new Set(into.keys());
  let count = 0;
  await guarded(context, async () => {
    for await (const { rows, columns } of context.client.stream(statement, statementOptions(context))) {
      if ((count += rows) > samplesMax) throw tooManySamples(samplesMax);
      for (let row = 0; row < rows; row++) {
        const id = bigintOf(columns['series']?.[row]);
        const number = selection.find(Number(id & 0xffffffffn), Number(id >> 32n));
        const key = `${selection.tenant} ${id}`;
        if (number < 0 || before.has(key)) continue;
        const own = into.get(key) ?? { labels: selection.labels(number), rows: [] };
        own.rows.push({
          labels: pairsOf(columns['labels']?.[row]),
          value: Number(columns['value']?.[row]),
          ms: Number(columns['ts']?.[row]),
        });
        into.set(key, own);
      }
    }
  });
}

function pairsOf(map: unknown): Labels {
  const flat: readonly unknown[] = Array.isArray(map) ? map : [];
  return labelsOf(Array.from({ length: flat.length / 2 }, (_, i): [string, string] => [String(flat[2 * i]), String(flat[2 * i + 1])]));
}

function exemplarJson({ labels, value, ms }: ExemplarRow): string {
  return `{"labels":${labelsJson(labels)},"value":"${printFloat(value)}","timestamp":${printTime(ms)}}`;
}
