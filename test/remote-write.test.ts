// Remote write from a sender's bytes to the rows of the store, both versions, and all the ways in which a request can be wrong.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { uncompressSync } from 'snappy';
import { RequestError } from '../src/base/request-error.ts';
import { SelfMetrics } from '../src/base/self-metrics.ts';
import { sql, text } from '../src/base/sql.ts';
import type { TenantLimits } from '../src/config.ts';
import { remoteWriteRoutes } from '../src/metrics/ingest/remote-write.ts';
import type { MetricStore } from '../src/metrics/metric-store.ts';
import { openMetricStore } from '../src/metrics/open-metric-store.ts';
import { METRIC_MIGRATIONS } from '../src/metrics/table.ts';
import type { Reply, Request } from '../src/server/route.ts';
import { Store } from '../src/storage/store.ts';
import {
  encodeRemoteWrite1,
  encodeRemoteWrite2,
  type Sent,
  type SentHistogram,
  type SentSeries,
  STALE_NAN_BITS,
} from './harness/remote-write.ts';
import { randomFrom } from './harness/random.ts';

type Limits = Pick<TenantLimits, 'metrics' | 'retention'>;

const NOW = Date.UTC(2026, 0, 15, 12);
const UNBOUND = {
  ingestionRate: 0,
  ingestionBurst: 1,
  activeSeries: 0,
  labelNamesMax: 30,
  labelNameBytesMax: 100,
  labelValueBytesMax: 1000,
  outOfOrderWindow: 0,
  futureWindow: 600_000,
};

function limits(metrics: Partial<TenantLimits['metrics']> = {}, retention = 0): Limits {
  return {
    retention: { metrics: retention, logs: 0, traces: 0, profiles: 0 },
    metrics: { ...UNBOUND, ...metrics },
  };
}

const TENANTS: Record<string, Limits> = {
  slow: limits({ ingestionRate: 10, ingestionBurst: 10 }),
  few: limits({ activeSeries: 2 }),
  fresh: limits({ outOfOrderWindow: 3_600_000 }),
  short: limits({}, 7 * 86_400_000),
};

let directory = '';
let store: Store;
let metricStore: MetricStore;

async function openStore(): Promise<void> {
  store = await Store.open({
    dataDir: directory,
    url: undefined,
    cluster: '',
    readers: 1,
    insertDelayMs: 60_000,
    batchRowsMax: 100_000,
    pendingBytesMax: 1 << 26,
    defaults: { timeoutMs: 600_000, memoryBytesMax: 1 << 30, rowsReadMax: 1e9 },
    engineArguments: [],
    migrations: METRIC_MIGRATIONS,
    onInsertError: (table, error) => assert.fail(`${table}: ${String(error)}`),
  });
  const clock = { now: () => NOW };
  metricStore = await openMetricStore({ store, limitsOf: (tenant) => TENANTS[tenant] ?? limits(), clock, metrics: new SelfMetrics() });
}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sightline-remote-write-'));
  await openStore();
});

