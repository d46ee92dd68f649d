// A stored trace as the JSON of Jaeger's query service, in pieces: a trace of many spans is never one string.
//
//   {"traceID": …, "spans": [{"references", "tags", "logs", "processID": "p1", …}], "processes": {"p1": {"serviceName", "tags"}}, "warnings": null}
//
// Sources: Jaeger `model/json/model.go`, `model/converter/json/from_domain.go`; OpenTelemetry collector `pkg/translator/jaeger`,
// `traces_to_jaegerproto.go`, for what a span of OpenTelemetry is there.

import { Buffer } from 'node:buffer';
import { type AnyValue, type Attributes, attribute, valueText } from '../../otlp/any-value.ts';
import { KIND_NAMES } from '../traceql/value.ts';
import type { Span, SpanEvent, SpanLink, SpanSource } from '../write.ts';
import type { AdjustedTrace } from './adjusted-trace.ts';

interface Tag {
  readonly key: string;
  readonly type: 'string' | 'bool' | 'int64' | 'float64' | 'binary';
  readonly value: string | boolean | number;
}

/** What a process without a name is called there. */
export const NO_SERVICE = 'OTLPResourceNoServiceName';
const SERVICE_NAME = 'service.name';
const NS_PER_US = 1000n;
const STATUS_TAGS: readonly (readonly Tag[])[] = [
  [],
  [{ key: 'otel.status_code', type: 'string', value: 'OK' }],
  [
    { key: 'otel.status_code', type: 'string', value: 'ERROR' },
    { key: 'error', type: 'bool', value: true },
  ],
];

/** The object of a trace. */
export function* jaegerTracePieces(trace: AdjustedTrace): Generator<string> {
  const processes = new Map<string, string>();
  yield `{"traceID":"${shortId(trace.traceId)}","spans":[`;
  let separator = '';
  for (const { source, spans } of trace.groups) {
    const processId = processIdOf(source, processes);
    const scopeTags = tagsOfScope(source);
    for (const span of spans) {
      const warnings = trace.warnings.get(span) ?? null;
      yield separator + JSON.stringify({ ...spanObject(span, scopeTags), processID: processId, warnings });
      separator = ',';
    }
  }
  const listed = [...processes].map(([process, id]) => `"${id}":${process}`);
  yield `],"processes":{${listed.join(',')}},"warnings":${trace.partial === undefined ? 'null' : JSON.stringify([trace.partial])}}`;
}

/** An id of a trace as Jaeger writes it: with 16 digits where it has no more. */
export function shortId(traceId: string): string {
  return traceId.startsWith('0'.repeat(16)) ? traceId.slice(16) : traceId;
}

/** `p1`, `p2` …, by what the process is drawn as. */
function processIdOf({ resource }: SpanSource, processes: Map<string, string>): string {
  const serviceName = valueText(attribute(resource, SERVICE_NAME) ?? NO_SERVICE);
  const process = JSON.stringify({ serviceName, tags: tagsOf(resource.filter(({ key }) => key !== SERVICE_NAME)) });
  const id = processes.get(process) ?? `p${processes.size + 1}`;
  processes.set(process, id);
  return id;
}

function spanObject(span: Span, scopeTags: readonly Tag[]): object {
  const { startNs, endNs } = span;
  return {
    traceID: shortId(hex(span.traceId)),
    spanID: hex(span.spanId),
    flags: span.flags % 256 === 0 ? undefined : span.flags % 256,
    operationName: span.name,
    references: referencesOf(span),
    startTime: Number(startNs / NS_PER_US),
    duration: Number((endNs - startNs) / NS_PER_US),
    tags: [...scopeTags, ...tagsOf(span.attributes), ...ownTags(span)],
    logs: span.events.map(logOf),
  };
}

function tagsOfScope({ scopeName, scopeVersion }: SpanSource): readonly Tag[] {
  return [...textTag('otel.scope.name', scopeName), ...textTag('otel.scope.version', scopeVersion)];
}

/** What a span says in fields of its own, which Jaeger has as tags. */
function ownTags({ kind, status, statusMessage, traceState }: Span): readonly Tag[] {
  return [
    ...textTag('span.kind', kind === 0 ? '' : (KIND_NAMES[kind] ?? '')),
    ...(STATUS_TAGS[status] ?? []),
    ...textTag('otel.status_description', statusMessage),
    ...textTag('w3c.tracestate', traceState),
  ];
}

function textTag(key: string, value: string): readonly Tag[] {
  return value === '' ? [] : [{ key, type: 'string', value }];
}

function referencesOf({ traceId, parentId, links }: Span): readonly unknown[] {
  const parent = parentId.length === 0 ? [] : [reference('CHILD_OF', traceId, parentId)];
  return [...parent, ...links.map((link) => reference(typeOf(link), link.traceId, link.spanId))];
}

function reference(refType: 'CHILD_OF' | 'FOLLOWS_FROM', traceId: Uint8Array, spanId: Uint8Array): unknown {
  return { refType, traceID: shortId(hex(traceId)), spanID: hex(spanId) };
}

/** Links that came from Jaeger say what they were. */
function typeOf({ attributes }: SpanLink): 'CHILD_OF' | 'FOLLOWS_FROM' {
  return attribute(attributes, 'opentracing.ref_type') === 'child_of' ? 'CHILD_OF' : 'FOLLOWS_FROM';
}

function logOf({ timeNs, name, attributes }: SpanEvent): unknown {
  const isNamed = name === '' || attributes.some(({ key }) => key === 'event');
  return { timestamp: Number(timeNs / NS_PER_US), fields: [...(isNamed ? [] : textTag('event', name)), ...tagsOf(attributes)] };
}

function tagsOf(attributes: Attributes): readonly Tag[] {
  return attributes.map(({ key, value }) => ({ key, ...typed(value) }));
}

/** Integers that JavaScript does not hold exactly are texts, and so is what JSON has no number for. */
function typed(value: AnyValue): Pick<Tag, 'type' | 'value'> {
  if (typeof value === 'boolean') return { type: 'bool', value };
  if (typeof value === 'bigint') {
    const number = Number(value);
    return { type: 'int64', value: Number.isSafeInteger(number) ? number : String(value) };
  }
  if (typeof value === 'number') return { type: 'float64', value: Number.isFinite(value) ? value : valueText(value) };
  return { type: value instanceof Uint8Array ? 'binary' : 'string', value: valueText(value) };
}

function hex(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('hex');
}
