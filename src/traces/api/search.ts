// `/api/search`: the traces that a query, or the tags of the older form, select.
//
//   q ─────────────────────────┐
//   tags, minDuration, … ─▶ q ─┴▶ parseTraceql ─▶ checkTraceql ─▶ runSearch for each tenant ─▶ the newest within the limit
//
// Source: Tempo HTTP API documentation, "Search"; `pkg/api/http.go`, `modules/frontend/search_handlers.go`.

import { RequestError } from '../../base/request-error.ts';
import type { SpanReadContext } from '../read.ts';
import { json, type Reply, type Request, type Route } from '../../server/route.ts';
import type { FoundTrace } from '../answers.ts';
import {
  protobuf,
  readContexts,
  checkedLength,
  leastOf,
  route,
  type SearchAnswer,
  type SearchQuestion,
  type Asker,
  tellEnd,
  type TracesApiOptions,
  wantsProtobuf,
  warningsOf,
  withWarnings,
} from './context.ts';
import { searchJson } from './json.ts';
import { ALL_TIME, badData, goDurationParam, limitParam, parseTags, secondsRange, spansPerSpansetParam } from './params.ts';
import { runSearch } from '../search/run-search.ts';
import { searchPackets } from './protobuf.ts';
import type { Query } from '../traceql/ast.ts';
import { checkTraceql } from '../traceql/check.ts';
import { parseTraceql } from '../traceql/parse.ts';

/** Parameters that are no tags where tags stand alone. */
const RESERVED: ReadonlySet<string> = new Set(['q', 'tags', 'minDuration', 'maxDuration', 'limit', 'spss', 'start', 'end', 'timeout']);

/** The route of searches. */
export function searchRoutes(options: TracesApiOptions): readonly Route[] {
  return [route('/api/search', 'Traces that a query selects.', (request) => search(options, request))];
}

export interface Search {
  readonly query: Query;
  readonly question: SearchQuestion;
}

async function search(options: TracesApiOptions, request: Request): Promise<Reply> {
  const { query, tenants } = request;
  const q = query.get('q') ?? '';
  const limit = limitParam(
    query,
    leastOf(options, tenants, ({ traces }) => traces.tracesMax),
  );
  const range = secondsRange(query);
  const text = q === '' ? tagsQuery(tagsOf(query, range !== undefined), durationsOf(query)) : q;
  if (q !== '' && (query.get('tags') ?? '') !== '') throw badData("invalid request: can't specify tags and q in the same query");
  const question = { range: range ?? ALL_TIME, limit, spansPerSpanset: spansPerSpansetParam(query) };
  let answer: SearchAnswer | undefined;
  for await (const part of searchTenants(options, request, { query: searchQuery(options, tenants, text), question })) answer = part;
  const found = answer ?? NOTHING_FOUND;
  const reply = wantsProtobuf(request) ? protobuf(searchPackets(found, q !== '')) : json(searchJson(found, q !== ''));
  return withWarnings(reply, found.stopped === undefined ? [] : [found.stopped]);
}

export const NOTHING_FOUND: SearchAnswer = {
  traces: [],
  stats: { inspectedTraces: 0, inspectedBytes: 0, inspectedSpans: 0 },
  stopped: undefined,
};

/** The tree of a search's text. Throws `bad_data` where it is none, or a metrics query. */
export function searchQuery(options: TracesApiOptions, tenants: readonly string[], text: string): Query {
  const query = parseTraceql(checkedLength(options, tenants, text));
  checkTraceql(query);
  if (query.root.type !== 'pipeline') throw badData('invalid TraceQL query: a metrics query is asked for at /api/metrics/query_range');
  return query;
}

/** The answer of all tenants as it grows; the last holds all. */
export async function* searchTenants(
  options: Pick<TracesApiOptions, 'readContext' | 'log' | 'slowQueryMs'>,
  asker: Asker,
  search: Search,
): AsyncGenerator<SearchAnswer> {
  const begunMs = performance.now();
  let outcome = 'left';
  try {
    yield* searchEach(await readContexts(options, asker), search);
    outcome = 'ok';
  } catch (error) {
    outcome = error instanceof RequestError ? error.code : 'internal';
    throw error;
  } finally {
    tellEnd(options, asker, search.query, { begunMs, outcome });
  }
}

