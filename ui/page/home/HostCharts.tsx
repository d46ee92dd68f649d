// Four pictures of one host: processor, memory, disk, network. Each is made in the browser from plain series.

import { useMemo } from 'react';
import { Chart } from '../../chart/Chart.tsx';
import type { Line } from '../../chart/Chart.tsx';
import { useLive } from '../../data/Live.tsx';
import { range } from '../../data/questions.ts';
import { gridOf, rateOf, rateWindowSteps, summaryOf } from '../../data/samples.ts';
import type { Grid, RawSeries } from '../../data/samples.ts';
import { printSelector } from '../../data/selector.ts';
import type { Matcher } from '../../../src/query/matchers.ts';
import { alignSpan, stepFor } from '../../data/time-range.ts';
import type { Span } from '../../data/time-range.ts';
import { quantityText } from '../../data/units.ts';
import type { Quantity } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { seriesColour } from '../../kit/colour.ts';
import { Failed, Notices, Skeleton } from '../../kit/States.tsx';
import type { Host } from './home-state.ts';
import { busyShare, networkRates, usedDiskShares, usedMemoryShare } from './host-series.ts';
import css from './home.module.css';

const RATIO: Quantity = { unit: 'ratio', perSecond: false };
const BYTE_RATE: Quantity = { unit: 'bytes', perSecond: true };

interface Picture {
  readonly title: string;
  readonly matchers: readonly Matcher[];
  readonly rate: boolean;
  readonly quantity: Quantity;
  /** From series to the lines that are drawn; each line's name is its label `line`. */
  readonly make: (grid: Grid) => Grid;
}

const name = (value: string): Matcher => ({ name: '__name__', op: '=~', value });

const PICTURES: readonly Picture[] = [
  {
    title: 'CPU busy',
    matchers: [name('node_cpu_seconds_total'), { name: 'mode', op: '=', value: 'idle' }],
    rate: true,
    quantity: RATIO,
    make: busyShare,
  },
  {
    title: 'Memory used',
    matchers: [name('node_memory_MemTotal_bytes|node_memory_MemAvailable_bytes')],
    rate: false,
    quantity: RATIO,
    make: usedMemoryShare,
  },
  {
    title: 'Disk used',
    matchers: [
      name('node_filesystem_size_bytes|node_filesystem_avail_bytes'),
      { name: 'fstype', op: '!~', value: 'tmpfs|ramfs|squashfs|overlay|fuse.*|iso9660' },
    ],
    rate: false,
    quantity: RATIO,
    make: usedDiskShares,
  },
  {
    title: 'Network',
    matchers: [
      name('node_network_receive_bytes_total|node_network_transmit_bytes_total'),
      { name: 'device', op: '!~', value: 'lo|veth.*|docker.*|br-.*' },
    ],
    rate: true,
    quantity: BYTE_RATE,
    make: networkRates,
  },
];

export function HostCharts({ host }: { readonly host: Host }) {
  return (
    <div className={css.charts}>
      {PICTURES.map((picture) => (
        <HostChart key={picture.title} host={host} picture={picture} />
      ))}
    </div>
  );
}

const POINTS_MAX = 240;
const HEIGHT = 148;

function HostChart({ host, picture }: { readonly host: Host; readonly picture: Picture }) {
  const { span } = useLive();
  const own: readonly Matcher[] = [
    { name: 'job', op: '=', value: host.job },
    { name: 'instance', op: '=', value: host.instance },
  ];
  const stepMs = stepFor(span, POINTS_MAX);
  const steps = picture.rate ? rateWindowSteps(stepMs) : 0;
  const aligned = alignSpan(span, stepMs);
  const askedSpan: Span = { startMs: aligned.startMs - steps * stepMs, endMs: aligned.endMs };
  const answer = useAnswer(range(printSelector({ metric: '', matchers: [...picture.matchers, ...own] }), askedSpan, stepMs));
  return (
    <section className={css.chart}>
      {answer.error ? (
        <Failed title={`${picture.title} cannot be drawn`} error={answer.error} onRetry={() => void answer.refetch()} />
      ) : answer.data ? (
        <>
          <Notices texts={answer.data.warnings} />
          <Drawn raw={answer.data.value} picture={picture} span={askedSpan} stepMs={stepMs} steps={steps} dim={answer.isPlaceholderData} />
        </>
      ) : (
        <>
          <h2>{picture.title}</h2>
          <div style={{ height: HEIGHT }}>
            <Skeleton rows={5} />
          </div>
        </>
      )}
    </section>
  );
}

interface DrawnProps {
  readonly raw: readonly RawSeries[];
  readonly picture: Picture;
  readonly span: Span;
  readonly stepMs: number;
  readonly steps: number;
  readonly dim: boolean;
}

function Drawn({ raw, picture, span, stepMs, steps, dim }: DrawnProps) {
  const live = useLive();
  const { startMs, endMs } = span;
  const grid = useMemo(() => {
    const whole = gridOf(raw, { startMs, endMs }, stepMs);
    return picture.make(steps > 0 ? rateOf(whole, steps) : whole);
  }, [raw, picture, startMs, endMs, stepMs, steps]);
  const lines = useMemo(
    () => grid.series.map((s, i): Line => ({ name: s.labels['line'] ?? '', colour: seriesColour(i), shown: true })),
    [grid],
  );
  const { quantity } = picture;
  return (
    <>
      <h2>
        {picture.title}
        <span className={css.lasts}>
          {grid.series.slice(0, 4).map((s, i) => (
            <span key={s.key}>
              <i style={{ background: lines[i]?.colour }} />
              {s.labels['line']} <b>{quantityText(summaryOf(s.values).last, quantity)}</b>
            </span>
          ))}
        </span>
      </h2>
      {grid.series.length === 0 ? (
        <p className={css.nothing} style={{ height: HEIGHT }}>
          This host says nothing about it in this time range.
        </p>
      ) : (
        <Chart
          grid={grid}
          lines={lines}
          span={live.span}
          zone={live.zone}
          quantity={quantity}
          height={HEIGHT}
          title={`${picture.title} over time; the newest values stand in the heading`}
          dim={dim}
          fromZero
          {...(quantity.unit === 'ratio' ? { yMax: 1 } : {})}
          onZoom={live.zoom}
          onBack={live.zoomBack}
        />
      )}
    </>
  );
}
