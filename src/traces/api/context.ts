// What the routes of Tempo's query API are given. The main program joins them to the store.
//
//   request ─▶ api-*.ts (parameters) ─▶ SpanReadContext for each tenant ─▶ runSearch │ runMetrics │ readTrace │ tag-*.ts ─▶ api-json.ts, api-protobuf.ts

import { printByteSize } from '../../base/byte-size.ts';
import type { Clock } from '../../base/clock.ts';
import { RequestError } from '../../base/request-error.ts';
import type { QueryLimitSettings, Reader } from '../../metrics/api-context.ts';
import { guarded } from '../../metrics/read.ts';
import { type SlowLogOptions, warnWhenSlow } from '../../metrics/slow-query-log.ts';
import type { Reply, Request, Route } from '../../server/route.ts';
import type { FoundTrace, SearchStats } from '../answers.ts';
import type { NsRange } from '../catalogue.ts';
import type { TraceOverrides } from './overrides.ts';
import type { SpanMetricsLimits } from './overrides-overlay.ts';
import type { SpanReadContext } from '../read.ts';
import type { Query } from '../traceql/ast.ts';
import { printTraceql } from '../traceql/print.ts';
import { tempoError } from './tempo-error.ts';

/** What a search is asked beside its query. */
export interface SearchQuestion {
  readonly range: NsRange;
  /** Traces of the answer at most. */
  readonly limit: number;
  /** Spans shown of each set; `Infinity` for all. */
  readonly spansPerSpanset: number;
}

export interface SearchAnswer {
  readonly traces: readonly FoundTrace[];
  readonly stats: SearchStats;
  /** Why not all of the range was looked at, in words; undefined where it was. */
  readonly stopped: string | undefined;
}

/** The part of a tenant's limits that reading spans needs. */
export interface TraceReadLimits extends SpanMetricsLimits {
  readonly query: QueryLimitSettings;
  readonly traces: { readonly tracesMax: number; readonly traceSpansMax: number };
}

export interface TracesApiOptions extends SlowLogOptions {
  readonly clock: Clock;
  readonly status: { readonly version: string; readonly revision: string };
  readonly limitsOf: (tenant: string) => TraceReadLimits;
  /** The read of a request that names one tenant, which sees all that was acknowledged. */
  readonly readContext: (reader: Reader) => Promise<SpanReadContext>;
  /** What tenants themselves have set. */
  readonly overrides: TraceOverrides;
}

/** Percent-encoded text. */
const WARNING_HEADER = 'x-sightline-warning';

export type Handle = (request: Request) => Promise<Reply> | Reply;

/** A route of Tempo's API; errors are drawn as Tempo's. */
export function route(path: string, summary: string, handle: Handle): Route {
  return { method: 'GET', path, summary, access: 'read', error: tempoError, handle };
}

const PROTOBUF = 'application/protobuf';

/** Whether the client asks for protobuf; the peer looks for the name anywhere in the header, before it looks for JSON. */
export function wantsProtobuf({ accept }: Request): boolean {
  return accept.includes(PROTOBUF);
}

/** A message in pieces, each of which is one too: together they are the whole. Source: protobuf encoding guide, "Last One Wins". */
export function protobuf(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Reply {
  return { status: 200, headers: { 'content-type': PROTOBUF }, body: pieces(body) };
}

async function* pieces(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* body;
}

/** Who asks: a request over HTTP, or a call over gRPC in its place. */
export type Asker = Reader & Pick<Request, 'id'>;

/** Logs a query that has ended, where it was slow. `begunMs` is of the clock of `performance`. */
export function tellEnd(
  options: SlowLogOptions,
  asker: Asker,
  query: Query,
  { begunMs, outcome }: { readonly begunMs: number; readonly outcome: string },
): void {
  const evaluationMs = performance.now() - begunMs;
  warnWhenSlow(options, asker, { text: printTraceql(query), evaluationMs, waitedMs: asker.waitedMs ?? 0, fields: { outcome } });
}

/** The reads of a request, one for each of its tenants. */
export function readContexts({ readContext }: Pick<TracesApiOptions, 'readContext'>, reader: Reader): Promise<readonly SpanReadContext[]> {
  return Promise.all(reader.tenants.map((tenant) => readContext({ ...reader, tenants: [tenant] })));
}

/** Runs a read; what the store refuses becomes the caller's error. */
export function reading<T>(contexts: readonly SpanReadContext[], run: () => Promise<T>): Promise<T> {
  const [context] = contexts;
  return context === undefined ? run() : guarded(context, run);
}

/** What the answer of several reads lacks, each once. */
export function warningsOf(contexts: readonly SpanReadContext[]): readonly string[] {
  return [...new Set(contexts.flatMap(({ warnings }) => warnings))];
}

/** Says in a header what an answer lacks that has no field for it. */
export function withWarnings(reply: Reply, warnings: readonly string[]): Reply {
  if (warnings.length === 0) return reply;
  return { ...reply, headers: { ...reply.headers, [WARNING_HEADER]: encodeURI(warnings.join('; ')) } };
}

/** The strictest of the tenants' bounds. */
export function leastOf(
  { limitsOf }: Pick<TracesApiOptions, 'limitsOf'>,
  tenants: readonly string[],
  of: (limits: TraceReadLimits) => number,
): number {
  return Math.min(...tenants.map((tenant) => of(limitsOf(tenant))));
}

/** The text of a query, unless it is longer than the tenants' queries may be. */
export function checkedLength(options: Pick<TracesApiOptions, 'limitsOf'>, tenants: readonly string[], text: string): string {
  const lengthMax = leastOf(options, tenants, ({ query }) => query.lengthMax);
  // No character is more than three bytes for each unit of its length.
  if (text.length * 3 <= lengthMax || Buffer.byteLength(text) <= lengthMax) return text;
  throw new RequestError('bad_data', `the query is longer than ${printByteSize(lengthMax)} (limits.query.lengthMax)`);
}
