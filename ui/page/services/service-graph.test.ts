// The service graph: what nodes are, what of them is shown, and in which words.

import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeCalls, edgesOfCalls } from './calls-in-spans.ts';
import { EDGES_MAX, NODES_MAX, callerText, edgesOf, found, graphOf, inTrouble, largest, neighbours, ratio } from './service-graph.ts';
import type { Edge } from './service-graph.ts';
import { callRates, durationQuantiles, edgeFigures, latencySeries, spanQuantiles, spanRates, spanSearch } from './service-queries.ts';

type Row = readonly [client: string, server: string, type: string, rate: number, failed?: number];

function edgesFrom(rows: readonly Row[]): readonly Edge[] {
  const series = (of: (row: Row) => number) =>
    rows.map((row) => {
      const [client, server, type] = row;
      return { labels: { client, server, ...(type === '' ? {} : { connection_type: type }) }, times: [1], values: [of(row)] };
    });
  return edgesOf({
    rate: series(([, , , rate]) => rate),
    failed: series(([, , , , failed = 0]) => failed),
    serverSeconds: series(([, , type]) => (type === 'virtual_node' ? 1e-30 : 0.2)),
    clientSeconds: series(() => 0.3),
  });
}

const SHOP: readonly Row[] = [
  ['user', 'front', 'virtual_node', 10],
  ['front', 'cart', '', 8, 2],
  ['cart', 'redis', 'database', 8],
  ['front', 'mailer', 'messaging_system', 1],
  ['cart', 'bank.example', 'virtual_node', 0.5],
  ['idle', 'cart', '', 0],
];

test('edges with requests, the busiest first; a side that saw nothing is not asked how long it took', () => {
  const edges = edgesFrom(SHOP);
  assert.deepEqual(
    edges.map(({ client, server, connection, p95 }) => [client, server, connection, p95]),
    [
      ['user', 'front', 'virtual', 0.3],
      ['cart', 'redis', 'database', 0.2],
      ['front', 'cart', 'services', 0.2],
      ['front', 'mailer', 'messaging', 0.2],
      ['cart', 'bank.example', 'virtual', 0.3],
    ],
  );
});

test('nodes are services, databases, callers from outside, and those that send no spans', () => {
  const { nodes } = graphOf(edgesFrom(SHOP), new Set());
  assert.deepEqual(Object.fromEntries(nodes.map(({ name, kind }) => [name, kind])), {
    user: 'user',
    front: 'service',
    cart: 'service',
    redis: 'database',
    mailer: 'service',
    'bank.example': 'external',
  });
  const cart = nodes.find(({ name }) => name === 'cart');
  assert.deepEqual([cart?.rate, cart?.failed, cart && ratio(cart), cart && inTrouble(cart)], [8, 2, 0.25, true]);
  const known = graphOf(edgesFrom([['a', 'b', 'virtual_node', 1]]), new Set(['b']));
  assert.equal(known.nodes.find(({ name }) => name === 'b')?.kind, 'service');
});

test('neighbours, and what is found with its neighbours', () => {
  const graph = graphOf(edgesFrom(SHOP), new Set());
  const names = (g: typeof graph): string =>
    g.nodes
      .map(({ name }) => name)
      .toSorted()
      .join(' ');
  assert.equal(names(neighbours(graph, 'cart')), 'bank.example cart front redis');
  assert.equal(names(found(graph, 'MAIL')), 'front mailer');
  assert.equal(found(graph, ' '), graph);
  assert.equal(found(graph, 'nobody').nodes.length, 0);
});

test('of many nodes the busiest and those in trouble are drawn, and the others counted', () => {
  const rows = Array.from({ length: 200 }, (_, i): Row => ['hub', `s${i}`, '', 200 - i, i === 199 ? 1 : 0]);
  const graph = graphOf(edgesFrom(rows), new Set());
  const drawn = largest(graph);
  assert.equal(drawn.graph.nodes.length, NODES_MAX);
  assert.equal(drawn.nodesLeftOut, 201 - NODES_MAX);
  assert.ok(drawn.graph.nodes.some(({ name }) => name === 's199'));
  assert.ok(drawn.graph.edges.length <= EDGES_MAX);
  assert.equal(largest(graphOf(edgesFrom(SHOP), new Set())).nodesLeftOut, 0);
});

test('callers in words', () => {
  const at = (server: string): string => callerText(edgesFrom(SHOP).filter((edge) => edge.server === server));
  assert.equal(at('front'), 'users');
  assert.equal(at('cart'), '1 service');
  assert.equal(at('mailer'), '1 queue');
  assert.equal(at('nobody'), '');
});

test('calls as the spans tell them know nothing of errors', () => {
  const calls = decodeCalls({
    data: [
      { parent: 'a', child: 'b', callCount: 30 },
      { parent: 'b', child: 'c', callCount: 0 },
    ],
  });
  const [edge, ...others] = edgesOfCalls(calls, 60);
  assert.deepEqual([edge?.rate, edge?.failed, edge && ratio(edge), others.length], [0.5, undefined, undefined, 0]);
  assert.equal(graphOf(edge ? [edge] : [], new Set()).nodes[1]?.failed, undefined);
  assert.throws(() => decodeCalls({}), /expected data/);
});

test('queries quote what they name', () => {
  assert.equal(
    callRates({ service: 'a"b', operation: 'GET', kind: 'server' }, 60_000, []),
    'sum by (service, span_kind, status_code) (rate(traces_spanmetrics_calls_total{service="a\\"b",span_kind="SPAN_KIND_SERVER",span_name="GET"}[60s]))',
  );
  assert.match(durationQuantiles({}, 60_000, ['service'], 'classic'), /sum by \(service, le\) \(rate\(traces_spanmetrics_latency_bucket\{/);
  assert.match(durationQuantiles({}, 60_000, ['service'], 'native'), /unless on \(service\)/);
  assert.match(latencySeries({ service: 's' }, false), /^\{__name__=~"traces_spanmetrics_latency\(_bucket\)\?",service="s"\}$/);
  assert.match(edgeFigures('failed', 'x', 60_000, 'native'), /client="x".* or .*server="x"/);
  assert.equal(spanRates({ services: [], entry: false }, []), '{ } | rate() by (resource.service.name, kind, status)');
  assert.equal(
    spanQuantiles({ services: ['a', 'b'], entry: true }, []),
    '{ (resource.service.name = "a" || resource.service.name = "b") && (kind = server || kind = consumer) } | quantile_over_time(duration, 0.5, 0.95, 0.99) by (resource.service.name)',
  );
  assert.equal(
    spanSearch({ service: 'a', operation: 'GET "x"', kind: 'client' }, 'status = error'),
    '{ resource.service.name = "a" && name = "GET \\"x\\"" && kind = client && status = error }',
  );
  assert.doesNotMatch(spanRates({ services: Array.from({ length: 50 }, (_, i) => `s${i}`), entry: false }, []), /service\.name =/);
});
