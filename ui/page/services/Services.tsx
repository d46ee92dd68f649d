// The page of services: every service with its rate, errors and duration, or the picture of who calls whom.

import { Suspense, lazy, useMemo } from 'react';
import { useAddress } from '../../data/use-address.ts';
import { Segments, inputClass } from '../../kit/Controls.tsx';
import { Failed, Notices, Skeleton } from '../../kit/States.tsx';
import { FirstSpans } from './FirstSpans.tsx';
import { ServiceTable } from './ServiceTable.tsx';
import { serviceRows } from './service-rows.ts';
import { readServices, reduceServices, servicesAddress } from './services-state.ts';
import type { ServicesEvent, ServicesState } from './services-state.ts';
import { stepsOf, useServiceList } from './use-calls.ts';
import type { Basis, ServiceFigures } from './use-calls.ts';
import { useEdges } from './use-graph.ts';
import type { Edges } from './use-graph.ts';
import css from './services.module.css';

const ServiceMap = lazy(async () => ({ default: (await import('./ServiceMap.tsx')).ServiceMap }));

export function Services() {
  const { address, set } = useAddress();
  const state = useMemo(() => readServices(address), [address]);
  const send = (event: ServicesEvent): void =>
    set(servicesAddress(reduceServices(state, event)), event.kind === 'find typed' || event.kind === 'sorted');
  const figures = useServiceList();
  const edges = useEdges();
  if (figures.kind === 'failed') return <Failed title="The services cannot be listed" error={figures.error} onRetry={figures.retry} />;
  if (figures.kind === 'loading') return <Skeleton rows={16} />;
  const { calls, names, lacks, dim, basis } = figures.figures;
  if (calls.length === 0 && !dim) return <FirstSpans />;
  return (
    <div className={css.page}>
      <Tools state={state} onEvent={send} />
      <Notices texts={[...lacks, ...edges.lacks, ...edgesMissing(edges, state)]} />
      {state.view === 'list' && <p className={css.basis}>{basisText(basis)}</p>}
      {state.view !== 'list' && edges.edges.length > 0 && <p className={css.basis}>{GRAPH_BASIS}</p>}
      {state.view === 'list' ? (
        <List figures={figures.figures} edges={edges} state={state} onEvent={send} />
      ) : (
        <Suspense fallback={<Skeleton rows={12} />}>
          <ServiceMap edges={edges} names={names} state={state} onEvent={send} />
        </Suspense>
      )}
    </div>
  );
}

function edgesMissing({ error }: Edges, { view }: ServicesState): readonly string[] {
  return error !== null && view === 'list' ? [`Who calls whom is missing: ${error.message}`] : [];
}

const GRAPH_BASIS = 'Requests, errors and p95 over the whole range, from metrics that are made of pairs of spans (traces_service_graph_…).';

/** What the figures rest on, in a sentence. */
function basisText({ metrics, spans }: Basis): string {
  const ofMetrics = 'metrics that are made of spans as they arrive (traces_spanmetrics_…)';
  if (spans === 0) return `Figures over the whole range, from ${ofMetrics}.`;
  if (metrics === 0)
    return 'Figures over the whole range, from the spans themselves (TraceQL): no metrics were made of them in this range.';
  const some = spans === 1 ? 'one service is' : `${spans} services are`;
  return `Figures over the whole range, from ${ofMetrics}; ${some} counted from the spans themselves (TraceQL), because no metrics were made of them.`;
}

interface ToolsProps {
  readonly state: ServicesState;
  readonly onEvent: (event: ServicesEvent) => void;
}

function Tools({ state, onEvent }: ToolsProps) {
  return (
    <div className={css.bar}>
      <Segments
        label="View"
        value={state.view}
        choices={[
          ['list', 'Services'],
          ['map', 'Map'],
          ['calls', 'Calls'],
        ]}
        onChoose={(view) => onEvent({ kind: 'view chosen', view })}
      />
      <input
        className={inputClass}
        data-query
        value={state.find}
        onChange={(event) => onEvent({ kind: 'find typed', find: event.target.value })}
        placeholder="Find a service"
        aria-label="Find a service"
        spellCheck={false}
      />
    </div>
  );
}

interface ListProps extends ToolsProps {
  readonly figures: ServiceFigures;
  readonly edges: Edges;
}

function List({ figures, edges: { edges }, state, onEvent }: ListProps) {
  const { calls, quantiles, p95, window, dim } = figures;
  const rows = useMemo(() => serviceRows({ calls, quantiles, p95, edges, steps: stepsOf(window) }), [calls, quantiles, p95, edges, window]);
  return (
    <div className={css.list} data-dim={dim}>
      <ServiceTable rows={rows} find={state.find} sort={state.sort} onSort={(column) => onEvent({ kind: 'sorted', column })} />
    </div>
  );
}
