// Jaeger's query service over the real store: spans that were written come back through its routes.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { RequestError } from '../../base/request-error.ts';
import { silentLog } from '../../base/log.ts';
import { SelfMetrics } from '../../base/self-metrics.ts';
import { loadConfig } from '../../config.ts';
import { openTestStore } from '../../metrics/test-store.ts';
import type { AnyValue, KeyValue } from '../../otlp/any-value.ts';
import type { Reply } from '../../server/route.ts';
import { Router } from '../../server/router.ts';
import { openSpanStore } from '../store/open-span-store.ts';
import { spanRead } from '../read-context.ts';
import { TRACE_MIGRATIONS } from '../table.ts';
import type { Span, SpanSource } from '../write.ts';
import { jaegerQueryRoutes } from './query-routes.ts';

const directory = await mkdtemp(join(tmpdir(), 'jaeger-query-'));
const stack = new AsyncDisposableStack();
const { limits } = loadConfig({ file: undefined, flags: [] }, {});
// Some seconds before a block of time ends, so that traces go across.
const START_US = 1_700_000_399_000_000n;
const clock = { now: () => Number(START_US / 1000n) + 60_000 };
const [SERVER, CLIENT] = [2, 3];
let router: Router;

before(async () => {
  const store = stack.use(await openTestStore(directory, TRACE_MIGRATIONS));
  const limitsOf = () => limits;
  const spans = stack.use(await openSpanStore({ store, limitsOf, clock, metrics: new SelfMetrics() }));
  const { catalogues } = spans.options;
  const options = { client: store.client, catalogues, clock, limitsOf, flush: () => spans.flush() };
  router = new Router(
    jaegerQueryRoutes({
      clock,
      limitsOf,
      log: silentLog,
      slowQueryMs: () => 0,
      readContext: (reader) => spanRead(options, reader),
    }),
  );
  const write = spans.begin('a');
  for (const [source, span] of loaded()) assert.ok(write.span(source, span, 100));
  assert.deepEqual((await write.commit()).refusals, []);
});

after(async () => {
  await stack.disposeAsync();
  await rm(directory, { recursive: true, force: true });
});

function list(values: Readonly<Record<string, AnyValue>>): readonly KeyValue[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}

function source(service: string, more: Readonly<Record<string, AnyValue>> = {}): SpanSource {
  const resource = list({ ...(service === '' ? {} : { 'service.name': service }), ...more });
  return { resource, resourceSchemaUrl: '', scopeName: 'lib', scopeVersion: '1', scopeAttributes: [], scopeSchemaUrl: '' };
}

function id(length: number, last: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes[length - 1] = last;
  return bytes;
}

/** A span of the trace `n`; 0 is no parent. */
function span(n: number, own: number, parent: number, more: Partial<Span> = {}): Span {
  const startNs = (START_US + BigInt(own) * 1_000_000n) * 1000n;
  return {
    traceId: id(16, n),
    spanId: id(8, own),
    parentId: parent === 0 ? new Uint8Array(0) : id(8, parent),
    traceState: '',
    flags: 1,
    name: `op-${own}`,
    kind: 1,
    startNs,
    endNs: startNs + 5_000_000n,
    attributes: [],
    droppedAttributes: 0,
    events: [],
    droppedEvents: 0,
    links: [],
    droppedLinks: 0,
    status: 0,
    statusMessage: '',
    ...more,
  };
}

const WEB = source('web', { 'host.name': 'h1' });
const SHOP = source('shop');
const STOCK = source('stock');

function loaded(): readonly (readonly [SpanSource, Span])[] {
  const event = { timeNs: (START_US + 1n) * 1000n, name: 'sent', attributes: list({ n: 1n }), droppedAttributes: 0 };
  const link = { traceId: id(16, 9), spanId: id(8, 9), traceState: '', attributes: [], droppedAttributes: 0, flags: 0 };
  const tags = list({ 'http.status_code': 500n, ratio: 0.5, ok: true, big: 2n ** 60n, raw: Uint8Array.of(1, 2), list: ['a'] });
  return [
    [
      WEB,
      span(1, 1, 0, {
        kind: CLIENT,
        name: 'get /',
        attributes: tags,
        events: [event],
        links: [link],
        status: 2,
        statusMessage: 'no',
        traceState: 'a=b',
      }),
    ],
    [SHOP, span(1, 2, 1, { kind: SERVER })],
    [SHOP, span(1, 3, 2)],
    [STOCK, span(1, 4, 3, { kind: SERVER })],
    [STOCK, span(1, 5, 99, { kind: SERVER })], // its parent never came
    // Both sides of a call under one id, and what is below it.
    [WEB, span(2, 1, 0, { kind: CLIENT })],
    [SHOP, span(2, 1, 0, { kind: SERVER })],
    [STOCK, span(2, 6, 1)],
    [source(''), span(3, 7, 0)],
  ];
}

type Parameters = Readonly<Record<string, string | readonly string[]>>;

async function ask(path: string, query: Parameters = {}): Promise<{ readonly status: number; readonly body: Answer }> {
  const match = router.find('GET', `/jaeger/api${path}`);
  assert.equal(match.kind, 'route');
  if (match.kind !== 'route') throw new Error(path);
  const parameters = new URLSearchParams();
  for (const [name, values] of Object.entries(query)) for (const value of [values].flat()) parameters.append(name, value);
  const request = {
    id: '',
    method: 'GET',
    path,
    params: match.params(),
    query: parameters,
    tenants: ['a'],
    accept: '',
    headers: {},
  } as const;
  const signal = new AbortController().signal;
  try {
    return await answered(await match.route.handle({ ...request, contentType: { type: '', params: {} }, body: new Uint8Array(), signal }));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return answered(match.route.error(error));
  }
}

interface Answer {
  readonly data: unknown;
  readonly total: number;
  readonly errors: unknown;
}

async function answered({ status, body = '' }: Reply): Promise<{ readonly status: number; readonly body: Answer }> {
  let text = '';
  if (typeof body === 'string') text = body;
  else if (!(body instanceof Uint8Array)) for await (const piece of body) text += String(piece);
  const parsed: Answer = JSON.parse(text);
  return { status, body: parsed };
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
