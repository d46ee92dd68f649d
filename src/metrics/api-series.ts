// `/api/v1/series`, `labels`, `label/:name/values`: which series there are and what they are called.
//
// The label index answers; where there is none, or its days are not in memory, the table `series` does.
// Both know the days on which a series had samples, so a range of time is rounded out to whole days.
// Source: Prometheus HTTP API documentation, "Querying metadata".

import { type Sql, int, join, sql, text } from '../base/sql.ts';
import { type Labels, METRIC_NAME, labelPairs, labelsKey, labelsOf } from '../query/labels.ts';
import type { Matcher } from '../query/matchers.ts';
import { quote } from '../query/scanner.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { RequestError } from '../base/request-error.ts';
import { type MetricsApiOptions, getAndPost, lookUpContext, readContext, route } from './api-context.ts';
import { limitParam, limited, matchParams, rangeParams, unescapeLabelName } from './api-params.ts';
import { Bits } from './bits.ts';
import { selectNumbers } from './index-select.ts';
import { type ChosenSeries, namesOf, valuesOf } from './label-lists.ts';
import { labelColumn } from './matcher-sql.ts';
import { sortTexts } from './postings.ts';
import { compareLabels } from './promql/select.ts';
import {
  type ReadContext,
  TENANT_LABEL,
  type TimeRange,
  extraLabels,
  guarded,
  indexView,
  ownMatchers,
  selectSeries,
  seriesCondition,
  withinRetention,
  statementOptions,
  tenantsFor,
  tooManySeries,
} from './read.ts';
import type { IndexView } from './series-index.ts';
import { labelsJson, listPieces, mapped, successReply } from './result-json.ts';

const TEXTS_PER_PIECE = 1000;

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
  const { context, chosen } = await lookUp(options, request, { matches, range });
  const found = chosen === undefined ? await storedSeries(context, matches, range) : indexedSeries(context, chosen);
  const { kept, warnings } = limited(limit === 0 ? found.sort(compareLabels) : firstInOrder(found, limit + 1), limit);
  return successReply(listPieces(mapped(kept, labelsJson)), { warnings: [...context.warnings, ...warnings], infos: [] });
}

/** The first `count` label sets in their order, for which not all have to be sorted. */
function firstInOrder(found: readonly Labels[], count: number): readonly Labels[] {
  const kept: Labels[] = [];
  let last: Labels | undefined;
  for (const labels of found) {
    if (last !== undefined && compareLabels(labels, last) >= 0) continue;
    kept.push(labels);
    if (kept.length < 2 * count) continue;
    kept.sort(compareLabels).length = count;
    last = kept[count - 1];
  }
  return kept.sort(compareLabels).slice(0, count);
}

function indexedSeries(context: ReadContext, chosen: readonly ChosenOfTenant[]): Labels[] {
  const found: Labels[] = [];
  for (const { tenant, view, numbers = new Uint32Array(0) } of chosen) {
    if (found.length + numbers.length > context.limits.seriesMax) throw tooManySeries(context.limits.seriesMax);
    const extra = extraLabels(context, tenant);
    for (const number of numbers) {
      const labels = view.index.labelSet(number);
      found.push(extra.length === 0 ? labels : labelsOf([...labelPairs(labels), ...extra]));
    }
  }
  return found;
}

async function storedSeries(context: ReadContext, matches: readonly (readonly Matcher[])[], range: TimeRange): Promise<Labels[]> {
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
  return [...found.values()];
}

async function labelNames(options: MetricsApiOptions, request: Request): Promise<Reply> {
  return labelList(options, request, {
    column: sql`arrayJoin(arrayConcat([${text(METRIC_NAME)}], mapKeys(labels)))`,
    indexed: (series) => sortTexts([...namesOf(series)]),
    tenants: [TENANT_LABEL],
  });
}

