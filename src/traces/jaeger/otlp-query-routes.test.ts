// The third version of Jaeger's query API over the real store.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Ask, openTestJaeger, type Parameters, START_US } from './test-jaeger.ts';

const directory = await mkdtemp(join(tmpdir(), 'jaeger-v3-'));
const stack = new AsyncDisposableStack();
/** What the reads lack. */
const lacks: string[] = [];
let ask: Ask;

before(async () => {
  ask = await openTestJaeger(directory, stack, { spansMax: 4, lacks });
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

interface Shown {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes?: readonly { readonly key: string; readonly value: unknown }[];
}

interface Result {
  readonly result: { readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Shown[] }[] }[] };
}

async function body<T>(path: string, query: Parameters = {}): Promise<T> {
  const { status, text } = await ask(`/v3${path}`, query);
  assert.equal(status, 200, text);
  const parsed: T = JSON.parse(text);
  return parsed;
}

async function spans(path: string, query: Parameters = {}): Promise<readonly Shown[]> {
  const { result } = await body<Result>(path, query);
  return result.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
}

function short(id = ''): string {
  return id.replace(/^0+/, '');
}

/** A time of the traces, some microseconds after their start. */
function time(us: bigint): string {
  const at = START_US + us;
  return `${new Date(Number(at / 1000n)).toISOString().slice(0, -1)}${String(at % 1000n).padStart(3, '0')}Z`;
}

const EVER = { 'query.startTimeMin': '0001-01-01T00:00:00Z', 'query.startTimeMax': '9999-12-31T23:59:59.999999999+08:00' };

/** Ids of the traces that a search finds; none where the answer is that there are none. */
async function found(query: Parameters): Promise<readonly string[]> {
  const { status, text } = await ask('/v3/traces', { ...EVER, ...query });
  if (status === 404) return [];
  assert.equal(status, 200, text);
  const ids = (await spans('/traces', { ...EVER, ...query })).map(({ traceId }) => short(traceId));
  return [...new Set(ids)].sort();
}

test('services, operations and dependencies', async () => {
  assert.deepEqual(await body('/services'), { services: ['OTLPResourceNoServiceName', 'shop', 'stock', 'web'] });
  const operations = [{ name: 'op-3', spanKind: 'internal' }];
  assert.deepEqual(await body('/operations', { service: 'shop', span_kind: 'INTERNAL' }), { operations });
  assert.deepEqual(await body('/operations', { service: 'shop', spanKind: 'internal' }), { operations });
  assert.deepEqual(await body('/operations', { service: 'nobody' }), { operations: [] });
  const { dependencies } = await body<{ dependencies: readonly { parent: string }[] }>('/dependencies', {
    start_time: time(0n),
    endTime: time(60_000_000n),
  });
  assert.deepEqual(
    dependencies.toSorted((a, b) => a.parent.localeCompare(b.parent)),
    [
      { parent: 'shop', child: 'stock', callCount: '2' },
      { parent: 'web', child: 'shop', callCount: '2' },
    ],
  );
});

test("a trace is OTLP's JSON: ids in hex, numbers of kinds", async () => {
  for (const id of ['3', '00000000000000000000000000000003', 'AAAAAAAAAAAAAAAAAAAAAw==', 'AAAAAAAAAAAAAAAAAAAAAw']) {
    assert.deepEqual(await body(`/traces/${encodeURIComponent(id)}`), {
      result: {
        resourceSpans: [
          {
            resource: {},
            scopeSpans: [
              {
                scope: { name: 'lib', version: '1' },
                spans: [
                  {
                    traceId: '00000000000000000000000000000003',
                    spanId: '0000000000000007',
                    flags: 1,
                    name: 'op-7',
                    kind: 1,
                    startTimeUnixNano: '1700000406000000000',
                    endTimeUnixNano: '1700000406005000000',
                    status: {},
                  },
                ],
              },
            ],
          },
        ],
      },
    });
  }
  assert.equal((await spans('/traces/3', { startTime: time(0n), end_time: time(60_000_000n) })).length, 1);
  assert.equal((await ask('/v3/traces/3', { startTime: '2030-01-01T00:00:00+01:00' })).status, 404);
});

