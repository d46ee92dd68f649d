// OTLP traces: what becomes of resource, scope and span, case by case; what is refused; what is remembered; and the routes under the real server,
// with what the OpenTelemetry SDK sends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { RequestError } from '../../base/request-error.ts';
import { tracesProtobuf } from '../../metrics/ingest/otlp-recording.ts';
import { startTestServer } from '../../server/test-server.ts';
import { spanProblem } from '../store/span-problem.ts';
import type { Span, SpanSource, StoredSpan } from '../write.ts';
import { exportTraces, otlpTracesRoutes } from './otlp-traces.ts';
import { RecordingSpanWrite } from './recording-span-write.ts';
import { TraceMemory } from './trace-memory.ts';

const TRACE = '0a'.repeat(16);
const SPAN = '0b'.repeat(8);
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const named = { traceId: TRACE, spanId: SPAN, startTimeUnixNano: '5', endTimeUnixNano: '7' };
const traces = (...spans: readonly object[]): object => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] });

/** A write that refuses what the store's refuses. */
class CheckingWrite extends RecordingSpanWrite {
  override span(source: SpanSource, span: Span, size: number): boolean {
    const problem = spanProblem(span);
    if (problem === undefined) return super.span(source, span, size);
    this.refuse(...problem);
    return false;
  }
}

type Encoding = 'json' | 'protobuf';

async function exported(
  message: object,
  encoding: Encoding,
  memory = new TraceMemory(),
): Promise<readonly [readonly StoredSpan[], string]> {
  const write = new CheckingWrite();
  const body = encoding === 'json' ? Buffer.from(JSON.stringify(message)) : Buffer.from(tracesProtobuf(message));
  const answer = await exportTraces({ beginWrite: () => write, memory }, 't', body, encoding);
  assert.equal(answer.rejected, write.refusals.length);
  return [write.spans, answer.message];
}

/** What fields of a span become. */
const FIELDS: readonly (readonly [fields: object, span: Partial<Span>])[] = [
  [{}, { startNs: 5n, endNs: 7n, name: '', kind: 0, status: 0, attributes: [], events: [], links: [], flags: 0, traceState: '' }],
  [
    { name: 'GET /', traceState: 'a=b', flags: 257, kind: 5 },
    { name: 'GET /', traceState: 'a=b', flags: 257, kind: 5 },
  ],
  [
    { startTimeUnixNano: '1700000000123456789', endTimeUnixNano: '9223372036854775807' },
    { startNs: 1700000000123456789n, endNs: 2n ** 63n - 1n },
  ],
  [{ status: { code: 2, message: 'no' } }, { status: 2, statusMessage: 'no' }],
  // Numbers that are not known.
  [
    { kind: 6, status: { code: 3 } },
    { kind: 0, status: 0 },
  ],
  [
    { droppedAttributesCount: 1, droppedEventsCount: 2, droppedLinksCount: 3 },
    { droppedAttributes: 1, droppedEvents: 2, droppedLinks: 3 },
  ],
  [
    { attributes: [text('s', 'ü'), { key: 'i', value: { intValue: '-9223372036854775808' } }, { key: 'b', value: { boolValue: false } }] },
    {
      attributes: [
        { key: 's', value: 'ü' },
        { key: 'i', value: -(2n ** 63n) },
        { key: 'b', value: false },
      ],
    },
  ],
  [
    {
      attributes: [
        { key: 'd', value: { doubleValue: 1.5 } },
        { key: 'n', value: {} },
        { key: 'x', value: { bytesValue: 'AQI=' } },
      ],
    },
    {
      attributes: [
        { key: 'd', value: 1.5 },
        { key: 'n', value: null },
        { key: 'x', value: bytes('0102') },
      ],
    },
  ],
  [
    {
      attributes: [
        { key: 'a', value: { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'b' }] } } },
        { key: 'm', value: { kvlistValue: { values: [text('k', 'v')] } } },
      ],
    },
    {
      attributes: [
        { key: 'a', value: [1n, 'b'] },
        { key: 'm', value: new Map([['k', 'v']]) },
      ],
    },
  ],
  [
    { events: [{ timeUnixNano: '6', name: 'e', attributes: [text('k', 'v')], droppedAttributesCount: 4 }, {}] },
    {
      events: [
        { timeNs: 6n, name: 'e', attributes: [{ key: 'k', value: 'v' }], droppedAttributes: 4 },
        { timeNs: 0n, name: '', attributes: [], droppedAttributes: 0 },
      ],
    },
  ],
  // A parent of zeros is none.
  [{ parentSpanId: '0c'.repeat(8) }, { parentId: bytes('0c'.repeat(8)) }],
  [{ parentSpanId: '00'.repeat(8) }, { parentId: bytes('') }],
  // A link without ids may carry attributes; one with ids of a wrong length is counted as dropped.
  [
    {
      links: [
        { traceId: TRACE, spanId: SPAN, traceState: 'x', flags: 1, droppedAttributesCount: 2 },
        { attributes: [text('k', 'v')] },
        { traceId: '0a' },
      ],
      droppedLinksCount: 4,
    },
    {
      links: [
        { traceId: bytes(TRACE), spanId: bytes(SPAN), traceState: 'x', attributes: [], droppedAttributes: 2, flags: 1 },
        {
          traceId: bytes('00'.repeat(16)),
          spanId: bytes('00'.repeat(8)),
          traceState: '',
          attributes: [{ key: 'k', value: 'v' }],
          droppedAttributes: 0,
          flags: 0,
        },
      ],
      droppedLinks: 5,
    },
  ],
];

