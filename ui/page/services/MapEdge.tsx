// An edge of the service map: as wide as it is busy, red where requests fail, dashed over a queue or to a guess; its label opens it.

import { IconMail } from '@tabler/icons-react';
import { BaseEdge, EdgeLabelRenderer } from '@xyflow/react';
import type { Edge as FlowEdge, EdgeProps } from '@xyflow/react';
import { loopPath, smoothPath } from './graph-layout.ts';
import type { Course } from './graph-layout.ts';
import { inTrouble, ratio } from './service-graph.ts';
import type { Edge } from './service-graph.ts';
import { PER_SECOND, RATIO, SECONDS, shortText } from './quantities.ts';
import css from './map.module.css';

export type CallEdge = FlowEdge<
  {
    readonly edge: Edge;
    /** The greatest rate of the map. */
    readonly busiest: number;
    readonly course: Course | undefined;
    /** Pixels. */
    readonly width: number;
    readonly labelled: boolean;
    readonly chosen: boolean;
    readonly faint: boolean;
    readonly onOpen: (key: string) => void;
  },
  'call'
>;

/** What is told in two lines: how often, and how that went. */
function edgeTexts(edge: Edge, busiest: number): readonly [string, string] {
  const failed = ratio(edge);
  const went = [...(failed ? [shortText(failed, RATIO)] : []), ...(edge.p95 === undefined ? [] : [shortText(edge.p95, SECONDS)])];
  return [shortText(edge.rate, PER_SECOND, busiest), went.join(' · ')];
}

export function MapEdge({ data, id, source, target, markerEnd }: EdgeProps<CallEdge>) {
  if (data?.course === undefined) return null;
  const { edge, busiest, course, width, labelled, chosen, faint, onOpen } = data;
  const { points, label } = course;
  const [rate, went] = edgeTexts(edge, busiest);
  return (
    <>
      <BaseEdge
        id={id}
        path={source === target ? loopPath(points) : smoothPath(points)}
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
        {...(markerEnd === undefined ? {} : { markerEnd })}
      />
      {(labelled || chosen) && (
        <EdgeLabelRenderer>
          <button
            type="button"
            className={`${css.label} nodrag nopan`}
            data-bad={inTrouble(edge)}
            data-chosen={chosen}
            data-faint={faint}
            style={{ transform: `translate(-50%, -50%) translate(${label.x}px, ${label.y}px)` }}
            aria-label={`${edge.client} to ${edge.server}: ${rate}${went === '' ? '' : ` · ${went}`}`}
            onClick={() => onOpen(edge.key)}
          >
            <span>
              {edge.connection === 'messaging' && <IconMail size={12} aria-label="over a queue" />}
              {rate}
            </span>
            <span>{went}</span>
          </button>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
