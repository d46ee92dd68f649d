// Lines over time: the one chart of the application, around uPlot. It draws what it is given; legend and states stand around it.

import { useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { boundsWith } from '../data/exemplars.ts';
import type { Mark } from '../data/exemplars.ts';
import type { Grid } from '../data/samples.ts';
import type { Span } from '../data/time-range.ts';
import { tickText } from '../data/time-text.ts';
import type { Zone } from '../data/time-text.ts';
import { largestOf, quantityText } from '../data/units.ts';
import type { Quantity } from '../data/units.ts';
import { marksPlugin } from './marks.ts';
import { tooltipPlugin } from './tooltip.ts';
import css from './chart.module.css';

/** One line: its name for people, its colour, and whether it is drawn. */
export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly shown: boolean;
  /** Drawn beneath the others as dashes: the same at another time. */
  readonly dashed?: boolean;
  /** How its values read where lines of several units share a picture; else as the axis does. */
  readonly quantity?: Quantity;
}

export interface ChartProps {
  readonly grid: Grid;
  /** One for each series of the grid. */
  readonly lines: readonly Line[];
  readonly span: Span;
  readonly zone: Zone;
  readonly quantity: Quantity;
  readonly height: number;
  /** What the picture shows, for those who do not see it. */
  readonly title: string;
  /** An older picture that waits for its successor. */
  readonly dim?: boolean;
  /** The y axis begins at zero, and ends no lower than `yMax`. */
  readonly fromZero?: boolean;
  readonly yMax?: number;
  /** Bars on top of each other, the last series lowest; each stands for the step that begins at its time. */
  readonly stacked?: boolean;
  /** The width of the y axis, where pictures above each other shall have the same times beneath each other. */
  readonly axisPx?: number;
  /** Exemplars, drawn as diamonds; a list of them stands beside the chart. */
  readonly marks?: readonly Mark[];
  /** A diamond was clicked; `aside` asks for another tab. */
  readonly onMark?: (mark: Mark, aside: boolean) => void;
  readonly onZoom: (span: Span) => void;
  readonly onBack: () => void;
}

/** Lower than this a picture has little room for ticks. */
const LOW_PX = 100;

/** Charts on a page move their cursors together. */
const SYNC_KEY = 'page';

function colourOf(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

/** A canvas knows no names of the theme: `var(--level-warn)` as what it is now. */
function drawnColour(element: Element, colour: string): string {
  const name = /^var\((--[\w-]+)\)$/.exec(colour)?.[1];
  return name === undefined ? colour : colourOf(element, name);
}

export function Chart(props: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const { grid, lines, height, zone, fromZero, yMax, marks, stacked = false } = props;
  const data = useMemo(
    (): uPlot.AlignedData => [[...grid.times], ...(stacked ? sumsOf(grid, lines) : grid.series.map((s) => [...s.values]))],
    [grid, lines, stacked],
  );
  // The latest drawing, read when something happens: a plot outlives many drawings.
  const latest = useRef({ props, data });
  useLayoutEffect(() => {
    latest.current = { props, data };
  });
  // A plot is made anew only for what it cannot change.
  const structure = [
    height,
    zone,
    fromZero,
    yMax,
    stacked,
    props.quantity.unit,
    ...lines.map((l) => `${l.colour}${l.dashed === true ? '-' : ''}`),
  ].join(' ');

  useEffect(() => {
    const element = host.current;
    if (!element || structure === '') return undefined;
    const build = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(element, latest), latest.current.data, element);
    };
    build();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: latest.current.props.height }));
    resized.observe(element);
    const recoloured = new MutationObserver(build);
    recoloured.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
    return () => {
      resized.disconnect();
      recoloured.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [structure]);

  useEffect(() => {
    const u = plot.current;
    if (!u || u.series.length !== data.length) return;
    u.batch(() => {
      lines.forEach((line, i) => {
        if (u.series[i + 1]?.show !== line.shown) u.setSeries(i + 1, { show: line.shown });
      });
      u.setData(data, true);
    });
  }, [data, lines]);

  useEffect(() => {
    // Marks that come after the lines may need a taller picture.
    const u = plot.current;
    if (marks !== undefined && u) u.setData(u.data, true);
  }, [marks]);

  return (
    <figure className={css.host} style={{ height }} data-dim={props.dim === true} aria-label={props.title}>
      <div ref={host} />
    </figure>
  );
}

interface Latest {
  readonly current: { readonly props: ChartProps };
}