async function* searchEach(contexts: readonly SpanReadContext[], { query, question }: Search): AsyncGenerator<SearchAnswer> {
  let before = NOTHING_FOUND;
  for (const context of contexts) {
    let grown = before;
    for await (const part of runSearch(context, query, question)) {
      grown = joined(before, part, question.limit);
      yield grown;
    }
    before = grown;
  }
  const lacks = [...(before.stopped === undefined ? [] : [before.stopped]), ...warningsOf(contexts)];
  yield lacks.length === 0 ? before : { ...before, stopped: lacks.join('; ') };
}

/** Two tenants may have the same trace: it stands in the answer once. */
function joined(a: SearchAnswer, b: SearchAnswer, limit: number): SearchAnswer {
  const byId = new Map<string, FoundTrace>();
  for (const trace of [...a.traces, ...b.traces]) {
    const known = byId.get(trace.traceId);
    byId.set(trace.traceId, known === undefined ? trace : { ...known, spansets: [...known.spansets, ...trace.spansets] });
  }
  const traces = [...byId.values()].sort((x, y) => (x.startNs > y.startNs ? -1 : Number(x.startNs < y.startNs)));
  return {
    traces: traces.slice(0, limit),
    stats: {
      inspectedTraces: a.stats.inspectedTraces + b.stats.inspectedTraces,
      inspectedBytes: a.stats.inspectedBytes + b.stats.inspectedBytes,
      inspectedSpans: a.stats.inspectedSpans + b.stats.inspectedSpans,
    },
    stopped: b.stopped ?? a.stopped,
  };
}

// The older form.

function tagsOf(query: URLSearchParams, hasRange: boolean): ReadonlyMap<string, string> {
  const tags = query.get('tags') ?? '';
  if (tags !== '' || hasRange) return parseTags(tags);
  // The oldest clients give each tag as a parameter of its own.
  return new Map([...query].filter(([name, value]) => !RESERVED.has(name) && value !== ''));
}

function durationsOf(query: URLSearchParams): readonly [bigint | undefined, bigint | undefined] {
  const min = goDurationParam(query, 'minDuration');
  const max = goDurationParam(query, 'maxDuration');
  if (min !== undefined && max !== undefined && min > max) throw badData('invalid maxDuration: must be greater than minDuration');
  return [min, max];
}

const TAG_FIELDS: Readonly<Record<string, string>> = {
  name: 'name',
  'root.name': 'rootName',
  'root.service.name': 'rootServiceName',
};

/** Tags and durations as a query: each is found in some span of the trace, text as a part of the value in any case. */
export function tagsQuery(tags: ReadonlyMap<string, string>, [min, max]: readonly [bigint | undefined, bigint | undefined]): string {
  const conditions = [
    ...[...tags].map(([key, value]) => tagCondition(key, value)),
    ...(min === undefined || min === 0n ? [] : [`traceDuration >= ${min}ns`]),
    ...(max === undefined || max === 0n ? [] : [`traceDuration <= ${max}ns`]),
  ];
  return conditions.length === 0 ? '{ }' : conditions.map((condition) => `{ ${condition} }`).join(' && ');
}

function tagCondition(key: string, value: string): string {
  if (key === 'status.code' || (key === 'error' && value === 'true')) {
    const status = key === 'error' ? 'error' : value;
    if (status === 'ok' || status === 'error' || status === 'unset') return `status = ${status}`;
  }
  const field = TAG_FIELDS[key] ?? (key === 'service.name' ? 'resource.service.name' : `.${attributeName(key)}`);
  const contains = `${field} =~ ${JSON.stringify(`(?i).*${value.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`)}.*`)}`;
  const isLiteral = /^-?\d{1,18}$/.test(value) || value === 'true' || value === 'false';
  return isLiteral && TAG_FIELDS[key] === undefined ? `(${contains} || ${field} = ${value})` : contains;
}

/** A name as TraceQL reads it: in quotes where it would end early. */
export function attributeName(key: string): string {
  return /^[\p{L}_][\p{L}\p{N}_.\-/]*$/u.test(key) ? key : JSON.stringify(key);
}
