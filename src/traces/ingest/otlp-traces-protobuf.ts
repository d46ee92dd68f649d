// An OTLP `ExportTraceServiceRequest` out of protobuf bytes into a `SpanWrite`, span by span.
//
// A resource and its scope may stand after what they describe: so each of these messages is passed over twice, first for the description (all else
// is skipped by its length, which is cheap), then for the content.
//
// Source: opentelemetry-proto `collector/trace/v1/trace_service.proto`, `trace/v1/trace.proto`.

import { Buffer } from 'node:buffer';
import { ProtobufReader, WIRE_BYTES } from '../../base/protobuf.ts';
import { NO_ATTRIBUTES, type KeyValue } from '../../otlp/any-value.ts';
import { readResource, readScope } from '../../otlp/protobuf.ts';
import type { SpanEvent, SpanLink, SpanSource, SpanWrite } from '../write.ts';
import { knownKind, knownStatus, linkIds, parentOf, UINT32_MAX } from './otlp-span-fields.ts';
import { NO_ID } from './span-ids.ts';
import type { RememberedResource, TraceMemory } from './trace-memory.ts';

const TAG_ATTRIBUTE = (9 << 3) | WIRE_BYTES;
const NO_EVENTS: readonly SpanEvent[] = [];
const NO_LINKS: readonly SpanLink[] = [];

/** What reading a request needs at each of its levels. */
class SpanReader extends ProtobufReader {
  readonly write: SpanWrite;
  readonly memory: TraceMemory;
  readonly buffer: Buffer;

  constructor(body: Uint8Array, write: SpanWrite, memory: TraceMemory) {
    super(body);
    this.write = write;
    this.memory = memory;
    this.buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }

  /** A `fixed64` field of nanoseconds since the epoch. */
  nanoseconds(): bigint {
    const at = this.pos;
    this.fixed64();
    return this.view.getBigUint64(at, true);
  }

  /** Moves to the next field if its tag is this one, of one byte. */
  isNext(tag: number): boolean {
    if (this.pos >= this.end || this.bytes[this.pos] !== tag) return false;
    this.pos++;
    this.field = tag >>> 3;
    this.wire = tag & 7;
    return true;
  }

  /** A `uint32` field. */
  uint32(): number {
    this.uint();
    return this.low;
  }

  /** The fields of the message being read, but for those of number `content`: as a rule a view, from its beginning to its first content. */
  description(content: number): Buffer {
    const runs: Buffer[] = [];
    let runFrom = this.pos;
    for (;;) {
      const at = this.pos;
      const more = this.next();
      if (more && this.field !== content) this.skip();
      else {
        if (at > runFrom) runs.push(this.buffer.subarray(runFrom, at));
        if (!more) break;
        this.skip();
        runFrom = this.pos;
      }
    }
    return runs.length === 1 && runs[0] !== undefined ? runs[0] : Buffer.concat(runs);
  }
}

/** Reads a request into the write. Throws `bad_data` with the byte position when it is malformed. */
export function readTracesProtobuf(body: Uint8Array, write: SpanWrite, memory: TraceMemory): void {
  const r = new SpanReader(body, write, memory);
  while (r.next()) {
    if (r.field === 1) readResourceSpans(r);
    else r.skip();
  }
}

function readResourceSpans(r: SpanReader): void {
  const outer = r.enter();
  const from = r.pos;
  const description = r.description(2);
  r.pos = from;
  const resource = r.memory.resource(description, () => readDescription(r));
  r.pos = from;
  while (r.next()) {
    if (r.field === 2) readScopeSpans(r, resource);
    else r.skip();
  }
  r.leave(outer);
}

function readDescription(r: SpanReader): Omit<RememberedResource, 'scopes'> {
  const attributes: KeyValue[] = [];
  let schemaUrl = '';
  while (r.next()) {
    if (r.field === 1) readResource(r, attributes);
    else if (r.field === 3) schemaUrl = r.text();
    else r.skip();
  }
  return { attributes, schemaUrl };
}

function readScopeSpans(r: SpanReader, resource: RememberedResource): void {
  const outer = r.enter();
  const from = r.pos;
  const description = r.description(2);
  r.pos = from;
  const source = r.memory.source(resource, description, () => readSource(r, resource));
  r.pos = from;
  while (r.next()) {
    if (r.field === 2) readSpan(r, source);
    else r.skip();
  }
  r.leave(outer);
}

function readSource(r: SpanReader, resource: RememberedResource): SpanSource {
  const scope = { name: '', version: '', schemaUrl: '', attributes: [] as KeyValue[] };
  while (r.next()) {
    if (r.field === 1) readScope(r, scope);
    else if (r.field === 3) scope.schemaUrl = r.text();
    else r.skip();
  }
  return {
    resource: resource.attributes,
    resourceSchemaUrl: resource.schemaUrl,
    scopeName: scope.name,
    scopeVersion: scope.version,
    scopeAttributes: scope.attributes,
    scopeSchemaUrl: scope.schemaUrl,
  };
}

