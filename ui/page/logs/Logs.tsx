// The logs page: what streams there are, and the lines, patterns, fields or numbers of one query. Its state is its address.

import { useCallback, useMemo, useState } from 'react';
import { useLive } from '../../data/Live.tsx';
import { readLogql } from '../../data/logql-text.ts';
import type { ReadLogql } from '../../data/logql-text.ts';
import { rememberRecent } from '../../data/recent.ts';
import { useAddress } from '../../data/use-address.ts';
import { WrongQuery } from '../../kit/States.tsx';
import { metricsAddress, readMetrics, reduceMetrics } from '../metrics/metrics-state.ts';
import { Fields } from './Fields.tsx';
import { LabelBrowser } from './LabelBrowser.tsx';
import { LinesView } from './LinesView.tsx';
import { LiveView } from './LiveView.tsx';
import { LogQueryBar } from './LogQueryBar.tsx';
import { isStep, logsAddress, readLogs, reduceLogs } from './logs-state.ts';
import type { LogsEvent, LogsState } from './logs-state.ts';
import { LogsToolbar } from './LogsToolbar.tsx';
import { MetricResult } from './MetricResult.tsx';
import { Patterns } from './Patterns.tsx';
import { Start } from './Start.tsx';
import { useLines } from './use-lines.ts';
import { VolumeBars } from './VolumeBars.tsx';
import css from './logs.module.css';

export function Logs() {
  const { refresh } = useLive();
  const { address, set } = useAddress();
  const state = useMemo(() => readLogs(address), [address]);
  const send = useCallback(
    (event: LogsEvent): void => {
      const next = reduceLogs(state, event);
      const another = next.query !== state.query;
      if (another) rememberRecent('log-queries', next.query);
      // Which series of a metric query are shown is said of that query.
      set({ ...logsAddress(next), ...(another ? { only: undefined, except: undefined, by: undefined } : {}) }, !isStep(state, next));
    },
    [state, set],
  );
  const read = useMemo(() => readLogql(state.query), [state.query]);
  // The same query again asks for what is new.
  const run = useCallback(
    (query: string): void => (query.trim() === state.query ? refresh() : send({ kind: 'query run', query })),
    [state.query, refresh, send],
  );
  return (
    <div className={css.page}>
      <LogQueryBar query={state.query} browser={state.browser} onRun={run} onBrowser={() => send({ kind: 'browser toggled' })} />
      <div className={css.main}>
        {state.browser && read.kind !== 'empty' && (
          <aside className={css.side} aria-label="Labels">
            <LabelBrowser query={state.query} onRun={run} />
          </aside>
        )}
        <div className={css.results}>
          <Result read={read} state={state} onRun={run} onEvent={send} />
        </div>
      </div>
    </div>
  );
}

interface ResultProps {
  readonly read: ReadLogql;
  readonly state: LogsState;
  readonly onRun: (query: string) => void;
  readonly onEvent: (event: LogsEvent) => void;
}

function Result({ read, state, onRun, onEvent }: ResultProps) {
  const { address, set } = useAddress();
  switch (read.kind) {
    case 'empty':
      return <Start onRun={onRun} />;
    case 'wrong':
      return <WrongQuery />;
    case 'metric': {
      const metrics = readMetrics(address);
      return (
        <MetricResult state={metrics} expr={read.expr} onEvent={(event) => set(metricsAddress(reduceMetrics(metrics, event)), true)} />
      );
    }
    case 'lines':
      return <LineResult expr={read.expr} state={state} onRun={onRun} onEvent={onEvent} />;
  }
}

type LineResultProps = Omit<ResultProps, 'read'> & { readonly expr: Extract<ReadLogql, { readonly kind: 'lines' }>['expr'] };

function LineResult({ expr, state, onRun, onEvent }: LineResultProps) {
  const [scrolled, setScrolled] = useState(false);
  const lines = useLines(state, state.tab === 'lines' && !state.live, scrolled);
  const onLines = (query: string): void => {
    onEvent({ kind: 'lines asked', query });
  };
  return (
    <>
      {!state.live && <VolumeBars query={state.query} expr={expr} quiet={lines.error !== null} onRun={onRun} />}
      <LogsToolbar state={state} entries={lines.entries} onEvent={onEvent} />
      {state.live ? (
        <LiveView key={state.query} state={state} expr={expr} onEvent={onEvent} />
      ) : state.tab === 'lines' ? (
        <LinesView state={state} expr={expr} lines={lines} onScrolled={setScrolled} onEvent={onEvent} />
      ) : state.tab === 'patterns' ? (
        <Patterns query={state.query} onLines={onLines} />
      ) : (
        <Fields state={state} expr={expr} onLines={onLines} onEvent={onEvent} />
      )}
    </>
  );
}
