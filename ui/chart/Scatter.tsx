// Points over time on a logarithmic scale: a click opens one, a drag selects a region. Errors are crosses, so that no colour alone says it.

import { useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Span } from '../data/time-range.ts';
import { instantText, tickText } from '../data/time-text.ts';
import type { Zone } from '../data/time-text.ts';
import { quantityText } from '../data/units.ts';
import type { Quantity } from '../data/units.ts';
import { logRange, nearestPoint } from './scatter-places.ts';
import type { Place } from './scatter-places.ts';
import css from './chart.module.css';

export interface Point {
  readonly key: string;
  readonly atMs: number;
  readonly value: number;
  readonly colour: string;
  readonly isError: boolean;
  readonly title: string;
}

/** A part of the picture, in its own measures. */
export interface Box extends Span {
  readonly low: number;
  readonly high: number;
}

export interface ScatterProps {
  /** In the order of time. */
  readonly points: readonly Point[];
  readonly span: Span;
  readonly zone: Zone;
  readonly quantity: Quantity;
  readonly height: number;
  readonly title: string;
  readonly dim: boolean;
  readonly box: Box | undefined;
  readonly onOpen: (key: string) => void;
  readonly onBox: (box: Box) => void;
  readonly onBack: () => void;
}

/** Lines at powers of ten; those between would be more ink than the points. */
const wholePowers: uPlot.Axis.Filter = (_, splits) => splits.map((v) => (Math.abs(Math.log10(v) % 1) < 1e-6 ? v : null));

interface Latest {
  readonly current: ScatterProps;
}

/** The width of the y axis. */
export const AXIS_PX = 56;
const RADIUS = 3;
/** How far from a point the pointer still means it. */
const REACH_PX = 12;

export function Scatter(props: ScatterProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const { points, height, zone, box, span, title, dim } = props;
  const data = useMemo((): uPlot.AlignedData => [points.map((p) => p.atMs / 1000), points.map((p) => p.value)], [points]);
  // The latest drawing, read when something happens: a plot outlives many drawings.
  const latest = useRef(props);
  const latestData = useRef(data);
  useLayoutEffect(() => {
    latest.current = props;
    latestData.current = data;
  });
  useEffect(() => {
    const element = host.current;
    if (!element || zone === undefined) return undefined;
    const build = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(element, height, latest), latestData.current, element);
    };
    build();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    const recoloured = new MutationObserver(build);
    recoloured.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
    return () => {
      resized.disconnect();
      recoloured.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [height, zone]);
  const { startMs, endMs } = span;
  useEffect(() => {
    if (endMs > startMs) plot.current?.setData(data, true);
  }, [data, startMs, endMs]);
  useEffect(() => {
    if (box === undefined || box.high > 0) plot.current?.redraw(false);
  }, [box]);
  return (
    <figure className={css.host} style={{ height }} data-dim={dim} aria-label={title}>
      <div ref={host} />
    </figure>
  );
}

function optionsOf(element: HTMLElement, height: number, latest: Latest): uPlot.Options {
  const style = getComputedStyle(element);
  const axis = { stroke: style.getPropertyValue('--muted').trim(), font: '11px "Inter Variable", sans-serif', ticks: { show: false } };
  const { zone, quantity } = latest.current;
  const moves = (type: string): boolean => type === 'mousemove' || type === 'mouseleave';
  return {
    width: element.clientWidth,
    height,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    tzDate: (ts) => (zone === 'utc' ? uPlot.tzDate(new Date(ts * 1000), 'Etc/UTC') : new Date(ts * 1000)),
    cursor: {
      // Cursors move together; what is dragged here is a region, and no time to zoom to.
      sync: { key: 'page', setSeries: false, scales: ['x', null], filters: { pub: moves, sub: moves } },
      drag: { x: true, y: true, setScale: false, dist: 4 },
      points: { show: false },
      bind: {
        dblclick: () => () => {
          latest.current.onBack();
          return null;
        },
      },
    },
    scales: {
      x: { time: true, range: () => [latest.current.span.startMs / 1000, latest.current.span.endMs / 1000] },
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- uPlot's enum exists in its types only; 3 is logarithmic.
      y: { distr: 3, range: (_, low, high) => logRange(low, high) },
    },
    axes: [
      {
        ...axis,
        size: 24,
        space: 72,
        grid: { show: false },
        values: (_, splits, ...[, , step]) => splits.map((s) => tickText(s, step, zone)),
      },
      {
        ...axis,
        size: AXIS_PX,
        space: 24,
        grid: { stroke: style.getPropertyValue('--line').trim(), width: 1, filter: wholePowers },
        values: (_, splits: readonly (number | null)[]) => splits.map((v) => (v === null ? '' : quantityText(v, quantity))),
      },
    ],
    series: [{}, { paths: () => null, points: { show: false } }],
    plugins: [pointsPlugin(latest, style)],
  };
}