async function labelValues(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const name = unescapeLabelName(request.params['name'] ?? '');
  if (name === '' || !name.isWellFormed()) throw new RequestError('bad_data', `invalid label name: ${quote(name)}`);
  if (name === TENANT_LABEL && request.tenants.length > 1) {
    return labelList(options, request, {
      column: sql`tenant`,
      indexed: ({ tenant, view, numbers }) => ((numbers?.length ?? view.active.count(view.index.size)) > 0 ? [tenant] : []),
      tenants: [],
    });
  }
  return labelList(options, request, { column: labelColumn(name), indexed: (series, most) => valuesOf(series, name, most), tenants: [] });
}

interface Listed {
  /** The items as a column of the table `series`, and, sorted, as the index has them: the first `most`. */
  readonly column: Sql;
  readonly indexed: (series: ChosenOfTenant, most: number) => readonly string[];
  /** What a read of several tenants adds. */
  readonly tenants: readonly string[];
}

async function labelList(options: MetricsApiOptions, request: Request, { column, indexed, tenants }: Listed): Promise<Reply> {
  const limit = limitParam(request.query);
  const range = rangeParams(request.query);
  const matches = matchParams(request.query);
  const { context, chosen } = await lookUp(options, request, { matches, range });
  const { seriesMax } = context.limits;
  const most = (limit === 0 ? seriesMax : Math.min(limit, seriesMax)) + 1;
  const lists = chosen?.map((one) => indexed(one, most)) ?? (await storedLists(context, column, { matches, range, most }));
  if (limit === 0 && lists.some((list) => list.length > seriesMax)) throw tooManySeries(seriesMax);
  const { kept, warnings } = limited(joined(lists, context.tenants.length > 1 ? tenants : []), limit);
  return successReply(listPieces(quotedPieces(kept)), {
    warnings: [...context.warnings, ...warnings],
    infos: [],
  });
}

/** Texts as members of a JSON list, many at a time. */
function* quotedPieces(texts: readonly string[]): Generator<string> {
  for (let from = 0; from < texts.length; from += TEXTS_PER_PIECE)
    yield JSON.stringify(texts.slice(from, from + TEXTS_PER_PIECE)).slice(1, -1);
}

/** Sorted lists as one, and what is added unless all are empty. */
function joined(lists: readonly (readonly string[])[], more: readonly string[]): readonly string[] {
  const filled = lists.filter((list) => list.length > 0);
  const [only] = filled;
  if (filled.length < 2 && more.length === 0) return only ?? [];
  return filled.length === 0 ? [] : sortTexts([...new Set([...filled.flat(), ...more])]);
}

interface Question {
  /** Selectors; none asks about all series. */
  readonly matches: readonly (readonly Matcher[])[];
  readonly range: TimeRange;
}

interface ChosenOfTenant extends ChosenSeries {
  readonly tenant: string;
}

interface LookUp {
  readonly context: ReadContext;
  /** What the index knows, tenant by tenant; undefined where the store has to be asked, which the context then sees whole. */
  readonly chosen: readonly ChosenOfTenant[] | undefined;
}

/** Chooses series in the index, which needs nothing of the store: what was acknowledged is in it. */
async function lookUp(options: MetricsApiOptions, request: Request, question: Question): Promise<LookUp> {
  const context = lookUpContext(options, request);
  const chosen: ChosenOfTenant[] = [];
  for (const tenant of context.tenants) {
    const view = await indexView(context, tenant, question.range);
    if (view === undefined) return { context: await readContext(options, request), chosen: undefined };
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
  const statement = sql`SELECT DISTINCT ${column} AS item FROM series WHERE (${join(conditions, sql` OR `)}) AND item != '' ORDER BY item LIMIT ${int(most)}`;
  const items: string[] = [];
  await guarded(context, async () => {
    for await (const { columns } of context.client.stream(statement, statementOptions(context))) {
      for (const item of columns['item'] ?? []) items.push(String(item));
    }
  });
  return items;
}
