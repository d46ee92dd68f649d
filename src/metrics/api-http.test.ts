// The read side over HTTP: limits, costs, streams and their compression, clients that go away, remote read in chunks.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import { compressSync } from 'snappy';
import { parse as parseYaml } from 'yaml';
import { createLog } from '../base/log.ts';
import { ProtobufReader } from '../base/protobuf.ts';
import { ProtobufWriter } from '../base/protobuf-writer.ts';
import { crc32c } from '../base/crc32c.ts';
import { SelfMetrics } from '../base/self-metrics.ts';
import { loadConfig } from '../config.ts';
import { labelsOfRecord, labelsRecord } from '../query/labels.ts';
import { gated } from '../server/gated.ts';
import { startTestServer, type TestServer } from '../server/test-server.ts';
import { QueryGate } from '../tenant/query-gate.ts';
import { metricsApiRoutes } from './api.ts';
import { decodeFloatChunk, decodeHistogramChunk } from './chunk/test-decoder.ts';
import { formatOf } from './ingest/exposition.ts';
import { parseExposition } from './ingest/parse-exposition.ts';
import { openMetricStore } from './open-metric-store.ts';
import { openTestStore } from './test-store.ts';

const NOW = 10_000_000;
const HISTOGRAM = {
  schema: 0,
  counterResetHint: 'unknown',
  zeroThreshold: 0,
  zeroCount: 0,
  positiveSpans: [{ offset: 0, length: 1 }],
  negativeSpans: [],
  negativeBuckets: [],
  customValues: [],
} as const;
const SERIES = 300;
const SAMPLES = 200;
const clock = { now: () => NOW };
const directory = await mkdtemp(join(tmpdir(), 'metrics-http-'));
const stack = new AsyncDisposableStack();
const logged: string[] = [];
const given = { rangeMax: '1d', lengthMax: '1KiB', seriesMax: '400' };
const flags = Object.entries(given).map(([name, value]) => ({ path: ['limits', 'query', name], value, where: 'test' }));
const limits = loadConfig({ file: undefined, flags }, {}).limits;
let slowQueryMs = 0;
let gate: QueryGate;
const gateMetrics = new SelfMetrics();
let server: TestServer;

