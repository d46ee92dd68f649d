// Lines as they come: the newest at the end, with how fast they come and what was lost. Whoever scrolls back has them wait.

import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useCallback, useEffect, useState } from 'react';
import type { LogExpr } from '../../../src/logs/logql/ast.ts';
import { entryKey } from '../../data/log-lines.ts';
import { useLive } from '../../data/Live.tsx';
import { countText, quantityText } from '../../data/units.ts';
import { Button } from '../../kit/Controls.tsx';
import { Empty, Notices } from '../../kit/States.tsx';
import { Detail } from './Detail.tsx';
import { DownloadMenu } from './DownloadMenu.tsx';
import { LineList } from './LineList.tsx';
import type { LogsEvent, LogsState } from './logs-state.ts';
import { tailRate } from './tail-state.ts';
import type { TailState } from './tail-state.ts';
import { useTerms } from './use-terms.ts';
import { useTail } from './use-tail.ts';
import css from './logs.module.css';

interface LiveViewProps {
  readonly state: LogsState;
  readonly expr: LogExpr;
  readonly onEvent: (event: LogsEvent) => void;
}

export function LiveView({ state, expr, onEvent }: LiveViewProps) {
  const { zone } = useLive();
  const terms = useTerms(expr);
  const { tail, send } = useTail(state.query);
  const { shown, trimmed, paused } = tail;
  const openIndex = state.open === '' ? -1 : shown.findIndex((entry) => state.open.startsWith(entry.ns) && entryKey(entry) === state.open);
  const open = useCallback(
    (index: number) => {
      const entry = shown[index];
      if (!entry) return;
      send({ kind: 'paused' });
      onEvent({ kind: 'line opened', key: entryKey(entry) });
    },
    [shown, send, onEvent],
  );
  const close = (): void => onEvent({ kind: 'line closed' });
  const entry = shown[openIndex];
  return (
    <>
      <LiveBar tail={tail} onPause={() => send({ kind: paused ? 'resumed' : 'paused' })} onClear={() => send({ kind: 'cleared' })} />
      <Notices
        texts={
          tail.dropped > 0
            ? [`${countText(tail.dropped)} lines came too fast for this page and are not here. Narrow the query, or stop and search them.`]
            : []
        }
      />
      {shown.length === 0 ? (
        <Empty title="Waiting for lines">
          <p>Lines that the query finds appear here within a moment of their arrival.</p>
        </Empty>
      ) : (
        <div className={css.split}>
          <LineList
            entries={shown}
            terms={terms}
            state={state}
            zone={zone}
            openIndex={openIndex}
            dim={false}
            follow={!paused}
            offset={trimmed}
            label="Lines as they come"
            onOpen={open}
            onClose={close}
            onLeaveEnd={() => send({ kind: 'paused' })}
            onColumn={(name) => onEvent({ kind: 'column toggled', name })}
            onLineColumn={() => onEvent({ kind: 'line column toggled' })}
          />
          {entry && (
            <Detail
              entry={entry}
              query={state.query}
              terms={terms}
              columns={state.columns}
              onRun={(query) => onEvent({ kind: 'query run', query })}
              onColumn={(name) => onEvent({ kind: 'column toggled', name })}
              onOnlyColumn={(name) => onEvent({ kind: 'only column', name })}
              onOpen={(each) => onEvent({ kind: 'line opened', key: entryKey(each) })}
              onClose={close}
            />
          )}
        </div>
      )}
    </>
  );
}

interface LiveBarProps {
  readonly tail: TailState;
  readonly onPause: () => void;
  readonly onClear: () => void;
}

function LiveBar({ tail, onPause, onClear }: LiveBarProps) {
  const nowMs = useSeconds();
  const { connection, paused, waiting, shown } = tail;
  const rate = quantityText(tailRate(tail, nowMs), { unit: 'none', perSecond: true });
  return (
    <div className={css.liveBar}>
      <Button aria-pressed={paused} onClick={onPause}>
        {paused ? <IconPlayerPlay size={14} aria-hidden /> : <IconPlayerPause size={14} aria-hidden />}
        {paused ? 'Resume' : 'Pause'}
      </Button>
      <Button onClick={onClear} disabled={shown.length === 0}>
        Clear
      </Button>
      <span className={css.connection} data-kind={paused ? 'paused' : connection.kind}>
        <i aria-hidden />
        {connectionText(tail, nowMs)}
      </span>
      <span>
        {rate.replace('/', ' lines/')} · {countText(shown.length)} shown
        {paused && waiting.length > 0 ? ` · ${countText(waiting.length)} waiting` : ''}
      </span>
      <div className={css.space} />
      <DownloadMenu entries={shown} />
    </div>
  );
}

function connectionText({ connection, paused }: TailState, nowMs: number): string {
  switch (connection.kind) {
    case 'connecting':
      return 'Connecting';
    case 'open':
      return paused ? 'Paused' : 'Live';
    case 'lost':
      return `Lost: ${connection.reason}. Tries again in ${Math.max(0, Math.ceil((connection.retryMs - nowMs) / 1000))} s`;
  }
}

/** The time, anew every second. */
function useSeconds(): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}
