// Requests of the service graph, each in both orders of its spans; halves that come late or find no room.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelValue } from '../../query/labels.ts';
import { graphLimits, service, source, type SpanWords, TestProgram } from './test-program.ts';

const client: SpanWords = { id: 1, kind: 'client', ms: 30, source: service('front') };
const server: SpanWords = { id: 2, parent: 1, kind: 'server', ms: 20, source: service('back') };
const producer: SpanWords = { id: 1, kind: 'producer', at: 0, ms: 10, source: service('front') };
const consumer: SpanWords = { id: 2, parent: 1, kind: 'consumer', at: 250, ms: 5, source: service('back') };

type Settings = Parameters<typeof graphLimits>[0];

/** The edges after all waiting is over, as `client → server (type) requests/failed server-seconds client-seconds [messaging-seconds]`; then what was left. */
async function graph(spans: readonly SpanWords[], settings: Settings = {}): Promise<string[]> {
  const program = new TestProgram(graphLimits(settings));
  for (const words of spans) program.take(words);
  program.nowMs += 11_000;
  return edges(program);
}

async function edges(program: TestProgram): Promise<string[]> {
  const lines: string[] = [];
  const values = new Map(
    (await program.values(/service_graph/)).map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]),
  );
  for (const [series, n] of values) {
    const labels = parse(series);
    const of = (name: string): string | undefined => values.get(series.replace('request_total', name));
    const ends = `${labelValue(labels, 'client')} → ${labelValue(labels, 'server')}`;
    const type = labelValue(labels, 'connection_type');
    const messaging = of('request_messaging_system_seconds_sum');
    if (series.includes('_request_total')) {
      const seconds = `${of('request_server_seconds_sum')} ${of('request_client_seconds_sum')}`;
      lines.push(
        `${ends}${type === '' ? '' : ` (${type})`} ${n}/${of('request_failed_total') ?? 0} ${seconds}${messaging === undefined ? '' : ` [${messaging}]`}`,
      );
    }
    const left = /(unpaired|dropped)_spans_total/.exec(series)?.[1];
    if (left !== undefined) lines.push(`${left}: ${ends} ${n}`);
  }
  return lines.sort();
}

function parse(series: string): string[] {
  return [...series.matchAll(/(\w+)="([^"]*)"/g)].flatMap(([, name = '', value = '']) => [name, value]);
}

const cases: readonly (readonly [title: string, spans: readonly SpanWords[], expected: readonly string[], settings?: Settings])[] = [
  ['both sides', [client, server], ['front → back 1/0 0.02 0.03']],
  ['a side that failed', [client, { ...server, status: 2 }], ['front → back 1/1 0.02 0.03']],
  ['a message', [producer, consumer], ['front → back (messaging_system) 1/0 0.005 0.01 [0.24]']],
  ['a message between clocks that differ', [producer, { ...consumer, at: 5 }], ['front → back (messaging_system) 1/0 0.005 0.01']],
  ['another trace', [client, { ...server, trace: 2 }], ['unpaired:  → back 1', 'unpaired: front →  1']],
  [
    'internal spans',
    [
      { ...client, kind: 'internal' },
      { ...server, kind: 'internal' },
    ],
    [],
  ],
  ['a source without a name', [{ ...client, source: source({}) }, server], ['unpaired:  → back 1']],
  ['one request, two servers', [client, server, { ...server, id: 3 }], ['front → back 1/0 0.02 0.03', 'unpaired:  → back 1']],
  ['sides that share an id', [client, { ...server, id: 1, parent: undefined, shared: true }], ['front → back 1/0 0.02 0.03']],
  [
    'sides that share an id, and a parent',
    [
      { ...client, parent: 9 },
      { ...server, id: 1, parent: 9, shared: true },
    ],
    ['front → back 1/0 0.02 0.03'],
  ],
  [
    'a chain of shared ids',
    [
      client,
      { ...server, id: 1, parent: undefined, shared: true },
      { ...client, id: 2, parent: 1, source: service('back') },
      { ...server, id: 2, parent: 1, shared: true, source: service('store') },
    ],
    ['back → store 1/0 0.02 0.03', 'front → back 1/0 0.02 0.03'],
  ],
  ['a shared id whose client does not come', [{ ...server, id: 1, parent: undefined, shared: true }], ['unpaired:  → back 1']],
  [
    'an id that two spans of a service have',
    [
      { ...client, source: service('back') },
      { ...server, id: 1, parent: 9 },
    ],
    ['unpaired:  → back 1', 'unpaired: back →  1'],
  ],
  ['a root server', [{ ...server, parent: undefined }], ['user → back (virtual_node) 1/0 0.02 0']],
  [
    'a root server that names who asks, and itself',
    [{ ...server, parent: undefined, attributes: { 'server.address': 'me', 'peer.service': 'app' } }],
    ['app → back (virtual_node) 1/0 0.02 0'],
  ],
  [
    'two roots of one trace',
    [
      { ...server, parent: undefined },
      { ...server, id: 9, parent: undefined },
    ],
    ['user → back (virtual_node) 2/0 0.04 0'],
  ],
  [
    'a peer without spans',
    [{ ...client, attributes: { 'server.address': 'pay.example', 'peer.service': 'pay' } }],
    ['front → pay (virtual_node) 1/0 0 0.03'],
  ],
  ['a peer with spans', [{ ...client, attributes: { 'peer.service': 'pay' } }, server], ['front → back 1/0 0.02 0.03']],
  [
    'no attribute of a peer counts',
    [{ ...client, attributes: { 'peer.service': 'pay' } }],
    ['unpaired: front →  1'],
    { peerAttributes: [] },
  ],
  // Databases: what names them best.
  ...(
    [
      [{ 'db.system': 'postgresql' }, 'postgresql'],
      [{ 'db.system.name': 'mysql', 'db.system': 'other' }, 'mysql'],
      [{ 'db.system': 'postgresql', 'db.name': 'orders' }, 'orders'],
      [{ 'db.namespace': 'shop', 'db.name': 'orders' }, 'shop'],
      [{ 'db.name': 'orders', 'server.address': 'db-1' }, 'db-1'],
      [{ 'db.name': 'orders', 'server.address': 'db-1', 'peer.service': 'main-db' }, 'main-db'],
      [{ 'db.name': 'orders', 'network.peer.address': '10.0.0.1' }, '10.0.0.1'],
      [{ 'db.name': 'orders', 'network.peer.address': '10.0.0.1', 'network.peer.port': 5432n }, '10.0.0.1:5432'],
    ] as const
  ).map(([attributes, name]): readonly [string, readonly SpanWords[], readonly string[]] => [
    `the database ${name}`,
    [{ ...client, attributes, status: 2 }],
    [`front → ${name} (database) 1/1 0.03 0.03`],
  ]),
  [
    'a database of a resource',
    [{ ...client, source: source({ 'service.name': 'front', 'db.name': 'd' }) }],
    ['front → d (database) 1/0 0.03 0.03'],
  ],
  ['a database without a name', [{ ...client, attributes: { 'db.name': '' } }], ['unpaired: front →  1']],
];

