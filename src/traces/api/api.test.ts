// Tempo's query API over the real store: spans that were written come back through its routes.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { RequestError } from '../../base/request-error.ts';
import type { Reply, Request } from '../../server/route.ts';
import { Router } from '../../server/router.ts';
import { tracesApiRoutes, tracesOpenRoutes } from '../api.ts';
import { TraceOverrides } from './overrides.ts';
import { openTestTraces, START_NS, START_S } from '../test-traces.ts';

const directory = await mkdtemp(join(tmpdir(), 'traces-api-'));
const stack = new AsyncDisposableStack();
const MS = 1_000_000n;
let router: Router;
/** While the store cannot take in what was acknowledged. */
let incomplete: Router;

before(async () => {
  const options = await openTestTraces(directory, stack);
  router = new Router([...tracesApiRoutes(options), ...tracesOpenRoutes(options)]);
  const { readContext } = options;
  const warnings = ['the newest may be missing'];
  incomplete = new Router(tracesApiRoutes({ ...options, readContext: async (reader) => ({ ...(await readContext(reader)), warnings }) }));
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

type Parameters = Readonly<Record<string, string>>;

interface Options {
  readonly method?: string;
  readonly tenants?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly accept?: string;
  readonly body?: string;
  readonly from?: Router;
}

interface Asked {
  readonly status: number;
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

async function ask(
  path: string,
  query: Parameters = {},
  { method = 'GET', tenants = ['a'], headers = {}, accept = '', body = '', from = router }: Options = {},
): Promise<Asked> {
  const match = from.find(method, path);
  if (match.kind !== 'route') throw new Error(`no route ${path}`);
  const request: Request = {
    id: '1',
    method: match.route.method,
    path,
    params: match.params(),
    query: new URLSearchParams(query),
    tenants,
    contentType: { type: '', params: {} },
    accept,
    headers,
    body: Buffer.from(body),
    signal: new AbortController().signal,
  };
  try {
    return await answered(await match.route.handle(request));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return answered(match.route.error(error));
  }
}

async function answered({ status, body = '', headers = {} }: Reply): Promise<Asked> {
  const pieces: Buffer[] = [];
  if (typeof body === 'string' || body instanceof Uint8Array) pieces.push(Buffer.from(body));
  else for await (const piece of body) pieces.push(Buffer.from(piece));
  return { status, bytes: Buffer.concat(pieces), headers };
}

async function json(path: string, query: Parameters = {}, options: Options = {}): Promise<unknown> {
  const { status, bytes } = await ask(path, query, options);
  assert.equal(status, 200, `${path}: ${bytes.toString()}`);
  return JSON.parse(bytes.toString(), (key, value: unknown) => (key === 'metrics' ? undefined : value));
}

async function refused(path: string, query: Parameters, status: number, problem: RegExp): Promise<void> {
  const answer = await ask(path, query);
  assert.equal(answer.status, status, answer.bytes.toString());
  assert.match(answer.bytes.toString(), problem);
}

function traceId(n: number): string {
  return n.toString(16).padStart(32, '0');
}

/** The ids of the traces that a search finds, in its order. */
async function ids(query: Parameters, options: Options = {}): Promise<readonly number[]> {
  const { bytes } = await ask('/api/search', query, options);
  const text = bytes.toString();
  return [...text.matchAll(/"traceID":"([^"]*)"/g)].map(([, id]) => parseInt(id ?? '', 16));
}

const RANGE = { start: String(START_S), end: String(START_S + 600) };

test('what clients ask first', async () => {
  assert.equal((await ask('/api/echo')).bytes.toString(), 'echo');
  assert.deepEqual(await json('/api/status/buildinfo'), {
    version: '1.2',
    revision: 'r',
    branch: '',
    buildDate: '',
    buildUser: '',
    goVersion: '',
  });
  assert.match((await ask('/status/version')).bytes.toString(), /1\.2/);
});

test('a trace by its id, in both forms, of one tenant or several', async () => {
  const first = JSON.stringify(await json('/api/traces/5'));
  assert.match(first, /^\{"batches":\[\{"resource":/);
  assert.match(first, /"name":"op 1","kind":"SPAN_KIND_CLIENT"/);
  assert.match(JSON.stringify(await json(`/api/v2/traces/${traceId(5)}`, RANGE)), /^\{"trace":\{"resourceSpans":\[/);
  const protobuf = await ask('/api/v2/traces/5', {}, { accept: 'application/protobuf' });
  assert.equal(protobuf.headers['content-type'], 'application/protobuf');
  assert.ok(protobuf.bytes.includes('exception.message') && protobuf.bytes[0] === 0x0a);
  assert.match(JSON.stringify(await json('/api/traces/9', {}, { tenants: ['a', 'b'] })), /lonely/);
  await refused('/api/traces/9', {}, 404, /trace not found/);
  assert.match(JSON.stringify(await json('/api/v2/traces/5', {}, { from: incomplete })), /"status":"PARTIAL".*the newest may be missing/);
  const unsure = await ask('/api/v2/traces/9', {}, { from: incomplete });
  assert.deepEqual([unsure.status, unsure.headers['retry-after']], [503, '5']);
  assert.match(unsure.bytes.toString(), /not found.*the newest may be missing/);
  await refused('/api/v2/traces/xyz', {}, 400, /can only contain hex characters: invalid character 'x' at position 1/);
  await refused(`/api/traces/${'1'.repeat(33)}`, {}, 400, /larger than 128 bits/);
  await refused('/api/traces/5', { start: '10', end: '10' }, 400, /start must be before end\. received start=10 end=10/);
});

test('a filter leaves the spans of a trace that a search would show', async () => {
  const idsOf = (answer: unknown): readonly string[] =>
    [...JSON.stringify(answer).matchAll(/"span(?:ID|Id)":"([^"]*)"/g)].map(([, id = '']) => id);
  const queries = [
    'status = error',
    '.db.system = "pg"',
    '.tags = "x"',
    'event.exception.message =~ "no.*"',
    'kind = server',
    'resource.cluster = "c-web"',
  ];
  for (const q of [...queries, 'duration < 950ms', 'span.ratio >= 2.5 && span.ok', 'name = "none"', 'instrumentation.lib = "x"']) {
    const found = idsOf(await json('/api/search', { q: `{ ${q} && trace:id = "${traceId(5)}" }`, spss: '0' }));
    const kept = idsOf(await json('/api/v2/traces/5', { q: `{ ${q} }` })).map((id) => Buffer.from(id, 'base64').toString('hex'));
    assert.deepEqual([...kept].sort(), [...new Set(found)].sort(), q);
  }
  const none = {
    trace: { resourceSpans: [] },
    status: 'PARTIAL',
    message: 'Trace filtered, only a subset of spans matching the filter is returned',
  };
  assert.deepEqual(await json('/api/v2/traces/5', { q: '{ name = "none" }' }), none);
  assert.equal(idsOf(await json('/api/v2/traces/5', { q: '{ status = error }', keep_hierarchy: 'true' })).length, 2);
  await refused('/api/v2/traces/5', { q: '{ } | count() > 1' }, 400, /only a single TraceQL spanset filter/);
  assert.equal(idsOf(await json('/api/traces/5', { q: '{ status = error }' })).length, 2); // which has no filter
});

test('a search, as the peer writes it', async () => {
  const found = await json('/api/search', { q: '{ span.db.system = "pg" && status = error } | select(resource.cluster)', spss: '1' });
  const spanSet = {
    spans: [
      {
        spanID: '0000000000000052',
        name: 'op 1',
        startTimeUnixNano: String(START_NS + 300_001n * MS),
        durationNanos: '900000000',
        attributes: [
          { key: 'db.system', value: { stringValue: 'pg' } },
          { key: 'status', value: { stringValue: 'error' } },
          { key: 'cluster', value: { stringValue: 'c-db' } },
        ],
      },
    ],
    matched: 1,
  };
  assert.deepEqual(found, {
    traces: [
      {
        traceID: traceId(5),
        rootServiceName: 'web',
        rootTraceName: 'op 0',
        startTimeUnixNano: String(START_NS + 300_000n * MS),
        durationMs: 1000,
        spanSet,
        spanSets: [spanSet],
        serviceStats: { web: { spanCount: 1 }, db: { spanCount: 1, errorCount: 1 } },
      },
    ],
  });
});

test('a search finds the newest first, within its range and limit, and says when it stopped', async () => {
  assert.deepEqual(await ids({ q: '{ }' }), [5, 4, 3, 2, 1]);
  assert.deepEqual(await ids({}), [5, 4, 3, 2, 1]);
  assert.deepEqual(await ids({ q: '{ }', start: String(START_S + 100), end: String(START_S + 200) }), [3, 2]);
  assert.deepEqual(await ids({ q: '{ name = "lonely" || status = error }' }, { tenants: ['a', 'b'] }), [9, 5]);
  const cut = await ask('/api/search', { q: '{ }', limit: '2' });
  assert.match(cut.bytes.toString(), /"completedJobs":1,"totalJobs":2/);
  assert.match(decodeURI(cut.headers['x-sightline-warning'] ?? ''), /stopped at 2 traces/);
  assert.match((await ask('/api/search', { q: '{ }' })).bytes.toString(), /"completedJobs":1,"totalJobs":1/);
});

test('a search by tags: parts of values in any case, each in some span of the trace', async () => {
  assert.deepEqual(await ids({ tags: 'db.system=PG a/b.c=V3' }), [3]);
  assert.deepEqual(await ids({ tags: 'service.name=we http.status_code=500' }), [5]);
  assert.deepEqual(await ids({ tags: 'error=true' }), [5]);
  assert.deepEqual(await ids({ 'a/b.c': 'v2' }), [2]);
  assert.deepEqual(await ids({ minDuration: '1001ms' }), []);
  assert.deepEqual(await ids({ tags: 'root.name="op 0"', minDuration: '0.5s', maxDuration: '1s', limit: '1' }), [5]);
  const { bytes } = await ask('/api/search', { tags: 'error=true' });
  assert.doesNotMatch(bytes.toString(), /spanSet/);
});

const REFUSED: readonly (readonly [string, Parameters, RegExp])[] = [
  ['/api/search', { q: '{' }, /parse error/],
  ['/api/search', { q: '{ } | rate()' }, /metrics query/],
  ['/api/search', { q: '{ }', tags: 'a=b' }, /can't specify tags and q/],
  ['/api/search', { q: '{ }', limit: '0' }, /invalid limit: must be a positive number/],
  ['/api/search', { q: '{ }', limit: 'x' }, /invalid limit/],
  ['/api/search', { q: '{ }', limit: '10001' }, /limits\.traces\.tracesMax/],
  ['/api/search', { q: '{ }', start: 'x' }, /invalid start/],
  ['/api/search', { q: '{ }', start: '20', end: '10' }, /start must be before end/],
  ['/api/search', { tags: 'a=b a=c' }, /tag a has been set twice/],
  ['/api/search', { tags: 'a=b ="' }, /invalid tags/],
  ['/api/search', { minDuration: '1x' }, /invalid minDuration/],
  ['/api/search', { minDuration: '2s', maxDuration: '1s' }, /must be greater than minDuration/],
  ['/api/search/tags', { scope: 'x' }, /invalid scope: x/],
  ['/api/v2/search/tag/values', {}, /non-empty tagName/],
  ['/api/v2/search/tag/span.a b/values', {}, /valid tagName/],
  ['/api/metrics/query_range', {}, /missing query/],
  ['/api/metrics/query_range', { q: '{ }' }, /no metrics function/],
  ['/api/metrics/query_range', { q: '{ } | rate()', step: '-1' }, /step must be greater than 0/],
  ['/api/metrics/query_range', { q: '{ } | rate()', since: '30d', step: '1s' }, /more than 11000 steps/],
  ['/api/metrics/query', { q: '{ } | rate()', start: 'x' }, /could not parse 'start'/],
];

test('what cannot be understood is answered with the reason', async () => {
  for (const [path, query, problem] of REFUSED) await refused(path, query, 400, problem);
});

test('answers as protobuf for those who ask', async () => {
  const cases: readonly (readonly [string, Parameters, string])[] = [
    ['/api/search', { q: '{ status = error }' }, 'op 1'],
    ['/api/v2/search/tags', {}, 'exception.message'],
    ['/api/search/tags', {}, 'exception.message'],
    ['/api/v2/search/tag/span.db.system/values', {}, 'pg'],
    ['/api/search/tag/db.system/values', {}, 'pg'],
    ['/api/metrics/query', { q: '{ } | rate() by (name)', ...RANGE }, 'op 1'],
    ['/api/metrics/query_range', { q: '{ } | rate() by (name)', ...RANGE }, 'op 1'],
  ];
  for (const [path, query, part] of cases) {
    const { bytes, headers } = await ask(path, query, { accept: 'application/protobuf' });
    assert.equal(headers['content-type'], 'application/protobuf');
    assert.ok(bytes[0] === 0x0a && bytes.includes(part), path);
  }
});

test('names of attributes, by scope, of spans of a filter too', async () => {
  const scopes = (found: unknown): unknown =>
    JSON.parse(JSON.stringify(found)).scopes.filter(({ name }: { name: string }) => name !== 'intrinsic');
  assert.deepEqual(scopes(await json('/api/v2/search/tags')), [
    { name: 'resource', tags: ['cluster', 'service.name'] },
    { name: 'span', tags: ['a/b.c', 'db.system', 'http.status_code', 'ok', 'ratio', 'tags', 'user name'] },
    { name: 'event', tags: ['exception.message'] },
    { name: 'instrumentation', tags: ['lib'] },
  ]);
  assert.deepEqual(scopes(await json('/api/v2/search/tags', { q: '{ resource.service.name = "web" }' })), [
    { name: 'resource', tags: ['cluster', 'service.name'] },
    { name: 'span', tags: ['a/b.c', 'http.status_code', 'user name'] },
    { name: 'instrumentation', tags: ['lib'] },
  ]);
  assert.deepEqual(await json('/api/v2/search/tags', { scope: 'span', limit: '2' }), {
    scopes: [{ name: 'span', tags: ['a/b.c', 'db.system'] }],
  });
  assert.match(JSON.stringify(await json('/api/v2/search/tags', { scope: 'intrinsic' })), /"rootServiceName"/);
  assert.deepEqual(await json('/api/search/tags', { scope: 'resource' }), { tagNames: ['cluster', 'service.name'] });
});

const TEXT = 'string';
/** A field, a filter, and the values with their types. */
const VALUES: readonly (readonly [string, string, readonly (readonly [string, string])[]])[] = [
  [
    'resource.service.name',
    '',
    [
      [TEXT, 'db'],
      [TEXT, 'web'],
    ],
  ],
  ['resource.service.name', '{ span.db.system = "pg" }', [[TEXT, 'db']]],
  ['resource.service.name', '{ span.db.system = "pg" && resource.cluster = }', [[TEXT, 'db']]],
  [
    'resource.service.name',
    '{ nonsense',
    [
      [TEXT, 'db'],
      [TEXT, 'web'],
    ],
  ],
  [
    '.service.name',
    '{ }',
    [
      [TEXT, 'db'],
      [TEXT, 'web'],
    ],
  ],
  [
    'span.http.status_code',
    '',
    [
      ['int', '200'],
      ['int', '500'],
    ],
  ],
  ['span.http.status_code', '{ status = error }', []],
  ['span.http.status_code', '{ span.a/b.c = "v5" }', [['int', '500']]],
  [
    'span.a/b.c',
    '{ .http.status_code = 200 && name = "op 0" }',
    [
      [TEXT, 'v1'],
      [TEXT, 'v2'],
      [TEXT, 'v3'],
      [TEXT, 'v4'],
    ],
  ],
  ['span."user name"', '', [[TEXT, 'Ü']]],
  [
    'span.ok',
    '',
    [
      ['bool', 'false'],
      ['bool', 'true'],
    ],
  ],
  [
    'span.ratio',
    '',
    [
      ['float', '0.5'],
      ['float', '1'],
      ['float', '1.5'],
      ['float', '2'],
      ['float', '2.5'],
    ],
  ],
  [
    'span.tags',
    '{ span.ratio > 2 }',
    [
      [TEXT, 'x'],
      [TEXT, 'y5'],
    ],
  ],
  ['event.exception.message', '', [[TEXT, 'no 5']]],
  ['instrumentation.lib', '', [[TEXT, 'x']]],
  [
    'instrumentation:name',
    '',
    [
      [TEXT, 'scope-db'],
      [TEXT, 'scope-web'],
    ],
  ],
  ['event:name', '', [[TEXT, 'thrown']]],
  [
    'name',
    '',
    [
      [TEXT, 'op 0'],
      [TEXT, 'op 1'],
    ],
  ],
  ['rootName', '', [[TEXT, 'op 0']]],
  ['rootServiceName', '', [[TEXT, 'web']]],
  ['statusMessage', '', [[TEXT, 'broken']]],
  [
    'status',
    '',
    [
      ['keyword', 'ok'],
      ['keyword', 'error'],
      ['keyword', 'unset'],
    ],
  ],
  ['duration', '', []],
  ['span.none', '', []],
];

test('values of fields, with their types, of spans of a filter', async () => {
  for (const [field, q, expected] of VALUES) {
    const tagValues = expected.map(([type, value]) => ({ type, value }));
    const path = `/api/v2/search/tag/${encodeURIComponent(field)}/values`;
    if (field === 'status') continue;
    assert.deepEqual(await json(path, { q }), { tagValues }, `${field} ${q}`);
  }
  assert.deepEqual(await json('/api/v2/search/tag/span.a/b.c/values', { limit: '1' }), { tagValues: [{ type: TEXT, value: 'v1' }] });
  assert.deepEqual(await json('/api/v2/search/tag/resource.service.name/values', {}, { tenants: ['a', 'b'] }), {
    tagValues: ['db', 'other', 'web'].map((value) => ({ type: TEXT, value })),
  });
  assert.match(JSON.stringify(await json('/api/v2/search/tag/kind/values')), /\{"type":"keyword","value":"server"\}/);
  assert.deepEqual(await json('/api/search/tag/service.name/values'), { tagValues: ['db', 'web'] });
  assert.deepEqual(await json('/api/search/tag/status.code/values'), { tagValues: ['unset', 'ok', 'error'] });
  assert.deepEqual(await json('/api/search/tag/name/values', RANGE), { tagValues: ['op 0', 'op 1'] });
});

test('metrics over time and over all of a range', async () => {
  const query = { q: '{ } | count_over_time() by(resource.service.name)', ...RANGE };
  const labels = (service: string): unknown => [{ key: 'resource.service.name', value: { stringValue: service } }];
  const series = (service: string): unknown => ({
    labels: labels(service),
    promLabels: `{"resource.service.name"="${service}"}`,
    value: 5,
  });
  assert.deepEqual(await json('/api/metrics/query', query), { series: [series('db'), series('web')] });
  const text = (await ask('/api/metrics/query_range', { ...query, step: '5m', exemplars: '1' })).bytes.toString();
  assert.match(text, /\{"timestampMs":"1700000100000","value":1\},\{"timestampMs":"1700000400000","value":4\}/);
  assert.match(text, /"exemplars":\[\{"labels":\[\{"key":"trace:id","value":\{"stringValue":"[0-9a-f]+"\}\}/);
  const joined = await json('/api/metrics/query', { q: '{ } | count_over_time()', ...RANGE }, { tenants: ['a', 'b'] });
  assert.match(JSON.stringify(joined), /"value":11\}/);
});

test('overrides are kept with their version, and refused where they mean nothing here', async () => {
  const send = (method: string, body: unknown, version?: string): Promise<Asked> =>
    ask('/api/overrides', {}, { method, body: JSON.stringify(body), headers: version === undefined ? {} : { 'if-match': version } });
  assert.equal((await ask('/api/overrides')).status, 404);
  const given = { metrics_generator: { processors: ['span-metrics'], processor: { span_metrics: { dimensions: ['x'] } } } };
  assert.equal((await send('POST', given)).status, 428);
  assert.equal((await send('POST', given, '7')).status, 412);
  const { status, headers } = await send('POST', given, '0');
  assert.equal(status, 200);
  assert.deepEqual([JSON.parse((await ask('/api/overrides')).bytes.toString()), headers['etag']], [given, '1']);
  const patched = await send('PATCH', { metrics_generator: { processors: null, disable_collection: true } });
  assert.deepEqual(JSON.parse(patched.bytes.toString()), {
    metrics_generator: { disable_collection: true, processor: { span_metrics: { dimensions: ['x'] } } },
  });
  const merged = (await ask('/api/overrides', { scope: 'merged' })).bytes.toString();
  assert.match(merged, /"disable_collection":true/);
  assert.match(merged, /"span_metrics":\{"dimensions":\["x"\]/);
  for (const wrong of [[], 1, { a: 1 }, { forwarders: ['x'] }, { metrics_generator: { processors: ['x'] } }]) {
    assert.equal((await send('POST', wrong, '2')).status, 400, JSON.stringify(wrong));
  }
  const reopened = await TraceOverrides.open(join(directory, 'trace-overrides.json'));
  assert.equal(reopened.get('a')?.version, '2');
  assert.equal((await send('DELETE', '', '1')).status, 412);
  assert.equal((await send('DELETE', '', '"2"')).status, 200);
  assert.equal((await send('DELETE', '', '2')).status, 404);
});
