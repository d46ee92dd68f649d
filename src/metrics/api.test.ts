// The read side over the real store: what is written comes back through the API's routes.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { silentLog } from '../base/log.ts';
import { RequestError } from '../base/request-error.ts';
import { SelfMetrics } from '../base/self-metrics.ts';
import { loadConfig } from '../config.ts';
import { labelsOfRecord } from '../query/labels.ts';
import type { Reply, Request } from '../server/route.ts';
import { Router } from '../server/router.ts';
import { metricsApiRoutes } from './api.ts';
import type { MetricStore } from './metric-store.ts';
import type { NativeHistogram } from './native-histogram.ts';
import { openMetricStore } from './open-metric-store.ts';
import { openTestStore } from './test-store.ts';

const directory = await mkdtemp(join(tmpdir(), 'metrics-api-'));
const stack = new AsyncDisposableStack();
const limits = loadConfig({ file: undefined, flags: [] }, {}).limits;
const NOW = 10_000_000;
const clock = { now: () => NOW };
const selfMetrics = new SelfMetrics();
let router: Router;
let metricStore: MetricStore;

const HISTOGRAM: NativeHistogram = {
  schema: 0,
  counterResetHint: 'unknown',
  count: 6,
  sum: 10.5,
  zeroThreshold: 0.001,
  zeroCount: 1,
  positiveSpans: [{ offset: 0, length: 2 }],
  positiveBuckets: [2, 1],
  negativeSpans: [{ offset: 1, length: 1 }],
  negativeBuckets: [2],
  customValues: [],
};

