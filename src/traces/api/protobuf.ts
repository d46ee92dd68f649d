// Messages of `tempopb.StreamingQuerier`, encoded and decoded by hand.
//
// An answer is a list of packets of the same message: each holds a part of the traces, series, names or values, and together they are the answer.
// Source: Tempo `pkg/tempopb/tempo.proto`.

import { ProtobufReader, readPair } from '../../base/protobuf.ts';
import { ProtobufWriter } from '../../base/protobuf-writer.ts';
import type { Exemplar, FoundSpan, FoundSpanset, FoundTrace, MetricsAnswer, SearchStats, TraceSeries } from '../answers.ts';
import type { SearchAnswer } from './context.ts';
import { anyValueOf, bareName } from './values.ts';
import { writeCount, writeEntry, writeText } from './otlp-trace-protobuf.ts';
import type { TagNames } from './tag-names.ts';
import type { TagValue } from './tag-values.ts';
import type { Value } from '../traceql/value.ts';

/** Clients take messages up to 4 MB; the peer cuts at 2. */
const PACKET_BYTES = 2 * 1024 * 1024;
/** `PartialStatus.PARTIAL`. */
const PARTIAL = 1;
const UINT32_MAX = 2 ** 32 - 1;

// Requests.

export interface SearchMessage {
  readonly tags: ReadonlyMap<string, string>;
  readonly minDurationMs: number;
  readonly maxDurationMs: number;
  readonly limit: number;
  /** Seconds; 0 where it is not given. */
  readonly start: bigint;
  readonly end: bigint;
  readonly query: string;
  readonly spansPerSpanset: number;
}

/** `tempopb.SearchRequest`. Throws `bad_data` on a malformed message. */
export function decodeSearchRequest(bytes: Uint8Array): SearchMessage {
  const tags = new Map<string, string>();
  const numbers = new Map<number, number>();
  let query = '';
  const r = new ProtobufReader(bytes);
  while (r.next()) {
    if (r.field === 1) tags.set(...readPair(r));
    else if (r.field === 8) query = r.text();
    else if (SEARCH_NUMBERS.has(r.field)) numbers.set(r.field, uint32(r));
    else r.skip();
  }
  const number = (field: number): number => numbers.get(field) ?? 0;
  return {
    tags,
    minDurationMs: number(2),
    maxDurationMs: number(3),
    limit: number(4),
    start: BigInt(number(5)),
    end: BigInt(number(6)),
    query,
    spansPerSpanset: number(9),
  };
}

const SEARCH_NUMBERS: ReadonlySet<number> = new Set([2, 3, 4, 5, 6, 9]);

/** Of a longer varint the lower bits count, as the encoding says. */
function uint32(r: ProtobufReader): number {
  r.uint();
  return r.low;
}

function uint64(r: ProtobufReader): bigint {
  r.uint();
  return (BigInt(r.high) << 32n) | BigInt(r.low);
}

export interface LookUpMessage {
  /** The scope of `SearchTagsRequest`, the tag's name of `SearchTagValuesRequest`. */
  readonly subject: string;
  readonly query: string;
  readonly start: bigint;
  readonly end: bigint;
  readonly limit: number;
}

/** `tempopb.SearchTagsRequest`. */
export function decodeTagsRequest(bytes: Uint8Array): LookUpMessage {
  return decodeLookUp(bytes, { start: 3, end: 4, limit: 5 });
}

/** `tempopb.SearchTagValuesRequest`. */
export function decodeTagValuesRequest(bytes: Uint8Array): LookUpMessage {
  return decodeLookUp(bytes, { start: 4, end: 5, limit: 6 });
}

function decodeLookUp(bytes: Uint8Array, fields: { readonly start: number; readonly end: number; readonly limit: number }): LookUpMessage {
  let [subject, query, start, end, limit] = ['', '', 0n, 0n, 0];
  const r = new ProtobufReader(bytes);
  while (r.next()) {
    if (r.field === 1) subject = r.text();
    else if (r.field === 2) query = r.text();
    else if (r.field === fields.start) start = BigInt(uint32(r));
    else if (r.field === fields.end) end = BigInt(uint32(r));
    else if (r.field === fields.limit) limit = uint32(r);
    else r.skip();
  }
  return { subject, query, start, end, limit };
}

