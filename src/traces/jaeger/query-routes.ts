// Jaeger's query service, under `/jaeger`: for its pages and clients, and for whoever comes from there.
//
//   request ─▶ query-params.ts ─┬─▶ search-tree.ts ─▶ runSearch ─▶ ids ─▶ readTrace ─▶ jaeger-json.ts, a trace at a time
//                               └─▶ services.ts, dependencies.ts
//
// Source: Jaeger `cmd/query/app/http_handler.go`.

import { setImmediate as pause } from 'node:timers/promises';
import type { RequestError } from '../../base/request-error.ts';
import { json, type Reply, type Request, type Route } from '../../server/route.ts';
import type { FoundTrace } from '../answers.ts';
import { type Handle, type TracesApiOptions, leastOf, readContexts, warningsOf } from '../api/context.ts';
import { traceIdOf } from '../api/params.ts';
import { searchTenants } from '../api/search.ts';
import { readTrace } from '../read-trace.ts';
import type { SpanReadContext } from '../read.ts';
import type { StoredTrace } from '../stored-trace.ts';
import { type Dependency, readDependencies } from './dependencies.ts';
import { jaegerTracePieces, shortId } from './jaeger-json.ts';
import { dependencyRange, limitParam, rangeParams, searchParams, serviceParam, traceIdsParam } from './query-params.ts';
import { searchTree } from './search-tree.ts';
import { type Operation, readOperations, readServices } from './services.ts';
import { withUniqueSpanIds } from './unique-span-ids.ts';

/** Traces that are read at the same time, ahead of the client, and the spans that they may have together. */
const TRACES_AHEAD_MAX = 8;
const SPANS_AHEAD_MAX = 20_000;
const PIECE_LENGTH = 64 * 1024;
const NS_PER_MS = 1_000_000n;
/** Values of `raw`, which asks for a trace as it came. Source: Go `strconv.ParseBool`. */
const RAW: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

export type JaegerQueryOptions = Pick<TracesApiOptions, 'clock' | 'limitsOf' | 'readContext' | 'log' | 'slowQueryMs'>;

interface AnswerError {
  readonly code?: number;
  readonly msg: string;
  readonly traceID?: string;
}

/** The read side of Jaeger, as routes that wait for their turn (`gated.ts`). */
export function jaegerQueryRoutes(options: JaegerQueryOptions): readonly Route[] {
  return [
    route('/services', 'Names of services.', (request) => services(options, request)),
    route('/services/:service/operations', 'Names of the operations of a service.', (request) => operationNames(options, request)),
    route('/operations', 'Operations of a service, with their kinds.', (request) => operations(options, request)),
    route('/traces', 'Traces that a search selects, or those of given ids.', (request) => traces(options, request)),
    route('/traces/:id', 'A trace by its id.', (request) => trace(options, request)),
    route('/dependencies', 'Which services call which.', (request) => dependencies(options, request)),
  ];
}

function route(path: string, summary: string, handle: Handle): Route {
  return { method: 'GET', path: `/jaeger/api${path}`, summary, access: 'read', error: jaegerError, handle };
}

/** The envelope of every answer. */
function answer(data: unknown, total = 0, errors: readonly AnswerError[] = []): unknown {
  return { data, total, limit: 0, offset: 0, errors: errors.length === 0 ? null : errors };
}

function jaegerError({ status, message }: RequestError): Reply {
  return json(answer(null, 0, [{ code: status, msg: message }]), status);
}

async function services(options: JaegerQueryOptions, request: Request): Promise<Reply> {
  const contexts = await readContexts(options, request);
  const names = await Promise.all(contexts.map(readServices));
  return sortedNames(names.flat());
}

function sortedNames(names: readonly string[]): Reply {
  const sorted = [...new Set(names)].sort();
  return json(answer(sorted, sorted.length));
}

async function operationNames(options: JaegerQueryOptions, request: Request): Promise<Reply> {
  const found = await operationsOf(options, request, request.params['service'] ?? '');
  return sortedNames(found.map(({ name }) => name));
}

async function operations(options: JaegerQueryOptions, request: Request): Promise<Reply> {
  const found = await operationsOf(options, request, serviceParam(request.query));
  const distinct = [...new Map(found.map((each) => [JSON.stringify(each), each])).values()];
  return json(answer(distinct, distinct.length));
}

async function operationsOf(options: JaegerQueryOptions, request: Request, service: string): Promise<readonly Operation[]> {
  const kind = (request.query.get('spanKind') ?? '').toLowerCase();
  const nowNs = BigInt(options.clock.now()) * NS_PER_MS;
  const contexts = await readContexts(options, request);
  const found = await Promise.all(contexts.map((context) => readOperations(context, service, kind, nowNs)));
  return found.flat();
}

