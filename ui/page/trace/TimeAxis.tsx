// The heads of the two columns: what the rows are, and the times above their bars. A drag over the times zooms further in.

import type { KeyboardEvent, PointerEvent } from 'react';
import { lengthText, percentOf, ticksOf } from './bar-layout.ts';
import type { Window } from './bar-layout.ts';
import { useDragRange } from './use-drag-range.ts';
import css from './waterfall.module.css';

interface TimeAxisProps {
  readonly window: Window;
  /** The share of the names' column, in percent. */
  readonly names: number;
  readonly ticks: number;
  readonly onNames: (percent: number) => void;
  readonly onZoom: (window: Window | undefined) => void;
}

const STEP = 2;

export function TimeAxis({ window, names, ticks, onNames, onZoom }: TimeAxisProps) {
  const length = window.end - window.start;
  const { drag, handlers } = useDragRange(
    ({ from, to }) => onZoom({ start: window.start + from * length, end: window.start + to * length }),
    () => onZoom(undefined),
  );
  const move = (event: PointerEvent<HTMLElement>): void => {
    const box = event.currentTarget.parentElement?.getBoundingClientRect();
    if (box && event.currentTarget.hasPointerCapture(event.pointerId)) onNames(((event.clientX - box.left) / box.width) * 100);
  };
  const press = ({ key }: KeyboardEvent): void => {
    if (key === 'ArrowLeft') onNames(names - STEP);
    if (key === 'ArrowRight') onNames(names + STEP);
  };
  return (
    <div className={css.heads}>
      <div className={css.name}>Service and name</div>
      <div
        className={css.divider}
        role="separator"
        tabIndex={0}
        aria-label="Width of the names"
        aria-orientation="vertical"
        aria-valuenow={Math.round(names)}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={move}
        onKeyDown={press}
      />
      <div className={css.lane} data-axis {...handlers}>
        {ticksOf(window, ticks).map((time) => (
          <span key={time} style={{ left: `${percentOf(time, window)}%` }} data-last={percentOf(time, window) > 90}>
            {lengthText(time)}
          </span>
        ))}
        {drag && <i className={css.chosen} style={{ left: `${drag.from * 100}%`, width: `${(drag.to - drag.from) * 100}%` }} />}
      </div>
    </div>
  );
}