export interface MetricsMessage {
  readonly query: string;
  /** Nanoseconds since the epoch; 0 where it is not given. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** 0 where it is not given. */
  readonly stepNs: bigint;
  readonly exemplars: number;
}

/** `tempopb.QueryRangeRequest`, and `QueryInstantRequest`, which has the first three fields of it. */
export function decodeMetricsRequest(bytes: Uint8Array): MetricsMessage {
  let [query, startNs, endNs, stepNs, exemplars] = ['', 0n, 0n, 0n, 0];
  const r = new ProtobufReader(bytes);
  while (r.next()) {
    if (r.field === 1) query = r.text();
    else if (r.field === 2) startNs = uint64(r);
    else if (r.field === 3) endNs = uint64(r);
    else if (r.field === 4) stepNs = uint64(r);
    else if (r.field === 16) exemplars = uint32(r);
    else r.skip();
  }
  return { query, startNs, endNs, stepNs, exemplars };
}

// Answers.

/** Packets of items; `finish` writes what each packet ends with. One at least, for no items too. */
function* packets<T>(
  items: Iterable<T>,
  write: (out: ProtobufWriter, item: T) => void,
  finish: (out: ProtobufWriter) => void,
): Generator<Uint8Array> {
  const out = new ProtobufWriter();
  for (const item of items) {
    write(out, item);
    if (out.length < PACKET_BYTES) continue;
    finish(out);
    yield out.bytes();
    out.clear();
  }
  finish(out);
  yield out.bytes();
}

/** `tempopb.SearchResponse`. */
export function searchPackets({ traces, stats, stopped }: SearchAnswer, hasSpansets: boolean): Generator<Uint8Array> {
  return packets(
    traces,
    (out, trace) => out.message(1, (inner) => writeTrace(inner, trace, hasSpansets)),
    (out) =>
      out.message(2, (inner) => {
        writeStats(inner, stats);
        // What was not looked at is a job that is not done.
        inner.varint(4, 1).varint(5, stopped === undefined ? 1 : 2);
      }),
  );
}

function writeTrace(out: ProtobufWriter, trace: FoundTrace, hasSpansets: boolean): void {
  writeText(out, 1, trace.traceId);
  writeText(out, 2, trace.rootServiceName);
  writeText(out, 3, trace.rootName);
  out.varint(4, trace.startNs);
  writeCount(out, 5, Math.min(Number(trace.durationNs / 1_000_000n), UINT32_MAX));
  const [first] = trace.spansets;
  if (hasSpansets && first !== undefined) {
    out.message(6, (inner) => writeSpanset(inner, first));
    for (const spanset of trace.spansets) out.message(7, (inner) => writeSpanset(inner, spanset));
  }
  for (const [service, { spans, errors }] of trace.services) {
    out.message(8, (entry) => {
      entry.text(1, service).message(2, (counts) => {
        writeCount(counts, 1, spans);
        writeCount(counts, 2, errors);
      });
    });
  }
}

function writeSpanset(out: ProtobufWriter, { spans, matched, attributes }: FoundSpanset): void {
  for (const span of spans) out.message(1, (inner) => writeSpan(inner, span));
  writeCount(out, 2, matched);
  for (const [name, value] of attributes) writeEntry(out, 3, name, anyValueOf(value));
}

function writeSpan(out: ProtobufWriter, { spanId, name, startNs, durationNs, attributes }: FoundSpan): void {
  out.text(1, spanId);
  writeText(out, 2, name);
  out.varint(3, startNs);
  if (durationNs !== 0n) out.varint(4, durationNs);
  for (const [field, value] of attributes) writeEntry(out, 5, bareName(field), anyValueOf(value));
}

