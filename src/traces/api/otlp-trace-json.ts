// A trace as JSON, in the spelling of Tempo's API or in that of OTLP. Drawn piece by piece.
//
//   v1     {"batches":[{"resource":…,"scopeSpans":[{"scope":…,"spans":[…]}]}]}
//   v2     {"trace":{"resourceSpans":[…]},"metrics":{},"status":"PARTIAL","message":"…"}
//   OTLP   {"resource":…,"scopeSpans":[…]}, one after the other: of as many traces as an answer has
//
// Tempo writes OTLP's messages in the JSON mapping of protobuf, so ids in base64 and enums by name; OTLP itself wants ids in hex and enums as numbers.
// Source: Tempo `pkg/tempopb/tempo.proto` and `MarshalToJSONV1`; opentelemetry-proto `trace/v1/trace.proto`; protobuf language guide, "ProtoJSON";
// OTLP specification, "JSON Protobuf Encoding".

import { Buffer } from 'node:buffer';
import type { AnyValue, Attributes } from '../../otlp/any-value.ts';
import { isMap } from '../../otlp/any-value.ts';
import type { StoredTrace } from '../stored-trace.ts';
import type { Span, SpanEvent, SpanLink, SpanSource } from '../write.ts';
import { inPieces } from './text-pieces.ts';

/** Which of Tempo's two answers: `/api/traces/{id}` or `/api/v2/traces/{id}`. */
export type TraceForm = 'v1' | 'v2';

/** How ids and enums are written; an enum has the field's default where there is no text for it. */
interface Spelling {
  readonly bytes: 'base64' | 'hex';
  readonly kinds: readonly string[];
  readonly codes: readonly string[];
}

const TEMPO: Spelling = {
  bytes: 'base64',
  kinds: ['', '"SPAN_KIND_INTERNAL"', '"SPAN_KIND_SERVER"', '"SPAN_KIND_CLIENT"', '"SPAN_KIND_PRODUCER"', '"SPAN_KIND_CONSUMER"'],
  codes: ['', '"STATUS_CODE_OK"', '"STATUS_CODE_ERROR"'],
};
const OTLP: Spelling = { bytes: 'hex', kinds: ['', '1', '2', '3', '4', '5'], codes: ['', '1', '2'] };

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
export function traceJson(trace: StoredTrace, form: TraceForm): AsyncGenerator<string> {
  return inPieces([traceParts(trace, form)]);
}

function* traceParts(trace: StoredTrace, form: TraceForm): Generator<string> {
  yield form === 'v1' ? '{"batches":[' : '{"trace":{"resourceSpans":[';
  yield* resourceSpansParts(trace, TEMPO);
  yield form === 'v1' ? ']}' : `]},"metrics":{}${partialJson(trace)}}`;
}

/** The entries of OTLP's `resourceSpans`, with commas between them. */
export function otlpResourceSpans(trace: StoredTrace): Generator<string> {
  return resourceSpansParts(trace, OTLP);
}

function* resourceSpansParts(trace: StoredTrace, spelling: Spelling): Generator<string> {
  let comma = '';
  for (const { resource, schemaUrl, scopes } of resourceGroups(trace)) {
    yield `${comma}{"resource":{${list('attributes', attributesJson(resource)).slice(1)}},"scopeSpans":[`;
    for (const [i, { source, spans }] of scopes.entries()) {
      yield `${i === 0 ? '' : ','}{"scope":${scopeJson(source)},"spans":[`;
      for (const [j, span] of spans.entries()) yield `${j === 0 ? '' : ','}${spanJson(span, spelling)}`;
      yield `]${text('schemaUrl', source.scopeSchemaUrl)}}`;
    }
    yield `]${text('schemaUrl', schemaUrl)}}`;
    comma = ',';
  }
}

function partialJson({ partial }: StoredTrace): string {
  return partial === undefined ? '' : `,"status":"PARTIAL","message":${JSON.stringify(partial)}`;
}

function scopeJson({ scopeName, scopeVersion, scopeAttributes }: SpanSource): string {
  const fields = `${text('name', scopeName)}${text('version', scopeVersion)}${list('attributes', attributesJson(scopeAttributes))}`;
  return `{${fields.slice(1)}}`;
}

function spanJson(span: Span, { bytes, kinds, codes }: Spelling): string {
  const status = `${word('code', codes[span.status])}${text('message', span.statusMessage)}`;
  const fields = [
    id('traceId', span.traceId, bytes),
    id('spanId', span.spanId, bytes),
    text('traceState', span.traceState),
    id('parentSpanId', span.parentId, bytes),
    number('flags', span.flags),
    text('name', span.name),
    word('kind', kinds[span.kind]),
    `,"startTimeUnixNano":"${span.startNs}","endTimeUnixNano":"${span.endNs}"`,
    list('attributes', attributesJson(span.attributes)),
    number('droppedAttributesCount', span.droppedAttributes),
    list('events', span.events.map(eventJson).join(',')),
    number('droppedEventsCount', span.droppedEvents),
    list('links', span.links.map((link) => linkJson(link, bytes)).join(',')),
    number('droppedLinksCount', span.droppedLinks),
  ];
  return `{${fields.join('').slice(1)},"status":{${status.slice(1)}}}`;
}

function eventJson({ timeNs, name, attributes, droppedAttributes }: SpanEvent): string {
  const time = timeNs === 0n ? '' : `,"timeUnixNano":"${timeNs}"`;
  const rest = `${list('attributes', attributesJson(attributes))}${number('droppedAttributesCount', droppedAttributes)}`;
  return `{${`${time}${text('name', name)}${rest}`.slice(1)}}`;
}

function linkJson({ traceId, spanId, traceState, attributes, droppedAttributes, flags }: SpanLink, bytes: Spelling['bytes']): string {
  const ids = `${id('traceId', traceId, bytes)}${id('spanId', spanId, bytes)}${text('traceState', traceState)}`;
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
  if (value instanceof Uint8Array) return `{"bytesValue":"${encoded(value, 'base64')}"}`;
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

/** An enum's value, as its spelling has it. */
function word(name: string, value = ''): string {
  return value === '' ? '' : `,"${name}":${value}`;
}

function number(name: string, value: number): string {
  return value === 0 ? '' : `,"${name}":${value}`;
}

function list(name: string, items: string): string {
  return items === '' ? '' : `,"${name}":[${items}]`;
}

function id(name: string, bytes: Uint8Array, spelling: Spelling['bytes']): string {
  return bytes.length === 0 ? '' : `,"${name}":"${encoded(bytes, spelling)}"`;
}

function encoded(bytes: Uint8Array, spelling: Spelling['bytes']): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(spelling);
}
