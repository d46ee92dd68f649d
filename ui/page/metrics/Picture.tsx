// The answer to a query as a picture: lines with their legend, or a table.

import { useMemo } from 'react';
import { Chart } from '../../chart/Chart.tsx';
import type { Line } from '../../chart/Chart.tsx';
import { Legend } from '../../chart/Legend.tsx';
import { useLive } from '../../data/Live.tsx';
import { DRAWN_SERIES_MAX, beneath, gridOf, largestSeries, rateOf, splitLabels } from '../../data/samples.ts';
import type { Grid, RawSeries } from '../../data/samples.ts';
import type { Span } from '../../data/time-range.ts';
import { countText, unitOfName } from '../../data/units.ts';
import type { Quantity } from '../../data/units.ts';
import { seriesColour } from '../../kit/colour.ts';
import { Empty, Notices } from '../../kit/States.tsx';
import { isShown } from './metrics-state.ts';
import type { MetricsEvent, MetricsState } from './metrics-state.ts';
import { SeriesTable } from './SeriesTable.tsx';
import css from './metrics.module.css';

/** What was asked of the server, with the window of a rate before the start. */
export interface Asked {
  readonly span: Span;
  readonly stepMs: number;
  readonly windowSteps: number;
}

/** The period of the same length before, in whole steps. */
export function spanBefore({ span, stepMs, windowSteps }: Asked): Span {
  const length = span.endMs - span.startMs - windowSteps * stepMs;
  return { startMs: span.startMs - length, endMs: span.endMs - length };
}

interface PictureProps {
  readonly raw: readonly RawSeries[];
  /** The period before; empty when it is not asked for. */
  readonly earlier: readonly RawSeries[];
  readonly asked: Asked;
  readonly state: MetricsState;
  readonly quantity: Quantity;
  readonly dim: boolean;
  readonly onEvent: (event: MetricsEvent) => void;
}

function gridOfAnswer(raw: readonly RawSeries[], span: Span, { stepMs, windowSteps }: Asked): Grid {
  const grid = gridOf(raw, span, stepMs);
  return windowSteps > 0 ? rateOf(grid, windowSteps) : grid;
}

interface Drawing {
  readonly grid: Grid;
  readonly lines: readonly Line[];
}

/** The lines with the same ones of the period before beneath them. */
function overlaid({ grid, lines }: Drawing, earlier: Grid): Drawing {
  const byKey = new Map(grid.series.map((s, i) => [s.key, lines[i]]));
  const below = beneath(grid, earlier);
  const dashed = below.flatMap((s): Line[] => {
    const line = byKey.get(s.key);
    return line ? [{ ...line, name: `before: ${line.name}`, dashed: true }] : [];
  });
  return { grid: { ...grid, series: [...below, ...grid.series] }, lines: [...dashed, ...lines] };
}

export function Picture(props: PictureProps) {
  const { raw, earlier, asked, state, quantity, onEvent } = props;
  const { startMs, endMs } = asked.span;
  const { stepMs, windowSteps } = asked;
  const { perSecond } = quantity;
  const whole = useMemo(
    () => gridOfAnswer(raw, { startMs, endMs }, { span: { startMs, endMs }, stepMs, windowSteps }),
    [raw, startMs, endMs, stepMs, windowSteps],
  );
  const { grid, leftOut } = useMemo(() => largestSeries(whole, DRAWN_SERIES_MAX), [whole]);
  const { common, names } = useMemo(() => splitLabels(grid.series.map((s) => s.labels)), [grid]);
  const lines = useMemo(
    () =>
      grid.series.map((s, i): Line => {
        const own: Quantity = { unit: unitOfName(s.labels['__name__'] ?? ''), perSecond };
        return { name: names[i] ?? '', colour: seriesColour(i), shown: isShown(state.shown, s.key), quantity: own };
      }),
    [grid, names, state.shown, perSecond],
  );
  const drawing = useMemo(() => {
    if (earlier.length === 0) return { grid, lines };
    const now: Asked = { span: { startMs, endMs }, stepMs, windowSteps };
    return overlaid({ grid, lines }, gridOfAnswer(earlier, spanBefore(now), now));
  }, [earlier, grid, lines, startMs, endMs, stepMs, windowSteps]);
  if (raw.length === 0) {
    return (
      <Empty title="No series match in this time range">
        <p>Nothing that matches {state.query} was received between these times. Widen the range, or take a filter away.</p>
      </Empty>
    );
  }
  const histograms = raw.some((s) => s.histogram) ? ['Native histograms are drawn as their counts.'] : [];
  if (state.view === 'table') {
    return (
      <>
        <Notices texts={histograms} />
        <SeriesTable
          grid={whole}
          perSecond={perSecond}
          sort={state.tableSort}
          onSort={(column) => onEvent({ kind: 'table sorted', column })}
        />
      </>
    );
  }
  const limited = `${countText(DRAWN_SERIES_MAX)} of ${countText(whole.series.length)} series are drawn, those with the greatest means. Add filters to see the others, or the table, which lists all.`;
  return (
    <>
      <Notices texts={leftOut > 0 ? [limited, ...histograms] : histograms} />
      <Lines drawing={drawing} {...props} />
      {Object.keys(common).length > 0 && (
        <p className={css.common}>
          All {countText(grid.series.length)} have <code>{commonText(common)}</code>
        </p>
      )}
      <div className={css.legendBox} tabIndex={0} role="region" aria-label="Legend">
        <Legend grid={grid} lines={lines} quantity={quantity} onPick={(key, toggle) => onEvent({ kind: 'line picked', key, toggle })} />
      </div>
    </>
  );
}

function Lines({ drawing, state, quantity, dim }: PictureProps & { readonly drawing: Drawing }) {
  const live = useLive();
  return (
    <Chart
      grid={drawing.grid}
      lines={drawing.lines}
      span={live.span}
      zone={live.zone}
      quantity={quantity}
      height={Math.max(220, Math.min(420, Math.round(innerHeight * 0.42)))}
      title={`${state.query} over time, ${drawing.grid.series.length} lines; the table below has their values`}
      dim={dim}
      onZoom={live.zoom}
      onBack={live.zoomBack}
    />
  );
}

function commonText({ __name__: metric = '', ...labels }: Readonly<Record<string, string>>): string {
  const inner = Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ');
  return inner === '' ? metric : `${metric}{${inner}}`;
}
