// The switches of the logs page: what of the query is shown, and how its lines are listed.

import { IconArrowDown, IconArrowUp, IconPlayerPlay, IconPlayerStop, IconTextWrap } from '@tabler/icons-react';
import type { LogEntry } from '../../data/log-lines.ts';
import { Button, Segments, selectClass } from '../../kit/Controls.tsx';
import { DownloadMenu } from './DownloadMenu.tsx';
import { LIMITS } from './logs-state.ts';
import type { LogsEvent, LogsState } from './logs-state.ts';
import css from './logs.module.css';

interface LogsToolbarProps {
  readonly state: LogsState;
  readonly entries: readonly LogEntry[];
  readonly onEvent: (event: LogsEvent) => void;
}

export function LogsToolbar({ state, entries, onEvent }: LogsToolbarProps) {
  return (
    <div className={css.toolbar}>
      <Segments
        label="Shown"
        value={state.tab}
        choices={[
          ['lines', 'Lines'],
          ['patterns', 'Patterns'],
          ['fields', 'Fields'],
        ]}
        onChoose={(tab) => onEvent({ kind: 'tab chosen', tab })}
      />
      <Button aria-pressed={state.live} onClick={() => onEvent({ kind: 'live toggled' })}>
        {state.live ? <IconPlayerStop size={14} aria-hidden /> : <IconPlayerPlay size={14} aria-hidden />}
        Live
      </Button>
      <div className={css.space} />
      {state.tab === 'lines' && (
        <>
          {!state.live && <Order state={state} onEvent={onEvent} />}
          <Button aria-pressed={state.wrap} title="Wrap long lines" onClick={() => onEvent({ kind: 'wrap toggled' })}>
            <IconTextWrap size={14} aria-hidden />
            <span className={css.desk}>Wrap</span>
          </Button>
          {!state.live && <DownloadMenu entries={entries} />}
        </>
      )}
    </div>
  );
}

function Order({ state, onEvent }: Pick<LogsToolbarProps, 'state' | 'onEvent'>) {
  const newest = state.direction === 'backward';
  return (
    <>
      <Button onClick={() => onEvent({ kind: 'direction turned' })} title={newest ? 'Show the oldest first' : 'Show the newest first'}>
        {newest ? <IconArrowDown size={14} aria-hidden /> : <IconArrowUp size={14} aria-hidden />}
        {newest ? 'Newest first' : 'Oldest first'}
      </Button>
      <select
        className={`${selectClass} ${css.desk}`}
        value={state.limit}
        aria-label="Lines loaded at a time"
        title="Lines loaded at a time; more come at the end of the list"
        onChange={(event) => onEvent({ kind: 'limit chosen', limit: Number(event.target.value) })}
      >
        {LIMITS.map((limit) => (
          <option key={limit} value={limit}>
            {limit} at a time
          </option>
        ))}
      </select>
    </>
  );
}