test('the fields of a span', async () => {
  for (const [fields, expected] of FIELDS) {
    for (const encoding of ['json', 'protobuf'] as const) {
      const [[stored], message] = await exported(traces({ ...named, ...fields }), encoding);
      assert.equal(message, '');
      assert.deepEqual(
        [bytes(TRACE), bytes(SPAN)],
        [stored?.span.traceId, stored?.span.spanId].map((id) => Uint8Array.from(id ?? [])),
      );
      const given = Object.keys(expected).map((name) => [name, stored?.span[name as keyof Span]]);
      assert.deepEqual(plainBytes(Object.fromEntries(given)), expected);
    }
  }
});

function plainBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(plainBytes);
  if (typeof value !== 'object' || value === null || value instanceof Map) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plainBytes(inner)]));
}

test('JSON has names of enums, numbers as numbers or strings, names in snake case, and fields that nobody knows', async () => {
  const json = {
    trace_id: TRACE.toUpperCase(),
    span_id: SPAN,
    start_time_unix_nano: 5,
    endTimeUnixNano: '7',
    kind: 'SPAN_KIND_CLIENT',
    status: { code: 'STATUS_CODE_ERROR' },
    attributes: [{ key: 'i', value: { intValue: 3 } }],
    events: null,
    more: [{ x: 1 }],
  };
  const [[stored], message] = await exported(traces(json), 'json');
  assert.equal(message, '');
  const { kind, status, startNs, attributes } = stored?.span ?? assert.fail();
  assert.deepEqual([kind, status, startNs, attributes], [3, 2, 5n, [{ key: 'i', value: 3n }]]);
});

/** Spans of which only this one is refused, and what is said. */
const REFUSED: readonly (readonly [fields: object, message: RegExp])[] = [
  [{ traceId: '' }, /trace id, \(empty\), must be 16 bytes/],
  [{ traceId: '0a'.repeat(8) }, /trace id, (0a){8}, must be 16 bytes/],
  [{ traceId: '0a'.repeat(50) }, /trace id, (0a){32}… of 50 bytes, must/],
  [{ traceId: '00'.repeat(16) }, /not all zero/],
  [{ spanId: '' }, /\(\(empty\)\) of trace (0a){16}: the id of a span must be 8 bytes/],
  [{ spanId: '00'.repeat(8) }, /not all zero/],
  [{ parentSpanId: '0a' }, /the id of its parent, 0a, must be 8 bytes or none/],
  [{ name: 'x', endTimeUnixNano: '4' }, /^span "x" .*: it ends at 4 ns, before it starts at 5 ns/],
  [{ startTimeUnixNano: '0' }, /no time of its start/],
  [{ endTimeUnixNano: '9223372036854775808' }, /9223372036854775808 ns.* before 1970 or beyond the year 2262/],
  [{ events: [{ timeUnixNano: '18446744073709551615' }] }, /18446744073709551615 ns.* beyond the year 2262/],
];