after(async () => {
  metricStore[Symbol.dispose]();
  await store[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function send(tenant: string, sent: Sent): Promise<Reply> {
  return post(tenant, sent.headers['content-type'] ?? '', uncompressSync(Buffer.from(sent.body), { asBuffer: true }) as Buffer);
}

async function post(tenant: string, contentType: string, body: Uint8Array): Promise<Reply> {
  const [type = '', ...params] = contentType.split(';');
  const request: Request = {
    id: 'test',
    method: 'POST',
    path: '/api/v1/push',
    params: {},
    query: new URLSearchParams(),
    tenants: [tenant],
    contentType: { type, params: Object.fromEntries(params.map((param) => param.split('=') as [string, string])) },
    accept: '',
    headers: {},
    body,
    signal: new AbortController().signal,
  };
  const [route] = remoteWriteRoutes({ open: (id) => metricStore.open(id) });
  assert.ok(route);
  return route.handle(request);
}

async function stored(tenant: string): Promise<readonly string[]> {
  await metricStore.flush();
  const names = sql`SELECT series, any(name) AS metric_name, any(labels) AS label_map FROM series WHERE tenant = ${text(tenant)} GROUP BY series`;
  const rows = await store.client.query(
    sql`SELECT n.metric_name AS name, n.label_map AS labels, s.ts AS ts, s.value AS value, hex(reinterpretAsUInt64(s.value)) AS bits FROM samples AS s INNER JOIN (${names}) AS n ON n.series = s.series WHERE s.tenant = ${text(tenant)} ORDER BY name, toString(labels), ts`,
  );
  return rows.map(
    (row) => `${String(row['name'])} ${JSON.stringify(row['labels'])} ${String(row['ts'])} ${JSON.stringify(row['value'] ?? row['bits'])}`,
  );
}

async function refusal(tenant: string, series: readonly SentSeries[], encode = encodeRemoteWrite2): Promise<RequestError> {
  try {
    await send(tenant, encode(series));
  } catch (error) {
    assert.ok(error instanceof RequestError, String(error));
    return error;
  }
  return assert.fail('nothing was refused');
}

const series = (name: string, value: number | bigint = 1, ts = NOW): SentSeries => ({
  labels: { __name__: name },
  samples: [{ ts, value }],
});

test('both versions store the same rows', async () => {
  const sent: SentSeries[] = [
    {
      labels: { __name__: 'a', zone: 'eu', app: 'x' },
      samples: [
        { ts: NOW, value: 1.5 },
        { ts: NOW + 1, value: STALE_NAN_BITS },
      ],
    },
    {
      labels: { __name__: 'b', 'dotted.name': 'ü\n' },
      samples: [
        { ts: -5, value: -0.001 },
        { ts: 0, value: 1e300 },
      ],
    },
  ];
  const expected = [
    `a {"__name__":"a","app":"x","zone":"eu"} ${NOW} 1.5`,
    `a {"__name__":"a","app":"x","zone":"eu"} ${NOW + 1} "7FF0000000000002"`,
    `b {"__name__":"b","dotted.name":"ü\\n"} -5 -0.001`,
    `b {"__name__":"b","dotted.name":"ü\\n"} 0 1e+300`,
  ];
  for (const [tenant, encode] of [
    ['one', encodeRemoteWrite1],
    ['two', encodeRemoteWrite2],
  ] as const) {
    const reply = await send(tenant, encode(sent));
    assert.equal(reply.status, 204);
    assert.equal(reply.headers?.['x-prometheus-remote-write-samples-written'], '4');
    assert.deepEqual(await stored(tenant), expected);
  }
});

test('labels may come in any order, an empty value is no label, and a repeated batch is found by its bytes', async () => {
  const one: SentSeries = { labels: { zone: 'eu', __name__: 'm', gone: '', app: 'x' }, samples: [{ ts: NOW, value: 1 }] };
  for (let i = 0; i < 3; i++) await send('order', encodeRemoteWrite2([one]));
  await send('order', encodeRemoteWrite1([one, { ...one, samples: [{ ts: NOW + 1, value: 2 }] }]));
  await send('order', encodeRemoteWrite1([{ ...one, samples: [{ ts: NOW + 2, value: 3 }] }, series('other')]));
  assert.equal(metricStore.activeSeries().get('order'), 2);
  assert.deepEqual(new Set(await stored('order')).size, 4);
});

test('histograms are checked, and a stale one is a stale marker', async () => {
  const good: SentHistogram = {
    ts: NOW,
    kind: 'integer',
    count: 6,
    sum: 3,
    schema: 1,
    zeroThreshold: 0.001,
    zeroCount: 1,
    positiveSpans: [{ offset: 0, length: 2 }],
    positive: [2, 1],
    negativeSpans: [],
    negative: [],
    customValues: [],
  };
  const reply = await send(
    'histograms',
    encodeRemoteWrite2([{ labels: { __name__: 'h' }, histograms: [good, { ...good, ts: NOW + 1, sum: STALE_NAN_BITS }] }]),
  );
  assert.equal(reply.headers?.['x-prometheus-remote-write-histograms-written'], '1');
  assert.equal((await stored('histograms')).length, 1);
  const float: SentHistogram = { ...good, kind: 'float', ts: NOW + 2, positive: [2, 3], count: 7 };
  await send('histograms', encodeRemoteWrite2([{ labels: { __name__: 'h' }, histograms: [float] }])); // counts of floats are rounded: they need not add up
  for (const bad of [
    { count: 7 },
    { schema: 9 },
    { positiveSpans: [{ offset: 0, length: 3 }] },
    { customValues: [1] },
    { positive: [2, -3] },
  ]) {
    const error = await refusal('histograms', [{ labels: { __name__: 'h' }, histograms: [{ ...good, ...bad }] }]);
    assert.match(error.message, /invalid_histogram \(1\)/, JSON.stringify(bad));
  }
});

test('what is wrong is refused by name, and the rest is stored', async () => {
  const cases: readonly (readonly [string, SentSeries, RegExp])[] = [
    [
      'no name',
      {
        labels: { job: 'a' },
        samples: [
          { ts: NOW, value: 1 },
          { ts: NOW + 1, value: 1 },
        ],
      },
      /invalid_labels \(2\).*without a metric name/,
    ],
    ['a long name', { labels: { __name__: 'm', ['n'.repeat(101)]: 'v' }, samples: [{ ts: NOW, value: 1 }] }, /labelNameBytesMax is 100/],
    ['a long value', { labels: { __name__: 'm', n: 'v'.repeat(1001) }, samples: [{ ts: NOW, value: 1 }] }, /labelValueBytesMax is 1000/],
    [
      'many labels',
      {
        labels: { __name__: 'm', ...Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`l${i}`, 'v'])) },
        samples: [{ ts: NOW, value: 1 }],
      },
      /31 labels, and limits\.metrics\.labelNamesMax is 30/,
    ],
    ['the future', series('m', 1, NOW + 600_001), /too_far_in_future \(1\).*futureWindow \(600s\)/],
    ['the end of int64', series('m', 1, 2 ** 63), /too_far_in_future|out_of_order/],
    [
      'an exemplar too long',
      { ...series('m'), exemplars: [{ labels: { id: 'x'.repeat(130) }, value: 1, ts: NOW }] },
      /invalid_exemplar \(1\)/,
    ],
  ];
  for (const [what, wrong, expected] of cases) {
    for (const encode of [encodeRemoteWrite1, encodeRemoteWrite2]) {
      const error = await refusal('refusals', [wrong, series('right')], encode);
      assert.equal(error.code, 'bad_data', what);
      assert.match(error.message, expected, what);
      assert.notEqual(error.options.headers?.['x-prometheus-remote-write-samples-written'], '0', what);
    }
  }
  assert.ok((await stored('refusals')).every((row) => row.startsWith('right ') || row.startsWith('m {"__name__":"m"}')));
});

