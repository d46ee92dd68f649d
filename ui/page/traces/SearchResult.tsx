// What a search found: how often over time, lengths over time, and the traces as a table; or what tells a selection from the rest.

import { useCallback, useMemo } from 'react';
import { useLive } from '../../data/Live.tsx';
import type { TraceRow } from '../../data/trace-search.ts';
import { countText } from '../../data/units.ts';
import { Button, Segments, selectClass } from '../../kit/Controls.tsx';
import { CopyButton } from '../../kit/CopyButton.tsx';
import { toCsv, toJson } from '../../kit/csv.ts';
import { Failed, Notices, Skeleton } from '../../kit/States.tsx';
import { Compare } from './Compare.tsx';
import { NoTraces } from './NoTraces.tsx';
import { StatusBars } from './StatusBars.tsx';
import { sortTraces, textTable } from './trace-rows.ts';
import { TraceScatter } from './TraceScatter.tsx';
import { TraceTable } from './TraceTable.tsx';
import { LIMITS } from './traces-state.ts';
import type { TracesEvent, TracesState } from './traces-state.ts';
import { useOpenTrace } from './use-open-trace.ts';
import { useSearch } from './use-search.ts';
import css from './traces.module.css';

interface SearchResultProps {
  readonly state: TracesState;
  /** What is asked; `{ }` where the page has no query. */
  readonly query: string;
  readonly onRun: (query: string) => void;
  readonly onEvent: (event: TracesEvent) => void;
}

const NONE: readonly TraceRow[] = [];

export function SearchResult({ state, query, onRun, onEvent }: SearchResultProps) {
  const live = useLive();
  const openTrace = useOpenTrace();
  const answer = useSearch({ query, limit: state.limit, spread: state.spread });
  const traces = answer.data?.value.traces ?? NONE;
  const sorted = useMemo(() => sortTraces(traces, state.sort), [traces, state.sort]);
  const toggle = useCallback((traceId: string) => onEvent({ kind: 'row toggled', traceId }), [onEvent]);
  if (answer.error) return <Failed title="This search failed" error={answer.error} onRetry={() => void answer.refetch()} />;
  const isPending = answer.data === undefined;
  const isWhole = (answer.data?.warnings.length ?? 0) === 0;
  const isEmpty = !isPending && traces.length === 0;
  return (
    <div className={css.result}>
      <Notices texts={answer.data?.warnings ?? []} />
      {!(isEmpty && state.query === '') && <StatusBars query={query} onRun={onRun} />}
      {isEmpty ? (
        <NoTraces query={state.query} onRun={onRun} />
      ) : (
        <>
          <TraceScatter
            traces={traces}
            isPending={isPending}
            dim={answer.isPlaceholderData}
            state={state}
            onOpen={openTrace}
            onEvent={onEvent}
          />
          <Toolbar state={state} traces={isPending ? undefined : sorted} onEvent={onEvent} />
          {state.tab === 'compare' ? (
            <Compare state={state} query={query} traces={traces} isPending={isPending} isWhole={isWhole} onRun={onRun} onEvent={onEvent} />
          ) : isPending ? (
            <Skeleton rows={12} />
          ) : (
            <TraceTable
              traces={sorted}
              state={state}
              zone={live.zone}
              dim={answer.isPlaceholderData}
              onToggle={toggle}
              onOpen={openTrace}
              onSort={(column) => onEvent({ kind: 'sorted', column })}
            />
          )}
        </>
      )}
    </div>
  );
}

interface ToolbarProps {
  readonly state: TracesState;
  readonly traces: readonly TraceRow[] | undefined;
  readonly onEvent: (event: TracesEvent) => void;
}

function Toolbar({ state, traces, onEvent }: ToolbarProps) {
  return (
    <div className={css.toolbar}>
      <Segments
        label="Shown"
        value={state.tab}
        choices={[
          ['traces', 'Traces'],
          ['compare', 'Compare'],
        ]}
        onChoose={(tab) => onEvent({ kind: 'tab chosen', tab })}
      />
      <span className={css.facts} role="status">
        {traces === undefined ? '' : `${countText(traces.length)} ${traces.length === 1 ? 'trace' : 'traces'}`}
      </span>
      <Button
        aria-pressed={state.spread}
        title="Traces from all of the time range, and not the newest"
        onClick={() => onEvent({ kind: 'spread toggled' })}
      >
        Spread
      </Button>
      <select
        className={selectClass}
        value={state.limit}
        aria-label="Traces found at most"
        title="Traces found at most"
        onChange={(event) => onEvent({ kind: 'limit chosen', limit: Number(event.target.value) })}
      >
        {LIMITS.map((limit) => (
          <option key={limit} value={limit}>
            {state.spread ? '' : 'newest '}
            {limit}
          </option>
        ))}
      </select>
      {state.tab === 'traces' && traces !== undefined && (
        <span className={css.desk}>
          <CopyButton title="Copy CSV" text={() => toCsv(textTable(traces))} />
          <CopyButton title="Copy JSON" text={() => toJson(textTable(traces))} />
        </span>
      )}
    </div>
  );
}
