// The check that a decoded span passes on its way into a `SpanWrite`: what cannot be stored is refused by itself, and the request's other spans are not.

import { Buffer } from 'node:buffer';
import type { Span, SpanRefusalReason, SpanSource, SpanWrite } from '../write.ts';

export const TRACE_ID_BYTES = 16;
export const SPAN_ID_BYTES = 8;
/** The last moment that 64 signed bits of nanoseconds hold, in the year 2262. */
const NS_MAX = 9_223_372_036_854_775_807n;

/** Gives the span to the write, or says why not. `bytes` is its size on the wire. */
export function offerSpan(write: SpanWrite, source: SpanSource, span: Span, bytes: number): void {
  const reason = problemOf(span);
  if (reason === undefined) write.span(source, span, bytes);
  else write.refuse(reason, messageOf(reason, span));
}

function problemOf({ traceId, spanId, parentId, startNs, endNs, events }: Span): SpanRefusalReason | undefined {
  if (traceId.length !== TRACE_ID_BYTES || isZero(traceId)) return 'invalid_trace_id';
  if (spanId.length !== SPAN_ID_BYTES || isZero(spanId)) return 'invalid_span_id';
  if (parentId.length !== 0 && parentId.length !== SPAN_ID_BYTES) return 'invalid_span';
  if (startNs === 0n || endNs < startNs || endNs > NS_MAX) return 'invalid_time';
  return events.some(({ timeNs }) => timeNs > NS_MAX) ? 'invalid_time' : undefined;
}

function messageOf(reason: SpanRefusalReason, span: Span): string {
  const name = `span ${JSON.stringify(span.name.slice(0, 100))}`;
  if (reason === 'invalid_trace_id') return `${name}: its trace id, ${idText(span.traceId)}, must be 16 bytes that are not all zero`;
  const named = `${name} (${idText(span.spanId)}) of trace ${idText(span.traceId)}`;
  if (reason === 'invalid_span_id') return `${named}: the id of a span must be 8 bytes that are not all zero`;
  if (reason === 'invalid_span') return `${named}: the id of its parent, ${idText(span.parentId)}, must be 8 bytes or none`;
  if (span.startNs === 0n) return `${named}: it has no time of its start`;
  if (span.endNs < span.startNs) return `${named}: it ends at ${span.endNs} ns, before it starts at ${span.startNs} ns`;
  const late = [span.endNs, ...span.events.map(({ timeNs }) => timeNs)].find((ns) => ns > NS_MAX);
  return `${named}: ${late} ns, its end or the time of one of its events, is beyond the year 2262`;
}

/** An id in hex, cut where it is far too long to be one. */
export function idText(id: Uint8Array): string {
  if (id.length === 0) return '(empty)';
  const shown = Buffer.from(id.subarray(0, 2 * TRACE_ID_BYTES)).toString('hex');
  return shown.length < 2 * id.length ? `${shown}… of ${id.length} bytes` : shown;
}

export function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** The id of a parent: eight zeros say that there is none, as an empty one does. */
export function parentOf(id: Uint8Array): Uint8Array {
  return id.length === SPAN_ID_BYTES && isZero(id) ? NO_ID : id;
}

export const NO_ID = new Uint8Array(0);
const NO_TRACE_ID = new Uint8Array(TRACE_ID_BYTES);
const NO_SPAN_ID = new Uint8Array(SPAN_ID_BYTES);

/** The ids of a link, zeros where it has none; undefined where they are no ids. */
export function linkIds(
  traceId: Uint8Array,
  spanId: Uint8Array,
): { readonly traceId: Uint8Array; readonly spanId: Uint8Array } | undefined {
  const trace = traceId.length === 0 ? NO_TRACE_ID : traceId;
  const span = spanId.length === 0 ? NO_SPAN_ID : spanId;
  return trace.length === TRACE_ID_BYTES && span.length === SPAN_ID_BYTES ? { traceId: trace, spanId: span } : undefined;
}

/** OTLP's number of a kind, 0 for one that is not known. */
export function knownKind(kind: number): number {
  return kind >= 0 && kind <= 5 ? kind : 0;
}

/** OTLP's number of a status, 0 for one that is not known. */
export function knownStatus(code: number): number {
  return code === 1 || code === 2 ? code : 0;
}