before(async () => {
  const store = stack.use(await openTestStore(directory));
  metricStore = stack.use(await openMetricStore({ store, limitsOf: () => limits, clock, metrics: new SelfMetrics() }));
  router = new Router(
    metricsApiRoutes({
      client: store.client,
      form: store.form,
      clock,
      limitsOf: (tenant) => ({ query: { ...limits.query, seriesMax: 50 }, retention: { metrics: tenant === 'short' ? 3_600_000 : 0 } }),
      evaluation: () => ({
        lookbackMs: 300_000,
        subqueryStepMs: 60_000,
        delayedNameRemoval: false,
        typeAndUnitLabels: false,
        useStartTimestamps: false,
      }),
      log: silentLog,
      searchResultsMax: () => 1000,
      slowQueryMs: () => 0,
      flush: () => metricStore.flush(),
      index: metricStore.index,
      onSeriesDeleted: (tenant) => metricStore.forget(tenant),
      status: {
        version: '1',
        revision: '',
        startedMs: 0,
        hostname: 'h',
        workingDirectory: '/',
        configYaml: () => 'dataDir: x\n',
        flags: () => ({ dataDir: 'x' }),
        lastReload: () => ({ success: true, ms: 0 }),
        retentionMs: () => 0,
        selfMetrics: () => selfMetrics.families(),
      },
    }),
  );
  await load();
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

async function load(): Promise<void> {
  const write = metricStore.begin('a');
  for (let i = 0; i <= 10; i++) {
    write.sample(labelsOfRecord({ __name__: 'up', job: 'x', instance: '1' }), i * 60_000, i);
    write.sample(labelsOfRecord({ __name__: 'up', job: 'y', instance: '2' }), i * 60_000, -i / 2);
    write.sample(labelsOfRecord({ __name__: 'my.metric', 'label.x': 'ä"\n', job: 'x' }), i * 60_000, 1e21);
  }
  write.sample(labelsOfRecord({ __name__: 'gone' }), 0, 1);
  write.stale(labelsOfRecord({ __name__: 'gone' }), 60_000);
  write.sample(labelsOfRecord({ __name__: 'gone' }), 180_000, Number.NaN);
  write.histogram(labelsOfRecord({ __name__: 'h' }), 60_000, HISTOGRAM);
  write.sample(labelsOfRecord({ __name__: 'h' }), 120_000, 7);
  write.exemplar(labelsOfRecord({ __name__: 'up', job: 'x', instance: '1' }), {
    labels: labelsOfRecord({ trace: 't1' }),
    value: 0.5,
    ts: 4053,
  });
  write.metadata({ metric: 'up', type: 'gauge', help: 'Is it "up"?', unit: '' });
  write.metadata({ metric: 'h', type: 'histogram', help: '', unit: 's' });
  await write.commit();
  // The same sample again, and another value for the same time: one is shown, the larger.
  const again = metricStore.begin('a');
  again.sample(labelsOfRecord({ __name__: 'up', job: 'x', instance: '1' }), 60_000, 1);
  again.sample(labelsOfRecord({ __name__: 'up', job: 'y', instance: '2' }), 60_000, 5);
  again.stale(labelsOfRecord({ __name__: 'up', job: 'y', instance: '2' }), 120_000);
  await again.commit();
  const other = metricStore.begin('b');
  other.sample(labelsOfRecord({ __name__: 'up', job: 'z' }), 60_000, 3);
  await other.commit();
}

interface Asked {
  readonly status: number;
  readonly body: string;
  // The shape of an answer is what the tests are about.
  readonly json: { readonly data?: unknown; readonly errorType?: string; readonly error?: string; readonly warnings?: readonly string[] };
}

async function ask(
  path: string,
  query: Readonly<Record<string, string | readonly string[]>> = {},
  { method = 'GET', tenants = ['a'], accept = '', signal = new AbortController().signal } = {},
): Promise<Asked> {
  const match = router.find(method, path);
  assert.equal(match.kind, 'route', path);
  if (match.kind !== 'route') throw new Error('unreachable');
  const parameters = new URLSearchParams();
  for (const [name, values] of Object.entries(query)) for (const value of [values].flat()) parameters.append(name, value);
  const request: Request = {
    id: '1',
    method: 'GET',
    path,
    params: match.params(),
    query: parameters,
    tenants,
    contentType: { type: '', params: {} },
    accept,
    headers: {},
    body: new Uint8Array(),
    signal,
  };
  try {
    return await answered(await match.route.handle(request));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return answered(match.route.error(error));
  }
}

async function answered({ status, body = '' }: Reply): Promise<Asked> {
  let text = '';
  if (typeof body === 'string') text = body;
  else if (body instanceof Uint8Array) text = new TextDecoder().decode(body);
  else for await (const piece of body) text += String(piece);
  const isJson = text.startsWith('{');
  const json: Asked['json'] = isJson ? JSON.parse(text) : {};
  return { status, body: text, json };
}

async function instant(query: string, time: string, more: Readonly<Record<string, string>> = {}, tenants = ['a']): Promise<unknown> {
  const { json, body } = await ask('/prom/api/v1/query', { query, time, ...more }, { tenants });
  assert.ok(json.data, body);
  return json.data;
}

/** `type` is Prometheus's name of the kind of error. */
async function refused(
  path: string,
  query: Readonly<Record<string, string | readonly string[]>>,
  type: keyof typeof STATUS,
  message: RegExp,
): Promise<void> {
  const { json, ...answer } = await ask(path, query);
  assert.deepEqual([answer.status, json.errorType], [STATUS[type], type], answer.body);
  assert.match(json.error ?? '', message);
}

const STATUS = { bad_data: 400, execution: 422 } as const;

const up1 = { __name__: 'up', instance: '1', job: 'x' };
const up2 = { __name__: 'up', instance: '2', job: 'y' };

test('scalars and strings', async () => {
  assert.deepEqual(await instant('1+1', '4'), { resultType: 'scalar', result: [4, '2'] });
  assert.deepEqual(await instant('-2 ^ 2 + time() * 0', '123.4'), { resultType: 'scalar', result: [123.4, '-4'] });
  assert.deepEqual(await instant('2 > bool 1', '0'), { resultType: 'scalar', result: [0, '1'] });
  assert.deepEqual(await instant('"a\\n"', '0'), { resultType: 'string', result: [0, 'a\n'] });
  assert.deepEqual(await instant('vector(1)', '1970-01-01T00:02:03Z'), {
    resultType: 'vector',
    result: [{ metric: {}, value: [123, '1'] }],
  });
});

test('an instant selector shows the last sample within the lookback', async () => {
  const up = (one: string, two: string): unknown => ({
    resultType: 'vector',
    result: [
      { metric: up1, value: [119.999, one] },
      { metric: up2, value: [119.999, two] },
    ],
  });
  assert.deepEqual(await instant('up', '119.999'), up('1', '5'));
  assert.deepEqual(await instant('up @ 180 offset 1m', '119.999'), up('2', '-1'));
  assert.deepEqual(await instant('up{job="x"}', '899.999'), { resultType: 'vector', result: [{ metric: up1, value: [899.999, '10'] }] });
  assert.deepEqual(await instant('up{job="x"}', '900'), { resultType: 'vector', result: [] }); // the window is open on the left
  assert.deepEqual(await instant('up{job="x"}', '900', { lookback_delta: '301' }), {
    resultType: 'vector',
    result: [{ metric: up1, value: [900, '10'] }],
  });
});

test('matchers of every kind', async () => {
  const jobs = async (selector: string): Promise<unknown> => {
    const { json } = await ask('/prom/api/v1/series', { 'match[]': selector });
    return Array.isArray(json.data)
      ? json.data.map((labels: Readonly<Record<string, string>>) => labels['instance'] ?? labels['__name__'])
      : json;
  };
  assert.deepEqual(await jobs('up{job="x"}'), ['1']);
  assert.deepEqual(await jobs('up{job!="x"}'), ['2']);
  assert.deepEqual(await jobs('up{job=~"x|z"}'), ['1']);
  assert.deepEqual(await jobs('up{job!~"x|z"}'), ['2']);
  assert.deepEqual(await jobs('up{job=~"[xy]"}'), ['1', '2']);
  assert.deepEqual(await jobs('up{job!~"[x]"}'), ['2']);
  assert.deepEqual(await jobs('up{job=~".+",missing=""}'), ['1', '2']);
  assert.deepEqual(await jobs('up{job!~".*"}'), []);
  assert.deepEqual(await jobs('up{instance=~"1.*"}'), ['1']);
  assert.deepEqual(await jobs('up{instance=~"1.+"}'), []);
  assert.deepEqual(await jobs('{__name__=~"m.\\\\..*"}'), ['my.metric']);
  assert.deepEqual(await jobs('{"my.metric","label.x"=~"ä.."}'), ['my.metric']); // a dot matches a newline
  assert.deepEqual(await jobs('{"label.x"!=""}'), ['my.metric']);
});

test('a range selector shows raw samples', async () => {
  assert.deepEqual(await instant('up{job="y"}[3m]', '240'), {
    resultType: 'matrix',
    result: [
      {
        metric: up2,
        values: [
          [120, '-1'],
          [180, '-1.5'],
          [240, '-2'],
        ],
      },
    ],
  });
});

test('a series ends at its stale marker', async () => {
  assert.deepEqual(await instant('gone', '59'), { resultType: 'vector', result: [{ metric: { __name__: 'gone' }, value: [59, '1'] }] });
  assert.deepEqual(await instant('gone', '60'), { resultType: 'vector', result: [] });
  assert.deepEqual(await instant('gone', '180'), { resultType: 'vector', result: [{ metric: { __name__: 'gone' }, value: [180, 'NaN'] }] });
  assert.deepEqual(await instant('gone[5m]', '200'), {
    resultType: 'matrix',
    result: [
      {
        metric: { __name__: 'gone' },
        values: [
          [0, '1'],
          [180, 'NaN'],
        ],
      },
    ],
  });
});

test('native histograms', async () => {
  const shown = {
    count: '6',
    sum: '10.5',
    buckets: [
      [1, '-2', '-1', '2'],
      [3, '-0.001', '0.001', '1'],
      [0, '0.5', '1', '2'],
      [0, '1', '2', '1'],
    ],
  };
  assert.deepEqual(await instant('h', '100'), { resultType: 'vector', result: [{ metric: { __name__: 'h' }, histogram: [100, shown] }] });
  const { json } = await ask('/prom/api/v1/query_range', { query: 'h', start: '60', end: '180', step: '60' });
  assert.deepEqual(json.data, {
    resultType: 'matrix',
    result: [
      {
        metric: { __name__: 'h' },
        values: [
          [120, '7'],
          [180, '7'],
        ],
        histograms: [[60, shown]],
      },
    ],
  });
});

test('range queries', async () => {
  const { json } = await ask('/prom/api/v1/query_range', { query: 'up', start: '0', end: '120', step: '1m' });
  assert.deepEqual(json.data, {
    resultType: 'matrix',
    result: [
      {
        metric: up1,
        values: [
          [0, '0'],
          [60, '1'],
          [120, '2'],
        ],
      },
      {
        metric: up2,
        values: [
          [0, '-0'],
          [60, '5'],
          [120, '-1'],
        ],
      }, // the other value of a time, and no marker beside a sample
    ],
  });
  const scalar = await ask('/prom/api/v1/query_range', { query: 'time()', start: '0', end: '1', step: '0.5' });
  assert.deepEqual(scalar.json.data, {
    resultType: 'matrix',
    result: [
      {
        metric: {},
        values: [
          [0, '0'],
          [0.5, '0.5'],
          [1, '1'],
        ],
      },
    ],
  });
  const cut = await ask('/prom/api/v1/query_range', { query: 'up', start: '0', end: '1', step: '1', limit: '1', stats: 'all' });
  assert.deepEqual(cut.json.warnings, ['results truncated due to limit']);
});

test('parameters that are wrong', async () => {
  const range = '/prom/api/v1/query_range';
  await refused(
    '/prom/api/v1/query',
    { query: 'up{' },
    'bad_data',
    /^invalid parameter "query": 1:4: parse error: unexpected end of input inside braces/,
  );
  await refused('/prom/api/v1/query', { query: 'up', time: 'boop' }, 'bad_data', /cannot parse "boop" to a valid timestamp/);
  await refused('/prom/api/v1/query', { query: 'up', limit: '-1' }, 'bad_data', /limit must be non-negative/);
  await refused('/prom/api/v1/query', { query: 'up', timeout: 'x' }, 'bad_data', /timeout/);
  await refused(range, { query: 'up', start: '2', end: '1', step: '1' }, 'bad_data', /end timestamp must not be before start time/);
  await refused(range, { query: 'up', start: '0', end: '1', step: '0' }, 'bad_data', /zero or negative query resolution step/);
  await refused(range, { query: 'up', start: '0', end: '11001', step: '1' }, 'bad_data', /exceeded maximum resolution of 11,000 points/);
  await refused(range, { query: 'up', start: '148966367200.372', end: '1489667272.372', step: '1' }, 'bad_data', /end timestamp/);
  await refused(
    range,
    { query: 'up[5m]', start: '0', end: '1', step: '1' },
    'bad_data',
    /invalid expression type "range vector" for range query/,
  );
  await refused('/prom/api/v1/series', {}, 'bad_data', /no match\[\] parameter provided/);
  await refused('/prom/api/v1/series', { 'match[]': '{foo=""}' }, 'bad_data', /at least one non-empty matcher/);
  await refused('/prom/api/v1/labels', { start: 'boop' }, 'bad_data', /invalid parameter "start"/);
});

test('labels and their values', async () => {
  const data = async (path: string, query: Readonly<Record<string, string>> = {}): Promise<unknown> =>
    (await ask(`/prom/api/v1/${path}`, query)).json.data;
  assert.deepEqual(await data('labels'), ['__name__', 'instance', 'job', 'label.x']);
  assert.deepEqual(await data('labels', { 'match[]': 'up' }), ['__name__', 'instance', 'job']);
  assert.deepEqual(await data('labels', { 'match[]': 'nothing' }), []);
  assert.deepEqual(await data('labels', { start: '-200000', end: '-100000' }), []);
  assert.deepEqual(await data('labels', { start: '1', end: '1000000000' }), ['__name__', 'instance', 'job', 'label.x']);
  assert.deepEqual(await data('label/__name__/values'), ['gone', 'h', 'my.metric', 'up']);
  assert.deepEqual(await data('label/job/values', { 'match[]': 'up{instance="2"}' }), ['y']);
  assert.deepEqual(await data('label/label.x/values'), ['ä"\n']);
  assert.deepEqual(await data('label/U__label_2e_x/values'), ['ä"\n']);
  assert.deepEqual(await data('label/nothing/values'), []);
  const cut = await ask('/prom/api/v1/label/__name__/values', { limit: '2' });
  assert.deepEqual([cut.json.data, cut.json.warnings], [['gone', 'h'], ['results truncated due to limit']]);
  const whole = await ask('/prom/api/v1/label/__name__/values', { limit: '4' });
  assert.equal(whole.json.warnings, undefined);
});

test('exemplars and metadata', async () => {
  const { json } = await ask('/prom/api/v1/query_exemplars', { query: 'up + up{job="x"}' });
  assert.deepEqual(json.data, [{ seriesLabels: up1, exemplars: [{ labels: { trace: 't1' }, value: '0.5', timestamp: 4.053 }] }]);
  const later = await ask('/prom/api/v1/query_exemplars', { query: 'up', start: '1700000000000', end: '1700000001000' }); // milliseconds, as a probe sends them
  assert.deepEqual(later.json.data, []);
  const some = await ask('/prom/api/v1/query_exemplars', { query: 'up', start: '0', end: '10', limit: '1' }); // the greatest of each part
  assert.deepEqual(some.json.data, json.data);
  const metadata = await ask('/prom/api/v1/metadata');
  assert.deepEqual(metadata.json.data, {
    h: [{ type: 'histogram', help: '', unit: 's' }],
    up: [{ type: 'gauge', help: 'Is it "up"?', unit: '' }],
  });
  assert.deepEqual((await ask('/prom/api/v1/metadata', { metric: 'up', limit_per_metric: '1' })).json.data, {
    up: [{ type: 'gauge', help: 'Is it "up"?', unit: '' }],
  });
  assert.deepEqual((await ask('/prom/api/v1/metadata', { limit: '0' })).json.data, {});
});

test('tenants are apart, and together where a read names several', async () => {
  assert.deepEqual(await instant('up', '60', {}, ['b']), {
    resultType: 'vector',
    result: [{ metric: { __name__: 'up', job: 'z' }, value: [60, '3'] }],
  });
  assert.deepEqual(await instant('up{job=~"[xz]"}', '60', {}, ['a', 'b']), {
    resultType: 'vector',
    result: [
      { metric: { ...up1, __tenant_id__: 'a' }, value: [60, '1'] },
      { metric: { __name__: 'up', __tenant_id__: 'b', job: 'z' }, value: [60, '3'] },
    ],
  });
  const only = await ask('/prom/api/v1/series', { 'match[]': 'up{__tenant_id__!="a"}' }, { tenants: ['a', 'b'] });
  assert.deepEqual(only.json.data, [{ __name__: 'up', __tenant_id__: 'b', job: 'z' }]);
  assert.deepEqual((await ask('/prom/api/v1/label/__tenant_id__/values', {}, { tenants: ['a', 'b'] })).json.data, ['a', 'b']);
});

test('a tenant’s retention hides what is older, also what was stored before it was shortened', async () => {
  const write = metricStore.begin('short');
  write.sample(labelsOfRecord({ __name__: 'old' }), NOW - 30 * 86_400_000, 1);
  for (let i = 0; i < 4; i++) write.sample(labelsOfRecord({ __name__: 'kept' }), NOW - i * 1_800_000, i);
  await write.commit();
  const samples = await ask('/prom/api/v1/query', { query: 'kept[1y]' }, { tenants: ['short'] });
  assert.match(samples.body, /"values":\[\[[^\]]*\],\[[^\]]*\],\[[^\]]*\]\]/);
  const names = await ask('/prom/api/v1/label/__name__/values', {}, { tenants: ['short'] });
  assert.deepEqual(names.json.data, ['kept']);
});

