// `tempopb.StreamingQuerier`: the query API over gRPC, whose answers come in several messages.
//
// A search gives the traces that are new as it finds them, and at its end all that it found; clients keep the last of each trace.
// Source: Tempo `pkg/tempopb/tempo.proto`, `modules/frontend/search_handlers.go`.

import type { GrpcRequest, StreamingGrpcRoute } from '../../server/route.ts';
import { type Asker, checkedLength, leastOf, type SearchAnswer, type TracesApiOptions } from './context.ts';
import { allNames, plainValues } from './json.ts';
import { askMetrics, instantQuestion, rangeQuestion } from './metrics.ts';
import { ALL_TIME, badData, checkedLimit, rangeOfSeconds } from './params.ts';
import {
  decodeMetricsRequest,
  decodeSearchRequest,
  decodeTagsRequest,
  decodeTagValuesRequest,
  instantPackets,
  type LookUpMessage,
  type MetricsMessage,
  rangePackets,
  scopesPackets,
  searchPackets,
  textPackets,
  valuePackets,
} from './protobuf.ts';
import { NOTHING_FOUND, searchQuery, searchTenants, tagsQuery } from './search.ts';
import { lookUpNames, lookUpValues, typedField, untypedField, type ValuesForm } from './tags.ts';
import type { NsRange } from '../catalogue.ts';
import { scopesOf } from './tag-names.ts';
import { LargeRanges } from './tag-values.ts';

const SERVICE = 'tempopb.StreamingQuerier';
const NS_PER_MS = 1_000_000n;
const DEFAULT_SINCE_NS = 3_600_000_000_000n;
const DEFAULT_SPANS_PER_SPANSET = 3;

type Handle = (request: GrpcRequest) => AsyncIterable<Uint8Array>;

/** The methods of the query API, which wait for their turn (`gatedStreams`). */
export function tracesGrpcRoutes(options: TracesApiOptions): readonly StreamingGrpcRoute[] {
  const large = new LargeRanges();
  return [
    method('Search', 'Traces that a query selects.', (request) => search(options, request)),
    method('SearchTags', 'Names of attributes.', (request) => names(options, request, false)),
    method('SearchTagsV2', 'Names of attributes, by scope.', (request) => names(options, request, true)),
    method('SearchTagValues', 'Values of an attribute.', (request) => values(options, request, { fieldOf: untypedField, large })),
    method('SearchTagValuesV2', 'Values of a field of TraceQL, with their types.', (request) =>
      values(options, request, { fieldOf: typedField, large }),
    ),
    method('MetricsQueryRange', 'A metrics query over time.', (request) => range(options, request)),
    method('MetricsQueryInstant', 'A metrics query over all of a range.', (request) => instant(options, request)),
  ];
}

function method(name: string, summary: string, handle: Handle): StreamingGrpcRoute {
  return { kind: 'stream', path: `/${SERVICE}/${name}`, summary, access: 'read', handle };
}

function readerOf({ id, tenants, signal, waitedMs }: GrpcRequest): Asker {
  return { id, tenants, signal, query: new URLSearchParams(), ...(waitedMs === undefined ? {} : { waitedMs }) };
}

async function* search(options: TracesApiOptions, request: GrpcRequest): AsyncGenerator<Uint8Array> {
  const asked = decodeSearchRequest(request.message);
  const { tenants } = request;
  if (asked.query !== '' && asked.tags.size > 0) throw badData("invalid request: can't specify tags and q in the same query");
  const durations = [BigInt(asked.minDurationMs) * NS_PER_MS, BigInt(asked.maxDurationMs) * NS_PER_MS] as const;
  const query = searchQuery(options, tenants, asked.query === '' ? tagsQuery(asked.tags, durations) : asked.query);
  const limit = checkedLimit(
    asked.limit,
    leastOf(options, tenants, ({ traces }) => traces.tracesMax),
  );
  const question = {
    range: rangeOfSeconds(asked.start, asked.end) ?? ALL_TIME,
    limit,
    spansPerSpanset: asked.spansPerSpanset || DEFAULT_SPANS_PER_SPANSET,
  };
  const sent = new Set<string>();
  let last: SearchAnswer | undefined;
  for await (const answer of searchTenants(options, readerOf(request), { query, question })) {
    // The part before this one was not the last, so what is new in it is told now.
    if (last !== undefined) yield* searchPackets(unsent(last, sent), asked.query !== '');
    last = answer;
  }
  yield* searchPackets(last ?? NOTHING_FOUND, asked.query !== '');
}

/** The traces of an answer that were in none before. */
function unsent(answer: SearchAnswer, sent: Set<string>): SearchAnswer {
  const traces = answer.traces.filter(({ traceId }) => !sent.has(traceId));
  for (const { traceId } of traces) sent.add(traceId);
  return { ...answer, traces };
}

async function* names(options: TracesApiOptions, request: GrpcRequest, byScope: boolean): AsyncGenerator<Uint8Array> {
  const asked = decodeTagsRequest(request.message);
  const question = { ...lookUp(options, request, asked), scopes: scopesOf(asked.subject, byScope) };
  const { found } = await lookUpNames(options, readerOf(request), question);
  yield* byScope ? scopesPackets(found) : textPackets(allNames(found));
}

async function* values(options: TracesApiOptions, request: GrpcRequest, { fieldOf, large }: ValuesForm): AsyncGenerator<Uint8Array> {
  const asked = decodeTagValuesRequest(request.message);
  if (asked.subject === '') throw badData('please provide a non-empty tagName');
  const { found } = await lookUpValues(options, readerOf(request), {
    asked: fieldOf(asked.subject),
    large,
    ...lookUp(options, request, asked),
  });
  yield* fieldOf === typedField ? valuePackets(found) : textPackets(plainValues(found));
}

function lookUp(
  options: TracesApiOptions,
  { tenants }: GrpcRequest,
  { start, end, query, limit }: LookUpMessage,
): { readonly range: NsRange; readonly filter: string; readonly limit: number } {
  return { range: rangeOfSeconds(start, end) ?? ALL_TIME, filter: checkedLength(options, tenants, query), limit };
}

async function* range(options: TracesApiOptions, request: GrpcRequest): AsyncGenerator<Uint8Array> {
  const asked = decodeMetricsRequest(request.message);
  const question = rangeQuestion(metricsRange(options, asked), asked.stepNs === 0n ? undefined : asked.stepNs, asked.exemplars);
  const { answer, warnings } = await askMetrics(options, readerOf(request), asked.query, question);
  yield* rangePackets(answer, question.grid.stepNs, warnings);
}

async function* instant(options: TracesApiOptions, request: GrpcRequest): AsyncGenerator<Uint8Array> {
  const asked = decodeMetricsRequest(request.message);
  const { answer, warnings } = await askMetrics(options, readerOf(request), asked.query, instantQuestion(metricsRange(options, asked)));
  yield* instantPackets(answer, warnings);
}

/** The last hour where nothing is given. */
function metricsRange({ clock }: TracesApiOptions, { startNs, endNs }: MetricsMessage): NsRange {
  const toNs = endNs === 0n ? BigInt(clock.now()) * NS_PER_MS : endNs;
  const fromNs = startNs === 0n ? toNs - DEFAULT_SINCE_NS : startNs;
  if (toNs <= fromNs || toNs >= 2n ** 63n) throw badData(`start must be before end. received start=${fromNs} end=${toNs}`);
  return { fromNs: fromNs < 0n ? 0n : fromNs, toNs };
}
