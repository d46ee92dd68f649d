// Fuzz: a request of OTLP traces, whole, damaged or random, ends in an answer or in `bad_data`; both encodings give the same spans, and so does a
// trace that is written for Tempo's clients and read again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tracesProtobuf } from '../../metrics/ingest/otlp-recording.ts';
import { checkDamaged, checkEncodings, checkMistyped, type Fuzzed, optional, text, uint64, values } from '../../otlp/test-otlp-fuzz.ts';
import { traceJson } from '../api/otlp-trace-json.ts';
import { traceProtobuf } from '../api/otlp-trace-protobuf.ts';
import type { StoredTrace } from '../stored-trace.ts';
import type { Span, SpanSource, StoredSpan } from '../write.ts';
import { exportTraces } from './otlp-traces.ts';
import { RecordingSpanWrite } from './recording-span-write.ts';
import { TraceMemory } from './trace-memory.ts';

const { attributes } = values(
  ['service.name', 'http.method'],
  [
    fc.double().map((value) => ({ doubleValue: Number.isFinite(value) && !Object.is(value, -0) ? value : String(value) })),
    fc.uint8Array({ maxLength: 5 }).map((bytes) => ({ bytesValue: Buffer.from(bytes).toString('base64') })),
  ],
);
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

async function decode(body: Uint8Array, encoding: 'json' | 'protobuf'): Promise<readonly unknown[]> {
  const write = new RecordingSpanWrite();
  const { message } = await exportTraces({ beginWrite: () => write, memory }, 't', body, encoding);
  return [...write.spans.map(plain), message];
}

const traces: Fuzzed<object> = { request, encode: tracesProtobuf, decode };

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

test('both encodings of a request give the same spans', () => checkEncodings(traces, { seed: 9, numRuns: 500 }));

test('damaged and random bodies', () => checkDamaged(traces, { seed: 10, numRuns: 1500 }));

test('values of another kind', () => checkMistyped(traces, { seed: 11, numRuns: 1000 }));

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
      assert.deepEqual(sorted((await decode(protobuf, 'protobuf')).slice(0, -1)), expected);
      const json = (await Array.fromAsync(traceJson(trace, 'v1'))).join('').replace('"batches"', '"resourceSpans"');
      const inHex: unknown = JSON.parse(json, (name, value: unknown) =>
        /^(traceId|spanId|parentSpanId)$/.test(name) ? Buffer.from(String(value), 'base64').toString('hex') : value,
      );
      assert.deepEqual(sorted((await decode(Buffer.from(JSON.stringify(inHex)), 'json')).slice(0, -1)), expected);
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
