// The layout of the service map: no label covers another one or a node, no edge runs through a node, and figures move nothing.

import assert from 'node:assert/strict';
import test from 'node:test';
import { layoutOf, loopPath, smoothPath } from './graph-layout.ts';
import type { Point, Size } from './graph-layout.ts';
import { edgeKey, graphOf } from './service-graph.ts';
import type { Connection, Edge, Graph } from './service-graph.ts';

const NODE: Size = { width: 176, height: 46 };
const LABEL: Size = { width: 104, height: 30 };

function graph(calls: readonly (readonly [string, string, Connection?])[], rate = 1): Graph {
  const edges = calls.map(([client, server, connection = 'services']): Edge => {
    const id = { client, server, connection };
    return { ...id, key: edgeKey(id), rate, failed: 0, p95: rate };
  });
  return graphOf(edges, new Set());
}

/** Twelve services in three layers, some calls over two of them, one back, one to itself, and two ways between one pair. */
const SHOP = graph([
  ['user', 'web', 'virtual'],
  ['user', 'app', 'virtual'],
  ['web', 'gateway'],
  ['app', 'gateway'],
  ['app', 'search'],
  ['gateway', 'search'],
  ['gateway', 'cart'],
  ['gateway', 'orders'],
  ['gateway', 'users'],
  ['orders', 'users'],
  ['orders', 'mail', 'messaging'],
  ['orders', 'mail'],
  ['orders', 'stock'],
  ['cart', 'stock'],
  ['mail', 'orders'],
  ['stock', 'stock'],
  ['stock', 'postgres', 'database'],
  ['users', 'postgres', 'database'],
  ['search', 'stock'],
]);

interface Box extends Size {
  readonly name: string;
  readonly middle: Point;
}

const overlap = (a: Box, b: Box): boolean =>
  Math.abs(a.middle.x - b.middle.x) < (a.width + b.width) / 2 && Math.abs(a.middle.y - b.middle.y) < (a.height + b.height) / 2;

test('labels and nodes have places of their own', () => {
  const { places, courses } = layoutOf(SHOP, NODE, LABEL);
  const nodes = [...places].map(([name, { x, y }]): Box => ({ name, middle: { x: x + NODE.width / 2, y: y + NODE.height / 2 }, ...NODE }));
  const labels = [...courses].map(([name, { label }]): Box => ({ name, middle: label, ...LABEL }));
  const boxes = [...nodes, ...labels];
  const covered = boxes.flatMap((a, i) => boxes.slice(i + 1).flatMap((b) => (overlap(a, b) ? [`${a.name} and ${b.name}`] : [])));
  assert.deepEqual(covered, []);
  assert.equal(labels.length, SHOP.edges.length);
});

test('an edge begins and ends at its nodes and passes between the others', () => {
  const { places, courses } = layoutOf(SHOP, NODE, LABEL);
  for (const { client, server, key } of SHOP.edges) {
    const points = courses.get(key)?.points ?? [];
    for (const [name, at] of [
      [client, points[0]],
      [server, points.at(-1)],
    ] as const) {
      const { x = 0, y = 0 } = places.get(name) ?? {};
      assert.ok(at && at.x >= x && at.x <= x + NODE.width && at.y >= y && at.y <= y + NODE.height, `${key} at ${name}`);
    }
    for (const [name, { x, y }] of places) {
      const inside = points.slice(1, -1).filter((p) => p.x > x && p.x < x + NODE.width && p.y > y && p.y < y + NODE.height);
      assert.deepEqual(inside, [], `${key} through ${name}`);
    }
  }
});

test('new figures move nothing', () => {
  const calls = SHOP.edges.map(({ client, server, connection }) => [client, server, connection] as const);
  assert.deepEqual(layoutOf(graph(calls.toReversed(), 7), NODE, LABEL), layoutOf(SHOP, NODE, LABEL));
});

test('paths', () => {
  const at = (x: number, y: number): Point => ({ x, y });
  // Up and down again: flat at the top.
  assert.equal(smoothPath([at(0, 0), at(30, 9), at(60, 0)]), 'M0 0C10 0,20 9,30 9C40 9,50 0,60 0');
  // On the way through it has the slope of both sides.
  assert.equal(smoothPath([at(0, 0), at(30, 30), at(60, 60)]), 'M0 0C10 0,20 20,30 30C40 40,50 60,60 60');
  // Against the direction of the picture.
  assert.equal(smoothPath([at(30, 0), at(0, 6)]), 'M30 0C20 0,10 6,0 6');
  assert.equal(smoothPath([]), 'M0 0');
  assert.equal(loopPath([at(9, 0), at(9, 20), at(1, 20), at(1, 0)]), 'M9 0C9 28,1 28,1 0');
});
