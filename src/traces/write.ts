// One request's spans on their way to the store: every road in (OTLP, Zipkin, Jaeger) fills a `SpanWrite` and commits it.
//
//   decoder ─▶ SpanWrite ─(limits: refusals)─▶ seen before? ─▶ sources, attribute keys ─▶ group commit ─▶ ClickHouse
//
// Nothing is stored before `commit`; when it resolves, what was not refused is on disk.

import type { Attributes } from '../otlp/any-value.ts';

/** Who sent a span: a resource and the instrumentation scope within it. One that is used again should be the same object: it is looked up once. */
export interface SpanSource {
  readonly resource: Attributes;
  readonly resourceSchemaUrl: string;
  readonly scopeName: string;
  readonly scopeVersion: string;
  readonly scopeAttributes: Attributes;
  readonly scopeSchemaUrl: string;
}

export interface SpanEvent {
  /** Nanoseconds since the epoch. */
  readonly timeNs: bigint;
  readonly name: string;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
}

export interface SpanLink {
  /** 16 and 8 bytes. */
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly traceState: string;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
  readonly flags: number;
}

/** A span as OTLP has it. Its memory may be a view of the request's body: who keeps it copies it. */
export interface Span {
  /** 16 bytes, not all zero. */
  readonly traceId: Uint8Array;
  /** 8 bytes, not all zero. */
  readonly spanId: Uint8Array;
  /** 8 bytes; of length 0 where the span has no parent. */
  readonly parentId: Uint8Array;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  /** Whether a server's span has taken over the id of the client's, as Zipkin's may. Who sent it in may know; it is not stored. */
  readonly isShared?: boolean;
  /** OTLP's number: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  /** Nanoseconds since the epoch. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
  readonly events: readonly SpanEvent[];
  readonly droppedEvents: number;
  readonly links: readonly SpanLink[];
  readonly droppedLinks: number;
  /** OTLP's number: 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly statusMessage: string;
}

/** Why a span was refused; the labels of a counter and the terms of an answer. */
export type SpanRefusalReason =
  | 'invalid_trace_id' // not 16 bytes, or all zero
  | 'invalid_span_id'
  | 'invalid_time' // ends before it starts, or none at all
  | 'invalid_span' // what the decoder itself could not take
  | 'span_too_large'
  | 'too_many_attributes'
  | 'rate_limited'
  | 'too_old'
  | 'too_far_in_future';

/** Refusals that may be none when the same comes again later. */
export const FOR_LATER: ReadonlySet<SpanRefusalReason> = new Set(['rate_limited']);

export interface SpanRefusal {
  readonly reason: SpanRefusalReason;
  /** Names the span, the value and the limit's setting. The first of its reason stands for all. */
  readonly message: string;
  readonly count: number;
}

export interface SpanWriteSummary {
  /** Spans that are stored, those included that were there already. */
  readonly spans: number;
  readonly refusals: readonly SpanRefusal[];
}

/** One request's spans. */
export interface SpanWrite {
  /** Adds a span; `bytes` is its size on the wire, for the limits of size and rate. False where it is refused. */
  span(source: SpanSource, span: Span, bytes: number): boolean;
  /** Counts something that the decoder itself had to refuse. */
  refuse(reason: SpanRefusalReason, message: string): void;
  /** Stores all that was not refused. Rejects with `RequestError('rate_limited' | 'unavailable')` when nothing could be stored. */
  commit(): Promise<SpanWriteSummary>;
}

/** Begins a write for a tenant. What a road into the store is given. */
export type BeginSpanWrite = (tenant: string) => SpanWrite;

/** Told of spans that are new and on disk, in the order of a request: what is made of spans (metrics, links) is made here. It does not throw, and must be quick. */
export type SpanFollower = (tenant: string, spans: readonly StoredSpan[]) => void;

export interface StoredSpan {
  readonly source: SpanSource;
  readonly span: Span;
  readonly bytes: number;
}
