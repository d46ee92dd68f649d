// The right side of the metrics page: one query drawn over time, as lines or as a table, in whatever state its answer is.

import { useMemo } from 'react';
import { Chart } from '../../chart/Chart.tsx';
import type { Line } from '../../chart/Chart.tsx';
import { Legend } from '../../chart/Legend.tsx';
import type { MetricMeta } from '../../data/decode.ts';
import { useLive } from '../../data/Live.tsx';
import { range } from '../../data/questions.ts';
import { DRAWN_SERIES_MAX, gridOf, largestSeries, rateOf, rateWindowSteps, splitLabels } from '../../data/samples.ts';
import type { RawSeries } from '../../data/samples.ts';
import { alignSpan, stepFor } from '../../data/time-range.ts';
import type { Span } from '../../data/time-range.ts';
import { lengthText } from '../../data/time-text.ts';
import { countText, unitOfName } from '../../data/units.ts';
import type { Quantity } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Segments } from '../../kit/Controls.tsx';
import { seriesColour } from '../../kit/colour.ts';
import { Empty, Failed, Notices, Skeleton } from '../../kit/States.tsx';
import { isCounter, isShown, metricOf } from './metrics-state.ts';
import type { MetricsEvent, MetricsState } from './metrics-state.ts';
import { SeriesTable } from './SeriesTable.tsx';
import css from './metrics.module.css';

interface ExplorerProps {
  readonly state: MetricsState;
  readonly meta: MetricMeta | undefined;
  readonly onEvent: (event: MetricsEvent) => void;
}

/** One point for every three pixels of the window is as fine as a line shows. */
function pointsMax(): number {
  return Math.min(800, Math.max(200, Math.round(innerWidth / 300) * 100));
}

/** What is asked: whole steps, and for a rate its window before the start. */
function asked(span: Span, state: MetricsState): { readonly span: Span; readonly stepMs: number; readonly windowSteps: number } {
  const stepMs = stepFor(span, pointsMax());
  const aligned = alignSpan(span, stepMs);
  const windowSteps = state.calc === 'rate' ? rateWindowSteps(stepMs) : 0;
  return { span: { startMs: aligned.startMs - windowSteps * stepMs, endMs: aligned.endMs }, stepMs, windowSteps };
}

export function Explorer({ state, meta, onEvent }: ExplorerProps) {
  const live = useLive();
  const question = asked(live.span, state);
  const answer = useAnswer(range(state.query, question.span, question.stepMs));
  const metric = metricOf(state.query);
  const rate = state.calc === 'rate';
  return (
    <section className={css.explorer}>
      <div className={css.about}>
        {meta && meta.type !== '' && <b>{meta.type}</b>}
        <span>{meta?.help}</span>
      </div>
      <div className={css.controls}>
        <Segments
          label="View"
          value={state.view}
          choices={[
            ['chart', 'Chart'],
            ['table', 'Table'],
          ]}
          onChoose={(view) => onEvent({ kind: 'view chosen', view })}
        />
        {(rate || isCounter(metric, meta)) && (
          <Segments
            label="Values"
            value={state.calc}
            choices={[
              ['raw', 'Raw value'],
              ['rate', 'Rate'],
            ]}
            onChoose={(calc) => onEvent({ kind: 'calc chosen', calc })}
          />
        )}
        {rate && (
          <span className={css.hint}>
            per second over {lengthText(question.windowSteps * question.stepMs)}, computed in this browser from the drawn points
          </span>
        )}
        <span className={css.hint}>step {lengthText(question.stepMs)}</span>
      </div>
      {answer.error && <Failed title="This query failed" error={answer.error} onRetry={() => void answer.refetch()} />}
      {answer.isPending && <Skeleton rows={10} />}
      {answer.data && !answer.error && (
        <>
          <Notices texts={answer.data.warnings} />
          <Picture
            raw={answer.data.value}
            state={state}
            quantity={{ unit: unitOfName(metric), perSecond: rate }}
            dim={answer.isPlaceholderData}
            onEvent={onEvent}
          />
        </>
      )}
    </section>
  );
}

interface PictureProps {
  readonly raw: readonly RawSeries[];
  readonly state: MetricsState;
  readonly quantity: Quantity;
  readonly dim: boolean;
  readonly onEvent: (event: MetricsEvent) => void;
}

function Picture({ raw, state, quantity, dim, onEvent }: PictureProps) {
  const live = useLive();
  const { span, stepMs, windowSteps } = asked(live.span, state);
  const whole = useMemo(() => {
    const grid = gridOf(raw, { startMs: span.startMs, endMs: span.endMs }, stepMs);
    return windowSteps > 0 ? rateOf(grid, windowSteps) : grid;
  }, [raw, span.startMs, span.endMs, stepMs, windowSteps]);
  const { grid, leftOut } = useMemo(() => largestSeries(whole, DRAWN_SERIES_MAX), [whole]);
  const { common, names } = useMemo(() => splitLabels(grid.series.map((s) => s.labels)), [grid]);
  const lines = useMemo(
    () =>
      grid.series.map((s, i): Line => {
        const own: Quantity = { unit: unitOfName(s.labels['__name__'] ?? ''), perSecond: quantity.perSecond };
        return { name: names[i] ?? '', colour: seriesColour(i), shown: isShown(state.shown, s.key), quantity: own };
      }),
    [grid, names, state.shown, quantity.perSecond],
  );
  if (raw.length === 0) {
    return (
      <Empty title="No series match in this time range">
        <p>Nothing that matches {state.query} was received between these times. Widen the range, or take a filter away.</p>
      </Empty>
    );
  }
  const notices = [
    ...(leftOut > 0 && state.view === 'chart'
      ? [
          `${countText(DRAWN_SERIES_MAX)} of ${countText(whole.series.length)} series are drawn, those with the greatest means. Add filters to see the others, or the table, which lists all.`,
        ]
      : []),
    ...(raw.some((s) => s.histogram) ? ['Native histograms are drawn as their counts.'] : []),
  ];
  return (
    <>
      <Notices texts={notices} />
      {state.view === 'table' ? (
        <SeriesTable
          grid={whole}
          perSecond={quantity.perSecond}
          sort={state.tableSort}
          onSort={(column) => onEvent({ kind: 'table sorted', column })}
        />
      ) : (
        <>
          <Chart
            grid={grid}
            lines={lines}
            span={live.span}
            zone={live.zone}
            quantity={quantity}
            height={Math.max(220, Math.min(420, Math.round(innerHeight * 0.42)))}
            title={`${state.query} over time, ${grid.series.length} series; the table below has their values`}
            dim={dim}
            onZoom={live.zoom}
            onBack={live.zoomBack}
          />
          {Object.keys(common).length > 0 && (
            <p className={css.common}>
              All {countText(grid.series.length)} have <code>{commonText(common)}</code>
            </p>
          )}
          <div className={css.legendBox} tabIndex={0} role="region" aria-label="Legend">
            <Legend grid={grid} lines={lines} quantity={quantity} onPick={(key, toggle) => onEvent({ kind: 'line picked', key, toggle })} />
          </div>
        </>
      )}
    </>
  );
}

function commonText({ __name__: metric = '', ...labels }: Readonly<Record<string, string>>): string {
  const inner = Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ');
  return inner === '' ? metric : `${metric}{${inner}}`;
}
