// The third version of Jaeger's query API, under `/jaeger/api/v3`: what the first answers, with traces as OTLP's JSON.
//
//   request ─▶ otlp-query-params.ts ─┬─▶ read-traces.ts ─▶ {"result":{"resourceSpans":[…]}}, a trace at a time
//                                └─▶ services.ts, dependencies.ts
//
// Source: Jaeger `cmd/jaeger/internal/extension/jaegerquery/internal/apiv3/http_gateway.go`.

import type { RequestError } from '../../base/request-error.ts';
import { json, type Reply, type Request, type Route } from '../../server/route.ts';
import { type Handle, readContexts, warningsOf, withWarnings } from '../api/context.ts';
import { otlpResourceSpans } from '../api/otlp-trace-json.ts';
import { inPieces } from '../api/text-pieces.ts';
import type { Span } from '../write.ts';
import type { AdjustedTrace } from './adjusted-trace.ts';
import { dependencyRange, findParams, rawParam, textParam, traceIdParam, traceRange, unsupportedParam } from './otlp-query-params.ts';
import { readDependencies } from './dependencies.ts';
import { checkAbsence, findTraces, type JaegerQueryOptions, ofUnknownSize, readTraces, tracesMaxOf } from './read-traces.ts';
import { readOperations, readServices } from './services.ts';

/** The attribute by which the peer says what is wrong with a span: a list of texts. Source: Jaeger `internal/jptrace`. */
const WARNINGS = '@jaeger@warnings';
const NOT_FOUND = 'No traces found';

/** Routes that wait for their turn (`gated.ts`). */
export function jaegerOtlpQueryRoutes(options: JaegerQueryOptions): readonly Route[] {
  return [
    route('/services', 'Names of services.', (request) => services(options, request)),
    route('/operations', 'Operations of a service, with their kinds.', (request) => operations(options, request)),
    route('/dependencies', 'Which services call which.', (request) => dependencies(options, request)),
    route('/traces', "Traces that a search selects, as OTLP's JSON.", (request) => traces(options, request)),
    route('/traces/:id', "A trace by its id, as OTLP's JSON.", (request) => trace(options, request)),
  ];
}

function route(path: string, summary: string, handle: Handle): Route {
  const error = ({ status, message }: RequestError): Reply => failure(status, message);
  return { method: 'GET', path: `/jaeger/api/v3${path}`, summary, access: 'read', error, handle };
}

function failure(httpCode: number, message: string): Reply {
  return json({ error: { httpCode, message } }, httpCode);
}

async function services(options: JaegerQueryOptions, request: Request): Promise<Reply> {
  return json({ services: await readServices(await readContexts(options, request)) });
}

async function operations(options: JaegerQueryOptions, request: Request): Promise<Reply> {
  const service = textParam(request.query, ['service']);
  const kind = textParam(request.query, ['spanKind', 'span_kind']).toLowerCase();
  const contexts = await readContexts(options, request);
  const found = await readOperations(contexts, { service, kind }, options.clock.now());
  // A span without a kind is internal, says OTLP, and so does the peer.
  const shown = found.map(({ name, spanKind }) => ({ name, spanKind: spanKind === '' ? 'internal' : spanKind }));
  const distinct = [...new Map(shown.map((each) => [JSON.stringify(each), each])).values()];
  return withWarnings(json({ operations: distinct }), warningsOf(contexts));
}

async function dependencies(options: JaegerQueryOptions, request: Request): Promise<Reply> {
  const found = await readDependencies(await readContexts(options, request), dependencyRange(request.query));
  return json({ dependencies: found.map((each) => ({ ...each, callCount: String(each.callCount) })) });
}

async function trace(options: JaegerQueryOptions, request: Request): Promise<Reply> {
  const { query, params } = request;
  const question = { ...ofUnknownSize(traceIdParam(params['id'] ?? '')), range: traceRange(query) };
  const isRaw = rawParam(query, ['rawTraces', 'raw_traces']);
  const contexts = await readContexts(options, request);
  const found = await answer(readTraces(options, contexts, [question], isRaw));
  if (found === undefined) checkAbsence(contexts);
  return found ?? failure(404, NOT_FOUND);
}

async function traces(options: JaegerQueryOptions, request: Request): Promise<Reply> {
  const unsupported = unsupportedParam(request.query);
  if (unsupported !== undefined) return failure(501, `parameter ${unsupported} is not supported`);
  const { isRaw, ...question } = findParams(request.query, tracesMaxOf(options, request));
  const { traces: found, stopped } = await findTraces(options, request, question);
  const reply = await answer(readTraces(options, await readContexts(options, request), found, isRaw));
  return withWarnings(reply ?? failure(404, NOT_FOUND), stopped === undefined ? [] : [stopped]);
}

/** Undefined where there are no traces. */
async function answer(found: AsyncGenerator<AdjustedTrace>): Promise<Reply | undefined> {
  const first = await found.next();
  if (first.done === true) return undefined;
  return { status: 200, headers: { 'content-type': 'application/json' }, body: inPieces(answerParts(first.value, found)) };
}

async function* answerParts(first: AdjustedTrace, rest: AsyncIterable<AdjustedTrace>): AsyncGenerator<Iterable<string>> {
  yield ['{"result":{"resourceSpans":['];
  yield otlpResourceSpans(withWarningAttributes(first));
  for await (const each of rest) {
    yield [','];
    yield otlpResourceSpans(withWarningAttributes(each));
  }
  yield [']}}'];
}

/** Its spans say what is wrong with them, and the first what the trace lacks. */
function withWarningAttributes(trace: AdjustedTrace): AdjustedTrace {
  const { partial, groups, warnings } = trace;
  if (partial === undefined && warnings.size === 0) return trace;
  const first = groups[0]?.spans[0];
  const warned = (span: Span): Span => {
    const value = [...(span === first && partial !== undefined ? [partial] : []), ...(warnings.get(span) ?? [])];
    return value.length === 0 ? span : { ...span, attributes: [...span.attributes, { key: WARNINGS, value }] };
  };
  return { ...trace, groups: groups.map((group) => ({ ...group, spans: group.spans.map(warned) })) };
}