before(async () => {
  const store = stack.use(await openTestStore(directory));
  const metrics = new SelfMetrics();
  const metricStore = stack.use(await openMetricStore({ store, limitsOf: () => limits, clock, metrics }));
  gate = new QueryGate({ limitsOf: () => limits, concurrency: () => 10, metrics: gateMetrics });
  const routes = metricsApiRoutes({
    client: store.client,
    form: store.form,
    clock,
    limitsOf: () => limits,
    evaluation: () => ({
      lookbackMs: 300_000,
      subqueryStepMs: 60_000,
      delayedNameRemoval: false,
      typeAndUnitLabels: false,
      useStartTimestamps: false,
    }),
    log: createLog('info', (line) => logged.push(line)),
    searchResultsMax: () => 1000,
    slowQueryMs: () => slowQueryMs,
    flush: () => metricStore.flush(),
    index: metricStore.index,
    onSeriesDeleted: (tenant) => metricStore.forget(tenant),
    status: {
      version: '1',
      revision: '',
      startedMs: 0,
      hostname: 'h',
      workingDirectory: '/',
      configYaml: () => '',
      flags: () => ({}),
      lastReload: () => ({ success: false, ms: 0 }),
      retentionMs: () => 0,
      selfMetrics: () => [],
    },
  });
  server = stack.use(await startTestServer({ routes: gated(routes, (tenants, signal) => gate.enter(tenants, signal)) }));
  const write = metricStore.begin('anonymous');
  for (let s = 0; s < SERIES; s++) {
    const labels = labelsOfRecord({ __name__: 'wide', s: String(s) });
    for (let i = 0; i < SAMPLES; i++) write.sample(labels, i * 15_000, s + i / 3);
  }
  for (let i = 1; i <= 5; i++)
    write.histogram(labelsOfRecord({ __name__: 'h' }), i * 1000, { ...HISTOGRAM, count: i, sum: i, positiveBuckets: [i] });
  write.sample(labelsOfRecord({ __name__: 'fed_float', a: 'ä' }), NOW - 1000, 1.5);
  write.histogram(labelsOfRecord({ __name__: 'fed histogram' }), NOW - 1000, { ...HISTOGRAM, count: 3, sum: 4.5, positiveBuckets: [3] });
  await write.commit();
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

function urlOf(path: string, parameters: Readonly<Record<string, string>> = {}): string {
  return `${server.url}/prom/api/v1/${path}?${new URLSearchParams(parameters).toString()}`;
}

interface Answer {
  readonly data?: { readonly result?: readonly { readonly values?: readonly unknown[] }[]; readonly stats?: Stats };
  readonly errorType?: string;
  readonly error?: string;
}

interface Stats {
  readonly timings: Readonly<Record<string, number>>;
  readonly samples: { readonly totalQueryableSamples: number; readonly totalQueryableSamplesPerStep?: readonly unknown[] };
}

async function ask(
  path: string,
  parameters: Readonly<Record<string, string>>,
  init: RequestInit = {},
): Promise<Answer & { readonly status: number }> {
  const response = await fetch(urlOf(path, parameters), init);
  const answer: Answer = JSON.parse(await response.text());
  return { ...answer, status: response.status };
}

async function refuses(path: string, parameters: Readonly<Record<string, string>>, status: number, message: RegExp): Promise<void> {
  const answer = await ask(path, parameters);
  assert.equal(answer.status, status, answer.error ?? '');
  assert.match(answer.error ?? '', message);
}

const range = { start: '0', end: '2985', step: '15' };

test('refusals name their setting', async () => {
  await refuses(
    'query_range',
    { query: 'wide', start: '0', end: '172800', step: '60' },
    400,
    /range of 2d.*limit of 1d \(limits\.query\.rangeMax\)/,
  );
  await refuses('query', { query: `wide # ${'x'.repeat(1024)}` }, 400, /longer than 1KiB \(limits\.query\.lengthMax\)/);
  await refuses('format_query', { query: `wide # ${'x'.repeat(1024)}` }, 400, /limits\.query\.lengthMax/);
  await refuses('query_range', { query: 'wide', start: '0', end: '11001', step: '1' }, 400, /exceeded maximum resolution of 11,000 points/);
  await refuses('query', { query: 'wide', time: '100', timeout: '0.001' }, 503, /timed out.*limits\.query\.timeout/);
  const parts = await ask('query_range', { query: 'time()', start: '0', end: '11000.9', step: '1' });
  assert.equal(parts.status, 200); // 11,000 whole steps
});

test('GET and POST are the same', async () => {
  const body = new URLSearchParams({ query: 'wide{s="7"}', time: '2985' });
  const posted = await (await fetch(urlOf('query'), { method: 'POST', body })).text();
  const got = await (await fetch(urlOf('query', { query: 'wide{s="7"}', time: '2985' }))).text();
  assert.equal(posted, got);
  const small = await fetch(urlOf('query', { query: 'wide{s="7"}', time: '2985' }), { headers: { 'accept-encoding': 'identity' } });
  assert.equal(small.headers.get('content-length'), String(got.length)); // a small answer is no stream
});

test('costs are told when they are asked for', async () => {
  const none = await ask('query', { query: 'wide', time: '2985' });
  assert.equal(none.data?.stats, undefined);
  const some = (await ask('query', { query: 'wide', time: '2985', stats: '1' })).data?.stats;
  assert.equal(some?.samples.totalQueryableSamples, SERIES);
  assert.equal(some.samples.totalQueryableSamplesPerStep, undefined);
  assert.deepEqual(Object.keys(some.timings), [
    'evalTotalTime',
    'resultSortTime',
    'queryPreparationTime',
    'innerEvalTime',
    'execQueueTime',
    'execTotalTime',
  ]);
  const all = (await ask('query_range', { query: 'wide', start: '0', end: '30', step: '15', stats: 'all' })).data?.stats;
  assert.deepEqual(all?.samples.totalQueryableSamplesPerStep, [
    [0, SERIES],
    [15, SERIES],
    [30, SERIES],
  ]);
});

test('a slow query is in the log, its text within bounds', async () => {
  slowQueryMs = 0.0001;
  await ask('query_range', { query: 'wide{s="1"}', ...range });
  await ask('query', { query: 'wide{', time: '1' });
  await ask('query', { query: 'wide + on(x) wide', time: '100' });
  slowQueryMs = 0;
  await ask('query', { query: 'wide', time: '1' });
  const lines = logged.map((line): Readonly<Record<string, unknown>> => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ message, query, start, end, step, series, outcome, tenants }) => ({
      message,
      query,
      start,
      end,
      step,
      series,
      outcome,
      tenants,
    })),
    [
      { message: 'slow query', query: 'wide{s="1"}', start: '0', end: '2985', step: '15s', series: 1, outcome: 'ok', tenants: 'anonymous' },
      {
        message: 'slow query',
        query: 'wide + on(x) wide',
        start: undefined,
        end: undefined,
        step: undefined,
        series: 0,
        outcome: 'execution',
        tenants: 'anonymous',
      },
    ],
  );
});

