// A trace as the protobuf of Tempo's API: `tempopb.Trace` (v1) or `tempopb.TraceByIDResponse` (v2), whose spans are OTLP's messages.
//
// A message stands behind its length, so the encoded spans of a resource (v1) or of the whole trace (v2) are held once, in pieces, until it is known.
//
// Source: Tempo `pkg/tempopb/tempo.proto`; opentelemetry-proto `trace/v1/trace.proto`, `common/v1/common.proto`.

import { setImmediate as pause } from 'node:timers/promises';
import { ProtobufWriter } from '../../base/protobuf-writer.ts';
import type { AnyValue, Attributes } from '../../otlp/any-value.ts';
import { isMap } from '../../otlp/any-value.ts';
import { type ResourceGroup, resourceGroups, type TraceForm } from './otlp-trace-json.ts';
import type { StoredTrace } from '../stored-trace.ts';
import type { Span, SpanSource } from '../write.ts';

/** Bytes after which a piece is finished, and others get their turn. */
const PIECE_BYTES = 64 * 1024;
const PARTIAL = 1;

/** A message in pieces. */
interface Message {
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
}

/** The answer's body, in pieces. */
export async function* traceProtobuf(trace: StoredTrace, form: TraceForm): AsyncGenerator<Uint8Array> {
  const resources: Message[] = [];
  for (const group of resourceGroups(trace)) {
    const message = embedded(1, await encodeResourceSpans(group));
    if (form === 'v1') yield* message.pieces;
    else resources.push(message);
  }
  if (form === 'v1') return;
  yield* embedded(1, joined(resources)).pieces;
  const rest = new ProtobufWriter().message(2, () => {});
  if (trace.partial !== undefined) rest.varint(3, PARTIAL).text(4, trace.partial);
  yield rest.bytes();
}

async function encodeResourceSpans({ resource, schemaUrl, scopes }: ResourceGroup): Promise<Message> {
  const parts = [messageOf((out) => out.message(1, (inner) => writeAttributes(inner, 1, resource)))];
  for (const { source, spans } of scopes) parts.push(embedded(2, await encodeScopeSpans(source, spans)));
  return joined([...parts, messageOf((out) => writeText(out, 3, schemaUrl))]);
}

async function encodeScopeSpans(source: SpanSource, spans: readonly Span[]): Promise<Message> {
  const out = new ProtobufWriter();
  const pieces: Uint8Array[] = [];
  out.message(1, (scope) => {
    writeText(scope, 1, source.scopeName);
    writeText(scope, 2, source.scopeVersion);
    writeAttributes(scope, 3, source.scopeAttributes);
  });
  for (const span of spans) {
    out.message(2, (inner) => writeSpan(inner, span));
    if (out.length < PIECE_BYTES) continue;
    pieces.push(out.bytes());
    out.clear();
    await pause();
  }
  writeText(out, 3, source.scopeSchemaUrl);
  pieces.push(out.bytes());
  return { pieces, bytes: pieces.reduce((sum, { length }) => sum + length, 0) };
}

function messageOf(write: (out: ProtobufWriter) => void): Message {
  const out = new ProtobufWriter();
  write(out);
  return { pieces: [out.bytes()], bytes: out.length };
}

function joined(messages: readonly Message[]): Message {
  return { pieces: messages.flatMap(({ pieces }) => pieces), bytes: messages.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** A message as a field of another. */
function embedded(field: number, { pieces, bytes }: Message): Message {
  const head = messageOf((out) => out.lengthOf(field, bytes));
  return joined([head, { pieces, bytes }]);
}

function writeSpan(out: ProtobufWriter, span: Span): void {
  out.blob(1, span.traceId).blob(2, span.spanId);
  writeText(out, 3, span.traceState);
  if (span.parentId.length > 0) out.blob(4, span.parentId);
  writeText(out, 5, span.name);
  writeCount(out, 6, span.kind);
  out.fixed64(7, span.startNs).fixed64(8, span.endNs);
  writeAttributes(out, 9, span.attributes);
  writeCount(out, 10, span.droppedAttributes);
  for (const event of span.events) {
    out.message(11, (inner) => {
      inner.fixed64(1, event.timeNs);
      writeText(inner, 2, event.name);
      writeAttributes(inner, 3, event.attributes);
      writeCount(inner, 4, event.droppedAttributes);
    });
  }
  writeCount(out, 12, span.droppedEvents);
  writeLinks(out, span);
  writeCount(out, 14, span.droppedLinks);
  out.message(15, (status) => {
    writeText(status, 2, span.statusMessage);
    writeCount(status, 3, span.status);
  });
  if (span.flags !== 0) out.fixed32(16, span.flags);
}

function writeLinks(out: ProtobufWriter, { links }: Span): void {
  for (const link of links) {
    out.message(13, (inner) => {
      inner.blob(1, link.traceId).blob(2, link.spanId);
      writeText(inner, 3, link.traceState);
      writeAttributes(inner, 4, link.attributes);
      writeCount(inner, 5, link.droppedAttributes);
      if (link.flags !== 0) inner.fixed32(6, link.flags);
    });
  }
}

function writeAttributes(out: ProtobufWriter, field: number, attributes: Attributes): void {
  for (const { key, value } of attributes) writeEntry(out, field, key, value);
}

/** An attribute, as `common.v1.KeyValue`. */
export function writeEntry(out: ProtobufWriter, field: number, key: string, value: AnyValue): void {
  out.message(field, (entry) => entry.text(1, key).message(2, (inner) => writeValue(inner, value)));
}

function writeValue(out: ProtobufWriter, value: AnyValue): void {
  if (value === null) return;
  if (typeof value === 'string') out.text(1, value);
  else if (typeof value === 'boolean') out.varint(2, value ? 1 : 0);
  else if (typeof value === 'bigint') out.varint(3, value);
  else if (typeof value === 'number') out.double(4, value);
  else if (value instanceof Uint8Array) out.blob(7, value);
  else if (isMap(value)) out.message(6, (list) => value.forEach((inner, key) => writeEntry(list, 1, key, inner)));
  else out.message(5, (list) => value.forEach((each) => list.message(1, (inner) => writeValue(inner, each))));
}

export function writeText(out: ProtobufWriter, field: number, value: string): void {
  if (value !== '') out.text(field, value);
}

export function writeCount(out: ProtobufWriter, field: number, value: number): void {
  if (value !== 0) out.varint(field, value);
}