test('limits are named', async () => {
  const write = metricStore.begin('many');
  for (let i = 0; i < 60; i++) write.sample(labelsOfRecord({ __name__: 'm', i: `${i}` }), 1000, i);
  await write.commit();
  const { status, json } = await ask('/prom/api/v1/query', { query: 'm', time: '1' }, { tenants: ['many'] });
  assert.deepEqual([status, json.errorType], [422, 'execution']);
  assert.match(json.error ?? '', /limits\.query\.seriesMax/);
});

test('a query ends when its client has gone away', async () => {
  const controller = new AbortController();
  const asked = ask('/prom/api/v1/query', { query: 'up', time: '1' }, { signal: controller.signal });
  controller.abort();
  const { status, json } = await asked;
  assert.deepEqual([status, json.errorType], [499, 'canceled']);
});

test('series that reach over the borders of blocks come back whole', async () => {
  const write = metricStore.begin('long');
  const each = 50_000;
  for (const i of ['1', '2', '3'])
    for (let k = 0; k < each; k++) write.sample(labelsOfRecord({ __name__: 'long', i }), k * 10, k * Number(i));
  await write.commit();
  const data = await instant('long[1h]', '600', {}, ['long']);
  assert.ok(typeof data === 'object' && data !== null && 'result' in data && Array.isArray(data.result));
  const sums = data.result.map(({ metric, values }: { metric: { i: string }; values: [number, string][] }) => {
    assert.ok(values.every(([time, value], k) => time === k / 100 && Number(value) === k * Number(metric.i)));
    return [metric.i, values.length];
  });
  assert.deepEqual(sums, [
    ['1', each],
    ['2', each],
    ['3', each],
  ]);
});

