// `/api/v1/series`, `labels`, `label/:name/values`: which series there are and what they are called.
//
// The table `series` knows the days on which a series had samples, so a range of time is rounded out to whole days.
// Source: Prometheus HTTP API documentation, "Querying metadata".

import { type Sql, int, join, sql, text } from '../base/sql.ts';
import { type Labels, METRIC_NAME, compareText, labelsKey } from '../query/labels.ts';
import type { Matcher } from '../query/matchers.ts';
import { quote } from '../query/scanner.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { RequestError } from '../base/request-error.ts';
import { type MetricsApiOptions, getAndPost, readContext, route } from './api-context.ts';
import { limitParam, limited, matchParams, rangeParams, unescapeLabelName } from './api-params.ts';
import { labelColumn } from './matcher-sql.ts';
import { compareLabels } from './promql/select.ts';
import {
  type ReadContext,
  TENANT_LABEL,
  type TimeRange,
  guarded,
  ownMatchers,
  selectSeries,
  seriesCondition,
  withinRetention,
  statementOptions,
  tenantsFor,
  tooManySeries,
} from './read.ts';
import { labelsJson, listPieces, mapped, successReply } from './result-json.ts';

/** The routes that list series and labels. */
export function seriesRoutes(options: MetricsApiOptions): readonly Route[] {
  return [
    ...getAndPost('/api/v1/series', 'The series that selectors match.', (request) => series(options, request)),
    ...getAndPost('/api/v1/labels', 'Names of labels.', (request) => labelNames(options, request)),
    route('GET', '/api/v1/label/:name/values', 'Values of a label.', (request) => labelValues(options, request)),
  ];
}

async function series(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const limit = limitParam(request.query);
  const range = rangeParams(request.query);
  const matches = matchParams(request.query);
  if (matches.length === 0) throw new RequestError('bad_data', 'no match[] parameter provided');
  const context = await readContext(options, request);
  const found = new Map<string, Labels>();
  for (const matchers of matches) {
    for (const selection of await selectSeries(context, matchers, range)) {
      for (let number = 0; number < selection.size; number++) {
        const labels = selection.labels(number);
        found.set(labelsKey(labels), labels);
      }
    }
    if (found.size > context.limits.seriesMax) throw tooManySeries(context.limits.seriesMax);
  }
  const { kept, warnings } = limited([...found.values()].sort(compareLabels), limit);
  return successReply(listPieces(mapped(kept, labelsJson)), { warnings: [...context.warnings, ...warnings], infos: [] });
}

async function labelNames(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const column = sql`arrayJoin(arrayConcat([${text(METRIC_NAME)}], mapKeys(labels)))`;
  return labelList(options, request, { column, tenants: () => [TENANT_LABEL] });
}

async function labelValues(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const name = unescapeLabelName(request.params['name'] ?? '');
  if (name === '' || !name.isWellFormed()) throw new RequestError('bad_data', `invalid label name: ${quote(name)}`);
  const ofTenants = name === TENANT_LABEL && request.tenants.length > 1;
  const column = ofTenants ? sql`tenant` : labelColumn(name);
  return labelList(options, request, { column, tenants: () => [] });
}

interface ListedColumn {
  readonly column: Sql;
  /** What a read of several tenants adds. */
  readonly tenants: () => readonly string[];
}

async function labelList(options: MetricsApiOptions, request: Request, { column, tenants }: ListedColumn): Promise<Reply> {
  const limit = limitParam(request.query);
  const range = rangeParams(request.query);
  const given = matchParams(request.query);
  const context = await readContext(options, request);
  const found = new Set<string>();
  for (const matchers of given.length === 0 ? [[]] : given) {
    for (const value of await distinct(context, column, { matchers, range, limit })) found.add(value);
  }
  if (found.size > 0 && context.tenants.length > 1) for (const value of tenants()) found.add(value);
  const { kept, warnings } = limited([...found].sort(compareText), limit);
  return successReply(listPieces(mapped(kept, (value) => JSON.stringify(value))), {
    warnings: [...context.warnings, ...warnings],
    infos: [],
  });
}

interface DistinctOf {
  readonly matchers: readonly Matcher[];
  readonly range: TimeRange;
  readonly limit: number;
}

/** Distinct values of a column over the matching series, the empty one left out: all, or the first `limit` and one more. */
async function distinct(context: ReadContext, column: Sql, { matchers, range, limit }: DistinctOf): Promise<readonly string[]> {
  const { seriesMax } = context.limits;
  const tenants = tenantsFor(context, matchers);
  if (tenants.length === 0) return [];
  const conditions = tenants.map(
    (tenant) => sql`(${seriesCondition(tenant, ownMatchers(context, matchers), withinRetention(context, tenant, range))})`,
  );
  const most = limit === 0 ? seriesMax : Math.min(limit, seriesMax);
  const statement = sql`SELECT DISTINCT ${column} AS item FROM series WHERE (${join(conditions, sql` OR `)}) AND item != '' ORDER BY item LIMIT ${int(most + 1)}`;
  const items: string[] = [];
  await guarded(context, async () => {
    for await (const { columns } of context.client.stream(statement, statementOptions(context))) {
      for (const item of columns['item'] ?? []) items.push(String(item));
    }
  });
  if (limit === 0 && items.length > seriesMax) throw tooManySeries(seriesMax);
  return items;
}
