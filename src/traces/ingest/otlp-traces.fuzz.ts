// Fuzz: a request of OTLP traces, whole, damaged or random, ends in an answer or in `bad_data`; both encodings give the same spans, and so does a
// trace that is written for Tempo's clients and read again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestError } from '../../base/request-error.ts';
import { tracesProtobuf } from '../../metrics/ingest/otlp-recording.ts';
import { traceJson } from '../api/otlp-trace-json.ts';
import { traceProtobuf } from '../api/otlp-trace-protobuf.ts';
import type { StoredTrace } from '../stored-trace.ts';
import type { Span, SpanSource, StoredSpan } from '../write.ts';
import { exportTraces } from './otlp-traces.ts';
import { RecordingSpanWrite } from './recording-span-write.ts';
import { TraceMemory } from './trace-memory.ts';

const text = fc.string({ maxLength: 8, unit: 'grapheme' });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const uint64 = fc.oneof(fc.nat().map(String), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String));
const { any } = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    text.map((stringValue) => ({ stringValue })),
    int64.map((intValue) => ({ intValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    fc.double().map((value) => ({ doubleValue: Number.isFinite(value) && !Object.is(value, -0) ? value : String(value) })),
    fc.constant({}),
    fc.uint8Array({ maxLength: 5 }).map((bytes) => ({ bytesValue: Buffer.from(bytes).toString('base64') })),
    fc.array(tie('any'), { maxLength: 3 }).map((values) => ({ arrayValue: { values } })),
    fc.array(fc.record({ key: text, value: tie('any') }), { maxLength: 3 }).map((values) => ({ kvlistValue: { values } })),
  ),
}));
const key = fc.oneof(text, fc.constantFrom('service.name', 'http.method'));
const attributes = fc.array(fc.record({ key, value: any }), { maxLength: 3 });
const optional = { requiredKeys: [] };
const traceId = fc.constantFrom('', '00'.repeat(16), '0a'.repeat(16), '0b'.repeat(16), '0c'.repeat(7));
const spanId = fc.constantFrom('', '00'.repeat(8), '0a'.repeat(8), '0b'.repeat(8), '0c'.repeat(7));
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const event = fc.record({ timeUnixNano: uint64, name: text, attributes, droppedAttributesCount: uint32 }, optional);
const link = fc.record({ traceId, spanId, traceState: text, attributes, droppedAttributesCount: uint32, flags: uint32 }, optional);
const span = fc.record(
  {
    traceId: fc.oneof({ weight: 3, arbitrary: fc.constant('0d'.repeat(16)) }, traceId),
    spanId: fc.oneof({ weight: 3, arbitrary: fc.constant('0e'.repeat(8)) }, spanId),
    parentSpanId: spanId,
    startTimeUnixNano: fc.oneof({ weight: 3, arbitrary: fc.constant('5') }, uint64),
    endTimeUnixNano: uint64,
    traceState: text,
    name: text,
    kind: fc.nat(7),
    attributes,
    droppedAttributesCount: uint32,
    events: fc.array(event, { maxLength: 2 }),
    droppedEventsCount: uint32,
    links: fc.array(link, { maxLength: 2 }),
    droppedLinksCount: uint32,
    status: fc.record({ code: fc.nat(3), message: text }, optional),
    flags: uint32,
  },
  { requiredKeys: ['traceId', 'spanId', 'startTimeUnixNano', 'endTimeUnixNano'] },
);
const scope = fc.record({ name: text, version: text, attributes }, optional);
const scopeSpans = fc.record({ scope, spans: fc.array(span, { maxLength: 3 }), schemaUrl: text }, optional);
const resource = fc.record({ attributes });
const resourceSpans = fc.record({ resource, scopeSpans: fc.array(scopeSpans, { maxLength: 2 }), schemaUrl: text }, optional);
const request = fc.record({ resourceSpans: fc.array(resourceSpans, { maxLength: 2 }) }, optional);

// One memory for all: what is remembered must not be told apart from what is decoded.
const memory = new TraceMemory();