async function dependencies(options: JaegerQueryOptions, request: Request): Promise<Reply> {
  const range = dependencyRange(request.query, options.clock.now());
  const service = request.query.get('service') ?? '';
  const contexts = await readContexts(options, request);
  const found = await Promise.all(contexts.map((context) => readDependencies(context, range)));
  const counts = new Map<string, Dependency>();
  for (const { parent, child, callCount } of found.flat()) {
    if (service !== '' && parent !== service && child !== service) continue;
    const key = JSON.stringify([parent, child]);
    counts.set(key, { parent, child, callCount: callCount + (counts.get(key)?.callCount ?? 0) });
  }
  return json(answer([...counts.values()]));
}

async function trace(options: JaegerQueryOptions, request: Request): Promise<Reply> {
  const id = traceIdOf(request.params['id'] ?? '');
  const contexts = await readContexts(options, request);
  const found = await readWhole(options, contexts, id);
  if (found === undefined) return json(answer(null, 0, [{ code: 404, msg: 'trace not found' }]), 404);
  const isRaw = RAW.has(request.query.get('raw') ?? '');
  return streamed(answerPieces(resolved([isRaw ? found : withUniqueSpanIds(found)]), []));
}

async function traces(options: JaegerQueryOptions, request: Request): Promise<Reply> {
  const ids = traceIdsParam(request.query);
  if (ids.length > 0) {
    const contexts = await readContexts(options, request);
    return streamed(
      answerPieces(
        readTraces(
          options,
          contexts,
          ids.map((traceId) => ({ traceId, spans: Infinity })),
        ),
        ids,
      ),
    );
  }
  const query = searchTree(searchParams(request.query));
  const range = rangeParams(request.query, options.clock.now());
  const limit = limitParam(
    request.query,
    leastOf(options, request.tenants, ({ traces: { tracesMax } }) => tracesMax),
  );
  let found: readonly FoundTrace[] = [];
  for await (const part of searchTenants(options, request, { query, question: { range, limit, spansPerSpanset: 1 } })) found = part.traces;
  const contexts = await readContexts(options, request);
  // A trace is shown whole, with its spans out of the range too.
  return streamed(answerPieces(readTraces(options, contexts, found.map(sizeOf)), []));
}

/** A trace of all tenants that have it. */
async function readWhole(
  { limitsOf }: JaegerQueryOptions,
  contexts: readonly SpanReadContext[],
  traceId: string,
): Promise<StoredTrace | undefined> {
  const found = await Promise.all(
    contexts.map((context) => readTrace(context, traceId, { spansMax: limitsOf(context.tenant).traces.traceSpansMax })),
  );
  const there = found.filter((each) => each !== undefined);
  if (there.length === 0) return undefined;
  const missing = [...there.flatMap(({ partial }) => partial ?? []), ...warningsOf(contexts)];
  const partial = missing.length === 0 ? undefined : [...new Set(missing)].join('; ');
  return { traceId, groups: there.flatMap(({ groups }) => groups), partial };
}

interface SizedTrace {
  readonly traceId: string;
  /** `Infinity` where it is not known. */
  readonly spans: number;
}

/** The traces that are there, in the order given; no more than a few are in memory. */
async function* readTraces(
  options: JaegerQueryOptions,
  contexts: readonly SpanReadContext[],
  traces: readonly SizedTrace[],
): AsyncGenerator<StoredTrace> {
  for (const batch of batchesOf(traces)) {
    const found = await Promise.all(batch.map(({ traceId }) => readWhole(options, contexts, traceId)));
    for (const each of found) if (each !== undefined) yield withUniqueSpanIds(each);
  }
}

function* batchesOf(traces: readonly SizedTrace[]): Generator<readonly SizedTrace[]> {
  let batch: SizedTrace[] = [];
  let spans = 0;
  for (const each of traces) {
    if (batch.length === TRACES_AHEAD_MAX || (batch.length > 0 && spans + each.spans > SPANS_AHEAD_MAX)) {
      yield batch;
      batch = [];
      spans = 0;
    }
    batch.push(each);
    spans += each.spans;
  }
  if (batch.length > 0) yield batch;
}

function sizeOf({ traceId, services: ofServices }: FoundTrace): SizedTrace {
  return { traceId, spans: [...ofServices.values()].reduce((sum, { spans }) => sum + spans, 0) };
}

async function* resolved(list: readonly StoredTrace[]): AsyncGenerator<StoredTrace> {
  yield* list;
}

/** An answer of traces. Those of `ids` that do not come are its errors. */
async function* answerPieces(found: AsyncIterable<StoredTrace>, ids: readonly string[]): AsyncGenerator<string> {
  const missing = new Set(ids);
  let text = '{"data":[';
  let separator = '';
  for await (const each of found) {
    missing.delete(each.traceId);
    text += separator;
    separator = ',';
    for (const piece of jaegerTracePieces(each)) {
      text += piece;
      if (text.length < PIECE_LENGTH) continue;
      yield text;
      text = '';
      // Others get their turn.
      await pause();
    }
  }
  const errors = [...missing].map((id): AnswerError => ({ msg: 'trace not found', traceID: shortId(id) }));
  yield `${text}],"total":0,"limit":0,"offset":0,"errors":${errors.length === 0 ? 'null' : JSON.stringify(errors)}}`;
}

function streamed(body: AsyncIterable<string>): Reply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}
