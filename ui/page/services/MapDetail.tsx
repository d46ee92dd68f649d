// The panel beside the map: the figures of a node or an edge, and the links to its traces, logs and metrics.

import type { ReactNode } from 'react';
import { quantityText } from '../../data/units.ts';
import { Button } from '../../kit/Controls.tsx';
import { SidePanel, useEscape } from '../../kit/SidePanel.tsx';
import { CONNECTION_TITLES } from './CallsTable.tsx';
import { KIND_TITLES } from './MapNode.tsx';
import { LinkList } from './LinkList.tsx';
import { ServiceLink } from './ServiceLink.tsx';
import { PER_SECOND, RATIO, SECONDS } from './quantities.ts';
import { CONNECTION_TYPES, ratio } from './service-graph.ts';
import type { Edge, Graph, GraphNode } from './service-graph.ts';
import type { Open, ServicesEvent } from './services-state.ts';
import css from './services.module.css';

interface MapDetailProps {
  readonly graph: Graph;
  readonly open: Open;
  /** The node around which the map is narrowed already. */
  readonly around: string;
  readonly onEvent: (event: ServicesEvent) => void;
}

export function MapDetail({ graph, open, around, onEvent }: MapDetailProps) {
  const onClose = (): void => onEvent({ kind: 'opened', open: undefined });
  useEscape(onClose);
  const node = open.kind === 'node' ? graph.nodes.find(({ name }) => name === open.name) : undefined;
  const edge = open.kind === 'edge' ? graph.edges.find(({ key }) => key === open.key) : undefined;
  if (node) return <NodeDetail node={node} edges={graph.edges} around={around} onEvent={onEvent} onClose={onClose} />;
  if (edge) return <EdgeDetail edge={edge} onClose={onClose} />;
  return (
    <Panel title={open.kind === 'node' ? open.name : 'This call'} onClose={onClose}>
      <p>It is not there in this time range.</p>
    </Panel>
  );
}

interface PanelProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

function Panel({ title, onClose, children }: PanelProps) {
  return (
    <SidePanel label={title} head={<h2>{title}</h2>} className={css.panel} onClose={onClose}>
      {children}
    </SidePanel>
  );
}

function Figures({ of }: { readonly of: Pick<Edge, 'rate' | 'failed' | 'p95'> }) {
  const failed = ratio(of);
  return (
    <dl className={css.figures}>
      <div>
        <dt>Requests</dt>
        <dd title={String(of.rate)}>{quantityText(of.rate, PER_SECOND)}</dd>
      </div>
      <div>
        <dt>Errors</dt>
        <dd data-bad={(failed ?? 0) > 0} title={String(failed ?? 'not known')}>
          {quantityText(failed, RATIO)}
        </dd>
      </div>
      <div>
        <dt>p95</dt>
        <dd title={String(of.p95 ?? 'not known')}>{quantityText(of.p95, SECONDS)}</dd>
      </div>
    </dl>
  );
}

interface NodeDetailProps {
  readonly node: GraphNode;
  readonly edges: readonly Edge[];
  readonly around: string;
  readonly onEvent: (event: ServicesEvent) => void;
  readonly onClose: () => void;
}

function NodeDetail({ node, edges, around, onEvent, onClose }: NodeDetailProps) {
  const inward = edges.filter(({ server }) => server === node.name);
  const outward = edges.filter(({ client }) => client === node.name);
  const peers = (title: string, list: readonly Edge[], side: 'client' | 'server'): ReactNode =>
    list.length > 0 && (
      <section>
        <h3>{title}</h3>
        <ul className={css.peers}>
          {list.map((edge) => (
            <li key={edge.key}>
              <button type="button" onClick={() => onEvent({ kind: 'opened', open: { kind: 'edge', key: edge.key } })}>
                {edge[side]}
              </button>
              <span data-bad={(edge.failed ?? 0) > 0}>{quantityText(edge.rate, PER_SECOND)}</span>
            </li>
          ))}
        </ul>
      </section>
    );
  return (
    <Panel title={node.name} onClose={onClose}>
      <p>{KIND_TITLES[node.kind]}</p>
      <Figures of={node} />
      <div className={css.actions}>
        {node.kind === 'service' && <ServiceLink name={node.name} />}
        {around !== node.name && <Button onClick={() => onEvent({ kind: 'around chosen', around: node.name })}>Only its neighbours</Button>}
      </div>
      {node.kind === 'service' && <LinkList own title="From here" subject={{ service: node.name }} />}
      {peers(`Called by ${inward.length}`, inward, 'client')}
      {peers(`Calls ${outward.length}`, outward, 'server')}
    </Panel>
  );
}

function EdgeDetail({ edge, onClose }: { readonly edge: Edge; readonly onClose: () => void }) {
  const { client, server, connection } = edge;
  // A guessed caller has no spans of its own: what leads on is the service that it calls.
  const guessed = connection === 'virtual' && client === 'user';
  return (
    <Panel title={`${client} → ${server}`} onClose={onClose}>
      <p>{CONNECTION_TITLES[connection]}</p>
      <Figures of={edge} />
      <LinkList
        title="From here"
        subject={guessed ? { service: server } : { service: client, server, attributes: { connection_type: CONNECTION_TYPES[connection] } }}
      />
    </Panel>
  );
}
