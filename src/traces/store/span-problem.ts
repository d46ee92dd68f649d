// What no span may be, whatever the road it comes by: without ids, without times, with times that the store cannot hold.

import { Buffer } from 'node:buffer';
import type { Span, SpanRefusalReason } from '../write.ts';

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
/** The last moment that 64 signed bits of nanoseconds hold, in the year 2262. */
const NS_MAX = 9_223_372_036_854_775_807n;

/** Why a span cannot be stored, if so, in a sentence that names it. Hot: for every span. */
export function spanProblem(span: Span): readonly [SpanRefusalReason, string] | undefined {
  const reason = reasonOf(span);
  return reason === undefined ? undefined : [reason, messageOf(reason, span)];
}

function reasonOf({ traceId, spanId, parentId, startNs, endNs, events }: Span): SpanRefusalReason | undefined {
  if (traceId.length !== TRACE_ID_BYTES || isZero(traceId)) return 'invalid_trace_id';
  if (spanId.length !== SPAN_ID_BYTES || isZero(spanId)) return 'invalid_span_id';
  if (parentId.length !== 0 && parentId.length !== SPAN_ID_BYTES) return 'invalid_span';
  if (startNs <= 0n || endNs < startNs || endNs > NS_MAX) return 'invalid_time';
  return events.some(({ timeNs }) => isBeyond(timeNs)) ? 'invalid_time' : undefined;
}

function isBeyond(ns: bigint): boolean {
  return ns > NS_MAX || ns < 0n;
}

function messageOf(reason: SpanRefusalReason, span: Span): string {
  const name = `span ${JSON.stringify(span.name.slice(0, 100))}`;
  if (reason === 'invalid_trace_id') return `${name}: its trace id, ${idText(span.traceId)}, must be 16 bytes that are not all zero`;
  const named = `${name} (${idText(span.spanId)}) of trace ${idText(span.traceId)}`;
  if (reason === 'invalid_span_id') return `${named}: the id of a span must be 8 bytes that are not all zero`;
  if (reason === 'invalid_span') return `${named}: the id of its parent, ${idText(span.parentId)}, must be 8 bytes or none`;
  if (span.startNs === 0n) return `${named}: it has no time of its start`;
  if (span.endNs < span.startNs) return `${named}: it ends at ${span.endNs} ns, before it starts at ${span.startNs} ns`;
  const beyond = [span.startNs, span.endNs, ...span.events.map(({ timeNs }) => timeNs)].find(isBeyond);
  return `${named}: ${beyond} ns, one of its times, is before 1970 or beyond the year 2262`;
}

/** An id in hex, cut where it is far too long to be one. */
function idText(id: Uint8Array): string {
  if (id.length === 0) return '(empty)';
  const shown = Buffer.from(id.subarray(0, 2 * TRACE_ID_BYTES)).toString('hex');
  return shown.length < 2 * id.length ? `${shown}… of ${id.length} bytes` : shown;
}

function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
