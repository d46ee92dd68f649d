// Both waterfalls in one column: for every way from the root the bars of A above those of B, and how they differ.

import { useMediaQuery } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useMemo, useRef } from 'react';
import { serviceColour } from '../../kit/colour.ts';
import { Empty } from '../../kit/States.tsx';
import { lengthText, percentOf, placesOf, ticksOf } from './bar-layout.ts';
import { sortedRows } from './compare-traces.ts';
import type { ComparedRow, Side } from './compare-traces.ts';
import type { Kept } from './trace-state.ts';
import { countsText, differenceText } from './difference-text.ts';
import { serviceText } from './trace.ts';
import css from './compare.module.css';

interface ComparedSpansProps {
  readonly rows: readonly ComparedRow[];
  readonly kept: Kept;
  /** Of the longer trace, in nanoseconds. */
  readonly length: number;
}

const ROW_PX = 40;
/** Where name, bars and difference stand below one another. */
const NARROW_ROW_PX = 72;
const INDENT_MAX = 16;

export function ComparedSpans({ rows, kept, length }: ComparedSpansProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => sortedRows(rows, 'order', kept), [rows, kept]);
  const narrow = useMediaQuery('(max-width: 800px)', false, { getInitialValueInEffect: false });
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (narrow ? NARROW_ROW_PX : ROW_PX),
    overscan: 8,
  });
  useEffect(() => virtual.measure(), [virtual, narrow]);
  const window = useMemo(() => ({ start: 0, end: length }), [length]);
  if (shown.length === 0) return <Empty title="No such difference between the two traces" />;
  return (
    <div className={css.spans}>
      <div className={css.heads}>
        <div className={css.name}>Service and name</div>
        <div className={css.lane}>
          {ticksOf(window, 4).map((time) => (
            <span key={time} style={{ left: `${percentOf(time, window)}%` }} data-last={percentOf(time, window) > 90}>
              {lengthText(time)}
            </span>
          ))}
        </div>
        <div className={css.difference}>B against A</div>
      </div>
      <div ref={scroller} className={css.scroll} role="list" tabIndex={0} aria-label="Both traces">
        <div style={{ position: 'relative', height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = shown[item.index];
            return (
              row && (
                <div
                  key={item.key}
                  className={css.row}
                  role="listitem"
                  style={{ height: item.size, transform: `translateY(${item.start}px)` }}
                >
                  <Row row={row} length={length} />
                </div>
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

const Row = memo(function Row({ row, length }: { readonly row: ComparedRow; readonly length: number }) {
  const { service, name, depth, a, b, change } = row;
  const colour = serviceColour(service);
  return (
    <>
      <div className={css.name} style={{ paddingLeft: 8 + Math.min(depth, INDENT_MAX) * 12 }} title={`${serviceText(service)}: ${name}`}>
        <i style={{ background: colour }} />
        <b>{serviceText(service)}</b> {name}
      </div>
      <div className={css.lane}>
        <Bars letter="A" side={a} length={length} colour={colour} />
        <Bars letter="B" side={b} length={length} colour={colour} />
      </div>
      <div className={css.difference} data-change={change}>
        <span>{change === 'only in A' || change === 'only in B' ? change : differenceText(a.length, b.length)}</span>
        <small>
          {[countsText(a.count, b.count), a.errors === b.errors ? '' : `errors ${a.errors} → ${b.errors}`]
            .filter((text) => text !== '')
            .join(', ')}
        </small>
      </div>
    </>
  );
});

interface BarsProps {
  readonly letter: string;
  readonly side: Side;
  readonly length: number;
  readonly colour: string;
}

function Bars({ letter, side, length, colour }: BarsProps) {
  return (
    <div className={css.bars} data-side={letter} title={`${letter}: ${side.count === 0 ? 'not here' : lengthText(side.length)}`}>
      {placesOf(side.stretches, { start: 0, end: length }).map(({ left, width }) => (
        <i
          key={left}
          style={{
            left: `${left}%`,
            width: `${width}%`,
            background: letter === 'A' ? `color-mix(in srgb, ${colour} 45%, var(--ground))` : colour,
          }}
        />
      ))}
    </div>
  );
}
