// The clients of Zipkin and Jaeger, as their packages come, against the real program: what they sent is read back over Jaeger's query API.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Client, credentials } from '@grpc/grpc-js';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Annotation, BatchRecorder, ExplicitContext, type JsonEncoder, Tracer, jsonEncoder } from 'zipkin';
import { HttpLogger } from 'zipkin-transport-http';
import { z } from 'zod';
import { ProtobufWriter } from '../src/base/protobuf-writer.ts';
import { post } from './harness/client.ts';
import { startProgram } from './harness/program.ts';
import type { Program } from './harness/program.ts';

const SETTINGS = ['host.enabled=false', 'host.ownLog=false', 'selfScrape.interval=0'];
/** Only ends what hangs: a machine that is busy may take long. */
const AWAITED_MAX_MS = 180_000;
const require = createRequire(import.meta.url);

const tagSchema = z.object({ key: z.string(), type: z.string(), value: z.union([z.string(), z.number(), z.boolean()]) });
const spanSchema = z.object({
  traceID: z.string(),
  spanID: z.string(),
  operationName: z.string(),
  references: z.array(z.object({ refType: z.string(), spanID: z.string() })),
  startTime: z.number(),
  duration: z.number(),
  tags: z.array(tagSchema),
  logs: z.array(z.object({ timestamp: z.number(), fields: z.array(tagSchema) })),
  processID: z.string(),
});
const traceSchema = z.object({
  traceID: z.string(),
  spans: z.array(spanSchema),
  processes: z.record(z.string(), z.object({ serviceName: z.string(), tags: z.array(tagSchema) })),
});
type Trace = z.infer<typeof traceSchema>;
type Span = z.infer<typeof spanSchema>;

/** What Jaeger's query API answers. */
async function ask({ url }: Program, path: string, query: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const response = await fetch(`${url}/jaeger/api/${path}?${new URLSearchParams(query).toString()}`);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return z.object({ data: z.unknown() }).parse(JSON.parse(text)).data;
}

