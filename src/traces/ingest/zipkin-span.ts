// A span as Zipkin has it, and what it becomes: every form of Zipkin's (JSON and protobuf of version 2, JSON and Thrift of version 1) ends here.
//
//   reader ─▶ ZipkinSpan ─▶ resource and scope (SpanSource), Span ─▶ SpanWrite
//
// Source: OpenTelemetry collector `pkg/translator/zipkin/zipkinv2`; OpenTelemetry specification, "OpenTelemetry to Zipkin Transformation".

import type { AnyValue, KeyValue } from '../../otlp/any-value.ts';
import { NO_ATTRIBUTES, valueText } from '../../otlp/any-value.ts';
import type { Span, SpanEvent, SpanSource, SpanWrite } from '../write.ts';
import { NO_ID, isZero, sameId } from './span-ids.ts';
import { eventOfAnnotation, linksOfTags } from './zipkin-packed.ts';

export interface ZipkinEndpoint {
  readonly serviceName: string;
  /** As text, empty where there is none. */
  readonly ipv4: string;
  readonly ipv6: string;
  readonly port: number;
}

export interface ZipkinAnnotation {
  /** Microseconds since the epoch. */
  readonly timeUs: bigint;
  readonly value: string;
}

export type ZipkinKind = '' | 'CLIENT' | 'SERVER' | 'PRODUCER' | 'CONSUMER';

export interface ZipkinSpan {
  /** 16 bytes. */
  readonly traceId: Uint8Array;
  /** 8 bytes. */
  readonly id: Uint8Array;
  /** 8 bytes, or none. */
  readonly parentId: Uint8Array;
  readonly kind: ZipkinKind;
  readonly name: string;
  /** Microseconds since the epoch; undefined where the sender did not say. */
  readonly startUs: bigint | undefined;
  readonly durationUs: bigint;
  readonly local: ZipkinEndpoint | undefined;
  readonly remote: ZipkinEndpoint | undefined;
  readonly annotations: readonly ZipkinAnnotation[];
  readonly tags: ReadonlyMap<string, AnyValue>;
  readonly debug: boolean;
  /** Of a server: its id is that of the client's span. */
  readonly shared: boolean;
}

const KINDS: Readonly<Record<ZipkinKind, number>> = { '': 0, SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 };
const INTERNAL = 1;
const [OK, ERROR] = [1, 2];
const STATUS_CODES: Readonly<Record<string, number>> = { UNSET: 0, OK, ERROR };
/** Resources are sent as tags, because Zipkin has no place for them. Source: OpenTelemetry semantic conventions 1.6.1, resources. */
const RESOURCE_TAG =
  /^(?:(?:aws\.(?:ecs|eks|log)|cloud|container|deployment|device|host|k8s|os|process|service|telemetry|webengine)\.|faas\.(?:id|instance|max_memory|name|version)$|opencensus\.(?:exporterversion|pid|resourcetype|starttime)$)/;
const SERVICE_NAME = 'service.name';
const SERVICE_NAME_SOURCE = 'otlp.service.name.source';
const SCOPE_TAGS: ReadonlySet<string> = new Set(['otel.scope.name', 'otel.scope.version', 'otel.library.name', 'otel.library.version']);
const START_ABSENT = 'otel.zipkin.absentField.startTime';
const SAMPLED = 1;
const NS_PER_US = 1000n;

/** Writes the spans of one request. */
export class ZipkinTranslation {
  readonly #write: SpanWrite;
  readonly #nowNs: bigint;
  /** By all that a source consists of, so that each is one object. */
  readonly #sources = new Map<string, SpanSource>();

  /** `nowNs` is the time of spans that say nothing of theirs. */
  constructor(write: SpanWrite, nowNs: bigint) {
    this.#write = write;
    this.#nowNs = nowNs;
  }

  /** Adds a span; `bytes` is its size on the wire. */
  add(zipkin: ZipkinSpan, bytes: number): void {
    const tags = new Map(zipkin.tags);
    const source = this.#source(zipkin, tags);
    this.#write.span(source, this.#span(zipkin, tags), bytes);
  }