test('a wide answer is a stream, plain and compressed alike', async () => {
  const plain = await (
    await fetch(urlOf('query_range', { query: 'wide', ...range }), { headers: { 'accept-encoding': 'identity' } })
  ).text();
  const answer: Answer = JSON.parse(plain);
  assert.equal(answer.data?.result?.length, SERIES);
  assert.equal(answer.data.result[299]?.values?.length, SAMPLES);
  const gzip = await fetch(urlOf('query_range', { query: 'wide', ...range }), { headers: { 'accept-encoding': 'gzip' } });
  assert.deepEqual([gzip.headers.get('content-encoding'), gzip.headers.get('content-length')], ['gzip', null]);
  assert.equal(await gzip.text(), plain);
  assert.equal(zstdDecompressSync(await rawBody('query_range', { query: 'wide', ...range }, 'zstd')).toString(), plain);
});

function rawBody(path: string, parameters: Readonly<Record<string, string>>, encoding: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    get(urlOf(path, parameters), { headers: { 'accept-encoding': encoding } }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => resolve(Buffer.concat(pieces)));
      response.on('error', reject);
    }).on('error', reject);
  });
}

test('a client that goes away in the middle of an answer gives its place back', async () => {
  for (let i = 0; i < 12; i++) {
    await new Promise<void>((resolve) => {
      const asked = get(urlOf('query_range', { query: 'wide', ...range }), (response) => {
        response.once('data', () => {
          asked.destroy();
          resolve();
        });
      });
      asked.on('error', () => undefined);
    });
  }
  // More than there are places have come: the next would wait for ever.
  assert.equal((await ask('query', { query: '1' })).status, 200);
  while (!/sightline_queries_running 0\n/.test(gateMetrics.render('text'))) await sleep(10);
});

function readRequest(name: string, accepts: readonly number[]): Uint8Array {
  const request = new ProtobufWriter();
  request.message(1, (query) => {
    query.varint(1, 0).varint(2, 10_000_000);
    query.message(3, (matcher) => matcher.text(2, '__name__').text(3, name));
  });
  return compressSync(request.packed(2, accepts).bytes());
}

async function remoteRead(name: string, accepts: readonly number[]): Promise<Response> {
  return fetch(urlOf('read'), {
    method: 'POST',
    body: new Uint8Array(readRequest(name, accepts)),
    headers: { 'content-encoding': 'snappy' },
  });
}

interface ReadSeries {
  readonly labels: string;
  readonly chunks: { readonly type: number; readonly data: Uint8Array }[];
}

