// `labels`, `label/:name/values`, `series`, `detected_labels`: which streams there are and what they are called.
//
// The label index answers, or the table of streams; both know the days on which a stream had lines.
// Source: Loki HTTP API documentation, "Query labels", "Query streams", "Query detected labels".

import { parseFloatStrict } from '../query/durations.ts';
import { sql } from '../base/sql.ts';
import { foundSeries, quotedPieces } from '../metrics/api-series.ts';
import { namesOf } from '../metrics/label-lists.ts';
import { type Listed, type Question, joinedLists, labelLists, labelValuesOf } from '../metrics/label-look-up.ts';
import { sortTexts } from '../metrics/postings.ts';
import { type ReadContext, TENANT_LABEL, tooManySeries } from '../metrics/read.ts';
import { labelsJson, listPieces, mapped, piecesReply, successReply } from '../metrics/result-json.ts';
import { METRIC_NAME, compareLabels } from '../query/labels.ts';
import type { Matcher } from '../query/matchers.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { json } from '../server/route.ts';
import { type Handle, type LogsApiOptions, checkedLength, getAndPost, selectorParam } from './api-context.ts';
import { boundsParams, parseMatchers, rangeParams, timeRangeOf } from './api-params.ts';

/** Labels that are worth a look whatever their values are. Source: Loki `pkg/querier`, `DetectedLabels`. */
const ALWAYS_SHOWN: ReadonlySet<string> = new Set(['cluster', 'namespace', 'instance', 'pod']);
const UUID = /^(?:urn:uuid:)?\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i;

/** The names of streams' labels. A stream has no name of its own. */
const STREAM_LABEL_NAMES: Listed = {
  column: sql`arrayJoin(mapKeys(labels))`,
  indexed: (series) => sortTexts([...namesOf(series)].filter((name) => name !== METRIC_NAME)),
  tenants: [TENANT_LABEL],
};

/** The routes that list streams and their labels. */
export function labelRoutes(options: LogsApiOptions): readonly Route[] {
  const names: Handle = (request) => labels(options, request, STREAM_LABEL_NAMES);
  const values: Handle = (request) => labels(options, request, labelValuesOf(nameParam(request), request));
  const legacyNames: Handle = (request) => legacyLabels(options, request, STREAM_LABEL_NAMES);
  const legacyValues: Handle = (request) => legacyLabels(options, request, labelValuesOf(nameParam(request), request));
  return [
    ...getAndPost('/loki/api/v1/labels', 'Names of labels.', names),
    ...getAndPost('/loki/api/v1/label', 'Names of labels; an older path.', names),
    ...getAndPost('/loki/api/v1/label/:name/values', 'Values of a label.', values),
    ...getAndPost('/loki/api/v1/series', 'The streams that selectors match.', (request) => series(options, request)),
    ...getAndPost('/loki/api/v1/detected_labels', 'Labels and how many values they have.', (request) => detectedLabels(options, request)),
    ...getAndPost('/api/prom/label', 'Names of labels, in the older form.', legacyNames),
    ...getAndPost('/api/prom/label/:name/values', 'Values of a label, in the older form.', legacyValues),
    ...getAndPost('/api/prom/series', 'The streams that selectors match.', (request) => series(options, request)),
  ];
}

function nameParam({ params }: Request): string {
  return params['name'] ?? '';
}

function question(options: LogsApiOptions, request: Request): Question {
  const range = timeRangeOf(boundsParams(request.query, options.clock.now()));
  const matchers = selectorParam(options, request);
  return { matches: matchers.length === 0 ? [] : [matchers], range };
}

interface Lists {
  readonly context: ReadContext;
  readonly items: readonly string[];
}

async function listed(options: LogsApiOptions, request: Request, asked: Question, list: Listed): Promise<Lists> {
  const most = (seriesMax: number): number => seriesMax + 1;
  const { context, lists } = await labelLists(options.contexts, request, { ...asked, listed: list, most });
  const { seriesMax } = context.limits;
  if (lists.some((items) => items.length > seriesMax)) throw tooManySeries(seriesMax);
  return { context, items: joinedLists(lists, context.tenants.length > 1 ? list.tenants : []) };
}

async function labels(options: LogsApiOptions, request: Request, list: Listed): Promise<Reply> {
  const { context, items } = await listed(options, request, question(options, request), list);
  return successReply(listPieces(quotedPieces(items)), { warnings: context.warnings, infos: [] });
}

async function legacyLabels(options: LogsApiOptions, request: Request, list: Listed): Promise<Reply> {
  const { items } = await listed(options, request, question(options, request), list);
  return piecesReply(wrapped('{"values":', listPieces(quotedPieces(items)), '}'));
}

function* wrapped(before: string, pieces: Iterable<string>, after: string): Generator<string> {
  yield before;
  yield* pieces;
  yield after;
}

async function series(options: LogsApiOptions, request: Request): Promise<Reply> {
  const range = timeRangeOf(rangeParams(request.query, options.clock.now()));
  const texts = [...request.query.getAll('match'), ...request.query.getAll('match[]')];
  const matches = texts.map((text) => parseMatchers(checkedLength(options, request, text)));
  const all: readonly (readonly Matcher[])[] = [[]];
  // A selector without matchers stands for all streams, whatever stands beside it.
  const asked = matches.every((matchers) => matchers.length > 0) && matches.length > 0 ? matches : all;
  const { context, found } = await foundSeries(options.contexts, request, { matches: asked, range });
  return successReply(listPieces(mapped(found.sort(compareLabels), labelsJson)), { warnings: context.warnings, infos: [] });
}

interface DetectedLabel {
  readonly label: string;
  readonly cardinality: number;
}

async function detectedLabels(options: LogsApiOptions, request: Request): Promise<Reply> {
  const asked = question(options, request);
  const { items: names } = await listed(options, request, asked, STREAM_LABEL_NAMES);
  const detected: DetectedLabel[] = [];
  for (const name of names) {
    const { items: values } = await listed(options, request, asked, labelValuesOf(name, request));
    if (isShown(name, values)) detected.push({ label: name, cardinality: values.length });
  }
  return json({ detectedLabels: detected });
}

/** Labels of nothing but ids say nothing to a person; 0 and 1 may be truth values. */
export function isShown(name: string, values: readonly string[]): boolean {
  if (values.length === 0) return false;
  if (ALWAYS_SHOWN.has(name)) return true;
  if (values.length <= 2 && values.every((value) => value === '0' || value === '1')) return true;
  return values.some((value) => parseFloatStrict(value) === undefined && !UUID.test(value));
}
