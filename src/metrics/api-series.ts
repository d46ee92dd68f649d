// `/api/v1/series`, `labels`, `label/:name/values`: which series there are and what they are called.
//
// Source: Prometheus HTTP API documentation, "Querying metadata".

import { compareLabels, type Labels, labelPairs, labelsKey, labelsOf } from '../query/labels.ts';
import type { Matcher } from '../query/matchers.ts';
import { quote } from '../query/scanner.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { RequestError } from '../base/request-error.ts';
import { type MetricsApiOptions, type ReadContexts, getAndPost, readContexts, route } from './api-context.ts';
import { limitParam, limited, matchParams, rangeParams, unescapeLabelName } from './api-params.ts';
import {
  type ChosenOfTenant,
  LABEL_NAMES,
  type Listed,
  type Question,
  joinedLists,
  labelLists,
  labelValuesOf,
  lookUp,
} from './label-look-up.ts';
import { type ReadContext, type TimeRange, extraLabels, selectSeries, tooManySeries } from './read.ts';
import { labelsJson, listPieces, mapped, successReply } from './result-json.ts';

const TEXTS_PER_PIECE = 1000;

/** The routes that list series and labels. */
export function seriesRoutes(options: MetricsApiOptions): readonly Route[] {
  return [
    ...getAndPost('/api/v1/series', 'The series that selectors match.', (request) => series(options, request)),
    ...getAndPost('/api/v1/labels', 'Names of labels.', (request) => labelList(options, request, LABEL_NAMES)),
    route('GET', '/api/v1/label/:name/values', 'Values of a label.', (request) => labelValues(options, request)),
  ];
}

async function series(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const limit = limitParam(request.query);
  const range = rangeParams(request.query);
  const matches = matchParams(request.query);
  if (matches.length === 0) throw new RequestError('bad_data', 'no match[] parameter provided');
  const { context, found } = await foundSeries(readContexts(options), request, { matches, range });
  const { kept, warnings } = limited(limit === 0 ? found.sort(compareLabels) : firstInOrder(found, limit + 1), limit);
  return successReply(listPieces(mapped(kept, labelsJson)), { warnings: [...context.warnings, ...warnings], infos: [] });
}

/** The label sets that any of the selectors chooses, in no order; at least one selector is given. */
export async function foundSeries(
  contexts: ReadContexts,
  request: Request,
  question: Question,
): Promise<{ readonly context: ReadContext; readonly found: Labels[] }> {
  const { context, chosen } = await lookUp(contexts, request, question);
  const found = chosen === undefined ? await storedSeries(context, question.matches, question.range) : indexedSeries(context, chosen);
  return { context, found };
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

async function labelValues(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const name = unescapeLabelName(request.params['name'] ?? '');
  if (name === '' || !name.isWellFormed()) throw new RequestError('bad_data', `invalid label name: ${quote(name)}`);
  return labelList(options, request, labelValuesOf(name, request));
}

async function labelList(options: MetricsApiOptions, request: Request, listed: Listed): Promise<Reply> {
  const limit = limitParam(request.query);
  const range = rangeParams(request.query);
  const matches = matchParams(request.query);
  const most = (seriesMax: number): number => (limit === 0 ? seriesMax : Math.min(limit, seriesMax)) + 1;
  const { context, lists } = await labelLists(readContexts(options), request, { matches, range, listed, most });
  const { seriesMax } = context.limits;
  if (limit === 0 && lists.some((list) => list.length > seriesMax)) throw tooManySeries(seriesMax);
  const { kept, warnings } = limited(joinedLists(lists, context.tenants.length > 1 ? listed.tenants : []), limit);
  return successReply(listPieces(quotedPieces(kept)), {
    warnings: [...context.warnings, ...warnings],
    infos: [],
  });
}

/** Texts as members of a JSON list, many at a time. */
export function* quotedPieces(texts: readonly string[]): Generator<string> {
  for (let from = 0; from < texts.length; from += TEXTS_PER_PIECE)
    yield JSON.stringify(texts.slice(from, from + TEXTS_PER_PIECE)).slice(1, -1);
}
