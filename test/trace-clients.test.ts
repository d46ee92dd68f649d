// The clients that people send traces with, as their packages come, against the real program: what they sent is read back over its interface.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { createTraceState, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { z } from 'zod';
import { startProgram } from './harness/program.ts';
import type { Program } from './harness/program.ts';

const SETTINGS = ['host.enabled=false', 'host.ownLog=false', 'selfScrape.interval=0'];
const KINDS = [SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER];

const attributesSchema = z.array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) })).default([]);
const spanSchema = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  traceState: z.string().optional(),
  name: z.string(),
  kind: z.string(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes: attributesSchema,
  events: z.array(z.object({ name: z.string(), timeUnixNano: z.string(), attributes: attributesSchema })).default([]),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string(), attributes: attributesSchema })).default([]),
  status: z.object({ code: z.string().optional(), message: z.string().optional() }),
});
const resourceSpansSchema = z.object({
  resource: z.object({ attributes: attributesSchema }),
  scopeSpans: z.array(z.object({ scope: z.object({ name: z.string(), version: z.string().optional() }), spans: z.array(spanSchema) })),
});
const traceSchema = z.object({ trace: z.object({ resourceSpans: z.array(resourceSpansSchema) }) });
const batchesSchema = z.object({ batches: z.array(resourceSpansSchema) });

type ReadSpan = z.infer<typeof spanSchema>;
type ReadResource = z.infer<typeof resourceSpansSchema>;