test('sides of a call that share an id are a span and its child, unless the trace is asked for as it came', async () => {
  const ids = async (path: string, query: Parameters): Promise<readonly string[]> =>
    (await spans(path, query)).map(({ spanId, parentSpanId }) => `${short(spanId)} below ${short(parentSpanId)}`).sort();
  const stock = { ...EVER, 'query.serviceName': 'stock', 'query.startTimeMin': time(6_000_000n) };
  assert.deepEqual(await ids('/traces/2', {}), ['1 below ', '2 below 1', '6 below 2']);
  assert.deepEqual(await ids('/traces', stock), ['1 below ', '2 below 1', '6 below 2']);
  assert.deepEqual(await ids('/traces/2', { raw_traces: 'T' }), ['1 below ', '1 below ', '6 below 1']);
  assert.deepEqual(await ids('/traces', { ...stock, 'query.rawTraces': 'true' }), ['1 below ', '1 below ', '6 below 1']);
});

test('what is wrong with a span is an attribute of it, what a trace lacks one of its first; nothing where it is asked for as it came', async () => {
  const warnings = async (query: Parameters): Promise<readonly unknown[]> =>
    (await spans('/traces/1', query)).map(({ attributes = [] }) => attributes.find(({ key }) => key === '@jaeger@warnings')?.value);
  const texts = (...list: readonly string[]): unknown => ({ arrayValue: { values: list.map((stringValue) => ({ stringValue })) } });
  const partial = 'the trace has more spans than limits.traces.traceSpansMax (4) shows';
  // Each span begins a second after its parent, which is over by then.
  const skewed = texts('clock skew adjustment disabled; not applying calculated delta of -1s');
  assert.deepEqual(await warnings({}), [texts(partial), skewed, skewed, skewed]);
  assert.deepEqual(await warnings({ rawTraces: '1' }), [texts(partial), undefined, undefined, undefined]);
});

test('a search asks all of one span', async () => {
  const error = { 'query.attributes': '{"error":"true","http.status_code":"500"}' };
  const cases: readonly (readonly [Parameters, readonly string[]])[] = [
    [{}, ['1', '2', '3']],
    [{ 'query.serviceName': 'web' }, ['1', '2']],
    [{ 'query.service_name': 'web', 'query.operation_name': 'get /' }, ['1']],
    [{ 'query.serviceName': 'shop', 'query.operationName': 'get /' }, []], // of another span of the trace
    [error, ['1']],
    [{ ...error, 'query.serviceName': 'shop' }, []],
    [{ 'query.attributes[ratio]': '0.5' }, ['1']],
    [{ 'query.attributes[ratio]': '0.5', 'query.attributes[host.name]': 'h2' }, []],
    [{ 'query.durationMin': '5ms', 'query.duration_max': '0.005s', 'query.service_name': 'web' }, ['1', '2']],
    [{ 'query.duration_min': '5.001ms' }, []],
    [{ 'query.durationMax': '4ms' }, []],
    // The end is not within.
    [{ 'query.serviceName': 'stock', 'query.startTimeMin': time(6_000_000n), 'query.start_time_max': time(6_000_001n) }, ['2']],
    [{ 'query.startTimeMin': '2023-11-15T00:20:05 02:00', 'query.serviceName': 'stock' }, ['2']],
    [{ 'query.startTimeMin': time(5_000_001n), 'query.startTimeMax': time(6_000_000n) }, []],
  ];
  for (const [query, ids] of cases) {
    const { 'query.start_time_max': older } = query;
    assert.deepEqual(await found(older === undefined ? query : { ...query, 'query.startTimeMax': '' }), ids, JSON.stringify(query));
  }
  for (const name of ['searchDepth', 'search_depth', 'num_traces']) assert.equal((await found({ [`query.${name}`]: '2' })).length, 2, name);
});