test('a span that cannot be stored is refused by itself', async () => {
  for (const [fields, expected] of REFUSED) {
    for (const encoding of ['json', 'protobuf'] as const) {
      const [spans, message] = await exported(traces({ ...named, ...fields }, { ...named, name: 'good' }), encoding);
      assert.match(message, expected);
      assert.deepEqual(
        spans.map(({ span }) => span.name),
        ['good'],
      );
    }
  }
  // No hex in JSON.
  const [spans, message] = await exported(traces({ ...named, traceId: 'xyz' }, named), 'json');
  assert.equal(spans.length, 1);
  assert.match(message, /must be 16 bytes/);
});

test('a body that cannot be decoded is refused as a whole, with the place', async () => {
  const memory = new TraceMemory();
  const failing = async (body: Uint8Array, encoding: Encoding): Promise<string> => {
    const write = new RecordingSpanWrite();
    const error: unknown = await exportTraces({ beginWrite: () => write, memory }, 't', body, encoding).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof RequestError && error.code === 'bad_data' && !write.committed);
    return error.message;
  };
  const whole = tracesProtobuf(traces({ ...named, attributes: [text('k', 'v')] }));
  assert.match(await failing(whole.subarray(0, -1), 'protobuf'), /byte 2, field 1: length \d+ past the end/);
  const notText = Buffer.from(whole);
  notText[notText.length - 1] = 0xff;
  assert.match(await failing(notText, 'protobuf'), new RegExp(`invalid UTF-8 at byte ${whole.length - 1}`));
  assert.match(await failing(Buffer.from('{"resourceSpans":7}'), 'json'), /resourceSpans: expected an array, got 7/);
  assert.match(await failing(Buffer.from('{"resourceSpans":['), 'json'), /malformed OTLP\/JSON/);
});

test('resource and scope, wherever they stand; what comes again is the same object again', async () => {
  const resource = { attributes: [text('service.name', 's')] };
  const scope = { name: 'n', version: '1', attributes: [text('a', 'b')] };
  const packed = { key: 'packed', value: { bytesValue: 'AQI=' } };
  const span = (id: string): object => ({
    ...named,
    name: 'GET',
    attributes: [packed, text('http.method', 'GET'), text('request.id', id)],
  });
  const message = (id: string): object => ({
    resourceSpans: [{ resource, schemaUrl: 'r', scopeSpans: [{ scope, schemaUrl: 'c', spans: [span(id)] }] }],
  });
  const source: SpanSource = {
    resource: [{ key: 'service.name', value: 's' }],
    resourceSchemaUrl: 'r',
    scopeName: 'n',
    scopeVersion: '1',
    scopeAttributes: [{ key: 'a', value: 'b' }],
    scopeSchemaUrl: 'c',
  };
  const memory = new TraceMemory();
  const stored: StoredSpan[] = [];
  for (const id of ['1', '2', '3']) {
    const body = Buffer.from(tracesProtobuf(message(id)));
    const write = new RecordingSpanWrite();
    await exportTraces({ beginWrite: () => write, memory }, 't', body, 'protobuf');
    stored.push(...write.spans);
    // What is remembered must not stand in the memory of the request.
    body.fill(0);
  }
  const [, second, third] = stored;
  assert.deepEqual(third?.source, source);
  assert.equal(third?.source, second?.source);
  assert.deepEqual(third?.span.attributes, [
    { key: 'packed', value: bytes('0102') },
    { key: 'http.method', value: 'GET' },
    { key: 'request.id', value: '3' },
  ]);
  for (const at of [0, 1]) assert.equal(third?.span.attributes[at], second?.span.attributes[at]);
  for (const [encoding, reversed] of [
    ['protobuf', true],
    ['json', false],
  ] as const) {
    const write = new RecordingSpanWrite();
    const body = encoding === 'json' ? Buffer.from(JSON.stringify(message('4'))) : tracesProtobuf(message('4'), reversed);
    await exportTraces({ beginWrite: () => write, memory }, 't', body, encoding);
    assert.deepEqual(
      write.spans.map((each) => each.source),
      [source],
    );
  }
});

