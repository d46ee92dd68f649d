// The page of one trace: its facts, a map of all its spans, the spans as a waterfall, and beside them what is open. Its state is its address.

import { useParams } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { TRACE_ROUTE } from '../../data/address.ts';
import { useAddress } from '../../data/use-address.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Failed, Notices, Skeleton } from '../../kit/States.tsx';
import { Comparison } from './Comparison.tsx';
import { Spans } from './Spans.tsx';
import { TraceHead } from './TraceHead.tsx';
import { traceById } from './trace-questions.ts';
import { isStep, readTraceState, reduceTrace, traceAddress, traceIdOf } from './trace-state.ts';
import type { TraceEvent, TraceState } from './trace-state.ts';
import { viewTrace } from './trace-view.ts';
import type { TraceView } from './trace-view.ts';
import { noticesOf } from './trace-notices.ts';
import { EmptyTrace, NoTrace } from './NoTrace.tsx';
import css from './trace.module.css';

export function Trace() {
  const { traceId } = useParams({ from: TRACE_ROUTE });
  const id = traceIdOf(traceId);
  const { state, send } = useTraceState();
  const found = useTrace(id);
  if (id === undefined) return <NoTrace traceId={traceId} onRetry={found.retry} />;
  return (
    <div className={css.page}>
      {found.view === undefined ? (
        <Missing id={id} found={found} />
      ) : found.view.trace.spans.length === 0 ? (
        <EmptyTrace traceId={id} warnings={found.warnings} onRetry={found.retry} />
      ) : (
        <>
          <TraceHead traceId={id} view={found.view} state={state} onEvent={send} />
          <Notices texts={found.warnings} />
          {state.compare === '' ? (
            <Spans key={id} traceId={id} view={found.view} state={state} dim={found.isOld} onEvent={send} />
          ) : (
            <Compared id={id} view={found.view} state={state} onEvent={send} />
          )}
        </>
      )}
    </div>
  );
}

interface Found {
  readonly view: TraceView | undefined;
  readonly warnings: readonly string[];
  readonly error: Error | null;
  /** The trace is asked for again, and what is shown is from before. */
  readonly isOld: boolean;
  readonly retry: () => void;
}

function useTrace(id: string | undefined): Found {
  const answer = useAnswer(id === undefined ? undefined : traceById(id));
  const trace = answer.data?.value;
  const view = useMemo(() => trace && viewTrace(trace), [trace]);
  const missing = answer.data?.warnings;
  const warnings = useMemo(() => [...(missing ?? []), ...(view ? noticesOf(view) : [])], [missing, view]);
  return { view, warnings, error: answer.error, isOld: answer.isPlaceholderData, retry: () => void answer.refetch() };
}

function useTraceState(): { readonly state: TraceState; readonly send: (event: TraceEvent) => void } {
  const { address, set } = useAddress();
  const state = useMemo(() => readTraceState(address), [address]);
  const send = useCallback(
    (event: TraceEvent): void => {
      const next = reduceTrace(state, event);
      set(traceAddress(next), !isStep(state, next));
    },
    [state, set],
  );
  return { state, send };
}

/** In the place of a trace that is not here (yet). */
function Missing({ id, found }: { readonly id: string; readonly found: Found }) {
  if (!found.error) return <Skeleton rows={16} />;
  if ('status' in found.error && found.error.status === 404) return <NoTrace traceId={id} onRetry={found.retry} />;
  return <Failed title="This trace could not be read" error={found.error} onRetry={found.retry} />;
}

interface ComparedProps {
  readonly id: string;
  readonly view: TraceView;
  readonly state: TraceState;
  readonly onEvent: (event: TraceEvent) => void;
}

function Compared({ id, view, state, onEvent }: ComparedProps) {
  const other = useTrace(state.compare);
  if (other.view === undefined) return <Missing id={state.compare} found={other} />;
  return (
    <>
      <Notices texts={other.warnings.map((text) => `Trace B: ${text}`)} />
      <Comparison a={{ id, view }} b={{ id: state.compare, view: other.view }} state={state} onEvent={onEvent} />
    </>
  );
}