test('a tenant’s limits', async () => {
  const rows = (count: number) => [
    { labels: { __name__: 'm' }, samples: Array.from({ length: count }, (_, i) => ({ ts: NOW + i, value: i })) },
  ];
  const tooFast = await refusal('slow', rows(11));
  assert.equal(tooFast.code, 'rate_limited');
  assert.match(tooFast.message, /ingestionRate \(10\/s/);
  assert.equal((await send('slow', encodeRemoteWrite2(rows(10)))).status, 204);
  const tooMany = await refusal('few', [series('a'), series('b'), series('c')]);
  assert.match(tooMany.message, /active_series \(1\).*activeSeries is 2/);
  assert.equal((await stored('few')).length, 2);
  assert.match((await refusal('fresh', [series('m', 1, NOW - 3_600_001)])).message, /outOfOrderWindow/);
  assert.match((await refusal('short', [series('m', 1, NOW - 8 * 86_400_000)])).message, /limits\.retention\.metrics/);
});

test('malformed messages end in an error with the position, and nothing of them is stored', async () => {
  const sent = encodeRemoteWrite1([series('m'), { ...series('n'), exemplars: [{ labels: { id: 'x' }, value: 1, ts: NOW }] }]);
  const whole = uncompressSync(Buffer.from(sent.body), { asBuffer: true }) as Buffer;
  for (let end = 1; end < whole.length; end++) {
    const outcome = await post('malformed', 'application/x-protobuf', whole.subarray(0, end)).catch((error: unknown) => error);
    assert.ok(!(outcome instanceof Error) || (outcome instanceof RequestError && outcome.code === 'bad_data'), String(outcome));
  }
  await assert.rejects(post('malformed', 'application/json', whole), { code: 'unsupported_media' });
  await assert.rejects(post('malformed', 'application/x-protobuf;proto=other', whole), { code: 'unsupported_media' });
});

test('bytes changed at random never do more than be refused', async () => {
  const random = randomFrom(7);
  const messages = [encodeRemoteWrite1, encodeRemoteWrite2].map((encode) => {
    const { body, headers } = encode([
      series('m'),
      { labels: { __name__: 'n', job: 'x' }, samples: [{ ts: NOW, value: 2 }], exemplars: [{ labels: { id: 'x' }, value: 1, ts: NOW }] },
    ]);
    return { bytes: uncompressSync(Buffer.from(body), { asBuffer: true }) as Buffer, type: headers['content-type'] ?? '' };
  });
  for (let i = 0; i < 1500; i++) {
    const { bytes, type } = messages[i % 2] ?? { bytes: Buffer.alloc(0), type: '' };
    const changed = Buffer.from(bytes);
    for (let n = 0; n < 3; n++) changed[Math.floor(random() * changed.length)] = Math.floor(random() * 256);
    const outcome = await post('fuzz', type, changed).catch((error: unknown) => error);
    assert.ok(!(outcome instanceof Error) || outcome instanceof RequestError, String(outcome));
  }
});

test('a start timestamp whose request was refused is stored when the sender comes again', async () => {
  const startTs = NOW - 60_000;
  const counter = (samples: number): SentSeries => ({
    labels: { __name__: 'c' },
    samples: Array.from({ length: samples }, (_, i) => ({ ts: NOW + i, value: i, startTs })),
  });
  const starts = async () => {
    await metricStore.flush();
    return (await store.client.query(sql`SELECT start FROM starts WHERE tenant = 'slow'`)).map((row) => Number(row['start']));
  };
  assert.equal((await refusal('slow', [counter(11)])).code, 'rate_limited');
  assert.deepEqual(await starts(), []);
  TENANTS['slow'] = limits();
  await send('slow', encodeRemoteWrite2([counter(11)]));
  assert.deepEqual(await starts(), [startTs]);
});

test('one series in ever new bytes does not grow what is remembered of it', async () => {
  for (let i = 0; i < 3; i++) {
    const labels = Array.from({ length: 1500 }, (_, n) => ({ __name__: 'm', [`empty_${i}_${n}`]: '' }));
    await send('bytes', encodeRemoteWrite1(labels.map((each) => ({ labels: each, samples: [{ ts: NOW, value: 1 }] }))));
  }
  assert.equal(metricStore.activeSeries().get('bytes'), 1);
  assert.ok(metricStore.open('bytes').tenant.wire.size <= 1500);
});