test('federation', async () => {
  const write = metricStore.begin('fed');
  write.sample(labelsOfRecord({ __name__: 'm', job: 'a\n"' }), NOW - 1000, 1.5);
  write.sample(labelsOfRecord({ __name__: 'x.y', 'l.1': 'v', instance: 'i' }), NOW - 1000, 2);
  write.sample(labelsOfRecord({ __name__: 'm', job: 'ended' }), NOW - 1000, 1);
  write.stale(labelsOfRecord({ __name__: 'm', job: 'ended' }), NOW);
  await write.commit();
  const page = await ask('/prometheus/federate', { 'match[]': ['m', '{__name__=~".+"}'] }, { tenants: ['fed'] });
  assert.equal(
    page.body,
    `# TYPE m untyped\nm{job="a\\n\\"",instance=""} 1.5 9999000\n# TYPE x_y untyped\nx_y{instance="i",l_1="v"} 2 9999000\n`,
  );
  const utf8 = await ask(
    '/prom/federate',
    { 'match[]': '{"x.y"}' },
    { tenants: ['fed'], accept: 'text/plain;version=1.0.0;escaping=allow-utf-8' },
  );
  assert.equal(utf8.body, `# TYPE "x.y" untyped\n{"x.y",instance="i","l.1"="v"} 2 9999000\n`);
});

