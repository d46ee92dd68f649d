// Where the nodes of the service map stand and how its edges run: callers at the left, whom they call at the right. Loaded with the map.
//
//   caller ──╮                        ╭──▶ called        A label has a place of its own on its edge, which no node and no other label takes;
//            ╰── label ── passes by ──╯                   an edge over several columns passes between their nodes.

import { Graph as DagreGraph, layout } from '@dagrejs/dagre';
import type { Graph } from './service-graph.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Course {
  /** From the border of the caller to the border of the called; of a node that calls itself from its lower border and back. */
  readonly points: readonly Point[];
  /** The middle of its label. */
  readonly label: Point;
}

export interface Layout {
  /** Upper left corners by name. */
  readonly places: ReadonlyMap<string, Point>;
  readonly courses: ReadonlyMap<string, Course>;
}

/** Pixels between two labels above each other. */
const LABEL_GAP = 14;

export function layoutOf(graph: Graph, node: Size, label: Size): Layout {
  const drawing = new DagreGraph({ multigraph: true });
  drawing.setGraph({ rankdir: 'LR', nodesep: node.height / 2.5, ranksep: 36, edgesep: LABEL_GAP, ranker: 'network-simplex' });
  // The order decides where equals stand: by name, so that a refresh moves nothing.
  const names = graph.nodes.map(({ name }) => name).sort();
  for (const name of names) drawing.setNode(name, { ...node });
  const edges = [...graph.edges].sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { client, server, key } of edges) drawing.setEdge(client, server, { ...label, labelpos: 'c' }, key);
  layout(drawing);
  const middle = (name: string): Point => pointOf(drawing.node(name));
  return {
    places: new Map(names.map((name) => [name, { x: middle(name).x - node.width / 2, y: middle(name).y - node.height / 2 }])),
    courses: new Map(
      edges.map(({ client, server, key }) => {
        const { points = [], ...at } = drawing.edge(client, server, key);
        const course: Course = { points: points.map(pointOf), label: pointOf(at) };
        return [
          key,
          client === server ? loop(course.label, middle(client), node) : between(course, [middle(client), middle(server)], node),
        ];
      }),
    ),
  };
}

function pointOf({ x = 0, y = 0 }: { readonly x?: number; readonly y?: number }): Point {
  return { x, y };
}

/** Edges leave and reach a node in the middle of a side; against the direction of the picture in the middle of the other one. */
function between({ points, label }: Course, [from, to]: readonly [Point, Point], { width }: Size): Course {
  const side = (to.x >= from.x ? width : -width) / 2;
  return { points: [{ x: from.x + side, y: from.y }, ...points.slice(1, -1), { x: to.x - side, y: to.y }], label };
}

/** A node that calls itself: a pocket beneath it, at whose bottom the label stands. */
function loop(label: Point, { x, y }: Point, { width, height }: Size): Course {
  const border = y + height / 2;
  const depth = Math.max(LABEL_GAP, label.y - border);
  const at = (share: number, down: number): Point => ({ x: x + share * width, y: border + down });
  return { points: [at(0.3, 0), at(0.3, depth), at(-0.3, depth), at(-0.3, 0)], label: { x, y: border + depth } };
}

/** An SVG path through the points that never overshoots them (Fritsch and Carlson's monotone cubic, as d3's curveMonotoneX). */
export function smoothPath(points: readonly Point[]): string {
  const slope = (i: number): number => {
    const [before, at, after] = [points[i - 1], points[i], points[i + 1]];
    // Ends leave a node straight.
    if (!before || !at || !after) return 0;
    const [left, right] = [(at.y - before.y) / (at.x - before.x), (after.y - at.y) / (after.x - at.x)];
    return left * right > 0 ? (2 * left * right) / (left + right) : 0;
  };
  const parts = points.slice(1).map((to, i) => {
    const from = points[i] ?? to;
    const third = (to.x - from.x) / 3;
    return `C${from.x + third} ${from.y + third * slope(i)},${to.x - third} ${to.y - third * slope(i + 1)},${to.x} ${to.y}`;
  });
  return `M${points[0]?.x ?? 0} ${points[0]?.y ?? 0}${parts.join('')}`;
}

/** The path of a loop: its corners are round. */
export function loopPath([start, right, left, end]: readonly Point[]): string {
  if (!start || !right || !left || !end) return '';
  return `M${start.x} ${start.y}C${right.x} ${right.y + 8},${left.x} ${left.y + 8},${end.x} ${end.y}`;
}