test('what is wrong is said in the body that clients expect', async () => {
  const cases: readonly (readonly [string, Parameters, number, string])[] = [
    ['/traces', {}, 400, 'min and max start time are required'],
    ['/traces', { 'query.startTimeMin': time(0n) }, 400, 'min and max start time are required'],
    ['/traces', { ...EVER, 'query.startTimeMin': 'x' }, 400, 'malformed parameter query.startTimeMin'],
    ['/traces', { 'query.start_time_min': '1700000000' }, 400, 'malformed parameter query.start_time_min'],
    ['/traces', { ...EVER, 'query.startTimeMax': '2024-13-01T00:00:00Z' }, 400, 'malformed parameter query.startTimeMax'],
    ['/traces', { 'query.startTimeMin': time(2n), 'query.startTimeMax': time(1n) }, 400, 'must be after'],
    ['/traces', { ...EVER, 'query.searchDepth': '-1' }, 400, 'malformed parameter query.searchDepth'],
    ['/traces', { ...EVER, 'query.num_traces': 'many' }, 400, 'malformed parameter query.num_traces'],
    ['/traces', { ...EVER, 'query.searchDepth': '1000000' }, 400, 'limits.traces.tracesMax'],
    ['/traces', { ...EVER, 'query.duration_min': '5' }, 400, 'malformed parameter query.duration_min'],
    ['/traces', { ...EVER, 'query.attributes': '{' }, 400, 'malformed parameter query.attributes'],
    ['/traces', { ...EVER, 'query.attributes': '[]' }, 400, 'malformed parameter query.attributes'],
    ['/traces', { ...EVER, 'query.rawTraces': 'yes' }, 400, 'malformed parameter query.rawTraces'],
    ['/traces', { ...EVER, 'query.filter': '{"op":"eq"}' }, 501, 'query.filter is not supported'],
    ['/traces', { ...EVER, 'query.pagination.pageSize': '5' }, 501, 'query.pagination.pageSize is not supported'],
    ['/traces', { ...EVER, 'query.serviceName': 'nobody' }, 404, 'No traces found'],
    ['/traces/ffff', {}, 404, 'No traces found'],
    ['/traces/xyz', {}, 400, 'malformed parameter trace_id'],
    [`/traces/${'a'.repeat(33)}`, {}, 400, 'malformed parameter trace_id'],
    ['/traces/1', { raw_traces: 'foo' }, 400, 'malformed parameter raw_traces'],
    ['/traces/1', { endTime: 'yesterday' }, 400, 'malformed parameter endTime'],
    ['/traces/1', { startTime: time(2n), endTime: time(2n) }, 400, 'endTime must be after startTime'],
    ['/dependencies', { endTime: time(2n) }, 400, 'startTime'],
    ['/dependencies', { start_time: time(2n) }, 400, 'endTime'],
  ];
  for (const [path, query, code, message] of cases) {
    const { status, text } = await ask(`/v3${path}`, query);
    const title = `${path} ${JSON.stringify(query)}: ${text}`;
    assert.equal(status, code, title);
    const { error }: { error: { httpCode: number; message: string } } = JSON.parse(text);
    assert.equal(error.httpCode, code, title);
    assert.ok(error.message.includes(message), title);
  }
});

test('while not all can be read, a trace that does not show may be there', async () => {
  lacks.push('the newest may be missing');
  for (const path of ['/v3/traces/ffff', '/traces/ffff']) {
    const { status, text } = await ask(path);
    assert.equal(status, 503, text);
    assert.match(text, /trace not found; the newest may be missing/);
  }
  assert.match((await ask('/v3/traces/3')).text, /"@jaeger@warnings".*the newest may be missing/);
  const search = await ask('/v3/traces', { ...EVER, 'query.serviceName': 'nobody' });
  assert.deepEqual([search.status, search.headers['x-sightline-warning']], [404, encodeURI('the newest may be missing')]);
  lacks.length = 0;
});
