// The logs page: what streams there are, and the lines, patterns, fields or numbers of one query. Its state is its address.

import { useCallback, useMemo } from 'react';
import { useLive } from '../../data/Live.tsx';
import { readLogql } from '../../data/logql-text.ts';
import { rememberRecent } from '../../data/recent.ts';
import { useAddress } from '../../data/use-address.ts';
import { LinesView } from './LinesView.tsx';
import { LogQueryBar } from './LogQueryBar.tsx';
import { isStep, logsAddress, readLogs, reduceLogs } from './logs-state.ts';
import type { LogsEvent } from './logs-state.ts';
import { useLines } from './use-lines.ts';
import css from './logs.module.css';

export function Logs() {
  const { refresh } = useLive();
  const { address, set } = useAddress();
  const state = useMemo(() => readLogs(address), [address]);
  const send = useCallback(
    (event: LogsEvent): void => {
      const next = reduceLogs(state, event);
      if (next.query !== state.query) rememberRecent('log-queries', next.query);
      set(logsAddress(next), !isStep(state, next));
    },
    [state, set],
  );
  const read = useMemo(() => readLogql(state.query), [state.query]);
  const lines = useLines(state, read.kind === 'lines' && state.tab === 'lines' && !state.live);
  // The same query again asks for what is new.
  const run = (query: string): void => (query.trim() === state.query ? refresh() : send({ kind: 'query run', query }));
  return (
    <div className={css.page}>
      <LogQueryBar
        query={state.query}
        refused={lines.error?.message ?? ''}
        browser={state.browser}
        onRun={run}
        onBrowser={() => send({ kind: 'browser toggled' })}
      />
      {read.kind === 'lines' && <LinesView state={state} expr={read.expr} lines={lines} onEvent={send} />}
    </div>
  );
}
