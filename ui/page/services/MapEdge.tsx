// An edge of the service map: as wide as it is busy, red where requests fail, dashed over a queue or to a guess; its label opens it.

import { IconMail } from '@tabler/icons-react';
import { BaseEdge, EdgeLabelRenderer, getBezierPath } from '@xyflow/react';
import type { Edge as FlowEdge, EdgeProps } from '@xyflow/react';
import { quantityText } from '../../data/units.ts';
import { inTrouble, ratio } from './service-graph.ts';
import type { Edge } from './service-graph.ts';
import { PER_SECOND, RATIO, SECONDS } from './quantities.ts';
import css from './map.module.css';

export type CallEdge = FlowEdge<
  {
    readonly edge: Edge;
    /** Pixels. */
    readonly width: number;
    readonly labelled: boolean;
    readonly chosen: boolean;
    readonly faint: boolean;
    readonly onOpen: (key: string) => void;
  },
  'call'
>;

export function edgeText(edge: Edge): string {
  const failed = ratio(edge);
  return [
    quantityText(edge.rate, PER_SECOND),
    ...(failed ? [quantityText(failed, RATIO)] : []),
    ...(edge.p95 === undefined ? [] : [quantityText(edge.p95, SECONDS)]),
  ].join(' · ');
}

export function MapEdge(props: EdgeProps<CallEdge>) {
  const { data, id } = props;
  const [path, x, y] = props.source === props.target ? loopPath(props) : getBezierPath({ ...props, curvature: 0.3 });
  if (data === undefined) return null;
  const { edge, width, labelled, chosen, faint, onOpen } = data;
  return (
    <>
      <BaseEdge
        id={id}
        path={path}
        interactionWidth={16}
        className={css.edge ?? ''}
        style={{
          strokeWidth: width,
          stroke: chosen ? 'var(--accent)' : inTrouble(edge) ? 'var(--bad)' : 'var(--line-strong)',
          opacity: faint ? 0.15 : 0.75,
          ...(edge.connection === 'messaging'
            ? { strokeDasharray: '8 5' }
            : edge.connection === 'virtual'
              ? { strokeDasharray: '2 5' }
              : {}),
        }}
        {...(props.markerEnd === undefined ? {} : { markerEnd: props.markerEnd })}
      />
      {(labelled || chosen) && (
        <EdgeLabelRenderer>
          <button
            type="button"
            className={`${css.label} nodrag nopan`}
            data-bad={inTrouble(edge)}
            data-chosen={chosen}
            data-faint={faint}
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
            aria-label={`${edge.client} to ${edge.server}: ${edgeText(edge)}`}
            onClick={() => onOpen(edge.key)}
          >
            {edge.connection === 'messaging' && <IconMail size={12} aria-label="over a queue" />}
            {edgeText(edge)}
          </button>
        </EdgeLabelRenderer>
      )}
    </>
  );
}

/** A node that calls itself: a loop over it. */
function loopPath({ sourceX, sourceY, targetX, targetY }: EdgeProps<CallEdge>): readonly [string, number, number] {
  const top = Math.min(sourceY, targetY) - 52;
  const path = `M${sourceX} ${sourceY}C${sourceX + 48} ${top},${targetX - 48} ${top},${targetX} ${targetY}`;
  return [path, (sourceX + targetX) / 2, top + 14];
}
