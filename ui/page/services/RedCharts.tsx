// Rate, errors and duration of a service over time: three pictures with one cursor.

import { useRouter } from '@tanstack/react-router';
import { useMemo } from 'react';
import { Chart } from '../../chart/Chart.tsx';
import type { Line } from '../../chart/Chart.tsx';
import type { Mark } from '../../data/exemplars.ts';
import { useLive } from '../../data/Live.tsx';
import { gridOf, summaryOf } from '../../data/samples.ts';
import type { Grid, GridSeries } from '../../data/samples.ts';
import { quantityText } from '../../data/units.ts';
import type { Quantity } from '../../data/units.ts';
import { seriesColour } from '../../kit/colour.ts';
import { useHrefOf } from '../../kit/PathLink.tsx';
import { Skeleton } from '../../kit/States.tsx';
import { ExemplarList } from '../metrics/ExemplarList.tsx';
import { PER_SECOND, RATIO, SECONDS } from './quantities.ts';
import type { Spark } from './service-rows.ts';
import { requestsOver } from './service-state.ts';
import { stepsOf } from './use-calls.ts';
import type { ServicePictures } from './use-service.ts';
import css from './service.module.css';

const HEIGHT = 168;
const NO_MARKS: readonly Mark[] = [];

interface Picture {
  readonly title: string;
  readonly quantity: Quantity;
  readonly grid: Grid;
  readonly lines: readonly Line[];
}

const line = (name: string, colour: string): Line => ({ name, colour, shown: true });
const row = (name: string, values: Spark): GridSeries => ({ key: name, labels: { line: name }, values });

const QUANTILE_COLOURS: Readonly<Record<string, string>> = { '0.5': seriesColour(2), '0.95': seriesColour(1), '0.99': seriesColour(4) };
const quantileOf = (labels: Readonly<Record<string, string>>): string => labels['q'] ?? labels['p'] ?? '';

function picturesOf({ calls, durations, window }: ServicePictures): readonly Picture[] {
  const steps = stepsOf(window);
  const requests = requestsOver(calls, steps);
  const times = Array.from({ length: steps.count }, (_, i) => steps.startS + i * steps.stepS);
  const length = requests.all.length;
  const grid = (series: readonly GridSeries[]): Grid => ({ times: times.slice(0, length), stepS: steps.stepS, series });
  const slow = gridOf(durations, window.span, window.stepMs);
  const ordered = [...slow.series].sort((a, b) => Number(quantileOf(a.labels)) - Number(quantileOf(b.labels)));
  return [
    {
      title: 'Requests',
      quantity: PER_SECOND,
      grid: grid([row('all', requests.all), row('failed', requests.failed)]),
      lines: [line('all', seriesColour(0)), line('failed', 'var(--bad)')],
    },
    { title: 'Errors', quantity: RATIO, grid: grid([row('errors', requests.ratio)]), lines: [line('errors', 'var(--bad)')] },
    {
      title: 'Duration',
      quantity: SECONDS,
      grid: grid(ordered.map((series) => ({ ...series, values: series.values.slice(0, length) }))),
      lines: ordered.map(({ labels }) => {
        const q = quantileOf(labels);
        return line(`p${Number(q) * 100}`, QUANTILE_COLOURS[q] ?? seriesColour(5));
      }),
    },
  ];
}

export function RedCharts({ pictures }: { readonly pictures: ServicePictures }) {
  const { calls, durations, window } = pictures;
  // oxlint-disable-next-line react/exhaustive-deps -- these three are all that is drawn
  const drawn = useMemo(() => picturesOf(pictures), [calls, durations, window]);
  return (
    <div className={css.charts}>
      {drawn.map((picture) => (
        <RedChart key={picture.title} picture={picture} pictures={pictures} />
      ))}
    </div>
  );
}

function RedChart({ picture, pictures }: { readonly picture: Picture; readonly pictures: ServicePictures }) {
  const { title, quantity, grid, lines } = picture;
  const live = useLive();
  const router = useRouter();
  const hrefOf = useHrefOf();
  const marks = title === 'Duration' ? pictures.marks : NO_MARKS;
  const open = ({ path }: Mark, aside: boolean): void => {
    if (path === undefined) return;
    if (aside) window.open(hrefOf(path), '_blank');
    else router.history.push(hrefOf(path));
  };
  return (
    <section className={css.chart}>
      <h2>
        {title}
        <span className={css.lasts}>
          {grid.series.map((series, i) => (
            <span key={series.key}>
              <i style={{ background: lines[i]?.colour }} />
              {lines[i]?.name} <b>{quantityText(summaryOf(series.values).last, quantity)}</b>
            </span>
          ))}
        </span>
      </h2>
      {grid.series.length === 0 ? (
        <div className={css.nothing} style={{ height: HEIGHT }}>
          {pictures.durationsLoading ? <Skeleton rows={5} /> : 'Nothing was measured in this range.'}
        </div>
      ) : (
        <Chart
          grid={grid}
          lines={lines}
          span={live.span}
          zone={live.zone}
          quantity={quantity}
          height={HEIGHT}
          title={`${title} over time; the newest values stand in the heading`}
          dim={pictures.dim}
          fromZero
          marks={marks}
          onMark={open}
          onZoom={live.zoom}
          onBack={live.zoomBack}
        />
      )}
      {marks.length > 0 && <ExemplarList marks={marks} />}
    </section>
  );
}