for (const [title, spans, expected, settings] of cases) {
  test(`the graph of ${title}`, async () => {
    assert.deepEqual(await graph(spans, settings), expected);
    assert.deepEqual(await graph(spans.toReversed(), settings), expected);
  });
}

test('a chain of shared ids comes in any order', async () => {
  const chain = cases.find(([title]) => title === 'a chain of shared ids');
  assert.ok(chain);
  const [, spans, expected] = chain;
  for (const order of orders(spans)) assert.deepEqual(await graph(order), expected);
});

function orders(spans: readonly SpanWords[]): readonly (readonly SpanWords[])[] {
  if (spans.length === 0) return [[]];
  return spans.flatMap((first) => orders(spans.filter((each) => each !== first)).map((rest) => [first, ...rest]));
}

test('a client that waits under the id of a server of another service is its client, whether the server says so or not', async () => {
  for (const parent of [undefined, 9])
    assert.deepEqual(await graph([client, { ...server, id: 1, parent }]), ['front → back 1/0 0.02 0.03']);
});

test('a half that comes too late is without a pair', async () => {
  const program = new TestProgram(graphLimits());
  program.take(client);
  program.nowMs += 9000;
  program.take(server, { ...client, trace: 2 });
  program.nowMs += 11_000;
  program.take({ ...server, trace: 2 });
  program.nowMs += 11_000;
  assert.deepEqual(await edges(program), ['front → back 1/0 0.02 0.03', 'unpaired:  → back 1', 'unpaired: front →  1']);
  assert.deepEqual(program.own(/unpaired|waiting/), [
    'sightline_span_metrics_skipped_spans_total{tenant="t",processor="service_graph",reason="unpaired"} 2',
    'sightline_service_graph_waiting_requests{tenant="t"} 0',
  ]);
});

test('where all places to wait are taken, spans that would wait are dropped', async () => {
  const program = new TestProgram(graphLimits({ waitingMax: 2 }));
  for (let trace = 0; trace < 5; trace++) program.take({ ...client, trace });
  assert.deepEqual(program.own(/waiting_requests/), ['sightline_service_graph_waiting_requests{tenant="t"} 2']);
  program.take(
    { ...server, trace: 0 },
    { ...server, trace: 1 },
    { ...server, trace: 4 },
    { ...client, trace: 9, attributes: { 'db.name': 'd' } },
  );
  program.nowMs += 11_000;
  assert.deepEqual(await edges(program), [
    'dropped: front →  3',
    'front → back 2/0 0.04 0.06',
    'front → d (database) 1/0 0.03 0.03',
    'unpaired:  → back 1',
  ]);
});

test('dimensions are those of each side, and above the bound an edge is one of the rest', async () => {
  const program = new TestProgram(graphLimits({ dimensions: ['k8s.ns'], seriesMax: 1 }));
  const ns = (name: string): SpanWords['attributes'] => ({ 'k8s.ns': name });
  program.take({ ...client, attributes: ns('a') }, { ...server, attributes: ns('b') });
  program.take({ ...client, attributes: ns('a') }, { ...server, attributes: ns('b') });
  program.take({ ...client, attributes: ns('a') }, server);
  assert.deepEqual(await program.values(/request_total/), [
    'traces_service_graph_request_total{client="front", client_k8s_ns="a", server="back", server_k8s_ns="b"} 2',
    'traces_service_graph_request_total{metric_overflow="true"} 1',
  ]);
});
