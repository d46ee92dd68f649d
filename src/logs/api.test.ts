// The read side over the real store: lines that were written come back through the API's routes.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { silentLog } from '../base/log.ts';
import { RequestError } from '../base/request-error.ts';
import { SelfMetrics } from '../base/self-metrics.ts';
import { loadConfig } from '../config.ts';
import { readContextsOf } from '../metrics/api-context.ts';
import { openTestStore } from '../metrics/test-store.ts';
import { labelsOfRecord } from '../query/labels.ts';
import type { Reply, Request } from '../server/route.ts';
import { Router } from '../server/router.ts';
import { logsApiRoutes } from './api.ts';
import { deleteLines } from './delete-lines.ts';
import { DeleteRequests } from './delete-requests.ts';
import { openLogStore } from './open-log-store.ts';
import { runLogQuery } from './run-query.ts';
import { LOG_MIGRATIONS } from './table.ts';
import { readVolumes } from './volumes.ts';

const directory = await mkdtemp(join(tmpdir(), 'logs-api-'));
const stack = new AsyncDisposableStack();
const { limits } = loadConfig({ file: undefined, flags: [] }, {});
const START_MS = 1_700_000_000_000;
const clock = { now: () => START_MS + 3_600_000 };
const MS = 1_000_000n;
let router: Router;
let deletions: DeleteRequests;