test('the memory is bounded, and what never comes again takes no room in it', () => {
  const memory = new TraceMemory();
  const one = (id: number): Uint8Array => tracesProtobuf(traces({ ...named, attributes: [text('id', `value ${id}`)] }));
  assert.equal(memory.size, 0);
  const read = (id: number): void => readInto(memory, one(id));
  for (let id = 0; id < 1000; id++) read(id);
  assert.ok(memory.size < 10, String(memory.size));
  for (let id = 0; id < 1000; id++) read(id);
  assert.ok(memory.size > 900, String(memory.size));
});

function readInto(memory: TraceMemory, body: Uint8Array): void {
  void exportTraces({ beginWrite: () => new RecordingSpanWrite(), memory }, 't', body, 'protobuf');
}

test('the SDK over each of its exporters; errors and partial success as OTLP has them', async () => {
  const writes: [tenant: string, write: CheckingWrite][] = [];
  const beginWrite = (tenant: string): CheckingWrite => {
    const write = new CheckingWrite();
    writes.push([tenant, write]);
    return write;
  };
  const { http, grpc } = otlpTracesRoutes({ beginWrite });
  await using server = await startTestServer({ routes: http, grpcRoutes: grpc });
  const exporters: readonly SpanExporter[] = [
    new JsonExporter({ url: `${server.url}/v1/traces` }),
    new ProtobufExporter({ url: `${server.url}/otlp/v1/traces` }),
    new GrpcExporter({ url: server.url }),
  ];
  for (const exporter of exporters) {
    writes.length = 0;
    const resource = resourceFromAttributes({ 'service.name': 'shop' });
    const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
    const span = provider
      .getTracer('test', '1')
      .startSpan('pay', { kind: SpanKind.CLIENT, startTime: [1_700_000_000, 5], attributes: { by: ['card'] } });
    span.addEvent('sent', { n: 2 }, [1_700_000_000, 6]);
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'no' });
    span.end([1_700_000_001, 7]);
    await provider.shutdown();
    assert.equal(writes[0]?.[0], 'anonymous');
    const [stored] = writes[0]?.[1].spans ?? [];
    assert.deepEqual(
      [stored?.source.scopeName, stored?.source.scopeVersion, stored?.source.resource],
      ['test', '1', [{ key: 'service.name', value: 'shop' }]],
    );
    const { name, kind, startNs, endNs, attributes, events, status, statusMessage } = stored?.span ?? assert.fail();
    assert.deepEqual([name, kind, startNs, endNs, status, statusMessage], ['pay', 3, 1700000000000000005n, 1700000001000000007n, 2, 'no']);
    assert.deepEqual(attributes, [{ key: 'by', value: ['card'] }]);
    assert.deepEqual(events, [{ name: 'sent', timeNs: 1700000000000000006n, attributes: [{ key: 'n', value: 2n }], droppedAttributes: 0 }]);
  }
  const post = (type: string, body: string): Promise<Response> =>
    fetch(`${server.url}/v1/traces`, { method: 'POST', headers: { 'content-type': type }, body });
  assert.deepEqual([(await post('application/json', '{"resourceSpans":7}')).status, (await post('text/plain', '')).status], [400, 415]);
  const partial = await post('application/json', JSON.stringify(traces({ ...named, startTimeUnixNano: '0' })));
  assert.deepEqual(await partial.json(), {
    partialSuccess: { rejectedSpans: '1', errorMessage: `span "" (${SPAN}) of trace ${TRACE}: it has no time of its start` },
  });
});
