// Where the nodes of the service map stand: callers at the left, whom they call at the right. Loaded with the map.

import { Graph as DagreGraph, layout } from '@dagrejs/dagre';
import type { Graph } from './service-graph.ts';

export interface Place {
  /** The upper left corner. */
  readonly x: number;
  readonly y: number;
}

export interface NodeSize {
  readonly width: number;
  readonly height: number;
}

/** Places by name. `labelWidth` is kept free on every edge. */
export function placesOf(graph: Graph, size: NodeSize, labelWidth: number): ReadonlyMap<string, Place> {
  const drawing = new DagreGraph({ multigraph: false });
  drawing.setGraph({ rankdir: 'LR', nodesep: size.height / 2.5, ranksep: 28, edgesep: 12, ranker: 'network-simplex' });
  drawing.setDefaultEdgeLabel(() => ({}));
  // The order decides where equals stand: by name, so that a refresh moves nothing.
  const names = graph.nodes.map(({ name }) => name).sort();
  for (const name of names) drawing.setNode(name, { ...size });
  for (const { client, server } of [...graph.edges].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    if (client !== server) drawing.setEdge(client, server, { width: labelWidth, height: 16 });
  }
  layout(drawing);
  return new Map(
    names.map((name) => {
      const { x = 0, y = 0 } = drawing.node(name);
      return [name, { x: x - size.width / 2, y: y - size.height / 2 }];
    }),
  );
}
