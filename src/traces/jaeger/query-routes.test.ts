// Jaeger's query service over the real store: spans that were written come back through its routes.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Ask, clock, openTestJaeger, type Parameters, START_US } from './test-jaeger.ts';

const directory = await mkdtemp(join(tmpdir(), 'jaeger-query-'));
const stack = new AsyncDisposableStack();
let askText: Ask;

before(async () => {
  askText = await openTestJaeger(directory, stack);
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

interface Answer {
  readonly data: unknown;
  readonly total: number;
  readonly errors: unknown;
}

async function ask(path: string, query: Parameters = {}): Promise<{ readonly status: number; readonly body: Answer }> {
  const { status, text } = await askText(path, query);
  const body: Answer = JSON.parse(text);
  return { status, body };
}

async function data(path: string, query: Parameters = {}): Promise<unknown> {
  const { status, body } = await ask(path, query);
  assert.equal(status, 200, JSON.stringify(body));
  return body.data;
}

/** The ids of traces of a search, in hex without zeros in front. */
async function found(query: Parameters): Promise<readonly string[]> {
  const traces = await data('/traces', query);
  assert.ok(Array.isArray(traces));
  return traces.map((trace: { traceID: string }) => trace.traceID.replace(/^0+/, '')).sort();
}

test('services and operations', async () => {
  assert.deepEqual((await ask('/services')).body, {
    data: ['OTLPResourceNoServiceName', 'shop', 'stock', 'web'],
    total: 4,
    limit: 0,
    offset: 0,
    errors: null,
  });
  assert.deepEqual(await data('/services/shop/operations'), ['op-1', 'op-2', 'op-3']);
  assert.deepEqual(await data('/operations', { service: 'web' }), [
    { name: 'get /', spanKind: 'client' },
    { name: 'op-1', spanKind: 'client' },
  ]);
  assert.deepEqual(await data('/operations', { service: 'shop', spanKind: 'internal' }), [{ name: 'op-3', spanKind: 'internal' }]);
  assert.deepEqual(await data('/operations', { service: 'nobody' }), []);
});

test('a trace has all that its spans say', async () => {
  const traces = await data('/traces/1');
  assert.ok(Array.isArray(traces));
  const [trace] = traces;
  assert.deepEqual([trace.traceID, trace.spans.length, trace.warnings], ['0000000000000001', 5, null]);
  const root = trace.spans.find(({ operationName }: { operationName: string }) => operationName === 'get /');
  assert.deepEqual(root, {
    traceID: '0000000000000001',
    spanID: '0000000000000001',
    flags: 1,
    operationName: 'get /',
    references: [{ refType: 'FOLLOWS_FROM', traceID: '0000000000000009', spanID: '0000000000000009' }],
    startTime: Number(START_US) + 1_000_000,
    duration: 5000,
    tags: [
      { key: 'otel.scope.name', type: 'string', value: 'lib' },
      { key: 'otel.scope.version', type: 'string', value: '1' },
      ...root.tags.slice(2, 8),
      { key: 'span.kind', type: 'string', value: 'client' },
      { key: 'otel.status_code', type: 'string', value: 'ERROR' },
      { key: 'error', type: 'bool', value: true },
      { key: 'otel.status_description', type: 'string', value: 'no' },
      { key: 'w3c.tracestate', type: 'string', value: 'a=b' },
    ],
    logs: [
      {
        timestamp: Number(START_US) + 1,
        fields: [
          { key: 'event', type: 'string', value: 'sent' },
          { key: 'n', type: 'int64', value: 1 },
        ],
      },
    ],
    processID: root.processID,
    warnings: null,
  });
  assert.deepEqual(
    new Map(root.tags.slice(2, 8).map(({ key, type, value }: Record<string, unknown>) => [key, [type, value]])),
    new Map(
      [
        ['http.status_code', ['int64', 500]],
        ['ratio', ['float64', 0.5]],
        ['ok', ['bool', true]],
        ['big', ['int64', '1152921504606846976']],
        ['raw', ['binary', 'AQI=']],
        ['list', ['string', '["a"]']],
      ].map(([key, value]) => [key, value]),
    ),
  );
  assert.deepEqual(trace.processes[root.processID], { serviceName: 'web', tags: [{ key: 'host.name', type: 'string', value: 'h1' }] });
  assert.deepEqual(Object.keys(trace.processes).sort(), ['p1', 'p2', 'p3']);
});

test('spans whose clocks seem to differ say so, unless the trace is asked for as it came', async () => {
  const warnings = async (query: Parameters): Promise<unknown> => {
    const traces = await data('/traces/1', query);
    assert.ok(Array.isArray(traces));
    return traces[0].spans.map((span: { operationName: string; warnings: unknown }) => [span.operationName, span.warnings]).sort();
  };
  const skewed = ['clock skew adjustment disabled; not applying calculated delta of -1s'];
  assert.deepEqual(await warnings({}), [
    ['get /', null],
    ['op-2', skewed],
    ['op-3', skewed],
    ['op-4', skewed],
    ['op-5', ['parent span ID=0000000000000063 is not in the trace; skipping clock skew adjustment']],
  ]);
  const names = ['get /', 'op-2', 'op-3', 'op-4', 'op-5'];
  assert.deepEqual(
    await warnings({ raw: '1' }),
    names.map((name) => [name, null]),
  );
});

test('sides of a call that share an id are a span and its child, unless the trace is asked for as it came', async () => {
  const ids = async (query: Parameters): Promise<unknown> => {
    const traces = await data('/traces/2', query);
    assert.ok(Array.isArray(traces));
    const short = (id: string): string => id.replace(/^0+/, '');
    const shown = traces[0].spans.map(
      ({ spanID, references, tags }: { spanID: string; references: { spanID: string }[]; tags: { key: string; value: string }[] }) =>
        `${tags.find(({ key }) => key === 'span.kind')?.value} ${short(spanID)} below ${references.map((each) => short(each.spanID)).join()}`,
    );
    return shown.sort();
  };
  assert.deepEqual(await ids({}), ['client 1 below ', 'internal 6 below 2', 'server 2 below 1']);
  assert.deepEqual(await ids({ raw: 'true' }), ['client 1 below ', 'internal 6 below 1', 'server 1 below ']);
});

test('a search asks all of one span', async () => {
  const error = { service: 'web', tags: '{"error":"true","http.status_code":"500"}' };
  const cases: readonly (readonly [Parameters, readonly string[]])[] = [
    [{ service: 'web' }, ['1', '2']],
    [{ service: 'web', operation: 'get /' }, ['1']],
    [{ service: 'shop', operation: 'get /' }, []], // of another span of the trace
    [error, ['1']],
    [{ ...error, service: 'shop' }, []],
    [{ service: 'web', tag: 'ratio:0.5' }, ['1']],
    [{ service: 'web', tags: '{"ok":"true","span.kind":"client","otel.status_code":"ERROR","otel.scope.name":"lib"}' }, ['1']],
    [{ service: 'web', tags: '{"otel.status_description":"yes"}' }, []],
    [{ service: 'web', minDuration: '5ms', maxDuration: '5ms' }, ['1', '2']],
    [{ service: 'web', minDuration: '5.001ms' }, []],
    [{ service: 'stock', start: String(START_US + 6_000_000n), end: String(START_US + 6_000_000n) }, ['2']],
    [{ service: 'stock', lookback: '54s' }, ['2']],
    [{ service: 'stock', lookback: 'custom', limit: '1' }, ['2']],
    [{ service: 'OTLPResourceNoServiceName' }, ['3']],
    [{ traceID: ['1', '0000000000000000000000000000ffff'] }, ['1']],
  ];
  for (const [query, ids] of cases) assert.deepEqual(await found(query), ids, JSON.stringify(query));
  const missing = await ask('/traces', { traceID: 'ffff' });
  assert.deepEqual(missing.body.errors, [{ msg: 'trace not found', traceID: '000000000000ffff' }]);
});

test('dependencies are calls from one service to another', async () => {
  const links = await data('/dependencies', { endTs: String(clock.now()), lookback: '3600000' });
  assert.ok(Array.isArray(links));
  const shown = links.map(
    ({ parent, child, callCount }: Record<string, unknown>) => `${String(parent)} > ${String(child)}: ${String(callCount)}`,
  );
  assert.deepEqual(shown.sort(), ['shop > stock: 2', 'web > shop: 2']);
  assert.deepEqual(await data('/dependencies', { endTs: '1', lookback: '1' }), []);
  assert.deepEqual(await data('/dependencies', { service: 'web' }), [{ parent: 'web', child: 'shop', callCount: 2 }]);
});

test('what is wrong is said in the body that clients expect', async () => {
  const cases: readonly (readonly [string, Parameters, number, string])[] = [
    ['/traces', {}, 400, "parameter 'service' is required"],
    ['/operations', {}, 400, "parameter 'service' is required"],
    ['/traces', { service: 'a', tags: '{' }, 400, "malformed 'tags' parameter"],
    ['/traces', { service: 'a', tags: '{"a":{}}' }, 400, "malformed 'tags' parameter"],
    ['/traces', { service: 'a', tag: 'x' }, 400, "malformed 'tag' parameter"],
    ['/traces', { service: 'a', start: 'x' }, 400, "unable to parse param 'start'"],
    ['/traces', { service: 'a', start: '9', end: '8' }, 400, "'end' should be after 'start'"],
    ['/traces', { service: 'a', minDuration: '5' }, 400, 'invalid minDuration'],
    ['/traces', { service: 'a', minDuration: '5s', maxDuration: '1s' }, 400, "'maxDuration' should be greater"],
    ['/traces', { service: 'a', limit: '1000000' }, 400, 'limits.traces.tracesMax'],
    ['/traces', { traceID: 'xyz' }, 400, 'trace IDs can only contain hex'],
    ['/traces/ffff', {}, 404, 'trace not found'],
    ['/dependencies', { lookback: '-1' }, 400, "unable to parse param 'lookback'"],
  ];
  for (const [path, query, code, msg] of cases) {
    const { status, body } = await ask(path, query);
    assert.equal(status, code, JSON.stringify(query));
    const [error] = Array.isArray(body.errors) ? body.errors : [];
    assert.equal(error?.code, code);
    assert.ok(String(error?.msg).includes(msg), `${error?.msg} for ${JSON.stringify(query)}`);
  }
});
