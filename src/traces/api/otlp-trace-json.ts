// A trace as the JSON of Tempo's API: OTLP's messages in the JSON mapping of protobuf, so ids in base64 and enums by name. Drawn piece by piece.
//
//   v1   {"batches":[{"resource":…,"scopeSpans":[{"scope":…,"spans":[…]}]}]}
//   v2   {"trace":{"resourceSpans":[…]},"metrics":{},"status":"PARTIAL","message":"…"}
//
// Source: Tempo `pkg/tempopb/tempo.proto` and `MarshalToJSONV1`; opentelemetry-proto `trace/v1/trace.proto`; protobuf language guide, "ProtoJSON".

import { Buffer } from 'node:buffer';
import { setImmediate as pause } from 'node:timers/promises';
import type { AnyValue, Attributes } from '../../otlp/any-value.ts';
import { isMap } from '../../otlp/any-value.ts';
import type { StoredTrace } from '../stored-trace.ts';
import type { Span, SpanEvent, SpanLink, SpanSource } from '../write.ts';

/** Which of Tempo's two answers: `/api/traces/{id}` or `/api/v2/traces/{id}`. */
export type TraceForm = 'v1' | 'v2';

/** Characters after which a piece is handed on, and others get their turn. */
const PIECE_LENGTH = 64 * 1024;
const KINDS = ['', 'SPAN_KIND_INTERNAL', 'SPAN_KIND_SERVER', 'SPAN_KIND_CLIENT', 'SPAN_KIND_PRODUCER', 'SPAN_KIND_CONSUMER'];
const CODES = ['', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'];

/** The spans of one resource, by the scopes within it. */
export interface ResourceGroup {
  readonly resource: Attributes;
  readonly schemaUrl: string;
  readonly scopes: StoredTrace['groups'];
}

/** A trace's groups by resource, in the order in which resources come first. */
export function resourceGroups({ groups }: StoredTrace): readonly ResourceGroup[] {
  const found = new Map<string, ResourceGroup & { scopes: StoredTrace['groups'][number][] }>();
  for (const group of groups) {
    const { resource, resourceSchemaUrl: schemaUrl } = group.source;
    const key = `${JSON.stringify(schemaUrl)}${attributesJson(resource)}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { resource, schemaUrl, scopes: [group] });
    else known.scopes.push(group);
  }
  return [...found.values()];
}

/** The answer's body, in pieces. */
export async function* traceJson(trace: StoredTrace, form: TraceForm): AsyncGenerator<string> {
  let piece = '';
  for (const part of traceParts(trace, form)) {
    piece += part;
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = '';
    await pause();
  }
  yield piece;
}

function* traceParts(trace: StoredTrace, form: TraceForm): Generator<string> {
  yield form === 'v1' ? '{"batches":[' : '{"trace":{"resourceSpans":[';
  let comma = '';
  for (const { resource, schemaUrl, scopes } of resourceGroups(trace)) {
    yield `${comma}{"resource":{${list('attributes', attributesJson(resource)).slice(1)}},"scopeSpans":[`;
    for (const [i, { source, spans }] of scopes.entries()) {
      yield `${i === 0 ? '' : ','}{"scope":${scopeJson(source)},"spans":[`;
      for (const [j, span] of spans.entries()) yield `${j === 0 ? '' : ','}${spanJson(span)}`;
      yield `]${text('schemaUrl', source.scopeSchemaUrl)}}`;
    }
    yield `]${text('schemaUrl', schemaUrl)}}`;
    comma = ',';
  }
  yield form === 'v1' ? ']}' : `]},"metrics":{}${partialJson(trace)}}`;
}

function partialJson({ partial }: StoredTrace): string {
  return partial === undefined ? '' : `,"status":"PARTIAL","message":${JSON.stringify(partial)}`;
}

function scopeJson({ scopeName, scopeVersion, scopeAttributes }: SpanSource): string {
  const fields = `${text('name', scopeName)}${text('version', scopeVersion)}${list('attributes', attributesJson(scopeAttributes))}`;
  return `{${fields.slice(1)}}`;
}

function spanJson(span: Span): string {
  const status = `${word('code', CODES[span.status])}${text('message', span.statusMessage)}`;
  const fields = [
    id('traceId', span.traceId),
    id('spanId', span.spanId),
    text('traceState', span.traceState),
    id('parentSpanId', span.parentId),
    number('flags', span.flags),
    text('name', span.name),
    word('kind', KINDS[span.kind]),
    `,"startTimeUnixNano":"${span.startNs}","endTimeUnixNano":"${span.endNs}"`,
    list('attributes', attributesJson(span.attributes)),
    number('droppedAttributesCount', span.droppedAttributes),
    list('events', span.events.map(eventJson).join(',')),
    number('droppedEventsCount', span.droppedEvents),
    list('links', span.links.map(linkJson).join(',')),
    number('droppedLinksCount', span.droppedLinks),
  ];
  return `{${fields.join('').slice(1)},"status":{${status.slice(1)}}}`;
}

function eventJson({ timeNs, name, attributes, droppedAttributes }: SpanEvent): string {
  const time = timeNs === 0n ? '' : `,"timeUnixNano":"${timeNs}"`;
  const rest = `${list('attributes', attributesJson(attributes))}${number('droppedAttributesCount', droppedAttributes)}`;
  return `{${`${time}${text('name', name)}${rest}`.slice(1)}}`;
}

function linkJson({ traceId, spanId, traceState, attributes, droppedAttributes, flags }: SpanLink): string {
  const ids = `${id('traceId', traceId)}${id('spanId', spanId)}${text('traceState', traceState)}`;
  const rest = `${list('attributes', attributesJson(attributes))}${number('droppedAttributesCount', droppedAttributes)}${number('flags', flags)}`;
  return `{${`${ids}${rest}`.slice(1)}}`;
}

/** The entries of a list of attributes, without its brackets. */
function attributesJson(attributes: Attributes): string {
  return attributes.map(({ key, value }) => entryJson(key, value)).join(',');
}

function entryJson(key: string, value: AnyValue): string {
  return `{"key":${JSON.stringify(key)},"value":${valueJson(value)}}`;
}

function valueJson(value: AnyValue): string {
  if (value === null) return '{}';
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(value)}}`;
  if (typeof value === 'bigint') return `{"intValue":"${value}"}`;
  if (typeof value === 'boolean') return `{"boolValue":${value}}`;
  if (typeof value === 'number') return `{"doubleValue":${doubleJson(value)}}`;
  if (value instanceof Uint8Array) return `{"bytesValue":"${base64(value)}"}`;
  if (isMap(value)) return `{"kvlistValue":{"values":[${[...value].map(([key, inner]) => entryJson(key, inner)).join(',')}]}}`;
  return `{"arrayValue":{"values":[${value.map(valueJson).join(',')}]}}`;
}

function doubleJson(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}

// Fields with a comma before them; nothing where they have their default, as the mapping has it.

function text(name: string, value: string): string {
  return value === '' ? '' : `,"${name}":${JSON.stringify(value)}`;
}

function word(name: string, value: string | undefined): string {
  return text(name, value ?? '');
}

function number(name: string, value: number): string {
  return value === 0 ? '' : `,"${name}":${value}`;
}

function list(name: string, items: string): string {
  return items === '' ? '' : `,"${name}":[${items}]`;
}

function id(name: string, bytes: Uint8Array): string {
  return bytes.length === 0 ? '' : `,"${name}":"${base64(bytes)}"`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
