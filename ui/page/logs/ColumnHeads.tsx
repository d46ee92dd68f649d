// The names above the columns that people chose, each with a button that takes it away.

import { IconX } from '@tabler/icons-react';
import { Button } from '../../kit/Controls.tsx';
import type { LogsState } from './logs-state.ts';
import css from './lines.module.css';

interface ColumnHeadsProps extends Pick<LogsState, 'columns' | 'lineHidden'> {
  /** Letters that each column is wide. */
  readonly widths: readonly number[];
  readonly onColumn: (name: string) => void;
  readonly onLineColumn: () => void;
}

export function ColumnHeads({ columns, lineHidden, widths, onColumn, onLineColumn }: ColumnHeadsProps) {
  return (
    <div className={css.heads}>
      <span className={css.time}>Time</span>
      <span className={css.level}>Level</span>
      {columns.map((name, i) => (
        <span key={name} className={css.column} style={{ width: `${widths[i] ?? 10}ch` }}>
          <span title={name}>{name}</span>
          <button type="button" aria-label={`Without the column ${name}`} onClick={() => onColumn(name)}>
            <IconX size={12} aria-hidden />
          </button>
        </span>
      ))}
      <Button className={css.lineSwitch ?? ''} aria-pressed={!lineHidden} onClick={onLineColumn}>
        Line
      </Button>
    </div>
  );
}
