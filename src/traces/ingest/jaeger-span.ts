// A span as Jaeger has it, and what it becomes: both of Jaeger's forms (Thrift and protobuf) end here.
//
//   reader ─▶ JaegerProcess, JaegerSpan ─▶ resource and scope (SpanSource), Span ─▶ SpanWrite
//
// Source: OpenTelemetry collector `pkg/translator/jaeger`; OpenTelemetry specification, "OpenTelemetry to Jaeger Transformation".

import type { AnyValue, Attributes, KeyValue } from '../../otlp/any-value.ts';
import { NO_ATTRIBUTES } from '../../otlp/any-value.ts';
import { KIND_NAMES } from '../traceql/value.ts';
import type { Span, SpanEvent, SpanLink, SpanSource, SpanWrite } from '../write.ts';
import { NO_ID, isZero, sameId } from './span-ids.ts';

export interface JaegerProcess {
  readonly serviceName: string;
  readonly tags: Attributes;
}

export interface JaegerReference {
  readonly kind: 'childOf' | 'followsFrom';
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
}

export interface JaegerLog {
  readonly timeNs: bigint;
  readonly fields: Attributes;
}

export interface JaegerSpan {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  /** All zero, or of no length, where only the references say which it is. */
  readonly parentId: Uint8Array;
  readonly name: string;
  readonly references: readonly JaegerReference[];
  /** 1 sampled, 2 debug. */
  readonly flags: number;
  readonly startNs: bigint;
  readonly durationNs: bigint;
  readonly tags: Attributes;
  readonly logs: readonly JaegerLog[];
}

/** Clients without a service name send this. */
const NO_SERVICE = 'OTLPResourceNoServiceName';
/** Names that resources have under OpenTelemetry, by those of Jaeger's clients. */
const RESOURCE_NAMES: Readonly<Record<string, string>> = { hostname: 'host.name', 'jaeger.version': 'opencensus.exporterversion' };
const REFERENCE_TYPE = 'opentracing.ref_type';
const EVENT = 'event';
const MESSAGE = 'message';
const [OK, ERROR] = [1, 2];
const TAKEN: ReadonlySet<string> = new Set(['otel.scope.name', 'otel.scope.version', 'otel.library.name', 'otel.library.version']);

/** Writes the spans of one request. */
export class JaegerTranslation {
  readonly #write: SpanWrite;
  readonly #sources = new Map<JaegerProcess, Map<string, SpanSource>>();

  constructor(write: SpanWrite) {
    this.#write = write;
  }

  /** Adds a span; `bytes` is its size on the wire. Processes that are the same should be the same object. */
  add(process: JaegerProcess, jaeger: JaegerSpan, bytes: number): void {
    this.#write.span(this.#source(process, jaeger.tags), spanOf(jaeger), bytes);
  }

  #source(process: JaegerProcess, tags: Attributes): SpanSource {
    let ofProcess = this.#sources.get(process);
    if (ofProcess === undefined) this.#sources.set(process, (ofProcess = new Map()));
    // Few clients name a scope.
    const named = tags.filter(({ key }) => TAKEN.has(key));
    const scopeName = textOf(named, 'otel.scope.name') || textOf(named, 'otel.library.name');
    const scopeVersion = textOf(named, 'otel.scope.version') || textOf(named, 'otel.library.version');
    const key = `${scopeName.length} ${scopeName}${scopeVersion}`;
    let source = ofProcess.get(key);
    if (source === undefined) {
      const resource = resourceOf(process);
      source = { resource, scopeName, scopeVersion, resourceSchemaUrl: '', scopeSchemaUrl: '', scopeAttributes: NO_ATTRIBUTES };
      ofProcess.set(key, source);
    }
    return source;
  }
}

function resourceOf({ serviceName, tags }: JaegerProcess): Attributes {
  const attributes = new Map<string, AnyValue>();
  if (serviceName !== '' && serviceName !== NO_SERVICE) attributes.set('service.name', serviceName);
  const keys = new Set(tags.map(({ key }) => key));
  for (const { key, value } of tags) {
    const name = Object.hasOwn(RESOURCE_NAMES, key) ? (RESOURCE_NAMES[key] ?? key) : key;
    if (name === key || keys.has(name)) attributes.set(key, value);
    else attributes.set(name, key === 'jaeger.version' && typeof value === 'string' ? `Jaeger-${value}` : value);
  }
  return listOf(attributes);
}

