// The answer to a query over time as a picture: lines with their legend.

import { useMemo } from 'react';
import { useRouter } from '@tanstack/react-router';
import { Chart } from '../../chart/Chart.tsx';
import type { Line } from '../../chart/Chart.tsx';
import { Legend } from '../../chart/Legend.tsx';
import { marksOf } from '../../data/exemplars.ts';
import type { Exemplar, Mark } from '../../data/exemplars.ts';
import { useLive } from '../../data/Live.tsx';
import { DRAWN_SERIES_MAX, beneath, gridOf, largestSeries, splitLabels } from '../../data/samples.ts';
import type { Grid, RawSeries } from '../../data/samples.ts';
import { linksOfSeries } from '../../data/series-links.ts';
import { countText, unitOfName } from '../../data/units.ts';
import type { Quantity } from '../../data/units.ts';
import { seriesColour } from '../../kit/colour.ts';
import { useHrefOf } from '../../kit/PathLink.tsx';
import { Notices } from '../../kit/States.tsx';
import { ExemplarList } from './ExemplarList.tsx';
import { isShown } from './metrics-state.ts';
import type { MetricsEvent, MetricsState } from './metrics-state.ts';
import { spanBefore } from './use-result.ts';
import type { Asked } from './use-result.ts';
import css from './metrics.module.css';

interface PictureProps {
  readonly raw: readonly RawSeries[];
  /** The period before; empty when it is not asked for. */
  readonly earlier: readonly RawSeries[];
  /** Of all series that the query selects. */
  readonly exemplars?: readonly Exemplar[];
  readonly asked: Asked;
  readonly state: MetricsState;
  readonly quantity: Quantity;
  readonly dim: boolean;
  readonly onEvent: (event: MetricsEvent) => void;
}

/** One list for all drawings, so that nothing is drawn anew. */
const NO_EXEMPLARS: readonly Exemplar[] = [];

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
  const { raw, earlier, exemplars = NO_EXEMPLARS, asked, state, onEvent } = props;
  const { startMs, endMs } = asked.span;
  const { stepMs } = asked;
  const { perSecond } = props.quantity;
  // Counts of histograms are plain numbers, whatever is counted.
  const counted = raw.some((s) => s.histogram);
  const unit = counted ? 'none' : props.quantity.unit;
  const whole = useMemo(() => gridOf(raw, { startMs, endMs }, stepMs), [raw, startMs, endMs, stepMs]);
  const { grid, leftOut } = useMemo(() => largestSeries(whole, DRAWN_SERIES_MAX), [whole]);
  const { common, names } = useMemo(() => splitLabels(grid.series.map((s) => s.labels)), [grid]);
  const lines = useMemo(
    () =>
      grid.series.map((s, i): Line => {
        const metric = s.labels['__name__'];
        // A series that kept its name is that metric's own.
        const own: Quantity = metric === undefined || counted ? { unit, perSecond } : { unit: unitOfName(metric), perSecond: false };
        return { name: names[i] ?? '', colour: seriesColour(i), shown: isShown(state.shown, s.key), quantity: own };
      }),
    [grid, names, state.shown, counted, unit, perSecond],
  );
  const drawing = useMemo(() => {
    if (earlier.length === 0) return { grid, lines };
    return overlaid({ grid, lines }, gridOf(earlier, spanBefore({ span: { startMs, endMs }, stepMs }), stepMs));
  }, [earlier, grid, lines, startMs, endMs, stepMs]);
  const quantity: Quantity = { unit, perSecond };
  const marks = useMemo(() => marksOf(exemplars, { unit, perSecond }), [exemplars, unit, perSecond]);
  const histograms = counted ? ['Native histograms are drawn as their counts. The table shows their sums and buckets.'] : [];
  const limited = `${countText(DRAWN_SERIES_MAX)} of ${countText(whole.series.length)} series are drawn, those with the greatest means. Add filters to see the others, or look at the table, which lists all.`;
  return (
    <>
      <Notices texts={leftOut > 0 ? [limited] : []} />
      <Notices texts={histograms} level="info" />
      <Lines {...props} drawing={drawing} quantity={quantity} marks={marks} />
      {Object.keys(common).length > 0 && (
        <p className={css.common}>
          All {countText(grid.series.length)} have <code>{commonText(common)}</code>
        </p>
      )}
      <div className={css.legendBox} tabIndex={0} role="region" aria-label="Legend">
        <Legend
          grid={grid}
          lines={lines}
          quantity={quantity}
          onPick={(key, toggle) => onEvent({ kind: 'line picked', key, toggle })}
          linksOf={(labels) => linksOfSeries(state.query, labels, { startMs, endMs })}
        />
        <ExemplarList marks={marks} />
      </div>
    </>
  );
}

function Lines({ drawing, state, quantity, dim, marks }: PictureProps & { readonly drawing: Drawing; readonly marks: readonly Mark[] }) {
  const live = useLive();
  const router = useRouter();
  const hrefOf = useHrefOf();
  const open = ({ path }: Mark, aside: boolean): void => {
    if (path === undefined) return;
    if (aside) window.open(hrefOf(path), '_blank');
    else router.history.push(hrefOf(path));
  };
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
      marks={marks}
      onMark={open}
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
