// A node of the service map: what it is, its name in its colour, its figures, and a bar that shows the part of its requests that failed.

import { IconDatabase, IconQuestionMark, IconServer2, IconUser } from '@tabler/icons-react';
import { Handle, Position } from '@xyflow/react';
import type { Node, NodeProps } from '@xyflow/react';
import { quantityText } from '../../data/units.ts';
import { serviceColour } from '../../kit/colour.ts';
import { ratio } from './service-graph.ts';
import type { GraphNode, NodeKind } from './service-graph.ts';
import { PER_SECOND, RATIO, SECONDS, shortText } from './quantities.ts';
import css from './map.module.css';

export const KIND_TITLES: Readonly<Record<NodeKind, string>> = {
  service: 'Service',
  database: 'Database',
  external: 'Sends no spans',
  user: 'Callers from outside',
};

const ICONS = { service: IconServer2, database: IconDatabase, external: IconQuestionMark, user: IconUser } as const;

export type ServiceNode = Node<
  {
    readonly node: GraphNode;
    /** The greatest rate of the map. */
    readonly busiest: number;
    /** Without figures. */
    readonly compact: boolean;
    readonly chosen: boolean;
    readonly faint: boolean;
    readonly onOpen: (name: string) => void;
  },
  'service'
>;

export function MapNode({ data: { node, busiest, compact, chosen, faint, onOpen } }: NodeProps<ServiceNode>) {
  const Icon = ICONS[node.kind];
  const failed = ratio(node);
  const figures = `${quantityText(node.rate, PER_SECOND)}, ${quantityText(failed, RATIO)} errors, p95 ${quantityText(node.p95, SECONDS)}`;
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} className={css.handle} />
      <button
        type="button"
        className={`${css.node} nopan`}
        data-kind={node.kind}
        data-compact={compact}
        data-chosen={chosen}
        data-faint={faint}
        style={{ borderLeftColor: node.kind === 'service' ? serviceColour(node.name) : undefined }}
        title={`${node.name}: ${KIND_TITLES[node.kind].toLowerCase()}\n${figures}`}
        aria-label={`${node.name}, ${KIND_TITLES[node.kind].toLowerCase()}, ${figures}`}
        onClick={() => onOpen(node.name)}
      >
        <span className={css.name}>
          <Icon size={14} aria-hidden />
          <b>{node.name}</b>
        </span>
        {!compact && (
          <span className={css.figures}>
            {shortText(node.rate, PER_SECOND, busiest)}
            <em data-bad={(failed ?? 0) > 0}>{shortText(failed, RATIO)}</em>
            {shortText(node.p95, SECONDS)}
          </span>
        )}
        <span className={css.share} aria-hidden>
          <i style={{ width: failed ? `max(3px, ${failed * 100}%)` : 0 }} />
        </span>
      </button>
      <Handle type="source" position={Position.Right} isConnectable={false} className={css.handle} />
    </>
  );
}