/** hot: once per span; one function, because its fields are its state. */
function readSpan(r: SpanReader, source: SpanSource): void {
  const { memory } = r;
  const outer = r.enter();
  const bytes = r.end - r.pos;
  let [traceId, spanId, parentId] = [NO_ID, NO_ID, NO_ID] as [Uint8Array, Uint8Array, Uint8Array];
  let [traceState, name, statusMessage] = ['', '', ''];
  let [flags, kind, status, droppedAttributes, droppedEvents, droppedLinks] = [0, 0, 0, 0, 0, 0];
  let [startNs, endNs] = [0n, 0n];
  let attributes: KeyValue[] | undefined;
  let events: SpanEvent[] | undefined;
  let links: SpanLink[] | undefined;
  while (r.next()) {
    switch (r.field) {
      case 1:
        traceId = r.slice();
        break;
      case 2:
        spanId = r.slice();
        break;
      case 3:
        traceState = memory.text(r);
        break;
      case 4:
        parentId = r.slice();
        break;
      case 5:
        name = memory.text(r);
        break;
      case 6:
        kind = knownKind(r.int());
        break;
      case 7:
        startNs = r.nanoseconds();
        break;
      case 8:
        endNs = r.nanoseconds();
        break;
      case 9:
        attributes ??= [];
        do attributes.push(memory.keyValue(r));
        while (r.isNext(TAG_ATTRIBUTE));
        break;
      case 10:
        droppedAttributes = r.uint32();
        break;
      case 11:
        (events ??= []).push(readEvent(r));
        break;
      case 12:
        droppedEvents = r.uint32();
        break;
      case 13: {
        const link = readLink(r);
        if (link === undefined) droppedLinks++;
        else (links ??= []).push(link);
        break;
      }
      case 14:
        droppedLinks += r.uint32();
        break;
      case 15:
        ({ code: status, message: statusMessage } = readStatus(r));
        break;
      case 16:
        flags = r.fixed32();
        break;
      default:
        r.skip();
    }
  }
  r.leave(outer);
  const span = {
    traceId,
    spanId,
    parentId: parentOf(parentId),
    traceState,
    flags,
    name,
    kind,
    startNs,
    endNs,
    attributes: attributes ?? NO_ATTRIBUTES,
    droppedAttributes,
    events: events ?? NO_EVENTS,
    droppedEvents,
    links: links ?? NO_LINKS,
    droppedLinks: Math.min(droppedLinks, UINT32_MAX),
    status,
    statusMessage,
  };
  r.write.span(source, span, bytes);
}

function readStatus(r: SpanReader): { readonly code: number; readonly message: string } {
  const outer = r.enter();
  let [code, message] = [0, ''];
  while (r.next()) {
    if (r.field === 2) message = r.memory.text(r);
    else if (r.field === 3) code = knownStatus(r.int());
    else r.skip();
  }
  r.leave(outer);
  return { code, message };
}

function readEvent(r: SpanReader): SpanEvent {
  const outer = r.enter();
  const attributes: KeyValue[] = [];
  let timeNs = 0n;
  let name = '';
  let droppedAttributes = 0;
  while (r.next()) {
    if (r.field === 1) timeNs = r.nanoseconds();
    else if (r.field === 2) name = r.memory.text(r);
    else if (r.field === 3) attributes.push(r.memory.keyValue(r));
    else if (r.field === 4) droppedAttributes = r.uint32();
    else r.skip();
  }
  r.leave(outer);
  return { timeNs, name, attributes, droppedAttributes };
}

/** Undefined for a link whose ids are none: it leads nowhere, and is counted as dropped. */
function readLink(r: SpanReader): SpanLink | undefined {
  const outer = r.enter();
  const attributes: KeyValue[] = [];
  let [traceId, spanId] = [NO_ID, NO_ID] as [Uint8Array, Uint8Array];
  let traceState = '';
  let [flags, droppedAttributes] = [0, 0];
  while (r.next()) {
    if (r.field === 1) traceId = r.slice();
    else if (r.field === 2) spanId = r.slice();
    else if (r.field === 3) traceState = r.memory.text(r);
    else if (r.field === 4) attributes.push(r.memory.keyValue(r));
    else if (r.field === 5) droppedAttributes = r.uint32();
    else if (r.field === 6) flags = r.fixed32();
    else r.skip();
  }
  r.leave(outer);
  const ids = linkIds(traceId, spanId);
  return ids === undefined ? undefined : { ...ids, traceState, attributes, droppedAttributes, flags };
}