function spanOf(jaeger: JaegerSpan): Span {
  const tags = new Map<string, AnyValue>();
  for (const { key, value } of jaeger.tags) if (!TAKEN.has(key)) tags.set(key, value);
  const parentId = parentOf(jaeger);
  const kind = kindOf(takenText(tags, 'span.kind').toLowerCase());
  const { status, statusMessage } = statusOf(tags, kind);
  const traceState = takenText(tags, 'w3c.tracestate');
  return {
    traceId: jaeger.traceId,
    spanId: jaeger.spanId,
    parentId,
    traceState,
    // What is kept for debugging is sampled; the second bit means something else to W3C.
    flags: jaeger.flags & 3 ? 1 : 0,
    name: jaeger.name,
    kind,
    startNs: jaeger.startNs,
    endNs: jaeger.startNs + jaeger.durationNs,
    attributes: listOf(tags),
    droppedAttributes: 0,
    events: jaeger.logs.map(eventOf),
    droppedEvents: 0,
    links: jaeger.references.filter((each) => each.kind !== 'childOf' || !sameId(each.spanId, parentId)).map(linkOf),
    droppedLinks: 0,
    status,
    statusMessage,
  };
}

function kindOf(name: string): number {
  return Math.max(
    0,
    KIND_NAMES.findIndex((kind) => kind === name),
  );
}

/** The parent that is given, or else the first reference into the same trace, of which a child's counts first. */
function parentOf({ traceId, parentId, references }: JaegerSpan): Uint8Array {
  if (!isZero(parentId)) return parentId;
  const own = references.filter((each) => sameId(each.traceId, traceId) && !isZero(each.spanId));
  return (own.find(({ kind }) => kind === 'childOf') ?? own[0])?.spanId ?? NO_ID;
}

function linkOf({ kind, traceId, spanId }: JaegerReference): SpanLink {
  const attributes = [{ key: REFERENCE_TYPE, value: kind === 'childOf' ? 'child_of' : 'follows_from' }];
  return { traceId, spanId, traceState: '', attributes, droppedAttributes: 0, flags: 0 };
}

/** The event's name stands in the field `event`, of some senders in `message`. */
function eventOf({ timeNs, fields }: JaegerLog): SpanEvent {
  const nameKey = [EVENT, MESSAGE].find((name) => fields.some(({ key, value }) => key === name && typeof value === 'string'));
  const name = nameKey === undefined ? '' : textOf(fields, nameKey);
  return { timeNs, name, attributes: fields.filter(({ key }) => key !== nameKey), droppedAttributes: 0 };
}

interface Status {
  readonly status: number;
  readonly statusMessage: string;
}

/** `error` counts first, then what OpenTelemetry's exporters say, then the status of HTTP. */
function statusOf(tags: Map<string, AnyValue>, kind: number): Status {
  const error = tags.get('error');
  const isError = error === true || error === 'true';
  if (isError) tags.delete('error');
  const code = takenText(tags, 'otel.status_code').toUpperCase();
  if (isError || code !== '') {
    const description = takenText(tags, 'otel.status_description');
    if (isError) return { status: ERROR, statusMessage: description || textTag(tags, 'http.status_message') };
    return { status: code === 'OK' ? OK : code === 'ERROR' ? ERROR : 0, statusMessage: description };
  }
  const http = Number(textTag(tags, 'http.status_code') || NaN);
  return isHttpError(http, kind)
    ? { status: ERROR, statusMessage: textTag(tags, 'http.status_message') }
    : { status: 0, statusMessage: '' };
}

/** What is the client's mistake is no failure of the server. Source: OpenTelemetry semantic conventions, HTTP spans, "Status". */
function isHttpError(code: number, kind: number): boolean {
  return (
    Number.isInteger(code) && code !== 0 && (code < 100 || code >= 400) && !(KIND_NAMES[kind] === 'server' && code >= 400 && code < 500)
  );
}

function listOf(attributes: ReadonlyMap<string, AnyValue>): readonly KeyValue[] {
  return [...attributes].map(([key, value]) => ({ key, value }));
}

function textOf(attributes: Attributes, name: string): string {
  const value = attributes.find(({ key }) => key === name)?.value;
  return typeof value === 'string' ? value : '';
}

function textTag(tags: ReadonlyMap<string, AnyValue>, key: string): string {
  const value = tags.get(key);
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
}

function takenText(tags: Map<string, AnyValue>, key: string): string {
  const text = textTag(tags, key);
  tags.delete(key);
  return text;
}
