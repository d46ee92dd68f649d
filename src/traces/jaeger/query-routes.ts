// Jaeger's query service, under `/jaeger`: for its pages and clients, and for whoever comes from there.
//
//   request ─▶ query-params.ts ─┬─▶ read-traces.ts ─▶ jaeger-json.ts, a trace at a time
//                               └─▶ services.ts, dependencies.ts
//
// Source: Jaeger `cmd/query/app/http_handler.go`.

import type { RequestError } from '../../base/request-error.ts';
import { json, type Reply, type Request, type Route } from '../../server/route.ts';
import { type Handle, readContexts, withWarnings } from '../api/context.ts';
import { goBool, traceIdOf } from '../api/params.ts';
import { inPieces } from '../api/text-pieces.ts';
import type { AdjustedTrace } from './adjusted-trace.ts';
import { jaegerOtlpQueryRoutes } from './otlp-query-routes.ts';
import { readDependencies } from './dependencies.ts';
import { jaegerTracePieces, shortId } from './jaeger-json.ts';
import { dependencyRange, limitParam, rangeParams, searchParams, serviceParam, traceIdsParam } from './query-params.ts';
import { checkAbsence, findTraces, type JaegerQueryOptions, ofUnknownSize, readTraces, tracesMaxOf } from './read-traces.ts';
import { type Operation, readOperations, readServices } from './services.ts';

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
    ...jaegerOtlpQueryRoutes(options),
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
  return sortedNames(await readServices(await readContexts(options, request)));
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
  return json(answer(found, found.length));
}

async function operationsOf(options: JaegerQueryOptions, request: Request, service: string): Promise<readonly Operation[]> {
  const kind = (request.query.get('spanKind') ?? '').toLowerCase();
  return readOperations(await readContexts(options, request), { service, kind }, options.clock.now());
}

async function dependencies(options: JaegerQueryOptions, request: Request): Promise<Reply> {
  const range = dependencyRange(request.query, options.clock.now());
  const service = request.query.get('service') ?? '';
  const found = await readDependencies(await readContexts(options, request), range);
  return json(answer(found.filter(({ parent, child }) => service === '' || parent === service || child === service)));
}

async function trace(options: JaegerQueryOptions, request: Request): Promise<Reply> {
  const question = ofUnknownSize(traceIdOf(request.params['id'] ?? ''));
  const isRaw = goBool(request.query.get('raw') ?? '') === true;
  const contexts = await readContexts(options, request);
  const found = await readTraces(options, contexts, [question], isRaw).next();
  if (found.done === true) {
    checkAbsence(contexts);
    return json(answer(null, 0, [{ code: 404, msg: 'trace not found' }]), 404);
  }
  return streamed(answerParts([found.value], []));
}

async function traces(options: JaegerQueryOptions, request: Request): Promise<Reply> {
  const ids = traceIdsParam(request.query);
  const contexts = await readContexts(options, request);
  if (ids.length > 0) return streamed(answerParts(readTraces(options, contexts, ids.map(ofUnknownSize)), ids));
  const search = searchParams(request.query);
  const range = rangeParams(request.query, options.clock.now());
  const limit = limitParam(request.query, tracesMaxOf(options, request));
  const { traces: found, stopped } = await findTraces(options, request, { search, range, limit });
  return withWarnings(streamed(answerParts(readTraces(options, contexts, found), [])), stopped === undefined ? [] : [stopped]);
}

/** An answer of traces. Those of `ids` that do not come are its errors. */
async function* answerParts(
  found: AsyncIterable<AdjustedTrace> | Iterable<AdjustedTrace>,
  ids: readonly string[],
): AsyncGenerator<Iterable<string>> {
  const missing = new Set(ids);
  let before = '{"data":[';
  for await (const each of found) {
    missing.delete(each.traceId);
    yield [before];
    yield jaegerTracePieces(each);
    before = ',';
  }
  const errors = [...missing].map((id): AnswerError => ({ msg: 'trace not found', traceID: shortId(id) }));
  const end = `],"total":0,"limit":0,"offset":0,"errors":${errors.length === 0 ? 'null' : JSON.stringify(errors)}}`;
  yield [before === ',' ? end : before + end];
}

function streamed(parts: AsyncIterable<Iterable<string>>): Reply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: inPieces(parts) };
}
