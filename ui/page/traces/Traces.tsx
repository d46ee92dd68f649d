// The traces page: what a query finds as a table and as lengths over time, what tells some of them from the rest, or the numbers of a metrics query.
// Its state is its address.

import { useCallback, useMemo } from 'react';
import { useLive } from '../../data/Live.tsx';
import { rememberRecent } from '../../data/recent.ts';
import { readTraceql } from '../../data/traceql-text.ts';
import type { ReadTraceql } from '../../data/traceql-text.ts';
import { useAddress } from '../../data/use-address.ts';
import { WrongQuery } from '../../kit/States.tsx';
import { metricsAddress, readMetrics, reduceMetrics } from '../metrics/metrics-state.ts';
import { SearchResult } from './SearchResult.tsx';
import { TraceMetricResult } from './TraceMetricResult.tsx';
import { TraceQueryBar } from './TraceQueryBar.tsx';
import { isStep, readTraces, reduceTraces, tracesAddress } from './traces-state.ts';
import type { TracesEvent, TracesState } from './traces-state.ts';
import css from './traces.module.css';

/** What is shown where nothing is asked: every trace. */
const ALL = '{ }';

export function Traces() {
  const { refresh } = useLive();
  const { address, set } = useAddress();
  const state = useMemo(() => readTraces(address), [address]);
  const send = useCallback(
    (event: TracesEvent): void => {
      const next = reduceTraces(state, event);
      const another = next.query !== state.query;
      if (another) rememberRecent('trace-queries', next.query);
      // Which series of a metrics query are shown is said of that query.
      set({ ...tracesAddress(next), ...(another ? { only: undefined, except: undefined } : {}) }, !isStep(state, next));
    },
    [state, set],
  );
  const read = useMemo(() => readTraceql(state.query), [state.query]);
  // The same query again asks for what is new.
  const run = useCallback(
    (query: string): void => (query.trim() === state.query ? refresh() : send({ kind: 'query run', query })),
    [state.query, refresh, send],
  );
  return (
    <div className={css.page}>
      <TraceQueryBar query={state.query} builder={state.builder} onRun={run} onBuilder={() => send({ kind: 'builder toggled' })} />
      <Result read={read} state={state} onRun={run} onEvent={send} />
    </div>
  );
}

interface ResultProps {
  readonly read: ReadTraceql;
  readonly state: TracesState;
  readonly onRun: (query: string) => void;
  readonly onEvent: (event: TracesEvent) => void;
}

function Result({ read, state, onRun, onEvent }: ResultProps) {
  const { address, set } = useAddress();
  switch (read.kind) {
    case 'wrong':
      return <WrongQuery />;
    case 'metrics': {
      const metrics = readMetrics(address);
      return (
        <TraceMetricResult
          state={metrics}
          expr={read.expr}
          onRun={onRun}
          onEvent={(event) => set(metricsAddress(reduceMetrics(metrics, event)), true)}
        />
      );
    }
    case 'empty':
    case 'spans':
      return <SearchResult state={state} query={read.kind === 'empty' ? ALL : state.query} onRun={onRun} onEvent={onEvent} />;
  }
}