function optionsOf(element: HTMLElement, latest: Latest): uPlot.Options {
  const { lines, height, zone, yMax, stacked = false, fromZero = stacked } = latest.current.props;
  const axis = { stroke: colourOf(element, '--muted'), font: '11px "Inter Variable", sans-serif', ticks: { show: false } };
  const gridLine = { stroke: colourOf(element, '--line'), width: 1 };
  return {
    width: element.clientWidth,
    height,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    tzDate: (ts) => (zone === 'utc' ? uPlot.tzDate(new Date(ts * 1000), 'Etc/UTC') : new Date(ts * 1000)),
    cursor: {
      sync: { key: SYNC_KEY, setSeries: false },
      drag: { x: true, y: false, setScale: false, dist: 4 },
      points: { size: 6, show: lines.length <= 40 && !stacked },
      bind: {
        dblclick: () => () => {
          latest.current.props.onBack();
          return null;
        },
      },
    },
    scales: {
      x: { time: true, range: () => xRange(latest.current.props) },
      y: { range: (_, low, high) => yRange(boundsWith(latest.current.props.marks ?? [], low, high), fromZero, yMax) },
    },
    axes: [
      {
        ...axis,
        size: 24,
        space: 72,
        grid: { show: false },
        values: (_, splits, ...[, , increment]) => splits.map((s) => tickText(s, increment, zone)),
      },
      {
        ...axis,
        size: (_, values) => latest.current.props.axisPx ?? Math.max(40, 14 + Math.max(0, ...(values ?? []).map((v) => v.length)) * 6.2),
        // A low picture has a second tick too, or nobody knows how high its bars are.
        space: height < LOW_PX ? 18 : 32,
        grid: gridLine,
        ...incrementsOf(latest.current.props.quantity),
        values: (_, splits) => splits.map((v) => quantityText(v, latest.current.props.quantity, largestOf(splits))),
      },
    ],
    series: [
      {},
      ...lines.map((each) => {
        const line = { ...each, colour: drawnColour(element, each.colour) };
        return stacked ? barOptions(line) : lineOptions(line);
      }),
    ],
    plugins: [tooltipPlugin(latest), marksPlugin(latest)],
    hooks: {
      setSelect: [
        (u) => {
          if (u.select.width < 4) return;
          const startMs = u.posToVal(u.select.left, 'x') * 1000;
          const endMs = u.posToVal(u.select.left + u.select.width, 'x') * 1000;
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          if (endMs - startMs >= 1000) latest.current.props.onZoom({ startMs, endMs });
        },
      ],
    },
  };
}

const BINARY_STEPS = Array.from({ length: 70 }, (_, i) => 2 ** (i - 4));
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const CLOCK_STEPS = [
  ...Array.from({ length: 33 }, (_, i) => [1, 2, 5].map((m) => m * 10 ** (i - 32))).flat(),
  10,
  15,
  20,
  30,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  ...Array.from({ length: 12 }, (_, i) => [1, 2, 5].map((m) => m * DAY * 10 ** i)).flat(),
];

/** Steps of the y axis that are round in the unit as it is written: powers of two of bytes, minutes and hours of seconds. */
function incrementsOf({ unit }: Quantity): { incrs?: number[] } {
  if (unit === 'bytes') return { incrs: BINARY_STEPS };
  return unit === 'seconds' ? { incrs: CLOCK_STEPS } : {};
}

/** The span, and the whole steps around it, so that no drawn value lies outside of the picture. */
function xRange({ span, grid, stacked }: ChartProps): uPlot.Range.MinMax {
  const start = span.startMs / 1000;
  const end = span.endMs / 1000;
  const last = grid.times.at(-1) ?? end;
  return [Math.min(start, grid.times[0] ?? start), Math.max(end, stacked === true ? last + grid.stepS : last)];
}

/** What each bar reaches up to: the highest is drawn first, and each lower one covers its part. A series that is not shown adds nothing. */
function sumsOf(grid: Grid, lines: readonly Line[]): (number | null)[][] {
  const sums = grid.times.map(() => 0);
  const summed = grid.series.map((series, i) => ({ series, shown: lines[i]?.shown !== false })).reverse();
  const drawn = summed.map(({ series, shown }) =>
    series.values.map((value, at) => {
      if (!shown || value === null || value === 0) return null;
      sums[at] = (sums[at] ?? 0) + value;
      return sums[at] ?? null;
    }),
  );
  return drawn.reverse();
}

function lineOptions(line: Line): uPlot.Series {
  return {
    show: line.shown,
    stroke: line.colour,
    width: line.dashed === true ? 1 : 1.5,
    ...(line.dashed === true ? { dash: [4, 4] } : {}),
    points: { show: true, size: 4, fill: line.colour, filter: (u, seriesIndex) => alone(u.data[seriesIndex]) },
  };
}

function barOptions(line: Line): uPlot.Series {
  const paths = uPlot.paths.bars?.({ size: [0.9, 48], align: 1 });
  return { show: line.shown, stroke: line.colour, fill: line.colour, width: 0, points: { show: false }, ...(paths ? { paths } : {}) };
}

/** A value between two gaps has no line, so it is drawn as a dot. */
function alone(values: ArrayLike<number | null | undefined> | undefined): number[] {
  const found: number[] = [];
  const isGap = (v: number | null | undefined): boolean => v === null || v === undefined;
  for (let i = 0; values && i < values.length; i++) if (!isGap(values[i]) && isGap(values[i - 1]) && isGap(values[i + 1])) found.push(i);
  return found;
}

function yRange([low, high]: readonly [number | null, number | null], fromZero: boolean, yMax: number | undefined): uPlot.Range.MinMax {
  if (low === null || high === null) return [0, yMax ?? 1];
  const min = fromZero ? Math.min(0, low) : low;
  const max = Math.max(high, yMax ?? Number.NEGATIVE_INFINITY);
  if (min === max) return min === 0 ? [0, 1] : min > 0 ? [0, min * 2] : [min * 2, 0];
  return uPlot.rangeNum(min, max, {
    min: { pad: fromZero ? 0 : 0.1, soft: 0, mode: 3 },
    max: { pad: yMax === undefined ? 0.1 : 0, soft: 0, mode: 3 },
  });
}
