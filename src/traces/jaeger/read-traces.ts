// The traces of Jaeger's answers: those that a search finds, or those of given ids, read whole and a few ahead of the client.
//
//   JaegerSearch ─▶ search-tree.ts ─▶ runSearch ─▶ ids ─▶ readTrace for each tenant ─▶ a trace at a time

import { RequestError } from '../../base/request-error.ts';
import type { Request } from '../../server/route.ts';
import type { FoundTrace } from '../answers.ts';
import type { NsRange } from '../catalogue.ts';
import { leastOf, type TracesApiOptions, warningsOf } from '../api/context.ts';
import { NOTHING_FOUND, searchTenants } from '../api/search.ts';
import { readTrace } from '../read-trace.ts';
import type { SpanReadContext } from '../read.ts';
import type { StoredTrace } from '../stored-trace.ts';
import { adjusted, type AdjustedTrace, asItCame } from './adjusted-trace.ts';
import type { JaegerSearch } from './query-params.ts';
import { searchTree } from './search-tree.ts';

export type JaegerQueryOptions = Pick<TracesApiOptions, 'clock' | 'limitsOf' | 'readContext' | 'log' | 'slowQueryMs'>;

/** Traces that are read at the same time, ahead of the client, and the spans that they may have together. */
const TRACES_AHEAD_MAX = 8;
const SPANS_AHEAD_MAX = 20_000;

export interface TraceQuestion {
  /** 32 hex digits. */
  readonly traceId: string;
  /** When it was, roughly; undefined for any time. */
  readonly range?: NsRange | undefined;
}

export interface SizedTrace extends TraceQuestion {
  /** `Infinity` where it is not known. */
  readonly spans: number;
}

export interface SearchQuestion {
  readonly search: JaegerSearch;
  readonly range: NsRange;
  readonly limit: number;
}

/** The bound of a search's traces. */
export function tracesMaxOf(options: JaegerQueryOptions, { tenants }: Pick<Request, 'tenants'>): number {
  return leastOf(options, tenants, ({ traces: { tracesMax } }) => tracesMax);
}

/** The newest traces that a search selects, and why not all of its range was looked at. They are shown whole, with their spans out of the range too. */
export async function findTraces(
  options: JaegerQueryOptions,
  request: Request,
  { search, range, limit }: SearchQuestion,
): Promise<{ readonly traces: readonly SizedTrace[]; readonly stopped: string | undefined }> {
  let found = NOTHING_FOUND;
  const question = { range, limit, spansPerSpanset: 1 };
  for await (const part of searchTenants(options, request, { query: searchTree(search), question })) found = part;
  return { traces: found.traces.map(sizeOf), stopped: found.stopped };
}

export function ofUnknownSize(traceId: string): SizedTrace {
  return { traceId, spans: Infinity };
}

function sizeOf({ traceId, services }: FoundTrace): SizedTrace {
  return { traceId, spans: [...services.values()].reduce((sum, { spans }) => sum + spans, 0) };
}

/** Throws `unavailable` while not all that was acknowledged can be read: of a trace that does not show nothing is known then. */
export function checkAbsence(contexts: readonly SpanReadContext[]): void {
  const warnings = warningsOf(contexts);
  if (warnings.length > 0) throw new RequestError('unavailable', `trace not found; ${warnings.join('; ')}`);
}

/** A trace of all tenants that have it. */
async function readWhole(
  { limitsOf }: JaegerQueryOptions,
  contexts: readonly SpanReadContext[],
  { traceId, range }: TraceQuestion,
): Promise<StoredTrace | undefined> {
  const found = await Promise.all(
    contexts.map((context) => readTrace(context, traceId, { spansMax: limitsOf(context.tenant).traces.traceSpansMax, range })),
  );
  const there = found.filter((each) => each !== undefined);
  if (there.length === 0) return undefined;
  const missing = [...there.flatMap(({ partial }) => partial ?? []), ...warningsOf(contexts)];
  const partial = missing.length === 0 ? undefined : [...new Set(missing)].join('; ');
  return { traceId, groups: there.flatMap(({ groups }) => groups), partial };
}

/** The traces that are there, in the order given; no more than a few are in memory. `isRaw` leaves them as they came. */
export async function* readTraces(
  options: JaegerQueryOptions,
  contexts: readonly SpanReadContext[],
  traces: readonly SizedTrace[],
  isRaw = false,
): AsyncGenerator<AdjustedTrace> {
  for (const batch of batchesOf(traces)) {
    const found = await Promise.all(batch.map((each) => readWhole(options, contexts, each)));
    for (const each of found) if (each !== undefined) yield isRaw ? asItCame(each) : adjusted(each);
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
