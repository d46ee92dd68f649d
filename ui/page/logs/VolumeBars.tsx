// How many lines of each level the query finds over time: bars above the list, and a button for each level.

import { useMemo } from 'react';
import type { LogExpr } from '../../../src/logs/logql/ast.ts';
import { Chart } from '../../chart/Chart.tsx';
import type { Line } from '../../chart/Chart.tsx';
import { levelColour } from '../../data/levels.ts';
import { useLive } from '../../data/Live.tsx';
import { logRange } from '../../data/log-questions.ts';
import { keptLevel, levelQuery, toggleLevel } from '../../data/logql-text.ts';
import { countText } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Missing } from '../../kit/States.tsx';
import { barsAsked, countSpan, levelBars } from './level-bars.ts';
import type { LevelBars } from './level-bars.ts';
import css from './volume.module.css';

interface VolumeBarsProps {
  readonly query: string;
  readonly expr: LogExpr;
  /** The lines failed too, and say why: once is enough. */
  readonly quiet: boolean;
  readonly onRun: (query: string) => void;
}

const HEIGHT = 96;
const LINES = { unit: 'none', perSecond: false } as const;

export function VolumeBars({ query, expr, quiet, onRun }: VolumeBarsProps) {
  const live = useLive();
  const { startMs, endMs } = live.span;
  const asked = useMemo(() => barsAsked({ startMs, endMs }, innerWidth - 120), [startMs, endMs]);
  const answer = useAnswer(logRange(levelQuery(expr, asked.stepMs), countSpan(asked), asked.stepMs));
  const series = answer.data?.value.series;
  const bars = useMemo(() => levelBars(series ?? [], asked), [series, asked]);
  const drawn = useMemo(() => bars.counts.map(({ level }): Line => ({ name: level, colour: levelColour(level), shown: true })), [bars]);
  if (answer.error && quiet) return null;
  if (answer.error) {
    return <Missing text={`The bars are missing: ${answer.error.message}`} onRetry={() => void answer.refetch()} />;
  }
  return (
    <div className={css.volume} aria-busy={series === undefined}>
      <Levels bars={series === undefined ? undefined : bars} query={query} onRun={onRun} />
      {series === undefined ? (
        <div style={{ height: HEIGHT }} />
      ) : (
        <Chart
          grid={bars.grid}
          lines={drawn}
          span={asked.span}
          zone={live.zone}
          quantity={LINES}
          height={HEIGHT}
          title="Lines by level over time; the buttons beside have the sums"
          dim={answer.isPlaceholderData}
          stacked
          onZoom={live.zoom}
          onBack={live.zoomBack}
        />
      )}
    </div>
  );
}

function Levels({ bars, query, onRun }: Pick<VolumeBarsProps, 'query' | 'onRun'> & { readonly bars: LevelBars | undefined }) {
  const kept = keptLevel(query);
  // The place is kept while the counts are on their way.
  if (bars === undefined) return <div className={css.levels} />;
  const total = bars.counts.reduce((sum, { count }) => sum + count, 0);
  return (
    <div className={css.levels} role="group" aria-label="Lines by level">
      <span className={css.total}>
        <b>{countText(total)}</b> {total === 1 ? 'line' : 'lines'}
      </span>
      {bars.counts.toReversed().map(({ level, words, count }) => {
        const word = words[0] ?? '';
        return (
          <button
            key={level}
            type="button"
            aria-pressed={kept !== undefined && words.includes(kept)}
            disabled={word === ''}
            title={kept === word ? 'Show all levels' : `Show only ${level}`}
            onClick={() => onRun(toggleLevel(query, word))}
          >
            <i style={{ background: levelColour(level) }} aria-hidden />
            {level}
            <span>{countText(count)}</span>
          </button>
        );
      })}
    </div>
  );
}