/** The series of a stream of frames, whose checksums must be right. */
function seriesOfFrames(bytes: Buffer): readonly ReadSeries[] {
  const all: ReadSeries[] = [];
  for (let at = 0; at < bytes.length;) {
    let size = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++] ?? 0;
      size += (byte & 127) * shift;
      if (byte < 128) break;
    }
    const message = bytes.subarray(at + 4, at + 4 + size);
    assert.equal(message.length, size);
    assert.equal(bytes.readUInt32BE(at), crc32c(message));
    at += 4 + size;
    const reader = new ProtobufReader(message);
    while (reader.next()) {
      if (reader.field === 1) all.push(readSeries(reader));
      else reader.skip();
    }
  }
  return all;
}

function readSeries(reader: ProtobufReader): ReadSeries {
  const series: ReadSeries & { labels: string } = { labels: '', chunks: [] };
  const outer = reader.enter();
  while (reader.next()) {
    const isLabel = reader.field === 1;
    const inner = reader.enter();
    const chunk = { type: 0, data: new Uint8Array() };
    while (reader.next()) {
      if (isLabel) series.labels += `${reader.text()} `;
      else if (reader.field === 3) chunk.type = reader.uint();
      else if (reader.field === 4) chunk.data = reader.slice().slice();
      else reader.skip();
    }
    reader.leave(inner);
    if (!isLabel) series.chunks.push(chunk);
  }
  reader.leave(outer);
  return series;
}