async function get(program: Program, path: string, accept: string): Promise<Response> {
  const response = await fetch(`${program.url}${path}`, { headers: { accept } });
  if (response.status !== 200) assert.fail(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

async function readTrace(program: Program, traceId: string): Promise<readonly ReadResource[]> {
  const response = await get(program, `/api/v2/traces/${traceId}`, 'application/json');
  return traceSchema.parse(await response.json()).trace.resourceSpans;
}

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

/** A trace of a root and a child of each kind, in it all that the SDK can say. */
function emit(provider: BasicTracerProvider): { readonly root: Span; readonly linked: Span } {
  const tracer = provider.getTracer('wheel', '1.2');
  const linked = tracer.startSpan('elsewhere', { root: true });
  linked.end();
  const remote = trace.setSpanContext(ROOT_CONTEXT, {
    traceId: linked.spanContext().traceId.replace(/^./, (digit) => (digit === 'f' ? 'e' : 'f')),
    spanId: '00f067aa0ba902b7',
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
    traceState: createTraceState('vendor=a,other=b'),
  });
  const links = [{ context: linked.spanContext(), attributes: { why: 'test' } }];
  const root = tracer.startSpan('turn', { kind: SpanKind.SERVER, startTime: [1_700_000_000, 123_456_789], links }, remote);
  root.setAttributes({ text: '“zwölf”', whole: 7, broken: 1.5, yes: true, texts: ['a', 'b'], numbers: [1, 2.5], empty: '' });
  root.addEvent('stuck', { depth: 3 }, [1_700_000_000, 200_000_000]);
  root.recordException(new TypeError('no ice'), [1_700_000_000, 300_000_000]);
  root.setStatus({ code: SpanStatusCode.ERROR, message: 'it is stuck' });
  const inRoot = trace.setSpan(ROOT_CONTEXT, root);
  for (const kind of KINDS) {
    const child = tracer.startSpan(`child ${kind}`, { kind, startTime: [1_700_000_000, 400_000_000] }, inRoot);
    if (kind === SpanKind.INTERNAL) child.setStatus({ code: SpanStatusCode.OK });
    child.end([1_700_000_000, 500_000_000]);
  }
  root.end([1_700_000_001, 0]);
  return { root, linked };
}

function checkRoot(read: ReadSpan, { root, linked }: ReturnType<typeof emit>): void {
  const { traceId, spanId } = root.spanContext();
  assert.deepEqual([read.traceId, read.spanId, read.parentSpanId], [traceId, spanId, '00f067aa0ba902b7'].map(base64));
  assert.deepEqual([read.traceState, read.kind], ['vendor=a,other=b', 'SPAN_KIND_SERVER']);
  assert.deepEqual([read.startTimeUnixNano, read.endTimeUnixNano], ['1700000000123456789', '1700000001000000000']);
  assert.deepEqual(read.status, { code: 'STATUS_CODE_ERROR', message: 'it is stuck' });
  assert.deepEqual(
    new Map(read.attributes.map(({ key, value }) => [key, value])),
    new Map<string, object>([
      ['text', { stringValue: '“zwölf”' }],
      ['whole', { intValue: '7' }],
      ['broken', { doubleValue: 1.5 }],
      ['yes', { boolValue: true }],
      ['texts', { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } }],
      ['numbers', { arrayValue: { values: [{ intValue: '1' }, { doubleValue: 2.5 }] } }],
      ['empty', { stringValue: '' }],
    ]),
  );
  const [stuck, exception] = read.events;
  assert.deepEqual(stuck, { name: 'stuck', timeUnixNano: '1700000000200000000', attributes: [{ key: 'depth', value: { intValue: '3' } }] });
  assert.deepEqual([exception?.name, exception?.timeUnixNano], ['exception', '1700000000300000000']);
  const type = exception?.attributes.find(({ key }) => key === 'exception.type');
  assert.deepEqual(type?.value, { stringValue: 'TypeError' });
  const link = linked.spanContext();
  assert.deepEqual(read.links, [
    { traceId: base64(link.traceId), spanId: base64(link.spanId), attributes: [{ key: 'why', value: { stringValue: 'test' } }] },
  ]);
}

/** The OpenTelemetry SDK with one of its exporters. */
async function checkOpenTelemetry(program: Program, service: string, exporter: SpanExporter): Promise<void> {
  const resource = resourceFromAttributes({ 'service.name': service, 'host.cpus': 4 });
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
  const sent = emit(provider);
  await provider.shutdown();
  const { traceId, spanId } = sent.root.spanContext();
  const resources = await readTrace(program, traceId);
  assert.equal(resources.length, 1);
  assert.deepEqual(resources[0]?.resource.attributes.find(({ key }) => key === 'service.name')?.value, { stringValue: service });
  assert.deepEqual(resources[0]?.resource.attributes.find(({ key }) => key === 'host.cpus')?.value, { intValue: '4' });
  const [scope, ...others] = resources[0]?.scopeSpans ?? [];
  assert.deepEqual([scope?.scope, others], [{ name: 'wheel', version: '1.2' }, []]);
  const spans = scope?.spans ?? [];
  checkRoot(spans.find(({ name }) => name === 'turn') ?? assert.fail('no root'), sent);
  const children = spans.filter(({ parentSpanId }) => parentSpanId === base64(spanId));
  assert.deepEqual(children.map(({ name, kind, status }) => `${name} ${kind} ${status.code ?? '-'}`).sort(), [
    'child 0 SPAN_KIND_INTERNAL STATUS_CODE_OK',
    'child 1 SPAN_KIND_SERVER -',
    'child 2 SPAN_KIND_CLIENT -',
    'child 3 SPAN_KIND_PRODUCER -',
    'child 4 SPAN_KIND_CONSUMER -',
  ]);
  assert.equal(spans.length, 1 + KINDS.length);
  await checkAgain(program, traceId);
}

/** The spans of a trace over the first version of the path, in any one order. */
async function readSpans(program: Program, traceId: string): Promise<readonly string[]> {
  const { batches } = batchesSchema.parse(await (await get(program, `/api/traces/${traceId}`, 'application/json')).json());
  const spans = batches.flatMap(({ scopeSpans }) => scopeSpans.flatMap((each) => each.spans));
  return spans.map((span) => JSON.stringify(span)).sort();
}

/** A trace in protobuf is what a client could have sent: sent again it is accepted, and stored once. */
async function checkAgain(program: Program, traceId: string): Promise<void> {
  const before = await readSpans(program, traceId);
  const response = await get(program, `/api/traces/${traceId}`, 'application/protobuf');
  assert.equal(response.headers.get('content-type'), 'application/protobuf');
  const headers = { 'content-type': 'application/x-protobuf' };
  const again = await fetch(`${program.url}/otlp/v1/traces`, { method: 'POST', headers, body: await response.arrayBuffer() });
  assert.deepEqual([again.status, (await again.arrayBuffer()).byteLength], [200, 0]);
  assert.deepEqual(await readSpans(program, traceId), before);
}

test('clients of traces', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-trace-clients-'));
  const program = await startProgram({ dataDir, set: SETTINGS });
  const { otlpGrpc, otlpHttp } = program.ports;
  try {
    await t.test('OpenTelemetry, gRPC', () =>
      checkOpenTelemetry(program, 'grpc', new GrpcExporter({ url: `http://127.0.0.1:${otlpGrpc}` })),
    );
    await t.test('OpenTelemetry, protobuf', () =>
      checkOpenTelemetry(program, 'protobuf', new ProtobufExporter({ url: `http://127.0.0.1:${otlpHttp}/v1/traces` })),
    );
    await t.test('OpenTelemetry, JSON over the main port', () =>
      checkOpenTelemetry(program, 'json', new JsonExporter({ url: `${program.url}/otlp/v1/traces` })),
    );
    await t.test('a trace that there is not', async () => {
      const unknown = await fetch(`${program.url}/api/v2/traces/${'0a'.repeat(16)}`);
      assert.equal(unknown.status, 404);
    });
  } finally {
    await program.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