  /** Who sent the span; what says so is taken out of the tags. */
  #source({ local }: ZipkinSpan, tags: Map<string, AnyValue>): SpanSource {
    const resource: KeyValue[] = [];
    const nameKey = textTag(tags, SERVICE_NAME_SOURCE) || SERVICE_NAME;
    if (local !== undefined && local.serviceName !== '') resource.push({ key: nameKey, value: local.serviceName });
    tags.delete(SERVICE_NAME_SOURCE);
    for (const [key, value] of tags) {
      if (!RESOURCE_TAG.test(key)) continue;
      tags.delete(key);
      if (resource[0]?.key !== key) resource.push({ key, value });
    }
    const scopeName = textTag(tags, 'otel.scope.name') || textTag(tags, 'otel.library.name');
    const scopeVersion = textTag(tags, 'otel.scope.version') || textTag(tags, 'otel.library.version');
    for (const key of SCOPE_TAGS) tags.delete(key);
    return this.#known(resource, scopeName, scopeVersion);
  }

  #known(resource: readonly KeyValue[], scopeName: string, scopeVersion: string): SpanSource {
    let key = `${scopeName.length} ${scopeName}${scopeVersion}`;
    for (const each of resource) {
      const text = valueText(each.value);
      key += `\n${each.key.length} ${text.length} ${each.key}${text}`;
    }
    let source = this.#sources.get(key);
    if (source === undefined) {
      source = { resource, scopeName, scopeVersion, resourceSchemaUrl: '', scopeSchemaUrl: '', scopeAttributes: NO_ATTRIBUTES };
      this.#sources.set(key, source);
    }
    return source;
  }

  #span(zipkin: ZipkinSpan, tags: Map<string, AnyValue>): Span {
    const events = zipkin.annotations.map(({ timeUs, value }) => eventOfAnnotation(timeUs * NS_PER_US, value));
    const [startNs, endNs] = this.#times(zipkin, events);
    const traceState = takenText(tags, 'w3c.tracestate');
    const kind = kindOf(zipkin.kind, tags);
    const { status, statusMessage } = statusOf(tags);
    const links = linksOfTags(tags);
    const attributes: KeyValue[] = [...tags].map(([key, value]) => ({ key, value }));
    if (zipkin.startUs === undefined) attributes.push({ key: START_ABSENT, value: true });
    return {
      traceId: zipkin.traceId,
      spanId: zipkin.id,
      ...(zipkin.shared ? { isShared: true } : {}),
      parentId: isZero(zipkin.parentId) || sameId(zipkin.parentId, zipkin.id) ? NO_ID : zipkin.parentId,
      traceState,
      flags: zipkin.debug ? SAMPLED : 0,
      name: zipkin.name,
      kind,
      startNs,
      endNs,
      attributes: [...attributes, ...endpointAttributes(zipkin, tags)],
      droppedAttributes: 0,
      events,
      droppedEvents: 0,
      links,
      droppedLinks: 0,
      status,
      statusMessage,
    };
  }

  /** A span may come without a time, when the rest of it came before: what it has of times says when it was, or else its coming. */
  #times({ startUs, durationUs }: ZipkinSpan, events: readonly SpanEvent[]): readonly [bigint, bigint] {
    if (startUs !== undefined) return [startUs * NS_PER_US, (startUs + durationUs) * NS_PER_US];
    const times = events.map(({ timeNs }) => timeNs).sort((a, b) => (a < b ? -1 : 1));
    const startNs = times[0] ?? this.#nowNs;
    const endNs = times.at(-1) ?? startNs;
    const lengthNs = durationUs * NS_PER_US;
    return [startNs, startNs + lengthNs > endNs ? startNs + lengthNs : endNs];
  }
}

function kindOf(kind: ZipkinKind, tags: Map<string, AnyValue>): number {
  if (kind !== '') return KINDS[kind];
  return takenText(tags, 'span.kind').toLowerCase() === 'internal' ? INTERNAL : 0;
}

/** `error` says by being there that a span failed, and may say why; what has become of the status is no attribute besides. */
function statusOf(tags: Map<string, AnyValue>): { readonly status: number; readonly statusMessage: string } {
  const code = takenText(tags, 'otel.status_code')
    .toUpperCase()
    .replace(/^STATUS_CODE_/, '');
  const given = Object.hasOwn(STATUS_CODES, code) ? STATUS_CODES[code] : undefined;
  const description = given === undefined ? '' : takenText(tags, 'otel.status_description');
  const error = textTag(tags, 'error');
  if (!tags.has('error') || error === 'false') return { status: given ?? 0, statusMessage: description };
  const reason = error === 'true' ? '' : error;
  // Exporters of OpenTelemetry put the status's message there; of others it is an attribute that people search for.
  if (reason === '' || given === ERROR) tags.delete('error');
  return { status: ERROR, statusMessage: description === '' ? reason : description };
}

function endpointAttributes({ local, remote }: ZipkinSpan, tags: ReadonlyMap<string, AnyValue>): readonly KeyValue[] {
  const found: [string, AnyValue][] = [];
  if (local !== undefined) found.push(['net.host.ip', local.ipv4 || local.ipv6], ['net.host.port', BigInt(local.port)]);
  if (remote !== undefined) {
    found.push(['peer.service', remote.serviceName], ['net.peer.ip', remote.ipv4 || remote.ipv6], ['net.peer.port', BigInt(remote.port)]);
  }
  return found.filter(([key, value]) => value !== '' && value !== 0n && !tags.has(key)).map(([key, value]) => ({ key, value }));
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
