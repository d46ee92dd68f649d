// The lines of a query in whatever state their answer is: the list, its switches, and the detail of the line that is open.

import { useCallback, useMemo } from 'react';
import type { LogExpr } from '../../../src/logs/logql/ast.ts';
import { useLive } from '../../data/Live.tsx';
import { entryKey } from '../../data/log-lines.ts';
import { termsOf } from '../../data/logql-text.ts';
import { countText } from '../../data/units.ts';
import { Button } from '../../kit/Controls.tsx';
import { Empty, Failed, Notices, Skeleton } from '../../kit/States.tsx';
import { LineList } from './LineList.tsx';
import { HELD_LINES_MAX } from './line-pages.ts';
import type { LogsEvent, LogsState } from './logs-state.ts';
import type { Lines } from './use-lines.ts';
import css from './logs.module.css';
import listCss from './lines.module.css';

interface LinesViewProps {
  readonly state: LogsState;
  readonly expr: LogExpr;
  readonly lines: Lines;
  readonly onEvent: (event: LogsEvent) => void;
}

export function LinesView({ state, expr, lines, onEvent }: LinesViewProps) {
  const { zone } = useLive();
  const { entries } = lines;
  const terms = useMemo(() => termsOf(expr), [expr]);
  const openIndex = useMemo(() => {
    const ns = state.open.split('.')[0];
    return state.open === '' ? -1 : entries.findIndex((entry) => entry.ns === ns && entryKey(entry) === state.open);
  }, [entries, state.open]);
  const open = useCallback(
    (index: number) => {
      const entry = entries[index];
      if (entry) onEvent({ kind: 'line opened', key: entryKey(entry) });
    },
    [entries, onEvent],
  );
  if (lines.error) return <Failed title="This query failed" error={lines.error} onRetry={lines.retry} />;
  if (lines.isPending) return <Skeleton rows={16} />;
  return (
    <>
      <Notices texts={lines.warnings} />
      {entries.length === 0 ? (
        <Empty title="No lines in this time range">
          <p>Widen the time range, or take a filter away.</p>
        </Empty>
      ) : (
        <div className={css.split}>
          <LineList
            entries={entries}
            terms={terms}
            state={state}
            zone={zone}
            openIndex={openIndex}
            dim={lines.isOld}
            label="Lines"
            onOpen={open}
            onClose={() => onEvent({ kind: 'line closed' })}
            onEnd={lines.moreError ? undefined : lines.loadMore}
            onColumn={(name) => onEvent({ kind: 'column toggled', name })}
            onLineColumn={() => onEvent({ kind: 'line column toggled' })}
            foot={<Foot lines={lines} />}
          />
        </div>
      )}
    </>
  );
}

/** What stands below the last line: that more are coming, that there are none, or why not. */
function Foot({ lines }: { readonly lines: Lines }) {
  if (lines.moreError) {
    return (
      <div className={listCss.foot} data-level="error" role="alert">
        More lines could not be loaded: {lines.moreError.message}
        <Button onClick={lines.retry}>Try again</Button>
      </div>
    );
  }
  const text =
    lines.end === 'all'
      ? `${countText(lines.entries.length)} lines: all that the query finds in this time range.`
      : lines.end === 'limit'
        ? `${countText(HELD_LINES_MAX)} lines are held at most. Narrow the query or the time range to see the others.`
        : 'Loading more lines …';
  return (
    <div className={listCss.foot} role="status">
      {text}
    </div>
  );
}
