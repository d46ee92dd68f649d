// `/api/traces/:id` and `/api/v2/traces/:id`: all spans of a trace, as OTLP's JSON or protobuf.
//
// Several tenants in one read: the spans of all that have the trace.
// Source: Tempo HTTP API documentation, "Query", "Query V2"; `modules/frontend/combiner/trace_by_id*.go`.

import { RequestError } from '../../base/request-error.ts';
import type { Reply, Request, Route } from '../../server/route.ts';
import { checkedLength, protobuf, readContexts, route, type TracesApiOptions, wantsProtobuf, warningsOf } from './context.ts';
import { filteredTrace, type TraceFilter, traceFilterParam } from './filter-trace.ts';
import { secondsRange, traceIdOf } from './params.ts';
import { type TraceForm, traceJson } from './otlp-trace-json.ts';
import { traceProtobuf } from './otlp-trace-protobuf.ts';
import { readTrace } from '../read-trace.ts';
import type { StoredTrace } from '../stored-trace.ts';

/** The routes of single traces. */
export function traceRoutes(options: TracesApiOptions): readonly Route[] {
  return [
    route('/api/traces/:id', 'A trace by its id.', (request) => answer(options, request, 'v1')),
    route('/api/v2/traces/:id', 'A trace by its id, with what is missing of it.', (request) => answer(options, request, 'v2')),
  ];
}

async function answer(options: TracesApiOptions, request: Request, form: TraceForm): Promise<Reply> {
  const filter = form === 'v2' ? filterOf(options, request) : undefined;
  const stored = await traceOf(options, request);
  const trace = filter === undefined ? stored : filteredTrace(stored, filter);
  if (wantsProtobuf(request)) return protobuf(traceProtobuf(trace, form));
  return { status: 200, headers: { 'content-type': 'application/json' }, body: traceJson(trace, form) };
}

function filterOf(options: TracesApiOptions, { query, tenants }: Request): TraceFilter | undefined {
  checkedLength(options, tenants, query.get('q') ?? '');
  return traceFilterParam(query);
}

/** While not all that was acknowledged can be read, nothing is known of a trace that does not show. */
function notFound(traceId: string, warnings: readonly string[]): RequestError {
  const message = `trace not found: ${traceId}`;
  if (warnings.length === 0) return new RequestError('not_found', message);
  return new RequestError('unavailable', `${message}; ${warnings.join('; ')}`, { retryAfterS: 5 });
}

async function traceOf(options: TracesApiOptions, request: Request): Promise<StoredTrace> {
  const traceId = traceIdOf(request.params['id'] ?? '');
  const range = secondsRange(request.query);
  const contexts = await readContexts(options, request);
  const found = await Promise.all(
    contexts.map((context) => readTrace(context, traceId, { spansMax: options.limitsOf(context.tenant).traces.traceSpansMax, range })),
  );
  const traces = found.filter((trace) => trace !== undefined);
  const warnings = warningsOf(contexts);
  if (traces.length === 0) throw notFound(traceId, warnings);
  const missing = [...traces.flatMap(({ partial }) => partial ?? []), ...warnings];
  return {
    traceId,
    groups: traces.flatMap(({ groups }) => groups),
    partial: missing.length === 0 ? undefined : [...new Set(missing)].join('; '),
  };
}
