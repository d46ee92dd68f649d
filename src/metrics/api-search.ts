// `/api/v1/search/…`: names of metrics, names of labels and values of a label that resemble what somebody typed.
//
//   the label index's list ─▶ scores ─▶ the first `limit` in their order ─▶ lines of `batch_size` results, and a last line that says how it ended
//
// Source: Prometheus 3.14, "Search". The lines are JSON each (`application/x-ndjson`); an error before the first of them is an ordinary answer.

import { RequestError } from '../base/request-error.ts';
import { sql, texts } from '../base/sql.ts';
import { METRIC_NAME } from '../query/labels.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { type MetricsApiOptions, getAndPost, readContext, readContexts } from './api-context.ts';
import { metadataEntries } from './api-metadata.ts';
import { LABEL_NAMES, type Listed, joinedLists, labelLists, labelValuesOf } from './label-look-up.ts';
import { type ReadContext, guarded, statementOptions, tooManySeries } from './read.ts';
import { type SearchOrder, type SearchParams, searchFlag, searchParams } from './search-params.ts';
import { Slices } from './slices.ts';
import { type Score, scoreOf } from './text-score.ts';

/** The routes of the search. */
export function searchRoutes(options: MetricsApiOptions): readonly Route[] {
  return [
    ...getAndPost('/api/v1/search/metric_names', 'Names of metrics that resemble a text.', (request) => metricNames(options, request)),
    ...getAndPost('/api/v1/search/label_names', 'Names of labels that resemble a text.', async (request) =>
      answer(await search(options, request, { endpoint: 'label_names', listed: () => LABEL_NAMES }), named('name')),
    ),
    ...getAndPost('/api/v1/search/label_values', 'Values of a label that resemble a text.', async (request) =>
      answer(await search(options, request, { endpoint: 'label_values', listed: () => askedLabel(request) }), named('value')),
    ),
  ];
}

function askedLabel(request: Request): Listed {
  const label = request.query.get('label') ?? '';
  if (label === '') throw new RequestError('bad_data', 'missing required parameter "label"');
  return labelValuesOf(label, request);
}

async function metricNames(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const found = await search(options, request, { endpoint: 'metric_names', listed: () => labelValuesOf(METRIC_NAME, request) });
  if (!searchFlag(request.query, 'include_metadata', false) || found.results.length === 0) return answer(found, named('name'));
  const described = await metadataOf(await readContext(options, request), found.results);
  return answer(found, (result) => ({ name: result.text, ...described.get(result.text) }));
}

interface Result {
  readonly text: string;
  readonly score: number;
}

interface Found {
  readonly params: SearchParams;
  readonly results: readonly Result[];
  readonly hasMore: boolean;
  readonly warnings: readonly string[];
}

interface Search {
  readonly endpoint: string;
  /** What is searched; asked for when the other parameters are good. */
  readonly listed: () => Listed;
}

async function search(options: MetricsApiOptions, request: Request, { endpoint, listed }: Search): Promise<Found> {
  const params = searchParams(request.query, { nowMs: options.clock.now(), resultsMax: options.searchResultsMax(), endpoint });
  const asked = listed();
  const { context, lists, isIndexed } = await labelLists(readContexts(options), request, {
    ...params,
    listed: asked,
    most: () => Number.POSITIVE_INFINITY,
  });
  const { seriesMax } = context.limits;
  if (!isIndexed && lists.some((list) => list.length > seriesMax)) throw tooManySeries(seriesMax);
  const all = joinedLists(lists, context.tenants.length > 1 ? asked.tenants : []);
  const { terms, scoring, order, limit } = params;
  const results = await guarded(context, async () =>
    best(all, scoreOf(terms, scoring), { order, most: limit + 1, signal: context.signal }),
  );
  return { params, results: results.slice(0, limit), hasMore: results.length > limit, warnings: context.warnings };
}

interface Wanted {
  readonly order: SearchOrder;
  readonly most: number;
  readonly signal: AbortSignal;
}

/** The first texts that have a score, of a sorted list. */
async function best(all: readonly string[], score: Score, { order, most, signal }: Wanted): Promise<readonly Result[]> {
  const found: Result[] = [];
  const slices = new Slices(signal);
  for (let i = 0; i < all.length && (order === 'score' || found.length < most); i++) {
    const item = all[order === 'descending' ? all.length - 1 - i : i] ?? '';
    const scored = score(item);
    if (scored !== undefined) found.push({ text: item, score: scored });
    if (slices.isOver()) await slices.pause();
  }
  // Equal scores stay in the order of the texts.
  return order === 'score' ? found.sort((a, b) => b.score - a.score).slice(0, most) : found;
}

type Drawn = Readonly<Record<string, string>>;

function named(field: 'name' | 'value'): (result: Result) => Drawn {
  return (result) => ({ [field]: result.text });
}

/** The metadata that is stored of metrics, one entry each; what is empty is left out. */
async function metadataOf(context: ReadContext, results: readonly Result[]): Promise<ReadonlyMap<string, Drawn>> {
  const names = texts(results.map((result) => result.text));
  const statement = sql`SELECT metric_family, [min((type, help, unit))] AS entries FROM metadata WHERE tenant IN ${texts(context.tenants)} AND metric_family IN ${names} GROUP BY metric_family`;
  const rows = await guarded(context, () => context.client.query(statement, statementOptions(context)));
  return new Map(
    rows.map((row) => {
      const [entry] = metadataEntries(row['entries'], 1);
      return [String(row['metric_family']), Object.fromEntries(Object.entries(entry ?? {}).filter(([, value]) => value !== ''))];
    }),
  );
}

function answer(found: Found, draw: (result: Result) => Drawn): Reply {
  const headers = { 'content-type': 'application/x-ndjson; charset=utf-8' };
  const isSmall = found.results.length <= found.params.batchSize;
  return { status: 200, headers, body: isSmall ? [...lines(found, draw)].join('') : streamed(lines(found, draw)) };
}

function* lines(
  { params: { batchSize, includeScore }, results, hasMore, warnings }: Found,
  draw: (result: Result) => Drawn,
): Generator<string> {
  for (let from = 0; from === 0 || from < results.length; from += batchSize) {
    const drawn = results
      .slice(from, from + batchSize)
      .map((result) => (includeScore ? { ...draw(result), score: result.score } : draw(result)));
    yield `${JSON.stringify({ results: drawn, ...(from === 0 && warnings.length > 0 ? { warnings } : {}) })}\n`;
  }
  yield `${JSON.stringify({ status: 'success', has_more: hasMore })}\n`;
}

async function* streamed(all: Iterable<string>): AsyncGenerator<string> {
  for (const line of all) {
    yield line;
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}
