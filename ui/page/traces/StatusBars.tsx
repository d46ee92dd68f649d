// How often such spans came over time, by status: bars above the traces, and a button for each status.

import { useMemo } from 'react';
import { Chart } from '../../chart/Chart.tsx';
import type { Line } from '../../chart/Chart.tsx';
import { AXIS_PX } from '../../chart/Scatter.tsx';
import { useLive } from '../../data/Live.tsx';
import { traceRange } from '../../data/trace-questions.ts';
import { narrowed, rateQuery } from '../../data/traceql-text.ts';
import { countText } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Missing } from '../../kit/States.tsx';
import { barsAsked, countSpan } from '../logs/level-bars.ts';
import { statusBars } from './status-bars.ts';
import type { StatusBars as Bars } from './status-bars.ts';
import css from './traces.module.css';

interface StatusBarsProps {
  readonly query: string;
  readonly onRun: (query: string) => void;
}

const HEIGHT = 80;
const PER_SECOND = { unit: 'none', perSecond: true } as const;
const COLOURS: Readonly<Record<string, string>> = { error: 'var(--bad)', ok: 'var(--ok)', unset: 'var(--level-unknown)' };

const colourOf = (status: string): string => COLOURS[status] ?? 'var(--level-unknown)';

export function StatusBars({ query, onRun }: StatusBarsProps) {
  const live = useLive();
  const { startMs, endMs } = live.span;
  const asked = useMemo(() => barsAsked({ startMs, endMs }, innerWidth - 120), [startMs, endMs]);
  const answer = useAnswer(traceRange(rateQuery(query), countSpan(asked), asked.stepMs));
  const series = answer.data?.value.series;
  const bars = useMemo(() => statusBars(series ?? [], asked), [series, asked]);
  const drawn = useMemo(() => bars.counts.map(({ status }): Line => ({ name: status, colour: colourOf(status), shown: true })), [bars]);
  if (answer.error) {
    return <Missing text={`How often such spans came cannot be drawn: ${answer.error.message}`} onRetry={() => void answer.refetch()} />;
  }
  return (
    <div className={css.bars} aria-busy={series === undefined}>
      <Statuses bars={series === undefined ? undefined : bars} query={query} onRun={onRun} />
      {series === undefined ? (
        <div style={{ height: HEIGHT }} />
      ) : (
        <Chart
          grid={bars.grid}
          lines={drawn}
          span={asked.span}
          zone={live.zone}
          quantity={PER_SECOND}
          height={HEIGHT}
          title="Spans per second by status over time; the buttons above have the sums"
          dim={answer.isPlaceholderData}
          stacked
          axisPx={AXIS_PX}
          onZoom={live.zoom}
          onBack={live.zoomBack}
        />
      )}
    </div>
  );
}

function Statuses({ bars, query, onRun }: StatusBarsProps & { readonly bars: Bars | undefined }) {
  // The place is kept while the counts are on their way.
  if (bars === undefined) return <div className={css.statuses} />;
  const total = bars.counts.reduce((sum, { count }) => sum + count, 0);
  return (
    <div className={css.statuses} role="group" aria-label="Spans by status">
      <span className={css.total}>
        <b>{countText(total)}</b> matching {Math.round(total) === 1 ? 'span' : 'spans'}
      </span>
      {bars.counts.toReversed().map(({ status, count }) => (
        <button
          key={status}
          type="button"
          title={`Only spans of status ${status}`}
          onClick={() => onRun(narrowed(query, `status = ${status}`))}
        >
          <i style={{ background: colourOf(status) }} aria-hidden />
          {status}
          <span>{countText(count)}</span>
        </button>
      ))}
    </div>
  );
}