before(async () => {
  const store = stack.use(await openTestStore(directory, LOG_MIGRATIONS));
  const limitsOf = () => limits;
  const logStore = stack.use(
    await openLogStore({
      store,
      limitsOf,
      clock,
      metrics: new SelfMetrics(),
      indexSeriesMax: () => 1000,
      onIndexError: (_tenant, error) => assert.fail(String(error)),
    }),
  );
  const contexts = readContextsOf({
    client: store.client,
    clock,
    flush: () => logStore.flush(),
    index: logStore.index,
    table: 'streams',
    limitsOf,
    retentionMsOf: () => 0,
  });
  deletions = stack.use(
    await DeleteRequests.open({
      file: join(directory, 'deletions.json'),
      clock,
      log: silentLog,
      cancelMs: () => 0,
      deleteLines: async (tenant, expr, range) => deleteLines(await contexts.read(requestOf({}, [tenant])), store.form, expr, range),
    }),
  );
  const status = { version: '1', revision: 'r', patterns: true };
  const log = { log: silentLog, slowQueryMs: () => 0 };
  router = new Router(logsApiRoutes({ ...log, clock, status, limitsOf, contexts, runQuery: runLogQuery, volumes: readVolumes, deletions }));
  await load((tenant) => logStore.begin(tenant));
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

/** Ten lines a minute apart of each of two streams, and one of another tenant. */
async function load(begin: Awaited<ReturnType<typeof openLogStore>>['begin']): Promise<void> {
  const write = begin('a');
  const web = labelsOfRecord({ app: 'web', cluster: '1', service_name: 'web' });
  const db = labelsOfRecord({ app: 'db', id: '7f3c', number: '12', service_name: 'db' });
  for (let i = 0; i < 10; i++) {
    const tsNs = BigInt(START_MS + i * 60_000) * MS + 7n;
    const metadata = labelsOfRecord({ trace_id: `t${i}` });
    write.entry(web, { tsNs, line: `{"status":${200 + i},"request":{"took":"${i}ms"}}`, metadata });
    write.entry(db, { tsNs, line: `level=${i % 2 === 0 ? 'info' : 'error'} rows=${i}`, metadata: [] });
  }
  await write.commit();
  const other = begin('b');
  other.entry(labelsOfRecord({ app: 'web', service_name: 'web' }), { tsNs: BigInt(START_MS) * MS, line: 'other', metadata: [] });
  await other.commit();
  const alike = begin('c');
  for (const [app, metadata] of [
    ['x', { user: 'ü 1', order: '7' }],
    ['x', { user: 'ü 1', order: '8' }],
    ['x', { user: 'ü 1', order: '7', detected_level: 'warn' }],
    ['x', { user: 'ü 1', order: '7', detected_level: 'loud' }],
    ['y', { user: 'ü 1', order: '7' }],
  ] as const)
    alike.entry(labelsOfRecord({ app, service_name: app }), {
      tsNs: BigInt(START_MS) * MS,
      line: "it's \\ the same",
      metadata: labelsOfRecord(metadata),
    });
  await alike.commit();
}

type Parameters = Readonly<Record<string, string | readonly string[]>>;

function requestOf(query: Parameters, tenants: readonly string[] = ['a']): Request {
  const parameters = new URLSearchParams();
  for (const [name, values] of Object.entries(query)) for (const value of [values].flat()) parameters.append(name, value);
  return {
    id: '1',
    method: 'GET',
    path: '',
    params: {},
    query: parameters,
    tenants,
    contentType: { type: '', params: {} },
    accept: '',
    headers: {},
    body: new Uint8Array(),
    signal: new AbortController().signal,
  };
}

interface Options {
  readonly method?: string;
  readonly tenants?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(path: string, query: Parameters = {}, { method = 'GET', tenants = ['a'], headers = {} }: Options = {}): Promise<Asked> {
  const match = router.find(method, path);
  if (match.kind !== 'route') throw new Error(`no route ${path}`);
  try {
    return await answered(await match.route.handle({ ...requestOf(query, tenants), params: match.params(), headers }));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return answered(match.route.error(error));
  }
}

interface Asked {
  readonly status: number;
  readonly text: string;
}

async function answered({ status, body = '' }: Reply): Promise<Asked> {
  if (typeof body === 'string') return { status, text: body };
  if (body instanceof Uint8Array) return { status, text: new TextDecoder().decode(body) };
  let text = '';
  for await (const piece of body) text += String(piece);
  return { status, text };
}

/** An answer's JSON without its costs. */
async function json(path: string, query: Parameters = {}, options: Options = {}): Promise<unknown> {
  const { status, text } = await ask(path, query, options);
  assert.equal(status, 200, text);
  return JSON.parse(text, (key, value: unknown) => (key === 'stats' ? undefined : value));
}

async function refused(path: string, query: Parameters, status: number, problem: RegExp): Promise<void> {
  const answer = await ask(path, query);
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.text, problem);
}

function success(data: unknown): unknown {
  return { status: 'success', data };
}

function at(minute: number): string {
  return String(BigInt(START_MS + minute * 60_000) * MS + 7n);
}

test('lines of a range, in both directions, to the nanosecond', async () => {
  const query = { query: '{app="db"} | drop detected_level', start: at(2), end: at(9), limit: '2' };
  const stream = { app: 'db', id: '7f3c', number: '12', service_name: 'db' };
  const data = (values: unknown): unknown => success({ resultType: 'streams', result: [{ stream, values }] });
  assert.deepEqual(
    await json('/loki/api/v1/query_range', query),
    data([
      [at(8), 'level=info rows=8'],
      [at(7), 'level=error rows=7'],
    ]),
  );
  assert.deepEqual(
    await json('/loki/api/v1/query_range', { ...query, direction: 'forward' }),
    data([
      [at(2), 'level=info rows=2'],
      [at(3), 'level=error rows=3'],
    ]),
  );
});

test('lines that lie an interval apart', async () => {
  const query = { query: '{app=~".+"} | keep app', start: at(0), end: at(10), interval: '4m', limit: '2' };
  const { text } = await ask('/loki/api/v1/query_range', query);
  const { result } = JSON.parse(text).data;
  const times = result.flatMap(({ values }: { readonly values: readonly (readonly string[])[] }) => values.map(([time]) => time));
  assert.deepEqual(times.sort(), [at(5), at(9)]);
});

test('labels by where they come from', async () => {
  const query = { query: '{app="web"} | json', start: at(1), end: at(2) };
  const headers = { 'x-loki-response-encoding-flags': 'categorize-labels' };
  assert.deepEqual(await json('/loki/api/v1/query_range', query, { headers }), {
    status: 'success',
    data: {
      resultType: 'streams',
      encodingFlags: ['categorize-labels'],
      result: [
        {
          stream: { app: 'web', cluster: '1', service_name: 'web' },
          values: [
            [
              at(1),
              '{"status":201,"request":{"took":"1ms"}}',
              { structuredMetadata: { detected_level: 'unknown', trace_id: 't1' }, parsed: { request_took: '1ms', status: '201' } },
            ],
          ],
        },
      ],
    },
  });
});

test('samples at one time and over a range, with their costs', async () => {
  const time = at(9);
  assert.deepEqual(
    await json('/loki/api/v1/query', { query: 'sum by (app) (count_over_time({app=~".+"}[10m]))', time }),
    success({
      resultType: 'vector',
      result: [
        { metric: { app: 'db' }, value: [START_MS / 1000 + 540, '10'] },
        { metric: { app: 'web' }, value: [START_MS / 1000 + 540, '10'] },
      ],
    }),
  );
  assert.deepEqual(
    await json('/loki/api/v1/query', { query: 'vector(1)+vector(1)', time: '4' }),
    success({ resultType: 'vector', result: [{ metric: {}, value: [4, '2'] }] }),
  );
  const { text } = await ask('/loki/api/v1/query_range', { query: '{app="db"} |= "error"', start: at(0), end: at(10) });
  const { summary } = JSON.parse(text).data.stats;
  assert.equal(summary.totalEntriesReturned, 5);
  assert.equal(summary.totalPostFilterLines, 5);
});

test('what cannot be asked', async () => {
  const path = '/loki/api/v1/query_range';
  await refused(path, { query: '{app="web"' }, 400, /parse error/);
  await refused(path, { query: '{app="web"}', limit: '5001' }, 400, /max entries limit per query exceeded.*\(5001 > 5000\)/);
  await refused(path, { query: '{app="web"}', start: '2', end: '1' }, 400, /end timestamp must not be before/);
  await refused('/loki/api/v1/query', { query: '{app="web"}' }, 400, /log queries are not supported as an instant query type/);
  await refused('/api/prom/query', { query: 'rate({app="web"}[1m])' }, 400, /legacy endpoints only support streams/);
  const long = `{app="${'x'.repeat(1 << 20)}"}`;
  for (const asked of [path, '/loki/api/v1/labels', '/loki/api/v1/index/volume', '/loki/api/v1/format_query'])
    await refused(asked, { query: long }, 400, /longer than 1MiB \(limits.query.lengthMax\)/);
  // a metric query may ask for any number of entries
  assert.equal((await ask(path, { query: 'rate({app="web"}[1m])', limit: '9999' })).status, 200);
});

test('the older forms', async () => {
  const range = { start: at(0), end: at(10) };
  const query = { query: '{app="db"} | drop detected_level', regexp: 'rows=[01]$', direction: 'forward', ...range };
  assert.deepEqual(await json('/api/prom/query', query), {
    streams: [
      {
        labels: '{app="db", id="7f3c", number="12", service_name="db"}',
        entries: [
          { ts: '2023-11-14T22:13:20.000000007Z', line: 'level=info rows=0' },
          { ts: '2023-11-14T22:14:20.000000007Z', line: 'level=error rows=1' },
        ],
      },
    ],
  });
  assert.deepEqual(await json('/api/prom/label', range), { values: ['app', 'cluster', 'id', 'number', 'service_name'] });
  assert.deepEqual(await json('/api/prom/label/app/values', range), { values: ['db', 'web'] });
});

test('names and values of labels', async () => {
  const range = { start: at(0), end: at(10) };
  assert.deepEqual(await json('/loki/api/v1/labels', range), success(['app', 'cluster', 'id', 'number', 'service_name']));
  assert.deepEqual(await json('/loki/api/v1/labels', { ...range, query: '{app="web"}' }), success(['app', 'cluster', 'service_name']));
  assert.deepEqual(await json('/loki/api/v1/label/app/values', range), success(['db', 'web']));
  assert.deepEqual(await json('/loki/api/v1/label/app/values', { ...range, query: '{cluster="1"}' }), success(['web']));
  assert.deepEqual(await json('/loki/api/v1/label/none/values', range), success([]));
  assert.deepEqual(await json('/loki/api/v1/labels', { start: '1', end: '2' }), success([]));
  assert.deepEqual(await json('/loki/api/v1/label/__tenant_id__/values', range, { tenants: ['a', 'b'] }), success(['a', 'b']));
  await refused('/loki/api/v1/labels', { query: '{app="web"} |= "x"' }, 400, /only label matchers are supported/);
  await refused('/loki/api/v1/labels', { query: 'x' }, 400, /parse error/);
});

test('streams', async () => {
  const range = { start: at(0), end: at(10) };
  const db = { app: 'db', id: '7f3c', number: '12', service_name: 'db' };
  const web = { app: 'web', cluster: '1', service_name: 'web' };
  const path = '/loki/api/v1/series';
  assert.deepEqual(await json(path, range), success([db, web]));
  assert.deepEqual(await json(path, { ...range, 'match[]': '{}' }), success([db, web]));
  assert.deepEqual(await json(path, { ...range, match: '{app="db"}' }), success([db]));
  assert.deepEqual(await json(path, { ...range, 'match[]': ['{app="db"}', '{cluster="1"}'] }, { method: 'POST' }), success([db, web]));
  assert.deepEqual(
    await json(path, { ...range, 'match[]': '{app="web"}' }, { tenants: ['a', 'b'] }),
    success([
      { ...web, __tenant_id__: 'a' },
      { app: 'web', service_name: 'web', __tenant_id__: 'b' },
    ]),
  );
});

test('sums of streams', async () => {
  const range = { start: at(0), end: at(5) };
  const [web, db] = [5 * 39, 5 * 'level=info rows=0'.length + 2];
  assert.deepEqual(await json('/loki/api/v1/index/stats', { ...range, query: '{app=~".+"}' }), {
    streams: 2,
    chunks: 0,
    entries: 10,
    bytes: web + db,
  });
  assert.deepEqual(await json('/loki/api/v1/index/stats', { ...range, query: '{app="none"}' }), {
    streams: 0,
    chunks: 0,
    entries: 0,
    bytes: 0,
  });
  const end = START_MS / 1000 + 300;
  const vector = (...result: readonly (readonly [object, number])[]): unknown =>
    success({ resultType: 'vector', result: result.map(([metric, value]) => ({ metric, value: [end, String(value)] })) });
  const volume = '/loki/api/v1/index/volume';
  assert.deepEqual(await json(volume, { ...range, query: '{app=~".+"}' }), vector([{ app: 'web' }, web], [{ app: 'db' }, db]));
  assert.deepEqual(await json(volume, { ...range, query: '{app=~".+"}', limit: '1' }), vector([{ app: 'web' }, web]));
  assert.deepEqual(await json(volume, { ...range, query: '{app=~".+"}', targetLabels: 'cluster' }), vector([{ cluster: '1' }, web]));
  assert.deepEqual(
    await json(volume, { ...range, query: '{}', aggregateBy: 'labels' }),
    vector([{ app: '' }, web + db], [{ service_name: '' }, web + db], [{ cluster: '' }, web], [{ id: '' }, db], [{ number: '' }, db]),
  );
  assert.deepEqual(
    await json('/loki/api/v1/index/volume_range', { query: '{app="web"}', start: at(0), end: at(4), step: '2m' }),
    success({
      resultType: 'matrix',
      result: [
        {
          metric: { app: 'web' },
          values: [
            [START_MS / 1000 + 120, '78'],
            [START_MS / 1000 + 240, '78'],
          ],
        },
      ],
    }),
  );
  await refused(volume, { query: '{app="web"}', aggregateBy: 'x' }, 400, /invalid aggregation option/);
  await refused(volume, { query: '{app="web"}', limit: '-1' }, 400, /limit must be a positive value/);
});

test('fields and labels that were detected', async () => {
  const range = { start: at(0), end: at(10) };
  assert.deepEqual(await json('/loki/api/v1/detected_fields', { ...range, query: '{app="web"}', line_limit: '5' }), {
    fields: [
      { label: 'detected_level', type: 'string', cardinality: 1, parsers: null },
      { label: 'request_took', type: 'duration', cardinality: 5, parsers: ['json'], jsonPath: ['request', 'took'] },
      { label: 'status', type: 'int', cardinality: 5, parsers: ['json'], jsonPath: ['status'] },
      { label: 'trace_id', type: 'string', cardinality: 5, parsers: null },
    ],
    limit: 1000,
  });
  assert.deepEqual(await json('/loki/api/v1/detected_field/level/values', { ...range, query: '{app="db"}', limit: '5' }), {
    values: ['error', 'info'],
    limit: 5,
  });
  assert.deepEqual(await json('/loki/api/v1/detected_labels', range), {
    detectedLabels: [
      { label: 'app', cardinality: 2 },
      { label: 'cluster', cardinality: 1 },
      { label: 'id', cardinality: 1 },
      { label: 'service_name', cardinality: 2 },
    ],
  });
  await refused('/loki/api/v1/detected_fields', { query: 'rate({app="web"}[1m])' }, 400, /only log selector is supported/);
  await refused('/loki/api/v1/detected_fields', { query: '{app="web"}', line_limit: '9999' }, 400, /max entries limit/);
});

test('formatting, version and limits', async () => {
  assert.deepEqual(
    await json('/loki/api/v1/format_query', { query: '{app="web"}|="x"' }, { method: 'POST' }),
    success('{app="web"} |= "x"'),
  );
  const wrong = await ask('/loki/api/v1/format_query', { query: '{app=' });
  assert.equal(wrong.status, 400);
  assert.match(wrong.text, /^\{"status":"invalid-query","error":"parse error/);
  const info = { version: '1', revision: 'r', branch: '', buildUser: '', buildDate: '', goVersion: '' };
  assert.deepEqual(await json('/loki/api/v1/status/buildinfo'), info);
  const { text } = await ask('/loki/api/v1/drilldown-limits');
  const { limits: shown, pattern_ingester_enabled: patterns } = JSON.parse(text);
  assert.equal(patterns, true);
  assert.equal(shown.max_entries_limit_per_query, 5000);
  assert.equal(shown.retention_period, '0s');
  assert.match((await ask('/config/tenant/v1/limits')).text, /^volume_enabled: true$/m);
});

test('lines are deleted on request', async () => {
  const path = '/loki/api/v1/delete';
  const query = '{app="db"} |= "level=error"';
  const [start, end] = [String(START_MS / 1000), String(START_MS / 1000 + 200)];
  assert.equal((await ask(path, { query, start, end, max_interval: '1m' }, { method: 'POST' })).status, 204);
  await deletions.settled();
  const [request, ...others] = JSON.parse((await ask(path)).text);
  assert.equal(others.length, 0);
  const { request_id: id, ...rest } = request;
  const created = START_MS / 1000 + 3600;
  assert.deepEqual(rest, { start_time: Number(start), end_time: Number(end), query, status: 'processed', created_at: created });
  const left = await json('/loki/api/v1/query', { query: 'sum(count_over_time({app="db"} |= "error" [1h]))', time: at(10) });
  assert.deepEqual(left, success({ resultType: 'vector', result: [{ metric: {}, value: [START_MS / 1000 + 600, '3'] }] }));
  assert.equal((await ask(path, { request_id: id }, { method: 'DELETE' })).status, 400);
  assert.equal((await ask(path, { request_id: 'none' }, { method: 'DELETE' })).status, 404);
  const wrong: readonly (readonly [Parameters, RegExp])[] = [
    [{ start }, /query not set/],
    [{ query: '{app=', start }, /invalid query expression/],
    [{ query: '{app="x"} |~ "("', start }, /invalid query expression/],
    [{ query }, /start time not set/],
    [{ query, start: 'x' }, /invalid start time/],
    [{ query, start, end: '9000000000' }, /future/],
    [{ query, start: end, end: start }, /start time can't be greater/],
    [{ query, start, end, max_interval: '1h' }, /max_interval can't be greater/],
  ];
  for (const [given, problem] of wrong) {
    const answer = await ask(path, given, { method: 'PUT' });
    assert.equal(answer.status, 400);
    assert.match(answer.text, problem);
  }
});

test('of lines that are alike those are deleted that the query selects', async () => {
  const options = { tenants: ['c'] };
  const [start, end] = [String(START_MS / 1000 - 1), String(START_MS / 1000 + 1)];
  const left = async (query: string): Promise<number> => {
    await ask('/loki/api/v1/delete', { query, start, end }, { ...options, method: 'POST' });
    await deletions.settled();
    const { text } = await ask('/loki/api/v1/query', { query: 'sum(count_over_time({app=~".+"}[1h]))', time: at(10) }, options);
    return Number(JSON.parse(text).data.result[0].value[1]);
  };
  assert.equal(await left('{app=~".+"} | user="ü 1" | detected_level="loud"'), 4);
  assert.equal(await left('{app=~".+"} | order="7" | detected_level="warn"'), 3);
  assert.equal(await left('{app=~".+"} | order="7" | app="x"'), 2);
});
