// All spans of a trace in one picture, a line for each, whatever is folded or sought. A drag zooms, a double click goes back.

import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { countText } from '../../data/units.ts';
import { serviceColour } from '../../kit/colour.ts';
import { lengthText, percentOf } from './bar-layout.ts';
import type { Window } from './bar-layout.ts';
import type { TraceView } from './trace-view.ts';
import { useDragRange } from './use-drag-range.ts';
import css from './trace.module.css';

interface MiniMapProps {
  readonly view: TraceView;
  readonly window: Window;
  readonly onZoom: (window: Window | undefined) => void;
}

const HEIGHT = 56;
/** At the foot, where errors are marked as they end. */
const MARKS = 4;
const MARK_WIDTH = 3;

export function MiniMap({ view, window, onZoom }: MiniMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(canvas);
  const scheme = useComputedColorScheme('light');
  const length = Math.max(view.trace.length, 1);
  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, view, { width, scheme });
  }, [view, width, scheme]);
  const { drag, handlers } = useDragRange(
    ({ from, to }) => onZoom({ start: from * length, end: to * length }),
    () => onZoom(undefined),
  );
  const whole = { start: 0, end: length };
  const [left, right] = [percentOf(window.start, whole), percentOf(window.end, whole)];
  return (
    <div
      className={css.map}
      role="img"
      aria-label={`Map of ${countText(view.trace.spans.length)} spans over ${lengthText(length)}; drag to zoom, double click for all`}
      title="Drag to zoom, double click for all"
      {...handlers}
    >
      <canvas ref={canvas} style={{ height: HEIGHT }} />
      <i className={css.outside} style={{ left: 0, width: `${left}%` }} />
      <i className={css.outside} style={{ left: `${right}%`, right: 0 }} />
      {drag && <i className={css.chosen} style={{ left: `${drag.from * 100}%`, width: `${(drag.to - drag.from) * 100}%` }} />}
    </div>
  );
}

function useWidth(canvas: { readonly current: HTMLCanvasElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    const resized = new ResizeObserver(() => setWidth(element.clientWidth));
    resized.observe(element);
    return () => resized.disconnect();
  }, [canvas]);
  return width;
}

interface Looks {
  readonly width: number;
  readonly scheme: 'light' | 'dark';
}

function draw(canvas: HTMLCanvasElement, { tree, trace, errors }: TraceView, { width, scheme }: Looks): void {
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(HEIGHT * scale);
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(scale, scale);
  const { nodes } = tree;
  const rowHeight = (HEIGHT - MARKS) / nodes.length;
  const thick = Math.max(1, Math.min(4, rowHeight - 1));
  const x = (time: number): number => (time / Math.max(trace.length, 1)) * width;
  // Many spans share a line of the picture: they shine through one another.
  context.globalAlpha = rowHeight >= 0.5 ? 1 : scheme === 'dark' ? 0.7 : 0.6;
  for (const { at, span } of nodes) {
    context.fillStyle = serviceColour(span.source.service);
    context.fillRect(x(span.start), at * rowHeight, Math.max(1, x(span.end) - x(span.start)), thick);
  }
  context.globalAlpha = 1;
  context.fillStyle = getComputedStyle(canvas).getPropertyValue('--bad');
  for (const at of errors) {
    const span = nodes[at]?.span;
    if (span) context.fillRect(Math.max(0, x(span.end) - MARK_WIDTH), HEIGHT - MARKS, MARK_WIDTH, MARKS);
  }
}