/** Draws the points and the box, and owns what the pointer does. */
function pointsPlugin(latest: Latest, style: CSSStyleDeclaration): uPlot.Plugin {
  const tip = document.createElement('div');
  tip.className = css.tooltip ?? '';
  tip.hidden = true;
  let places: readonly Place[] = [];
  let pressed: { readonly x: number; readonly y: number } | undefined;
  const under = (u: uPlot): Point | undefined => {
    const { left = -1, top = -1 } = u.cursor;
    const index = left < 0 ? -1 : nearestPoint(places, left, top, REACH_PX);
    return latest.current.points[index];
  };
  return {
    hooks: {
      init: [
        (u) => {
          document.body.append(tip);
          u.over.addEventListener('mouseleave', () => (tip.hidden = true));
          u.over.addEventListener('mousedown', ({ clientX: x, clientY: y }) => (pressed = { x, y }));
          u.over.addEventListener('click', ({ clientX, clientY }) => {
            const dragged = pressed !== undefined && Math.hypot(clientX - pressed.x, clientY - pressed.y) >= 4;
            const point = dragged ? undefined : under(u);
            if (point) latest.current.onOpen(point.key);
          });
        },
      ],
      destroy: [() => tip.remove()],
      draw: [
        (u) => {
          const { points, box } = latest.current;
          places = points.map((p) => ({ x: u.valToPos(p.atMs / 1000, 'x'), y: u.valToPos(p.value, 'y') }));
          if (box) drawBox(u, box, style.getPropertyValue('--accent').trim());
          drawPoints(u, points, style.getPropertyValue('--bad').trim());
        },
      ],
      setCursor: [
        (u) => {
          const point = u.over.matches(':hover') ? under(u) : undefined;
          u.over.style.cursor = point ? 'pointer' : 'crosshair';
          tip.hidden = point === undefined;
          if (point) showTip(u, tip, point, latest.current);
        },
      ],
      setSelect: [(u) => selected(u, latest.current)],
    },
  };
}

function selected(u: uPlot, { onBox }: ScatterProps): void {
  const { left, top, width, height } = u.select;
  if (width < 4 || height < 4) return;
  const box: Box = {
    startMs: u.posToVal(left, 'x') * 1000,
    endMs: u.posToVal(left + width, 'x') * 1000,
    low: u.posToVal(top + height, 'y'),
    high: u.posToVal(top, 'y'),
  };
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onBox(box);
}

function drawBox(u: uPlot, { startMs, endMs, low, high }: Box, colour: string): void {
  const { ctx } = u;
  const [left, right] = [u.valToPos(startMs / 1000, 'x', true), u.valToPos(endMs / 1000, 'x', true)];
  const [top, bottom] = [u.valToPos(high, 'y', true), u.valToPos(low, 'y', true)];
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  ctx.clip();
  ctx.fillStyle = colour;
  ctx.strokeStyle = colour;
  ctx.globalAlpha = 0.15;
  ctx.fillRect(left, top, right - left, bottom - top);
  ctx.globalAlpha = 1;
  ctx.lineWidth = devicePixelRatio;
  ctx.strokeRect(left, top, right - left, bottom - top);
  ctx.restore();
}

function drawPoints(u: uPlot, points: readonly Point[], bad: string): void {
  const { ctx } = u;
  const radius = RADIUS * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top - radius, u.bbox.width, u.bbox.height + radius * 2);
  ctx.clip();
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.strokeStyle = bad;
  // Errors lie on top.
  for (const isError of [false, true]) {
    ctx.globalAlpha = isError ? 1 : 0.75;
    for (const point of points) {
      if (point.isError !== isError) continue;
      const [x, y] = [u.valToPos(point.atMs / 1000, 'x', true), u.valToPos(point.value, 'y', true)];
      ctx.beginPath();
      if (isError) {
        ctx.moveTo(x - radius, y - radius);
        ctx.lineTo(x + radius, y + radius);
        ctx.moveTo(x + radius, y - radius);
        ctx.lineTo(x - radius, y + radius);
        ctx.stroke();
      } else {
        ctx.fillStyle = point.colour;
        ctx.arc(x, y, radius, 0, 2 * Math.PI);
        ctx.fill();
      }
    }
  }
  ctx.restore();
}

function showTip(u: uPlot, tip: HTMLElement, point: Point, { zone, quantity }: ScatterProps): void {
  const lines = [
    point.title,
    `${quantityText(point.value, quantity)}${point.isError ? ' · with errors' : ''}`,
    instantText(point.atMs, zone),
  ];
  tip.replaceChildren(
    ...lines.map((line, i) => {
      const div = document.createElement('div');
      div.textContent = line;
      if (i === 2) div.className = css.when ?? '';
      return div;
    }),
  );
  const over = u.over.getBoundingClientRect();
  const [x, y] = [over.left + (u.cursor.left ?? 0), over.top + (u.cursor.top ?? 0)];
  const left = x + 16 + tip.offsetWidth > innerWidth ? x - 16 - tip.offsetWidth : x + 16;
  tip.style.transform = `translate(${Math.max(8, left)}px, ${Math.max(8, y - tip.offsetHeight - 8)}px)`;
}
