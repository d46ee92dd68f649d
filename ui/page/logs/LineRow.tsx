// One line of the list: its time, its level, the fields that stand in columns, and its text.

import { memo } from 'react';
import { levelColour, levelOf } from '../../data/levels.ts';
import { fieldValue } from '../../data/log-lines.ts';
import type { LogEntry } from '../../data/log-lines.ts';
import type { Term } from '../../data/logql-text.ts';
import type { Zone } from '../../data/time-text.ts';
import { LineText } from './LineText.tsx';
import { drawnText, exactTimeText, timeText } from './line-rows.ts';
import type { LogsState } from './logs-state.ts';
import css from './lines.module.css';

interface LineRowProps {
  readonly entry: LogEntry;
  readonly terms: readonly Term[];
  readonly state: Pick<LogsState, 'wrap' | 'columns' | 'lineHidden'>;
  readonly widths: readonly number[];
  readonly zone: Zone;
  readonly withDay: boolean;
}

export const LineRow = memo(function LineRow({ entry, terms, state, widths, zone, withDay }: LineRowProps) {
  const level = levelOf(entry);
  return (
    <>
      <i className={css.mark} style={{ background: levelColour(level) }} aria-hidden />
      <time className={css.time} title={exactTimeText(entry, zone)}>
        {timeText(entry, zone, withDay)}
      </time>
      <span className={css.level} style={{ color: levelColour(level) }} title={level}>
        {level === 'unknown' ? '' : level === 'critical' ? 'crit' : level}
      </span>
      {state.columns.map((name, i) => (
        <span key={name} className={css.column} style={{ width: `${widths[i] ?? 10}ch` }} title={fieldValue(entry, name)}>
          {fieldValue(entry, name) ?? ''}
        </span>
      ))}
      {!state.lineHidden && (
        <span className={css.text}>
          <LineText text={drawnText(entry.line, state.wrap)} terms={terms} />
        </span>
      )}
    </>
  );
});
