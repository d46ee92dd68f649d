// The search for names and values over HTTP and the real store: lines, orders, limits, scores, and the words for what is wrong.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { silentLog } from '../base/log.ts';
import { SelfMetrics } from '../base/self-metrics.ts';
import { loadConfig } from '../config.ts';
import { labelsOfRecord } from '../query/labels.ts';
import { type TestServer, startTestServer } from '../server/test-server.ts';
import { metricsApiRoutes } from './api.ts';
import type { MetricsApiOptions } from './api-context.ts';
import { openMetricStore } from './open-metric-store.ts';
import { openTestStore } from './test-store.ts';

const NOW = 7_200_000;
const DAY_MS = 86_400_000;
const clock = { now: () => NOW };
const directory = await mkdtemp(join(tmpdir(), 'metrics-search-'));
const stack = new AsyncDisposableStack();
const limits = loadConfig({ file: undefined, flags: [] }, {}).limits;
/** With the label index, and without it: the store answers. */
let servers: readonly TestServer[] = [];
let flushed = true;

before(async () => {
  const store = stack.use(await openTestStore(directory));
  const metrics = new SelfMetrics();
  metrics.counter('boats_total', 'Boats seen.', ['harbour']).add(2, 'north');
  const metricStore = stack.use(await openMetricStore({ store, limitsOf: () => limits, clock, metrics }));
  const write = metricStore.begin('anonymous');
  const add = (name: string, labels: Readonly<Record<string, string>>, ms = NOW): void =>
    write.sample(labelsOfRecord({ __name__: name, ...labels }), ms, 1);
  for (const name of ['go_gc_duration', 'go_gc_heap', 'go_routines', 'process_cpu']) add(name, { job: 'harbour', instance: 'a:1' });
  add('up', { job: 'harbour', instance: 'a:1' });
  add('up', { job: 'node', instance: 'a:2' });
  add('old', { job: 'gone' }, NOW - 3 * DAY_MS);
  write.metadata({ metric: 'up', type: 'gauge', help: 'Is it up?', unit: '' });
  write.metadata({ metric: 'go_gc_duration', type: 'gauge', help: 'Pauses.', unit: 'seconds' });
  await write.commit();
  const other = metricStore.begin('other');
  other.sample(labelsOfRecord({ __name__: 'secret', job: 'x' }), NOW, 1);
  await other.commit();
  const options: MetricsApiOptions = {
    client: store.client,
    form: store.form,
    clock,
    limitsOf: () => ({ query: { ...limits.query, seriesMax: 7 }, retention: { metrics: 0 } }),
    evaluation: () => assert.fail('nothing is evaluated'),
    log: silentLog,
    slowQueryMs: () => 0,
    searchResultsMax: () => 50,
    flush: async () => (await metricStore.flush()) && flushed,
    index: metricStore.index,
    onSeriesDeleted: () => undefined,
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
      selfMetrics: () => metrics.families(),
    },
  };
  servers = [
    stack.use(await startTestServer({ routes: metricsApiRoutes(options) })),
    stack.use(await startTestServer({ routes: metricsApiRoutes({ ...options, index: undefined }) })),
  ];
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

type Query = Readonly<Record<string, string | readonly string[]>>;

function parametersOf(query: Query): URLSearchParams {
  return new URLSearchParams(Object.entries(query).flatMap(([name, values]) => [values].flat().map((value) => [name, value])));
}

/** The lines of an answer, which are the same with and without the index, and for GET and POST. */
async function search(what: string, query: Query = {}, tenants = 'anonymous'): Promise<readonly unknown[]> {
  const answers: string[] = [];
  for (const { url } of servers) {
    const address = `${url}/prom/api/v1/search/${what}`;
    const headers = { 'x-scope-orgid': tenants };
    const got = await fetch(`${address}?${parametersOf(query).toString()}`, { headers });
    const posted = await fetch(address, { method: 'POST', headers, body: parametersOf(query) });
    assert.equal(got.headers.get('content-type'), 'application/x-ndjson; charset=utf-8');
    answers.push(await got.text(), await posted.text());
  }
  assert.equal(new Set(answers).size, 1, answers.join('\n'));
  const [answer = ''] = answers;
  assert.ok(answer.endsWith('\n'));
  return answer
    .slice(0, -1)
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

const END = { status: 'success', has_more: false };
const MORE = { status: 'success', has_more: true };

function lines(field: string, ...batches: readonly (readonly string[])[]): readonly unknown[] {
  return batches.map((batch) => ({ results: batch.map((text) => ({ [field]: text })) }));
}

test('without a text everything of the last hour is found, in order', async () => {
  const names = ['go_gc_duration', 'go_gc_heap', 'go_routines', 'process_cpu', 'up'];
  assert.deepEqual(await search('metric_names'), [...lines('name', names), END]);
  assert.deepEqual(await search('metric_names', { sort_by: 'alpha', sort_dir: 'dsc' }), [...lines('name', names.toReversed()), END]);
  assert.deepEqual(await search('label_names'), [...lines('name', ['__name__', 'instance', 'job']), END]);
  assert.deepEqual(await search('label_values', { label: 'job' }), [...lines('value', ['harbour', 'node']), END]);
  assert.deepEqual(await search('label_values', { label: 'nothing' }), [...lines('value', []), END]);
  const before = { start: String(NOW / 1000 - (3 * DAY_MS) / 1000), end: String(NOW / 1000 - (2 * DAY_MS) / 1000) };
  assert.deepEqual(await search('metric_names', before), [...lines('name', ['old']), END]);
});

test('results come in lines of their size, up to the limit', async () => {
  const query = { 'search[]': 'go_', batch_size: '2' };
  assert.deepEqual(await search('metric_names', query), [...lines('name', ['go_gc_duration', 'go_gc_heap'], ['go_routines']), END]);
  assert.deepEqual(await search('metric_names', { ...query, limit: '2' }), [...lines('name', ['go_gc_duration', 'go_gc_heap']), MORE]);
  assert.deepEqual(await search('metric_names', { ...query, limit: '3' }), [
    ...lines('name', ['go_gc_duration', 'go_gc_heap'], ['go_routines']),
    END,
  ]);
  assert.deepEqual(await search('metric_names', { limit: '1', sort_by: 'alpha', sort_dir: 'dsc' }), [...lines('name', ['up']), MORE]);
});

test('scores rank, and are shown on demand', async () => {
  const query = { 'search[]': ['heap', 'up'], sort_by: 'score', include_score: 'true', fuzz_alg: 'jarowinkler' };
  assert.deepEqual(await search('metric_names', query), [
    {
      results: [
        { name: 'up', score: 1 },
        { name: 'go_gc_heap', score: 1 - 0.9 },
      ],
    },
    END,
  ]);
  assert.deepEqual(await search('metric_names', { ...query, limit: '1' }), [{ results: [{ name: 'up', score: 1 }] }, MORE]);
  assert.deepEqual(await search('label_values', { label: 'job', include_score: '1', 'search[]': 'NO', case_sensitive: 'f' }), [
    { results: [{ value: 'node', score: 1 }] },
    END,
  ]);
  assert.deepEqual(await search('metric_names', { 'search[]': 'prcpu', fuzz_threshold: '20' }), [...lines('name', ['process_cpu']), END]);
  assert.deepEqual(await search('metric_names', { 'search[]': 'prcpu', fuzz_threshold: '90' }), [...lines('name', []), END]);
});

test('selectors narrow, several add up', async () => {
  assert.deepEqual(await search('metric_names', { 'match[]': '{job="node"}' }), [...lines('name', ['up']), END]);
  assert.deepEqual(await search('metric_names', { 'match[]': ['up', '{__name__=~"go_.+",job="harbour"}'], limit: '2' }), [
    ...lines('name', ['go_gc_duration', 'go_gc_heap']),
    MORE,
  ]);
  assert.deepEqual(await search('label_values', { label: 'instance', 'match[]': 'up{job="node"}' }), [...lines('value', ['a:2']), END]);
});

test('metadata of metrics', async () => {
  assert.deepEqual(await search('metric_names', { 'search[]': ['up', 'go_gc_d', 'cpu'], include_metadata: 'true' }), [
    {
      results: [
        { name: 'go_gc_duration', type: 'gauge', help: 'Pauses.', unit: 'seconds' },
        { name: 'process_cpu' },
        { name: 'up', type: 'gauge', help: 'Is it up?' },
      ],
    },
    END,
  ]);
});

test('a tenant finds its own, several tenants find who they are', async () => {
  assert.deepEqual(await search('metric_names', {}, 'other'), [...lines('name', ['secret']), END]);
  assert.deepEqual(await search('label_names', { 'search[]': '__t' }, 'other|anonymous'), [...lines('name', ['__tenant_id__']), END]);
  assert.deepEqual(await search('label_values', { label: '__tenant_id__' }, 'other|anonymous'), [
    ...lines('value', ['anonymous', 'other']),
    END,
  ]);
});

async function refuses(address: string, query: Query, [status, type]: readonly [number, string], message: RegExp): Promise<void> {
  for (const { url } of servers) {
    const answer = await fetch(`${url}/prom/api/v1/${address}?${parametersOf(query).toString()}`);
    const text = await answer.text();
    const body: { readonly status?: string; readonly errorType?: string; readonly error?: string } = JSON.parse(text);
    assert.deepEqual([answer.status, body.status, body.errorType], [status, 'error', type], text);
    assert.match(body.error ?? '', message);
  }
}

test('what is wrong is said', async () => {
  const bad = (what: string, query: Query, message: RegExp): Promise<void> => refuses(`search/${what}`, query, [400, 'bad_data'], message);
  await bad('label_values', {}, /^missing required parameter "label"$/);
  await bad('metric_names', { start: '10', end: '9' }, /^end timestamp must not be before start timestamp$/);
  await bad('metric_names', { start: 'x' }, /cannot parse "x" to a valid timestamp/);
  await bad('metric_names', { 'match[]': '{' }, /invalid parameter "match\[\]"/);
  await bad('metric_names', { 'search[]': Array.from({ length: 33 }, String) }, /^too many search\[\] terms: got 33, maximum is 32$/);
  await bad('metric_names', { fuzz_threshold: '101' }, /^invalid fuzz_threshold "101": must be 0-100$/);
  await bad('metric_names', { fuzz_alg: 'x' }, /^unsupported fuzz_alg "x": must be one of \[subsequence jarowinkler\]$/);
  for (const name of ['case_sensitive', 'include_score', 'include_metadata'])
    await bad('metric_names', { [name]: 'maybe' }, new RegExp(`^invalid ${name} "maybe": must be boolean$`));
  await bad('metric_names', { sort_dir: 'asc' }, /^sort_dir is only valid when sort_by is set$/);
  await bad('metric_names', { sort_by: 'score', 'search[]': 'a', sort_dir: 'asc' }, /^sort_dir is not supported for sort_by=score$/);
  await bad('metric_names', { sort_by: 'alpha', sort_dir: 'up' }, /^invalid sort_dir "up": must be "asc" or "dsc"$/);
  await bad('metric_names', { sort_by: 'score' }, /^sort_by=score requires search\[\] to be set$/);
  await bad('label_names', { sort_by: 'x' }, /^invalid sort_by "x" for label_names: must be "alpha" or "score"$/);
  await bad('metric_names', { limit: '0' }, /^invalid limit "0": must be a positive integer$/);
  await bad('metric_names', { batch_size: '-1' }, /^invalid batch_size "-1": must be a positive integer$/);
  await bad('metric_names', { limit: '51' }, /^limit 51 exceeds the configured maximum \(50, see query\.searchResultsMax\)$/);
});

test('a store that cannot take in the newest is warned about', async () => {
  flushed = false;
  const [, stored] = servers;
  const text = await (await fetch(`${stored?.url}/prom/api/v1/search/label_values?label=job`)).text();
  flushed = true;
  assert.match(text, /^\{"results":\[.*\],"warnings":\["the newest data may be missing.*"\]\}\n/);
});

test('own metrics, by the whole of their names', async () => {
  const [{ url } = { url: '' }] = servers;
  const ask = async (pattern: string): Promise<unknown> => {
    const answer: { readonly data?: unknown } = JSON.parse(
      await (await fetch(`${url}/prom/api/v1/status/self_metrics?metric_name_pattern=${pattern}`)).text(),
    );
    return answer.data;
  };
  const boats = {
    name: 'boats_total',
    help: 'Boats seen.',
    type: 'COUNTER',
    metric: [{ label: [{ name: 'harbour', value: 'north' }], counter: { value: 2 } }],
  };
  assert.deepEqual(await ask('boats_.*'), [boats]);
  assert.deepEqual(await ask('boats'), []);
  const all = await ask('');
  assert.ok(Array.isArray(all) && all.length > 1);
  await refuses('status/self_metrics', { metric_name_pattern: '(' }, [400, 'bad_data'], /^invalid parameter "metric_name_pattern": /);
});

test('a reload that failed is a notification', async () => {
  const [{ url } = { url: '' }] = servers;
  assert.deepEqual(await (await fetch(`${url}/prom/api/v1/notifications`)).json(), {
    status: 'success',
    data: [{ text: 'Configuration reload has failed.', date: '1970-01-01T00:00:00.000Z', active: true }],
  });
});

test('a snapshot is refused with what to do instead', async () => {
  const [{ url } = { url: '' }] = servers;
  for (const method of ['POST', 'PUT']) {
    const refused = await fetch(`${url}/prom/api/v1/admin/tsdb/snapshot`, { method });
    const body: { readonly errorType?: string; readonly error?: string } = JSON.parse(await refused.text());
    assert.deepEqual([refused.status, body.errorType], [503, 'unavailable']);
    assert.match(body.error ?? '', /^snapshots are not offered: .*dataDir.*storage\.url/);
  }
  const wrong = await fetch(`${url}/prom/api/v1/admin/tsdb/snapshot?skip_head=x`, { method: 'POST' });
  assert.match(await wrong.text(), /invalid parameter \\"skip_head\\": unable to parse boolean/);
});