async function written(body: Uint8Array, encoding: 'json' | 'protobuf'): Promise<readonly unknown[]> {
  const write = new RecordingSpanWrite();
  try {
    const { message } = await exportTraces({ beginWrite: () => write, memory }, 't', body, encoding);
    return [...write.spans.map(plain), message];
  } catch (error) {
    assert.ok(error instanceof RequestError && error.code === 'bad_data', String(error));
    return [error.message];
  }
}

/** A span without its size and without the classes of its bytes. */
function plain({ source, span: one }: StoredSpan): { readonly source: SpanSource; readonly span: Span } {
  const links = one.links.map((each) => ({ ...each, traceId: new Uint8Array(each.traceId), spanId: new Uint8Array(each.spanId) }));
  const ids = {
    traceId: new Uint8Array(one.traceId),
    spanId: new Uint8Array(one.spanId),
    parentId: new Uint8Array(one.parentId),
  };
  return { source, span: { ...one, ...ids, links } };
}

test('both encodings of a request give the same spans', async () => {
  await fc.assert(
    fc.asyncProperty(request, fc.boolean(), async (message, reversed) => {
      const json = await written(Buffer.from(JSON.stringify(message)), 'json');
      // Entries of a list keep their order, whatever the order of fields.
      assert.deepEqual(await written(tracesProtobuf(message, reversed), 'protobuf'), json);
    }),
    { seed: 9, numRuns: 500 },
  );
});

test('damaged and random bodies', async () => {
  const damaged = fc.tuple(request, fc.nat(), fc.nat(255)).map(([message, at, byte]) => {
    const body = Uint8Array.from(tracesProtobuf(message));
    if (body.length > 0) body[at % body.length] = byte;
    return body.slice(0, body.length - (at % 3));
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, fc.uint8Array({ maxLength: 80 })), async (body) => {
      await written(body, 'protobuf');
      await written(body, 'json');
    }),
    { seed: 10, numRuns: 1500 },
  );
  const shuffled = fc.tuple(request, fc.nat(), fc.constantFrom('', '7', '"x"', 'null', '{}', '[]', '-1')).map(([message, at, put]) => {
    const parts = JSON.stringify(message).split(/(?<=[:,])/);
    parts[at % parts.length] = put + (parts[at % parts.length] ?? '').replace(/^"[^"]*"|^\d+/, '');
    return Buffer.from(parts.join(''));
  });
  await fc.assert(
    fc.asyncProperty(shuffled, async (body) => void (await written(body, 'json'))),
    { seed: 11, numRuns: 1000 },
  );
});

test('a trace that is written for a client and read again is the same', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (message) => {
      const write = new RecordingSpanWrite();
      await exportTraces({ beginWrite: () => write, memory }, 't', Buffer.from(JSON.stringify(message)), 'json');
      const groups = [...Map.groupBy(write.spans.map(plain), ({ source }) => JSON.stringify(source, printable)).values()];
      const trace: StoredTrace = {
        traceId: '',
        groups: groups.map((spans) => ({ source: spans[0]?.source ?? assert.fail(), spans: spans.map((each) => each.span) })),
        partial: undefined,
      };
      const sorted = (spans: readonly unknown[]): readonly string[] => spans.map((each) => JSON.stringify(each, printable)).sort();
      const expected = sorted(write.spans.map(plain));
      const protobuf = Buffer.concat(await Array.fromAsync(traceProtobuf(trace, 'v1')));
      assert.deepEqual(sorted((await written(protobuf, 'protobuf')).slice(0, -1)), expected);
      const json = (await Array.fromAsync(traceJson(trace, 'v1'))).join('').replace('"batches"', '"resourceSpans"');
      const inHex: unknown = JSON.parse(json, (name, value: unknown) =>
        /^(traceId|spanId|parentSpanId)$/.test(name) ? Buffer.from(String(value), 'base64').toString('hex') : value,
      );
      assert.deepEqual(sorted((await written(Buffer.from(JSON.stringify(inHex)), 'json')).slice(0, -1)), expected);
    }),
    { seed: 12, numRuns: 500 },
  );
});

function printable(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return value instanceof Map ? ['map', ...value] : value;
}
