// What series and labels there are, as several routes ask it.
//
//   selectors, range ─▶ the label index, tenant by tenant ─▶ series, names, values
//                    └▶ the table `series`, where there is no index or its days are not in memory
//
// Both know the days on which a series had samples, so a range of time is rounded out to whole days.

import { type Sql, identifier, int, join, sql, text } from '../base/sql.ts';
import { METRIC_NAME } from '../query/labels.ts';
import type { Matcher } from '../query/matchers.ts';
import type { Request } from '../server/route.ts';
import type { ReadContexts } from './api-context.ts';
import { Bits } from './bits.ts';
import { selectNumbers } from './index-select.ts';
import { type ChosenSeries, namesOf, valuesOf } from './label-lists.ts';
import { labelColumn } from './matcher-sql.ts';
import { sortTexts } from './postings.ts';
import {
  type ReadContext,
  TENANT_LABEL,
  type TimeRange,
  guarded,
  indexView,
  ownMatchers,
  seriesCondition,
  statementOptions,
  tenantsFor,
  withinRetention,
} from './read.ts';
import type { IndexView } from './series-index.ts';

export interface Question {
  /** Selectors; none asks about all series. */
  readonly matches: readonly (readonly Matcher[])[];
  readonly range: TimeRange;
}

export interface ChosenOfTenant extends ChosenSeries {
  readonly tenant: string;
}

interface LookUp {
  readonly context: ReadContext;
  /** What the index knows, tenant by tenant; undefined where the store has to be asked, which the context then sees whole. */
  readonly chosen: readonly ChosenOfTenant[] | undefined;
}

/** Chooses series in the index, which needs nothing of the store: what was acknowledged is in it. */
export async function lookUp(contexts: ReadContexts, request: Request, question: Question): Promise<LookUp> {
  const context = contexts.lookUp(request);
  const chosen: ChosenOfTenant[] = [];
  for (const tenant of context.tenants) {
    const view = await indexView(context, tenant, question.range);
    if (view === undefined) return { context: await contexts.read(request), chosen: undefined };
    chosen.push({ tenant, view, numbers: await guarded(context, () => chosenNumbers(context, { tenant, view }, question.matches)) });
  }
  return { context, chosen };
}

/** The numbers that any of the selectors chooses, ascending; undefined without selectors. */
async function chosenNumbers(
  context: ReadContext,
  { tenant, view }: { readonly tenant: string; readonly view: IndexView },
  matches: readonly (readonly Matcher[])[],
): Promise<Uint32Array | undefined> {
  if (matches.length === 0) return undefined;
  const lists: Uint32Array[] = [];
  for (const matchers of matches) {
    if (tenantsFor(context, matchers).includes(tenant))
      lists.push(await selectNumbers(view, ownMatchers(context, matchers), context.signal));
  }
  const [only] = lists;
  if (only !== undefined && lists.length === 1) return only;
  const union = new Bits(view.index.size);
  for (const numbers of lists) for (const number of numbers) union.add(number);
  return union.numbers(view.index.size);
}

/** A list of names or values. */
export interface Listed {
  /** The items as a column of the table `series`, and, sorted, as the index has them: the first `most`. */
  readonly column: Sql;
  readonly indexed: (series: ChosenOfTenant, most: number) => readonly string[];
  /** What a read of several tenants adds. */
  readonly tenants: readonly string[];
}

/** The names of labels. */
export const LABEL_NAMES: Listed = {
  column: sql`arrayJoin(arrayConcat([${text(METRIC_NAME)}], mapKeys(labels)))`,
  indexed: (series) => sortTexts([...namesOf(series)]),
  tenants: [TENANT_LABEL],
};

/** The values of a label; of the one that tells several tenants apart, their names. */
export function labelValuesOf(name: string, { tenants }: Pick<Request, 'tenants'>): Listed {
  if (name !== TENANT_LABEL || tenants.length === 1)
    return { column: labelColumn(name), indexed: (series, most) => valuesOf(series, name, most), tenants: [] };
  return {
    column: sql`tenant`,
    indexed: ({ tenant, view, numbers }) => ((numbers?.length ?? view.active.count(view.index.size)) > 0 ? [tenant] : []),
    tenants: [],
  };
}

interface LabelQuestion extends Question {
  readonly listed: Listed;
  /** How many items of each list are wanted at most; the store gives no more than one beyond the series that a query may select. */
  readonly most: (seriesMax: number) => number;
}

interface LabelLists {
  readonly context: ReadContext;
  /** Sorted, of each tenant or of each selector. */
  readonly lists: readonly (readonly string[])[];
  readonly isIndexed: boolean;
}

/** The lists of items, unless more is asked of the store than `limits.query.seriesMax` lets it give. */
export async function labelLists(contexts: ReadContexts, request: Request, question: LabelQuestion): Promise<LabelLists> {
  const { context, chosen } = await lookUp(contexts, request, question);
  const { seriesMax } = context.limits;
  const most = question.most(seriesMax);
  if (chosen !== undefined) return { context, lists: chosen.map((one) => question.listed.indexed(one, most)), isIndexed: true };
  const lists = await storedLists(context, question.listed.column, { ...question, most: Math.min(most, seriesMax + 1) });
  return { context, lists, isIndexed: false };
}

/** Sorted lists as one, and what is added unless all are empty. */
export function joinedLists(lists: readonly (readonly string[])[], more: readonly string[]): readonly string[] {
  const filled = lists.filter((list) => list.length > 0);
  const [only] = filled;
  if (filled.length < 2 && more.length === 0) return only ?? [];
  return filled.length === 0 ? [] : sortTexts([...new Set([...filled.flat(), ...more])]);
}

interface StoredQuestion extends Question {
  readonly most: number;
}

/** Distinct values of a column over the series of each selector, sorted, the empty one left out: the first `most`. */
async function storedLists(
  context: ReadContext,
  column: Sql,
  { matches, range, most }: StoredQuestion,
): Promise<readonly (readonly string[])[]> {
  const lists: (readonly string[])[] = [];
  for (const matchers of matches.length === 0 ? [[]] : matches) lists.push(await distinct(context, column, { matchers, range, most }));
  return lists;
}

interface DistinctOf {
  readonly matchers: readonly Matcher[];
  readonly range: TimeRange;
  readonly most: number;
}

async function distinct(context: ReadContext, column: Sql, { matchers, range, most }: DistinctOf): Promise<readonly string[]> {
  const tenants = tenantsFor(context, matchers);
  if (tenants.length === 0) return [];
  const conditions = tenants.map(
    (tenant) => sql`(${seriesCondition(tenant, ownMatchers(context, matchers), withinRetention(context, tenant, range))})`,
  );
  const statement = sql`SELECT DISTINCT ${column} AS item FROM ${identifier(context.table)} WHERE (${join(conditions, sql` OR `)}) AND item != '' ORDER BY item LIMIT ${int(most)}`;
  const items: string[] = [];
  await guarded(context, async () => {
    for await (const { columns } of context.client.stream(statement, statementOptions(context))) {
      for (const item of columns['item'] ?? []) items.push(String(item));
    }
  });
  return items;
}
