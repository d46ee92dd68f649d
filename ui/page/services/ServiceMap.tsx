// The service map: a picture of who calls whom, or the table behind it, and beside them the panel of what is chosen. Loaded when it is asked for.

import { useMemo } from 'react';
import { useLive } from '../../data/Live.tsx';
import { useAnswer } from '../../data/use-answer.ts';
import { Button } from '../../kit/Controls.tsx';
import { Empty, Failed, Notices, Skeleton } from '../../kit/States.tsx';
import { CallsTable } from './CallsTable.tsx';
import { MapDetail } from './MapDetail.tsx';
import { MapPicture } from './MapPicture.tsx';
import { callsInSpans, edgesOfCalls } from './calls-in-spans.ts';
import { found, graphOf, largest, neighbours } from './service-graph.ts';
import type { Drawn, Edge, Graph } from './service-graph.ts';
import type { ServicesEvent, ServicesState } from './services-state.ts';
import type { Edges } from './use-graph.ts';
import css from './services.module.css';

interface ServiceMapProps {
  readonly edges: Edges;
  /** Names of all that sent spans in the range. */
  readonly names: ReadonlySet<string>;
  readonly state: ServicesState;
  readonly onEvent: (event: ServicesEvent) => void;
}

export function ServiceMap({ edges: asked, names, state, onEvent }: ServiceMapProps) {
  const { span } = useLive();
  // Where no metrics of the graph were made, the spans tell at least who called whom, and how often.
  const untold = !asked.loading && !asked.dim && asked.error === null && asked.edges.length === 0;
  const inSpans = useAnswer(untold ? callsInSpans(span) : undefined);
  const edges: readonly Edge[] = useMemo(
    () => (untold ? edgesOfCalls(inSpans.data?.value ?? [], (span.endMs - span.startMs) / 1000) : asked.edges),
    [untold, inSpans.data, asked.edges, span.endMs, span.startMs],
  );
  const whole = useMemo(() => graphOf(edges, names), [edges, names]);
  const { around, find } = state;
  const drawn = useMemo(() => chosenGraph(whole, around, find), [whole, around, find]);
  const error = asked.error ?? (untold ? inSpans.error : null);
  if (error) return <Failed title="The map cannot be drawn" error={error} onRetry={untold ? () => void inSpans.refetch() : asked.retry} />;
  if (asked.loading || (untold && inSpans.data === undefined)) return <Skeleton rows={12} />;
  if (edges.length === 0) return <NoCalls services={names.size} />;
  return (
    <>
      <Notices texts={noticesOf(drawn, { untold, drawing: state.view === 'map' })} level="info" />
      {around !== '' && (
        <p className={css.around}>
          Only {around} and its neighbours. <Button onClick={() => onEvent({ kind: 'around chosen', around: '' })}>Show all</Button>
        </p>
      )}
      <div className={css.map} data-open={state.open !== undefined} data-dim={asked.dim}>
        {drawn.graph.nodes.length === 0 ? (
          <Empty title="No service is called that">The name is sought in all nodes of the map.</Empty>
        ) : state.view === 'map' ? (
          <MapPicture graph={drawn.graph} open={state.open} onOpen={(open) => onEvent({ kind: 'opened', open })} />
        ) : (
          <CallsTable edges={chosenEdges(whole, around, find)} open={state.open} onOpen={(open) => onEvent({ kind: 'opened', open })} />
        )}
        {state.open && <MapDetail graph={whole} open={state.open} around={around} onEvent={onEvent} />}
      </div>
    </>
  );
}

function narrowed(graph: Graph, around: string, find: string): Graph {
  return found(around === '' ? graph : neighbours(graph, around), find);
}

function chosenGraph(graph: Graph, around: string, find: string): Drawn {
  return largest(narrowed(graph, around, find));
}

/** The table has every edge. */
function chosenEdges(graph: Graph, around: string, find: string): readonly Edge[] {
  return narrowed(graph, around, find).edges;
}

function noticesOf(
  { graph, nodesLeftOut, edgesLeftOut }: Drawn,
  { untold, drawing }: { readonly untold: boolean; readonly drawing: boolean },
): readonly string[] {
  const which = 'those with errors and the busiest';
  return [
    ...(untold ? ['No metrics of pairs of spans were made in this range: the map rests on the spans themselves, and has rates only.'] : []),
    ...(drawing && nodesLeftOut > 0
      ? [
          `${graph.nodes.length} of ${graph.nodes.length + nodesLeftOut} nodes are drawn, ${which}. Find one to see it with its neighbours; the calls list all.`,
        ]
      : []),
    ...(drawing && edgesLeftOut > 0 && nodesLeftOut === 0
      ? [`The ${graph.edges.length} busiest calls are drawn, ${edgesLeftOut} are not; the calls list all.`]
      : []),
  ];
}

function NoCalls({ services }: { readonly services: number }) {
  return (
    <Empty title="No calls between services in this range">
      <p>
        {services === 1 ? 'One service sends spans' : `${services} services send spans`}, but no span of one is the child of another’s, and
        none calls a database. Calls are seen when services hand on the trace’s context: with OpenTelemetry, the header{' '}
        <code>traceparent</code>. After the first spans it takes up to half a minute.
      </p>
    </Empty>
  );
}