test('the program tells of itself', async () => {
  for (const path of ['config', 'flags', 'runtimeinfo', 'buildinfo', 'walreplay', 'tsdb'])
    assert.equal((await ask(`/prom/api/v1/status/${path}`)).status, 200, path);
  const plain = await ask('/prom/api/v1/status/buildinfo');
  assert.ok(!plain.body.includes('features'));
  const mimir = await ask('/prometheus/api/v1/status/buildinfo');
  assert.match(mimir.body, /"features":\{"ruler_config_api":"true"\}/);
  const { json } = await ask('/prom/api/v1/status/tsdb', { limit: '1' });
  assert.deepEqual(json.data, {
    headStats: { numSeries: 5, numLabelPairs: 9, chunkCount: 0, minTime: 0, maxTime: 600_000 },
    seriesCountByMetricName: [{ name: 'up', value: 2 }],
    labelValueCountByLabelName: [{ name: '__name__', value: 4 }],
    memoryInBytesByLabelName: [{ name: '__name__', value: 18 }],
    seriesCountByLabelValuePair: [{ name: '__name__=up', value: 2 }],
  });
});

test('expressions are formatted and parsed', async () => {
  assert.equal((await ask('/prom/api/v1/format_query', { query: 'foo+bar' })).json.data, 'foo + bar');
  assert.deepEqual((await ask('/prom/api/v1/parse_query', { query: '-(up)' })).json.data, {
    type: 'unaryExpr',
    op: '-',
    expr: {
      type: 'parenExpr',
      expr: {
        type: 'vectorSelector',
        name: 'up',
        matchers: [{ name: '__name__', value: 'up', type: '=' }],
        offset: 0,
        timestamp: null,
        startOrEnd: null,
        anchored: false,
        smoothed: false,
      },
    },
  });
});