/** The one trace of a service as soon as it has so many spans, for clients that do not say when they have sent. */
async function awaitTrace(program: Program, service: string, spans: number): Promise<Trace> {
  const deadline = performance.now() + AWAITED_MAX_MS;
  for (;;) {
    const traces = z.array(traceSchema).parse(await ask(program, 'traces', { service }));
    const [trace] = traces;
    if (trace !== undefined && trace.spans.length >= spans) return trace;
    assert.ok(performance.now() < deadline, `${service} has ${trace?.spans.length ?? 0} spans instead of ${spans}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function spanOf({ spans }: Trace, name: string): Span {
  const found = spans.find(({ operationName }) => operationName === name);
  assert.ok(found, `no span ${name}`);
  return found;
}

function valuesOf(tags: readonly z.infer<typeof tagSchema>[], ...keys: readonly string[]): readonly unknown[] {
  return keys.map((key) => tags.find((tag) => tag.key === key)?.value);
}

/** A client span with a child of a server, in either version of Zipkin's JSON. */
async function checkZipkin(program: Program, version: 'v1' | 'v2', encoder: JsonEncoder): Promise<void> {
  const failures: unknown[] = [];
  const service = `zipkin-${version}`;
  const ctxImpl = new ExplicitContext();
  const logger = new HttpLogger({
    endpoint: `${program.url}/api/${version}/spans`,
    jsonEncoder: encoder,
    httpInterval: 50,
    log: { error: (...what) => void failures.push(what) },
  });
  const tracer = new Tracer({ ctxImpl, recorder: new BatchRecorder({ logger }), localServiceName: service, traceId128Bit: true });
  tracer.scoped(() => {
    const root = tracer.createRootId();
    tracer.setId(root);
    tracer.recordServiceName(service);
    tracer.recordRpc('get /cart');
    tracer.recordBinary('http.method', 'GET');
    tracer.recordAnnotation(new Annotation.ServerRecv());
    tracer.recordMessage('cache missed');
    tracer.scoped(() => {
      tracer.setId(tracer.createChildId());
      tracer.recordRpc('read');
      tracer.recordBinary('error', 'no such row');
      tracer.recordAnnotation(new Annotation.ClientSend());
      tracer.recordAnnotation(new Annotation.ServerAddr({ serviceName: 'db', port: 5432 }));
      tracer.recordAnnotation(new Annotation.ClientRecv());
    });
    tracer.recordAnnotation(new Annotation.ServerSend());
  });
  const trace = await awaitTrace(program, service, 2);
  assert.deepEqual(failures, []);
  const [server, client] = [spanOf(trace, 'get /cart'), spanOf(trace, 'read')];
  assert.deepEqual(valuesOf(server.tags, 'span.kind', 'http.method'), ['server', 'GET']);
  assert.deepEqual(
    server.logs.flatMap(({ fields }) => valuesOf(fields, 'event')),
    ['cache missed'],
  );
  assert.deepEqual(valuesOf(client.tags, 'span.kind', 'error', 'otel.status_description', 'peer.service', 'net.peer.port'), [
    'client',
    'no such row',
    'no such row',
    'db',
    5432,
  ]);
  assert.deepEqual(client.references, [{ refType: 'CHILD_OF', spanID: server.spanID }]);
  assert.equal(trace.traceID.length, 32);
}

/** OpenTelemetry's exporter to Zipkin: what Zipkin has no place for comes in tags. */
async function checkOpenTelemetry(program: Program): Promise<void> {
  const exporter = new ZipkinExporter({ url: `${program.url}/api/v2/spans` });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'otel-zipkin', 'host.name': 'mill' }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const span = provider.getTracer('wheel', '1.2').startSpan('turn', { kind: SpanKind.PRODUCER, attributes: { 'http.route': '/a' } });
  span.addEvent('stuck');
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'ice' });
  span.end();
  await provider.forceFlush();
  await provider.shutdown();
  const trace = await awaitTrace(program, 'otel-zipkin', 1);
  const turn = spanOf(trace, 'turn');
  assert.deepEqual(valuesOf(turn.tags, 'span.kind', 'http.route', 'otel.status_code', 'error', 'otel.status_description'), [
    'producer',
    '/a',
    'ERROR',
    true,
    'ice',
  ]);
  assert.deepEqual(valuesOf(trace.processes[turn.processID]?.tags ?? [], 'host.name'), ['mill']);
}

/** As much of the client as the test uses: the package has no types of its own. */
interface JaegerSpan {
  setTag(key: string, value: unknown): void;
  log(fields: Readonly<Record<string, unknown>>): void;
  finish(): void;
}

interface JaegerTracer {
  startSpan(name: string, options?: { readonly childOf?: JaegerSpan; readonly tags?: Readonly<Record<string, unknown>> }): JaegerSpan;
  close(done: () => void): void;
}

interface JaegerClient {
  initTracer(config: object, options: object): JaegerTracer;
}

/** Jaeger's own client, with Thrift over HTTP. */
async function checkJaeger(program: Program): Promise<void> {
  const failures: unknown[] = [];
  const client: JaegerClient = require('jaeger-client');
  const config = {
    serviceName: 'jaeger-http',
    sampler: { type: 'const', param: 1 },
    reporter: { collectorEndpoint: `${program.url}/api/traces`, flushIntervalMs: 50 },
  };
  const logger = { info: () => undefined, error: (what: unknown) => void failures.push(what) };
  const tracer = client.initTracer(config, { logger, tags: { 'mill.version': '1.1.2' } });
  const root = tracer.startSpan('get /cart', { tags: { 'span.kind': 'server', 'http.status_code': 503, ratio: 0.5, cached: false } });
  root.log({ event: 'stuck', attempt: 2 });
  const child = tracer.startSpan('read', { childOf: root, tags: { 'span.kind': 'client' } });
  child.setTag('error', true);
  child.finish();
  root.finish();
  await new Promise<void>((resolve) => tracer.close(resolve));
  const trace = await awaitTrace(program, 'jaeger-http', 2);
  assert.deepEqual(failures, []);
  const [server, inner] = [spanOf(trace, 'get /cart'), spanOf(trace, 'read')];
  assert.deepEqual(valuesOf(server.tags, 'span.kind', 'http.status_code', 'ratio', 'cached', 'otel.status_code'), [
    'server',
    503,
    0.5,
    false,
    'ERROR',
  ]);
  assert.deepEqual(
    server.logs.flatMap(({ fields }) => valuesOf(fields, 'event', 'attempt')),
    ['stuck', 2],
  );
  assert.deepEqual(valuesOf(inner.tags, 'span.kind', 'error'), ['client', true]);
  assert.deepEqual(inner.references, [{ refType: 'CHILD_OF', spanID: server.spanID }]);
  assert.deepEqual(valuesOf(trace.processes[server.processID]?.tags ?? [], 'mill.version'), ['1.1.2']);
  assert.deepEqual(await ask(program, 'services/jaeger-http/operations'), ['get /cart', 'read']);
}

/** What Jaeger's agents and collectors do. */
async function checkPostSpans(program: Program): Promise<void> {
  const seconds = Math.floor(Date.now() / 1000);
  const message = new ProtobufWriter().message(1, (batch) => {
    batch.message(2, (process) => process.text(1, 'jaeger-grpc'));
    batch.message(1, (span) => {
      span.blob(1, Buffer.alloc(16, 7)).blob(2, Buffer.alloc(8, 7)).text(3, 'posted');
      span.message(6, (time) => time.varint(1, seconds)).message(7, (length) => length.varint(2, 5000));
    });
  });
  const client = new Client(program.url.replace('http://', ''), credentials.createInsecure());
  const same = (bytes: Buffer): Buffer => bytes;
  const answer = await new Promise<Buffer | undefined>((resolve, reject) => {
    client.makeUnaryRequest('/jaeger.api_v2.CollectorService/PostSpans', same, same, message.bytes(), (error, value) =>
      error === null ? resolve(value) : reject(error),
    );
  });
  client.close();
  assert.equal(answer?.length, 0);
  const trace = await awaitTrace(program, 'jaeger-grpc', 1);
  assert.deepEqual([trace.traceID, spanOf(trace, 'posted').duration], ['07'.repeat(16), 5]);
}

/** What cannot be taken is said, and nothing of it is stored. */
async function checkRefusals(program: Program): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const wrong = await post(program, '/api/v2/spans', { headers, body: '[{"traceId":"a","id":"x","name":"get"}]' });
  assert.deepEqual(
    [wrong.status, wrong.text],
    [400, 'malformed Zipkin JSON: span 0 ("get"): id: expected 1 to 16 hexadecimal digits, got "x"\n'],
  );
  const thrift = await post(program, '/api/traces', { headers: { 'content-type': 'application/x-thrift' }, body: 'x' });
  assert.equal(thrift.status, 400, thrift.text);
  const empty = await post(program, '/api/v2/spans', { headers, body: '[]' });
  assert.deepEqual([empty.status, empty.text], [202, '']);
}

test('clients of Zipkin and Jaeger', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-zipkin-clients-'));
  const program = await startProgram({ dataDir, set: SETTINGS });
  try {
    await t.test('zipkin, JSON of version 2', () => checkZipkin(program, 'v2', jsonEncoder.JSON_V2));
    await t.test('zipkin, JSON of version 1', () => checkZipkin(program, 'v1', jsonEncoder.JSON_V1));
    await t.test('OpenTelemetry to Zipkin', () => checkOpenTelemetry(program));
    await t.test('jaeger-client, Thrift over HTTP', () => checkJaeger(program));
    await t.test('PostSpans over gRPC', () => checkPostSpans(program));
    await t.test('refusals', () => checkRefusals(program));
  } finally {
    await program.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
