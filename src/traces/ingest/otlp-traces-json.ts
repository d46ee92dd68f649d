// An OTLP `ExportTraceServiceRequest` out of JSON into the same write and the same shapes as the protobuf reader.
//
// Source: opentelemetry-proto `trace/v1/trace.proto`; OTLP specification, "JSON Protobuf Encoding".

import { Buffer } from 'node:buffer';
import { attributesField, enumField, messageField, messagesField, parseOtlpJson } from '../../otlp/json.ts';
import { resourceField, scopeField, textField, timestampField, uintField } from '../../otlp/json.ts';
import type { JsonObject } from '../../otlp/json.ts';
import type { Span, SpanEvent, SpanLink, SpanSource, SpanWrite } from '../write.ts';
import { knownKind, knownStatus, linkIds, parentOf, UINT32_MAX } from './otlp-span-fields.ts';

const KINDS = numbered('SPAN_KIND_', ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']);
const CODES = numbered('STATUS_CODE_', ['UNSET', 'OK', 'ERROR']);

function numbered(prefix: string, names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(names.map((name, i) => [`${prefix}${name}`, i]));
}

/** Reads a request into the write. Throws `bad_data` that names the field when it is malformed. */
export function readTracesJson(body: Uint8Array, write: SpanWrite): void {
  const resources = messagesField(parseOtlpJson(body), 'resourceSpans');
  // The size of a span by itself is not known without writing it again: each is taken to be as large as the others.
  const spans = resources.flatMap((each) => messagesField(each, 'scopeSpans')).flatMap((each) => messagesField(each, 'spans')).length;
  const bytes = Math.ceil(body.length / Math.max(1, spans));
  for (const resourceSpans of resources) {
    const resource = { resource: resourceField(resourceSpans).attributes, resourceSchemaUrl: textField(resourceSpans, 'schemaUrl') };
    for (const scopeSpans of messagesField(resourceSpans, 'scopeSpans')) {
      const { name, version, attributes, schemaUrl } = scopeField(scopeSpans);
      const scope = { scopeName: name, scopeVersion: version, scopeAttributes: attributes, scopeSchemaUrl: schemaUrl };
      const source: SpanSource = { ...resource, ...scope };
      for (const span of messagesField(scopeSpans, 'spans')) write.span(source, spanOf(span), bytes);
    }
  }
}

function spanOf(span: JsonObject): Span {
  const status = messageField(span, 'status') ?? {};
  const links = messagesField(span, 'links').map(linkOf);
  const whole = links.filter((link) => link !== undefined);
  return {
    traceId: idBytes(span, 'traceId'),
    spanId: idBytes(span, 'spanId'),
    parentId: parentOf(idBytes(span, 'parentSpanId')),
    traceState: textField(span, 'traceState'),
    flags: uint32(span, 'flags'),
    name: textField(span, 'name'),
    kind: knownKind(enumField(span, 'kind', KINDS)),
    startNs: nanoseconds(span, 'startTimeUnixNano'),
    endNs: nanoseconds(span, 'endTimeUnixNano'),
    attributes: attributesField(span),
    droppedAttributes: uint32(span, 'droppedAttributesCount'),
    events: messagesField(span, 'events').map(eventOf),
    droppedEvents: uint32(span, 'droppedEventsCount'),
    links: whole,
    droppedLinks: Math.min(uint32(span, 'droppedLinksCount') + links.length - whole.length, UINT32_MAX),
    status: knownStatus(enumField(status, 'code', CODES)),
    statusMessage: textField(status, 'message'),
  };
}

function eventOf(event: JsonObject): SpanEvent {
  return {
    timeNs: nanoseconds(event, 'timeUnixNano'),
    name: textField(event, 'name'),
    attributes: attributesField(event),
    droppedAttributes: uint32(event, 'droppedAttributesCount'),
  };
}

/** Undefined for a link whose ids are none, as in protobuf. */
function linkOf(link: JsonObject): SpanLink | undefined {
  const ids = linkIds(idBytes(link, 'traceId'), idBytes(link, 'spanId'));
  if (ids === undefined) return undefined;
  return {
    ...ids,
    traceState: textField(link, 'traceState'),
    attributes: attributesField(link),
    droppedAttributes: uint32(link, 'droppedAttributesCount'),
    flags: uint32(link, 'flags'),
  };
}

/** The bytes of an id in hex; of no length that an id has where the text is no hex, so that its span is refused and not the request. */
function idBytes(message: JsonObject, name: string): Uint8Array {
  const text = textField(message, name);
  const bytes = Buffer.from(text, 'hex');
  return bytes.length * 2 === text.length ? bytes : Buffer.from(text);
}

function uint32(message: JsonObject, name: string): number {
  return uintField(message, name) >>> 0;
}

function nanoseconds(message: JsonObject, name: string): bigint {
  const { ms, nanos } = timestampField(message, name);
  return BigInt(ms) * 1_000_000n + BigInt(nanos);
}