test('series are deleted, and come again', async () => {
  const labels = labelsOfRecord({ __name__: 'd', i: '1' });
  const put = async (ts: number): Promise<void> => {
    const write = metricStore.begin('del');
    write.sample(labels, ts, 1);
    write.sample(labelsOfRecord({ __name__: 'd', i: '2' }), ts, 2);
    await write.commit();
  };
  const names = async (): Promise<unknown> => (await ask('/prom/api/v1/label/i/values', {}, { tenants: ['del'] })).json.data;
  await put(1000);
  await put(2000);
  const some = await ask(
    '/prom/api/v1/admin/tsdb/delete_series',
    { 'match[]': 'd', start: '0', end: '1.5' },
    { method: 'POST', tenants: ['del'] },
  );
  assert.equal(some.status, 204);
  assert.deepEqual(await instant('d{i="1"}[1h]', '100', {}, ['del']), {
    resultType: 'matrix',
    result: [{ metric: { __name__: 'd', i: '1' }, values: [[2, '1']] }],
  });
  assert.deepEqual(await names(), ['1', '2']);
  await ask('/prom/api/v1/admin/tsdb/delete_series', { 'match[]': 'd{i="1"}' }, { method: 'PUT', tenants: ['del'] });
  assert.deepEqual(await names(), ['2']);
  await put(3000);
  assert.deepEqual(await names(), ['1', '2']);
});
