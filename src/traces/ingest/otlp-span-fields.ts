// Fields of an OTLP span whose meaning is not in their bytes alone: the same for the protobuf reader and the JSON reader.

import { isZero, NO_ID, SPAN_ID_BYTES, TRACE_ID_BYTES } from './span-ids.ts';

export const UINT32_MAX = 0xffff_ffff;

const NO_TRACE_ID = new Uint8Array(TRACE_ID_BYTES);
const NO_SPAN_ID = new Uint8Array(SPAN_ID_BYTES);

/** The id of a parent: eight zeros say that there is none, as an empty one does. */
export function parentOf(id: Uint8Array): Uint8Array {
  return id.length === SPAN_ID_BYTES && isZero(id) ? NO_ID : id;
}

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