/** `tempopb.SearchMetrics`. */
function writeStats(out: ProtobufWriter, { inspectedTraces, inspectedBytes, inspectedSpans }: SearchStats): void {
  writeCount(out, 1, Math.min(inspectedTraces, UINT32_MAX));
  writeCount(out, 2, Math.round(inspectedBytes));
  writeCount(out, 7, inspectedSpans);
}

/** `tempopb.SearchTagsV2Response`; a scope of many names is in several packets. */
export function scopesPackets(names: readonly TagNames[]): Generator<Uint8Array> {
  const runs = names.flatMap(({ scope, tags }) =>
    Array.from({ length: Math.ceil(tags.length / NAMES_PER_MESSAGE) }, (_, i) => ({
      scope,
      tags: tags.slice(i * NAMES_PER_MESSAGE, (i + 1) * NAMES_PER_MESSAGE),
    })),
  );
  return packets(
    runs,
    (out, run) => out.message(1, (inner) => run.tags.reduce((scope, tag) => scope.text(2, tag), inner.text(1, run.scope))),
    noMetrics,
  );
}

const NAMES_PER_MESSAGE = 1000;

/** `tempopb.SearchTagsResponse`, and `SearchTagValuesResponse`. */
export function textPackets(texts: readonly string[]): Generator<Uint8Array> {
  return packets(texts, (out, text) => out.text(1, text), noMetrics);
}

/** `tempopb.SearchTagValuesV2Response`. */
export function valuePackets(values: readonly TagValue[]): Generator<Uint8Array> {
  return packets(values, (out, { type, value }) => out.message(1, (inner) => inner.text(1, type).text(2, value)), noMetrics);
}

/** Look-ups count nothing. */
function noMetrics(out: ProtobufWriter): void {
  out.message(2, () => undefined);
}

/** `tempopb.QueryRangeResponse`. */
export function rangePackets(answer: MetricsAnswer, stepNs: bigint, warnings: readonly string[]): Generator<Uint8Array> {
  return packets(
    answer.series,
    (out, series) => out.message(1, (inner) => writeSeries(inner, series, answer.times)),
    (out) => {
      finishMetrics(out, answer.stats, warnings);
      out.varint(5, stepNs);
    },
  );
}

/** `tempopb.QueryInstantResponse`. */
export function instantPackets(answer: MetricsAnswer, warnings: readonly string[]): Generator<Uint8Array> {
  return packets(
    answer.series.filter(({ values: [value = Number.NaN] }) => !Number.isNaN(value)),
    (out, { labels, values: [value = 0] }) =>
      out.message(1, (inner) => {
        writeLabels(inner, labels);
        inner.double(2, value);
      }),
    (out) => finishMetrics(out, answer.stats, warnings),
  );
}

function finishMetrics(out: ProtobufWriter, stats: SearchStats, warnings: readonly string[]): void {
  out.message(2, (inner) => writeStats(inner, stats));
  if (warnings.length > 0) out.varint(3, PARTIAL).text(4, warnings.join('; '));
}

function writeSeries(out: ProtobufWriter, { labels, values, exemplars }: TraceSeries, times: Float64Array): void {
  writeLabels(out, labels);
  values.forEach((value, i) => {
    if (!Number.isNaN(value)) out.message(2, (sample) => sample.double(1, value).varint(2, Math.trunc(times[i] ?? 0)));
  });
  for (const exemplar of exemplars) out.message(4, (inner) => writeExemplar(inner, exemplar));
}

function writeExemplar(out: ProtobufWriter, { tsMs, value, traceId, attributes }: Exemplar): void {
  writeEntry(out, 1, 'trace:id', traceId);
  writeLabels(out, attributes);
  out.double(2, value).varint(3, Math.trunc(tsMs));
}

function writeLabels(out: ProtobufWriter, labels: readonly (readonly [string, Value])[]): void {
  for (const [name, value] of labels) writeEntry(out, 1, name, anyValueOf(value));
}
