// The picture of the service map: React Flow over nodes that were laid out beforehand. Dragging moves, the wheel zooms, a click opens.

import '@xyflow/react/dist/base.css';
import { Controls, MarkerType, MiniMap, ReactFlow, useReactFlow } from '@xyflow/react';
import type { EdgeTypes, NodeTypes } from '@xyflow/react';
import { useEffect, useMemo, useRef } from 'react';
import type { RefObject } from 'react';
import { largestOf } from '../../data/units.ts';
import { serviceColour } from '../../kit/colour.ts';
import { MapEdge } from './MapEdge.tsx';
import type { CallEdge } from './MapEdge.tsx';
import { MapNode } from './MapNode.tsx';
import type { ServiceNode } from './MapNode.tsx';
import { layoutOf } from './graph-layout.ts';
import type { Graph } from './service-graph.ts';
import type { Open } from './services-state.ts';
import css from './map.module.css';

const NODE_TYPES: NodeTypes = { service: MapNode };
const EDGE_TYPES: EdgeTypes = { call: MapEdge };
const NODE_SIZE = { width: 176, height: 46 };
/** Of many nodes only their names are drawn; a click or the pointer tells their figures. */
const COMPACT_SIZE = { width: 136, height: 26 };
const COMPACT_FROM = 50;
/** Two lines of figures. */
const LABEL_SIZE = { width: 104, height: 30 };
/** Of many edges those at what is chosen alone are labelled, so that less is kept free. */
const SPARSE_LABEL_SIZE = { width: 64, height: 16 };
/** Smaller, nobody reads a name: then the first picture is a part, and the small one shows where. */
const FIRST_ZOOM_LEAST = 0.6;
/** With more edges their labels cover each other: then only those at what is chosen have one. */
const LABELLED_EDGES_MAX = 40;
/** With more nodes a picture of the whole helps to find the way. */
const MINI_MAP_FROM = 30;

const FIT = { padding: 0.04, maxZoom: 1.1, minZoom: FIRST_ZOOM_LEAST };

interface MapPictureProps {
  readonly graph: Graph;
  readonly open: Open | undefined;
  readonly onOpen: (open: Open | undefined) => void;
}

export function MapPicture({ graph, open, onOpen }: MapPictureProps) {
  const moved = useRef(false);
  const many = graph.edges.length > LABELLED_EDGES_MAX;
  const compact = graph.nodes.length >= COMPACT_FROM;
  const size = compact ? COMPACT_SIZE : NODE_SIZE;
  // Places follow from who calls whom, so that new figures move nothing.
  const shape = JSON.stringify([graph.nodes.map(({ name }) => name).sort(), graph.edges.map(({ key }) => key).sort()]);
  // oxlint-disable-next-line react/exhaustive-deps -- the shape stands for the graph
  const { places, courses } = useMemo(() => layoutOf(graph, size, many ? SPARSE_LABEL_SIZE : LABEL_SIZE), [shape, size, many]);
  const busiest = useMemo(() => largestOf(graph.nodes.map(({ rate }) => rate)), [graph]);
  const near = useMemo(() => nearOf(graph, open), [graph, open]);
  const nodes = useMemo(
    () =>
      graph.nodes.map((node): ServiceNode => {
        const chosen = open?.kind === 'node' && open.name === node.name;
        const data = {
          node,
          busiest,
          compact,
          chosen,
          faint: near !== undefined && !near.has(node.name),
          onOpen: (name: string) => onOpen({ kind: 'node', name }),
        };
        return { id: node.name, type: 'service', position: places.get(node.name) ?? { x: 0, y: 0 }, data, ...size };
      }),
    [graph, open, near, places, busiest, size, compact, onOpen],
  );
  const edges = useMemo(() => {
    const most = largestOf(graph.edges.map(({ rate }) => rate));
    return graph.edges.map((edge): CallEdge => {
      const chosen = open?.kind === 'edge' && open.key === edge.key;
      const atChosen = open?.kind === 'node' && (edge.client === open.name || edge.server === open.name);
      return {
        id: edge.key,
        type: 'call',
        source: edge.client,
        target: edge.server,
        markerEnd: { type: MarkerType.ArrowClosed, width: 30, height: 30, markerUnits: 'userSpaceOnUse', color: 'var(--line-strong)' },
        data: {
          edge,
          busiest,
          course: courses.get(edge.key),
          width: 1 + 3.5 * Math.sqrt(edge.rate / most),
          labelled: !many || atChosen,
          chosen,
          faint: near !== undefined && !chosen && !atChosen,
          onOpen: (key: string) => onOpen({ kind: 'edge', key }),
        },
      };
    });
  }, [graph, open, near, courses, busiest, many, onOpen]);
  return (
    <div className={css.picture} role="group" aria-label="Service map; the view Calls has the same as a table">
      <ReactFlow
        key={shape}
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        fitView
        fitViewOptions={FIT}
        minZoom={0.1}
        maxZoom={2}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        onEdgeClick={(_, edge) => onOpen({ kind: 'edge', key: edge.id })}
        onPaneClick={() => onOpen(undefined)}
        onMoveStart={(event) => (moved.current = moved.current || event !== null)}
        proOptions={{ hideAttribution: false }}
      >
        <Refit key={String(open !== undefined)} moved={moved} />
        <Controls showInteractive={false} />
        {graph.nodes.length >= MINI_MAP_FROM && (
          <MiniMap pannable zoomable nodeColor={({ id }) => serviceColour(id)} ariaLabel="Small picture of the whole map" />
        )}
      </ReactFlow>
    </div>
  );
}

/** The picture fits its place again when the panel beside it opens or closes (this is then mounted anew), unless somebody chose what to see of it. */
function Refit({ moved }: { readonly moved: RefObject<boolean> }) {
  const { fitView } = useReactFlow();
  useEffect(() => {
    if (moved.current) return undefined;
    const timer = setTimeout(() => void fitView(FIT), 50);
    return () => clearTimeout(timer);
  }, [moved, fitView]);
  return null;
}

/** The names at what is chosen; all others stand back. */
function nearOf(graph: Graph, open: Open | undefined): ReadonlySet<string> | undefined {
  if (open === undefined) return undefined;
  const at = graph.edges.filter((edge) =>
    open.kind === 'edge' ? edge.key === open.key : edge.client === open.name || edge.server === open.name,
  );
  const names = new Set(at.flatMap(({ client, server }) => [client, server]));
  // What is chosen may be outside of what is drawn.
  return names.size === 0 ? undefined : names;
}
