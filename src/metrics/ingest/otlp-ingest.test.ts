// The OTLP routes under the real server: what the OpenTelemetry SDK sends through each of its exporters arrives, and errors are said as OTLP wants.

import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import test from 'node:test';
import { ValueType } from '@opentelemetry/api';
import { OTLPMetricExporter as GrpcExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { AggregationTemporalityPreference, OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { RequestError } from '../../base/request-error.ts';
import { startTestServer } from '../../server/test-server.ts';
import { otlpMetricsRoutes } from './otlp-ingest.ts';
import { metricsProtobuf, RecordingWrite } from './otlp-recording.ts';
import { OTLP_METRICS_DEFAULTS } from './otlp-settings.ts';

/** A server with the routes; `writes` keeps what each request wrote, by tenant. */
async function start() {
  const writes: [tenant: string, write: RecordingWrite][] = [];
  const state = { failure: undefined as Error | undefined };
  const beginWrite = (tenant: string): RecordingWrite => {
    const write = new RecordingWrite();
    write.failure = state.failure;
    writes.push([tenant, write]);
    return write;
  };
  const { http, grpc } = otlpMetricsRoutes({ beginWrite, settingsOf: () => OTLP_METRICS_DEFAULTS, clock: { now: () => 0 } });
  const server = await startTestServer({ routes: http, grpcRoutes: grpc });
  return { writes, state, url: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** One of everything that the SDK can measure, exported twice. */
async function measure(exporter: PushMetricExporter): Promise<void> {
  // The reader exports when it is told to; its own interval is longer than the test.
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 100_000 });
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop', 'service.instance.id': 'i', 'host.name': 'h' }),
    readers: [reader],
    views: [{ instrumentName: 'size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  });
  const meter = provider.getMeter('test', '1');
  const counter = meter.createCounter('orders', { valueType: ValueType.INT, description: 'Orders' });
  for (let round = 0; round < 2; round++) {
    counter.add(2, { 'pay.by': 'card' });
    meter.createUpDownCounter('queue').add(-1);
    meter.createGauge('temp', { unit: 'Cel' }).record(21.5);
    meter.createHistogram('latency', { unit: 's', advice: { explicitBucketBoundaries: [1, 5] } }).record(3);
    meter.createHistogram('size').record(4);
    await reader.forceFlush();
  }
  await provider.shutdown();
}

const EXPECTED: readonly string[] = [
  'latency_seconds_bucket{instance="i", job="shop", le="+Inf"} 2',
  'latency_seconds_bucket{instance="i", job="shop", le="1"} 0',
  'latency_seconds_bucket{instance="i", job="shop", le="5"} 2',
  'latency_seconds_count{instance="i", job="shop"} 2',
  'latency_seconds_sum{instance="i", job="shop"} 6',
  'orders_total{instance="i", job="shop", pay_by="card"} 4',
  'queue{instance="i", job="shop"} -2',
  // The scale is that of 160 buckets for a single value.
  'size{instance="i", job="shop"} {schema=8 count=2 sum=8 zero=0/1e-128 pos=512+1[2]}',
  'target_info{host_name="h", instance="i", job="shop"} 1',
  'temp_celsius{instance="i", job="shop"} 21.5',
];

const exporters = (url: string): readonly (readonly [name: string, exporter: PushMetricExporter])[] => [
  ['JSON', new JsonExporter({ url: `${url}/v1/metrics` })],
  ['protobuf', new ProtobufExporter({ url: `${url}/otlp/v1/metrics`, headers: { 'x-scope-orgid': 'anonymous' } })],
  ['gRPC', new GrpcExporter({ url })],
  ['delta', new ProtobufExporter({ url: `${url}/v1/metrics`, temporalityPreference: AggregationTemporalityPreference.DELTA })],
];

test('the SDK over each of its exporters, cumulative and delta', async () => {
  await using server = await start();
  for (const [name, exporter] of exporters(server.url)) {
    server.writes.length = 0;
    await measure(exporter);
    const [tenant, write] = server.writes[1] ?? [];
    assert.equal(tenant, 'anonymous', name);
    const lines = write?.lines.map((line) => line.replace(/ @.*/, '')).sort();
    assert.deepEqual(lines, EXPECTED, name);
    assert.ok(write?.metadataLines.includes('orders_total counter "" "Orders"'), name);
    assert.deepEqual(write?.refusals, [], name);
  }
});

const message = {
  resourceMetrics: [
    { scopeMetrics: [{ metrics: [{ name: 'g', gauge: { dataPoints: [{ timeUnixNano: '5000000', asInt: '1' }] } }, { name: 'n' }] }] },
  ],
};

test('every path takes both encodings, compressed too, and answers in kind', async () => {
  await using server = await start();
  const json = new TextEncoder().encode(JSON.stringify(message));
  for (const path of [
    '/v1/metrics',
    '/otlp/v1/metrics',
    '/api/v1/otlp/v1/metrics',
    '/prom/api/v1/otlp/v1/metrics',
    '/prometheus/api/v1/otlp/v1/metrics',
  ]) {
    for (const [type, body] of [
      ['application/json', json],
      ['application/x-protobuf', metricsProtobuf(message)],
    ] as const) {
      const headers = { 'content-type': `${type}; charset=utf-8`, 'content-encoding': 'gzip' };
      const response = await fetch(server.url + path, { method: 'POST', headers, body: new Uint8Array(gzipSync(body)) });
      assert.equal(response.status, 200, path);
      assert.equal(response.headers.get('content-type'), type);
      assert.match(await response.text(), /unsupported metric type Empty/);
      assert.deepEqual(server.writes.at(-1)?.[1].lines, ['g 1 @5']);
    }
  }
});

test('errors are google.rpc.Status in the encoding of the request', async () => {
  await using server = await start();
  const post = (contentType: string, body: string): Promise<Response> =>
    fetch(`${server.url}/v1/metrics`, { method: 'POST', headers: { 'content-type': contentType }, body });
  const malformed = await post('application/json', '{"resourceMetrics":7}');
  assert.equal(malformed.status, 400);
  assert.deepEqual(await malformed.json(), { code: 3, message: 'malformed OTLP/JSON: resourceMetrics: expected an array, got 7' });
  const cut = await post('application/x-protobuf', '\n\u0005');
  assert.equal(cut.status, 400);
  assert.equal(cut.headers.get('content-type'), 'application/x-protobuf');
  assert.match(await cut.text(), /malformed protobuf at byte 2/);
  assert.equal((await post('text/plain', '')).status, 415);
  server.state.failure = new RequestError('rate_limited', 'slow down', { retryAfterS: 7 });
  const limited = await post('application/json', '{}');
  assert.equal(limited.status, 429);
  assert.equal(limited.headers.get('retry-after'), '7');
  server.state.failure = new RequestError('unavailable', 'not now');
  const unavailable = await post('application/json', '{}');
  assert.deepEqual([unavailable.status, unavailable.headers.get('retry-after')], [503, '5']);
});