test('remote read streams chunks to clients that take them', async () => {
  const response = await remoteRead('wide', [7, 1, 0]); // an unknown type is passed over
  assert.equal(response.headers.get('content-type'), 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse');
  const series = seriesOfFrames(Buffer.from(await response.arrayBuffer()));
  assert.equal(series.length, SERIES);
  assert.deepEqual(
    series.map(({ labels }) => labels),
    series.map(({ labels }) => labels).toSorted(),
  );
  const [first] = series;
  assert.equal(first?.labels, '__name__ wide s 0 ');
  const samples = first.chunks.flatMap(({ data }) => decodeFloatChunk(data));
  const values = new Float64Array(new BigUint64Array(samples.map(([, bits]) => bits)).buffer);
  assert.deepEqual(
    samples.map(([ms]) => ms),
    Array.from({ length: SAMPLES }, (_, i) => i * 15_000),
  );
  assert.deepEqual(
    [...values],
    Array.from({ length: SAMPLES }, (_, i) => i / 3),
  );
});

test('remote read of native histograms', async () => {
  const [series] = seriesOfFrames(Buffer.from(await (await remoteRead('h', [1])).arrayBuffer()));
  assert.deepEqual(
    series?.chunks.map(({ type, data }) => [type, decodeHistogramChunk(data).samples.map(({ ms }) => ms)]),
    [[3, [1000, 2000, 3000, 4000, 5000]]],
  );
});

test('remote read of samples, and of nothing that is known', async () => {
  assert.equal((await remoteRead('wide', [])).headers.get('content-type'), 'application/x-protobuf');
  assert.equal((await remoteRead('wide', [0, 1])).headers.get('content-type'), 'application/x-protobuf');
  const unknown = await remoteRead('wide', [9]);
  assert.deepEqual(
    [unknown.status, await unknown.text()],
    [400, 'none of the accepted response types is known: SAMPLES, STREAMED_XOR_CHUNKS\n'],
  );
});

test('pages of the state that clients look for', async () => {
  const data = async (path: string): Promise<unknown> => (await ask(path, {})).data;
  assert.deepEqual(await data('rules'), { groups: [] });
  assert.equal((await ask('rules', { type: 'x' })).status, 400);
  assert.deepEqual(await data('alerts'), { alerts: [] });
  assert.deepEqual(await data('alertmanagers'), { activeAlertmanagers: [], droppedAlertmanagers: [] });
  assert.deepEqual(await data('status/tsdb/blocks'), { blocks: [] });
  assert.deepEqual(await data('notifications'), [
    { text: 'Configuration reload has failed.', date: '1970-01-01T00:00:00.000Z', active: true },
  ]);
  assert.match(JSON.stringify(await data('features')), /"promql_functions":\{"abs":true,/);
});

test('cardinality as clients of Mimir ask it', async () => {
  const cardinality = async (what: string, query: string): Promise<unknown> => {
    return (await fetch(`${server.url}/prometheus/api/v1/cardinality/${what}?${query}`)).json();
  };
  assert.deepEqual(await cardinality('label_names', 'limit=2'), {
    label_values_count_total: SERIES + 5,
    label_names_count: 3,
    cardinality: [
      { label_name: 's', label_values_count: SERIES },
      { label_name: '__name__', label_values_count: 4 },
    ],
  });
  assert.deepEqual(await cardinality('label_values', 'label_names[]=__name__&limit=1&selector={__name__=~"wide|h"}'), {
    series_count_total: SERIES + 1,
    labels: [
      {
        label_name: '__name__',
        label_values_count: 2,
        series_count: SERIES + 1,
        cardinality: [{ label_value: 'wide', series_count: SERIES }],
      },
    ],
  });
  assert.deepEqual(await cardinality('active_series', 'selector=h'), { status: 'success', data: [{ __name__: 'h' }] });
});

test('the API describes itself', async () => {
  const response = await fetch(`${server.url}/prometheus/api/v1/openapi.yaml`);
  assert.equal(response.headers.get('content-type'), 'application/yaml; charset=utf-8');
  const document: unknown = parseYaml(await response.text());
  assert.match(JSON.stringify(document), /"openapi":"3\.1\.0".*"url":"\/prometheus".*"\/api\/v1\/label\/\{name\}\/values":\{"get"/);
});

interface Exposed {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: unknown;
  readonly ms: number | undefined;
}

/** What a scraper makes of a federation page. */
async function federated(match: string, accept: string): Promise<readonly Exposed[]> {
  const url = `${server.url}/prometheus/federate?${new URLSearchParams({ 'match[]': match }).toString()}`;
  const response = await fetch(url, { headers: { accept } });
  const format = formatOf(response.headers.get('content-type') ?? '');
  assert.ok(format.kind === 'format');
  const found: Exposed[] = [];
  parseExposition(
    new Uint8Array(await response.arrayBuffer()),
    format.format,
    {
      metadata: () => undefined,
      exemplar: () => undefined,
      sample: (series, value, ms) => void found.push({ labels: labelsRecord(series.labels()), value, ms }),
      histogram: (series, histogram, ms) => void found.push({ labels: labelsRecord(series.labels()), value: histogram, ms }),
    },
    { nativeHistograms: true },
  );
  return found;
}

const PROTOBUF = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';

test('federation as protobuf holds native histograms', async () => {
  const newest = NOW - 1000;
  const [histogram, ...others] = await federated(
    '{__name__=~"fed.*|fed histogram"}',
    `${PROTOBUF};escaping=allow-utf-8;q=0.9,text/plain;q=0.5`,
  );
  assert.deepEqual(histogram, {
    labels: { __name__: 'fed histogram' },
    value: { ...HISTOGRAM, count: 3, sum: 4.5, positiveBuckets: [3] },
    ms: newest,
  });
  assert.deepEqual(others, [{ labels: { __name__: 'fed_float', a: 'ä' }, value: 1.5, ms: newest }]);
});

test('federation as text has floats only, and names that the client takes', async () => {
  assert.deepEqual(await federated('{__name__=~"fed.*"}', `${PROTOBUF};q=0.1,text/plain;version=0.0.4`), [
    { labels: { __name__: 'fed_float', a: 'ä' }, value: 1.5, ms: NOW - 1000 },
  ]);
  const [histogram] = await federated('{__name__=~"fed.*"}', PROTOBUF);
  assert.equal(histogram?.labels['__name__'], 'fed_histogram');
});
