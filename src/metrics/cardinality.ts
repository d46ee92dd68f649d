// How many series and values the labels of some series have: for the status page and the cardinality API.
//
//   one tenant, days in memory ─▶ label index          otherwise ─▶ SQL on the table `series`

import { type Sql, int, join, sql, text } from '../base/sql.ts';
import type { Matcher } from '../query/matchers.ts';
import type { Row } from '../storage/client.ts';
import { selectNumbers } from './index-select.ts';
import { type Cardinality, type ValueCount, cardinalityOf } from './label-lists.ts';
import {
  type ReadContext,
  type TimeRange,
  guarded,
  indexView,
  ownMatchers,
  seriesCondition,
  statementOptions,
  tenantsFor,
  withinRetention,
} from './read.ts';

export interface CardinalityQuestion {
  /** Which series; none asks about all. */
  readonly matchers: readonly Matcher[];
  /** The days on which they were active. */
  readonly range: TimeRange;
  /** Labels whose own values are listed with their counts. */
  readonly of: readonly string[];
  /** Values that are listed of each of them, and of all labels together: those with the most series. */
  readonly limit: number;
}

/** Counts the labels and values of the series that match, in all tenants of the read. */
export async function cardinality(context: ReadContext, question: CardinalityQuestion): Promise<Cardinality> {
  const { matchers, range, of, limit } = question;
  const [tenant] = context.tenants;
  // Over several tenants values have to be told apart from values of the same text: SQL does that.
  const view = tenant !== undefined && context.tenants.length === 1 ? await indexView(context, tenant, range) : undefined;
  if (view === undefined) return storedCardinality(context, question);
  const numbers = matchers.length === 0 ? undefined : await guarded(context, () => selectNumbers(view, matchers, context.signal));
  return cardinalityOf({ view, numbers }, of, limit);
}

/** The range of the last day on which any of the tenants has series, and the day before it; undefined where there is none. */
export async function recentDays(context: ReadContext): Promise<TimeRange | undefined> {
  let last = Number.NEGATIVE_INFINITY;
  for (const tenant of context.tenants)
    last = Math.max(last, (await context.index?.lastDay(tenant)) ?? (await storedLastDay(context, tenant)));
  return last === Number.NEGATIVE_INFINITY ? undefined : { fromMs: (last - 1) * DAY_MS, toMs: (last + 1) * DAY_MS - 1 };
}

const DAY_MS = 86_400_000;

async function storedLastDay(context: ReadContext, tenant: string): Promise<number> {
  const [row] = await ask(context, sql`SELECT max(day) AS day, count() AS rows FROM series WHERE tenant = ${text(tenant)}`);
  return Number(row?.['rows'] ?? 0) === 0 ? Number.NEGATIVE_INFINITY : Number(row?.['day']);
}

async function storedCardinality(context: ReadContext, { matchers, range, of, limit }: CardinalityQuestion): Promise<Cardinality> {
  const where = tenantsFor(context, matchers).map(
    (tenant) => sql`(${seriesCondition(tenant, ownMatchers(context, matchers), withinRetention(context, tenant, range))})`,
  );
  if (where.length === 0) return { series: 0, labels: [], pairs: [], of: new Map() };
  const found = sql`SELECT any(name) AS metric_name, any(labels) AS label_map FROM series WHERE ${join(where, sql` OR `)} GROUP BY tenant, series`;
  const named = sql`arrayConcat([('__name__', metric_name)], mapFilter((k, v) -> k != '__name__', label_map)::Array(Tuple(String, String)))`;
  const pairs = sql`SELECT arrayJoin(${named}) AS pair, pair.1 AS label, pair.2 AS text FROM (${found})`;
  const [total] = await ask(context, sql`SELECT count() AS series FROM (${found})`);
  const labels = await ask(
    context,
    sql`SELECT label, count() AS series, uniqExact(text) AS items, sum(length(text)) AS bytes FROM (${pairs}) GROUP BY label`,
  );
  const lists = new Map<string, readonly ValueCount[]>();
  for (const name of of) lists.set(name, await storedValues(context, pairs, { where: sql`label = ${text(name)}`, limit }));
  return {
    series: Number(total?.['series'] ?? 0),
    labels: labels.map((row) => ({
      name: String(row['label']),
      series: Number(row['series']),
      values: Number(row['items']),
      bytes: Number(row['bytes']),
    })),
    pairs: await storedValues(context, pairs, { where: sql`1`, limit }),
    of: lists,
  };
}

interface StoredValues {
  readonly where: Sql;
  readonly limit: number;
}

async function storedValues(context: ReadContext, pairs: Sql, { where, limit }: StoredValues): Promise<readonly ValueCount[]> {
  const rows = await ask(
    context,
    sql`SELECT label, text, count() AS series FROM (${pairs}) WHERE ${where} GROUP BY label, text ORDER BY series DESC, concat(label, '=', text) LIMIT ${int(limit)}`,
  );
  return rows.map((row) => ({ name: String(row['label']), value: String(row['text']), series: Number(row['series']) }));
}

function ask(context: ReadContext, statement: Sql): Promise<readonly Row[]> {
  return guarded(context, () => context.client.query(statement, statementOptions(context)));
}
