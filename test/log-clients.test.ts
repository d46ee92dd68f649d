// The clients that people send logs with, as their packages come, against the real program: what they sent is read back over its interface.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter as GrpcExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import pino from 'pino';
import winston from 'winston';
import LokiTransport from 'winston-loki';
import { z } from 'zod';
import { post } from './harness/client.ts';
import { startProgram } from './harness/program.ts';
import type { Program } from './harness/program.ts';

const SETTINGS = ['host.enabled=false', 'host.ownLog=false', 'selfScrape.interval=0'];
/** Only ends what hangs: a machine that is busy may take long. */
const AWAITED_MAX_MS = 180_000;

const texts = z.record(z.string(), z.string());
const categories = z.object({ structuredMetadata: texts.optional(), parsed: texts.optional() });
const streamsSchema = z.object({
  data: z.object({
    result: z.array(z.object({ stream: texts, values: z.array(z.tuple([z.string(), z.string(), categories])) })),
  }),
});

interface ReadLine {
  readonly stream: Readonly<Record<string, string>>;
  readonly line: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly ns: string;
}

/** The lines of a query, oldest first. */
async function readLines({ url }: Program, query: string): Promise<readonly ReadLine[]> {
  const parameters = new URLSearchParams({ query, direction: 'forward', limit: '100' });
  const response = await fetch(`${url}/loki/api/v1/query_range?${parameters.toString()}`, {
    headers: { 'x-loki-response-encoding-flags': 'categorize-labels' },
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  const { data } = streamsSchema.parse(JSON.parse(text));
  return data.result
    .flatMap(({ stream, values }) => values.map(([ns, line, more]) => ({ stream, line, metadata: more.structuredMetadata ?? {}, ns })))
    .sort((a, b) => (BigInt(a.ns) < BigInt(b.ns) ? -1 : 1));
}

/** The lines of a query as soon as there are so many, for clients that do not say when they have sent. */
async function awaitLines(program: Program, query: string, count: number): Promise<readonly ReadLine[]> {
  const deadline = performance.now() + AWAITED_MAX_MS;
  for (;;) {
    const lines = await readLines(program, query);
    if (lines.length >= count) return lines;
    assert.ok(performance.now() < deadline, `${query} has ${lines.length} lines instead of ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** winston-loki sends protobuf compressed with snappy, or JSON. */
async function checkWinston(program: Program, json: boolean): Promise<void> {
  const app = json ? 'winston-json' : 'winston-protobuf';
  const failures: unknown[] = [];
  const transport = new LokiTransport({
    host: program.url,
    labels: { app },
    json,
    batching: false,
    gracefulShutdown: false,
    replaceTimestamp: false,
    onConnectionError: (error) => failures.push(error),
  });
  const logger = winston.createLogger({ level: 'debug', transports: [transport] });
  logger.info('first', { order: 7 });
  logger.error({ message: 'second “zwölf”', labels: { part: 'tail' } });
  await awaitLines(program, `{app="${app}"}`, 2);
  logger.close();
  assert.deepEqual(failures, []);
  const lines = await readLines(program, `{app="${app}"}`);
  const read = lines.map(({ stream, line }) => `${stream['level']} ${stream['part'] ?? '-'} ${line}`).sort();
  assert.deepEqual(read, ['error tail second “zwölf” {"level":"error"}', 'info - first {"order":7,"level":"info"}']);
}

/** pino-loki in a worker: JSON in batches, with structured metadata. */
async function checkPino(program: Program): Promise<void> {
  const transport: unknown = pino.transport({
    target: 'pino-loki',
    options: { host: program.url, labels: { app: 'pino' }, propsToLabels: ['part'], batching: { interval: 0.05 } },
  });
  assert.ok(isTransport(transport));
  const logger = pino({ base: null }, transport);
  logger.info({ part: 'head', meta: { trace_id: 'abc', attempt: 2 } }, 'first');
  logger.error(new Error('no such table'), 'second');
  // Both may be of one millisecond, which leaves their order open.
  const lines = await awaitLines(program, '{app="pino"}', 2);
  const [first, second] = ['first', 'second'].map((text) => lines.find(({ line }) => line.includes(`"${text}"`)));
  transport.end();
  assert.deepEqual([first?.stream['level'], first?.stream['part']], ['info', 'head']);
  assert.deepEqual([first?.metadata['trace_id'], first?.metadata['attempt']], ['abc', '2']);
  assert.equal(second?.stream['level'], 'error');
  const found = await readLines(program, '{app="pino"} | json err_message="err.message" | err_message=`no such table`');
  assert.deepEqual(
    found.map(({ line }) => line),
    [second?.line],
  );
}

function isTransport(value: unknown): value is pino.DestinationStream & { end: () => void } {
  return typeof value === 'object' && value !== null && 'write' in value && 'end' in value;
}

/** The OpenTelemetry SDK with one of its exporters. */
async function checkOpenTelemetry(program: Program, service: string, exporter: LogRecordExporter): Promise<void> {
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.namespace': 'mill', 'host.arch': 'amd64' }),
    processors: [new SimpleLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger('wheel', '1.2');
  logger.emit({ body: 'turning', severityNumber: SeverityNumber.INFO, severityText: 'INFO', attributes: { 'http.status_code': 200 } });
  logger.emit({ body: { what: 'stuck', by: ['ice'] }, severityNumber: SeverityNumber.ERROR });
  await provider.forceFlush();
  await provider.shutdown();
  const lines = await readLines(program, `{service_name="${service}", service_namespace="mill"}`);
  assert.deepEqual(lines.map(({ line }) => line).sort(), ['turning', '{"by":["ice"],"what":"stuck"}']);
  const turning = lines.find(({ line }) => line === 'turning')?.metadata ?? {};
  assert.deepEqual(
    ['http_status_code', 'host_arch', 'scope_name', 'scope_version', 'severity_text', 'detected_level'].map((name) => turning[name]),
    ['200', 'amd64', 'wheel', '1.2', 'INFO', 'info'],
  );
}

const gzipped = (body: unknown): Uint8Array => gzipSync(JSON.stringify(body));

/** As Loki's documentation has it for curl: JSON, compressed too, with structured metadata; what cannot be is said. */
async function checkPush(program: Program): Promise<void> {
  const ns = `${Date.now()}000000`;
  const stream = { app: 'curl', path: 'C:\\ "x"' };
  const json = { 'content-type': 'application/json' };
  const plain = { streams: [{ stream, values: [[ns, 'fizzbuzz']] }] };
  const rich = { streams: [{ stream, values: [[ns, 'buzzfizz', { trace_id: '0242ac120002', user_id: 'superUser123' }]] }] };
  const first = await post(program, '/loki/api/v1/push', { headers: json, body: JSON.stringify(plain) });
  assert.deepEqual([first.status, first.text], [204, '']);
  const second = await post(program, '/loki/api/v1/push', { headers: { ...json, 'content-encoding': 'gzip' }, body: gzipped(rich) });
  assert.equal(second.status, 204, second.text);
  const lines = await readLines(program, '{app="curl"}');
  assert.deepEqual(lines.map(({ metadata }) => metadata['trace_id'] ?? '').sort(), ['', '0242ac120002']);
  assert.deepEqual([lines[0]?.stream['path'], lines[0]?.line, lines[0]?.ns], [stream.path, 'fizzbuzz', ns]);
  const wrong = await post(program, '/loki/api/v1/push', {
    headers: json,
    body: '{"streams": [{"stream": {"a": "b"}, "values": [["x", "y"]]}]}',
  });
  assert.equal(wrong.status, 400, wrong.text);
}

const tailSchema = z.object({ streams: z.array(z.object({ stream: texts, values: z.array(z.tuple([z.string(), z.string()])) })) });

/** A client of WebSockets follows what others push, filtered. */
async function checkTail(program: Program): Promise<void> {
  const parameters = new URLSearchParams({ query: '{app="tailed"} |= "yes" | logfmt', delay_for: '0' });
  const socket = new WebSocket(`${program.url.replace('http', 'ws')}/loki/api/v1/tail?${parameters.toString()}`);
  const seen: string[] = [];
  const twoSeen = new Promise<void>((resolve, reject) => {
    socket.addEventListener('error', () => reject(new Error('the tail failed')));
    socket.addEventListener('message', ({ data }) => {
      for (const { stream, values } of tailSchema.parse(JSON.parse(String(data))).streams)
        seen.push(...values.map(([, line]) => `${line} at ${stream['n']}`));
      if (seen.length >= 2) resolve();
    });
  });
  await once(socket, 'open');
  for (const n of [1, 2]) {
    const values = ['yes', 'no'].map((word) => [`${Date.now()}000000`, `${word} n=${n}`]);
    const body = JSON.stringify({ streams: [{ stream: { app: 'tailed' }, values }] });
    const { status } = await post(program, '/loki/api/v1/push', { headers: { 'content-type': 'application/json' }, body });
    assert.equal(status, 204);
  }
  await twoSeen;
  socket.close();
  await once(socket, 'close');
  assert.deepEqual(seen.sort(), ['yes n=1 at 1', 'yes n=2 at 2']);
}

test('clients of logs', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-log-clients-'));
  const program = await startProgram({ dataDir, set: SETTINGS });
  const { otlpGrpc, otlpHttp } = program.ports;
  try {
    await t.test('winston-loki, protobuf', () => checkWinston(program, false));
    await t.test('winston-loki, JSON', () => checkWinston(program, true));
    await t.test('pino-loki', () => checkPino(program));
    await t.test('OpenTelemetry, gRPC', () =>
      checkOpenTelemetry(program, 'grpc', new GrpcExporter({ url: `http://127.0.0.1:${otlpGrpc}` })),
    );
    await t.test('OpenTelemetry, protobuf', () =>
      checkOpenTelemetry(program, 'protobuf', new ProtobufExporter({ url: `http://127.0.0.1:${otlpHttp}/v1/logs` })),
    );
    await t.test('OpenTelemetry, JSON over the main port', () =>
      checkOpenTelemetry(program, 'json', new JsonExporter({ url: `${program.url}/otlp/v1/logs` })),
    );
    await t.test("pushes as in Loki's documentation", () => checkPush(program));
    await t.test('a tail', () => checkTail(program));
  } finally {
    await program.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
