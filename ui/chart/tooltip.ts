// The values under the cursor, greatest first, with the line nearest to the pointer in bold. A uPlot plugin that owns one element.

import type uPlot from 'uplot';
import { instantText, zoneName } from '../data/time-text.ts';
import { largestOf, quantityText } from '../data/units.ts';
import type { Quantity } from '../data/units.ts';
import type { ChartProps } from './Chart.tsx';
import css from './chart.module.css';

const ROWS_MAX = 14;

interface Row {
  readonly name: string;
  readonly colour: string;
  readonly value: number;
  /** Pixels between the pointer and the line. */
  readonly distance: number;
  readonly quantity: Quantity;
}

export function tooltipPlugin(latest: { readonly current: { readonly props: ChartProps } }): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = css.tooltip ?? '';
  box.hidden = true;
  return {
    hooks: {
      init: [
        (u) => {
          document.body.append(box);
          u.over.addEventListener('mouseleave', () => (box.hidden = true));
        },
      ],
      destroy: [() => box.remove()],
      setCursor: [(u) => draw(u, box, latest.current.props)],
    },
  };
}

function draw(u: uPlot, box: HTMLElement, props: ChartProps): void {
  const { left = -1, top = 0 } = u.cursor;
  const idx = indexAt(u, left, props);
  // A cursor that moves along with another chart's shows its line only.
  if (idx === null || idx === undefined || left < 0 || !u.over.matches(':hover')) {
    box.hidden = true;
    return;
  }
  const rows = rowsAt(u, idx, top, props);
  const nearest = rows.reduce<Row | undefined>((best, row) => (best === undefined || row.distance < best.distance ? row : best), undefined);
  const shown = rows.sort((a, b) => b.value - a.value).slice(0, ROWS_MAX);
  // The nearest line is always among those listed.
  if (nearest && !shown.includes(nearest)) shown[shown.length - 1] = nearest;
  const largest = largestOf(rows.map(({ value }) => value));
  box.replaceChildren(heading(u.data[0][idx] ?? 0, props), ...shown.map((row) => line(row, row === nearest, largest)));
  if (rows.length > shown.length) box.append(text('div', `and ${rows.length - shown.length} more`, css.more));
  box.hidden = false;
  place(u, box, left, top);
}

/** A line's nearest point; of bars the one that the pointer is on, which begins at or before it. */
function indexAt(u: uPlot, left: number, { stacked = false }: ChartProps): number | null | undefined {
  const { idx } = u.cursor;
  if (!stacked || idx === null || idx === undefined) return idx;
  return (u.data[0][idx] ?? 0) > u.posToVal(left, 'x') ? Math.max(0, idx - 1) : idx;
}

function rowsAt(u: uPlot, idx: number, top: number, props: ChartProps): Row[] {
  const rows: Row[] = [];
  props.lines.forEach((l, i) => {
    // Of a stack the drawn value is a sum; the series' own is a part of it.
    const drawn = u.data[i + 1]?.[idx];
    const value = props.grid.series[i]?.values[idx];
    if (l.shown && drawn !== null && drawn !== undefined && value !== null && value !== undefined) {
      rows.push({
        name: l.name,
        colour: l.colour,
        value,
        distance: Math.abs(u.valToPos(props.stacked === true ? drawn - value / 2 : drawn, 'y') - top),
        quantity: l.quantity ?? props.quantity,
      });
    }
  });
  return rows;
}

export function heading(seconds: number, props: ChartProps): HTMLElement {
  return text('div', `${instantText(seconds * 1000, props.zone)} ${zoneName(props.zone)}`, css.when);
}

function line(row: Row, bold: boolean, largest: number): HTMLElement {
  const element = text('div', '', css.tip);
  const mark = text('i', '', undefined);
  mark.style.background = row.colour;
  if (bold) element.dataset['near'] = '';
  element.append(mark, text('span', row.name, undefined), text('b', quantityText(row.value, row.quantity, largest), undefined));
  return element;
}

export function text(tag: string, content: string, className: string | undefined): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = content;
  if (className) element.className = className;
  return element;
}

/** Beside the pointer, inside of the window. */
export function place(u: uPlot, box: HTMLElement, left: number, top: number): void {
  const over = u.over.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const right = over.left + left + 16;
  const x = right + width > innerWidth - 8 ? Math.max(8, over.left + left - width - 16) : right;
  const y = Math.min(Math.max(8, over.top + top + 12), Math.max(8, innerHeight - height - 8));
  box.style.transform = `translate(${x}px, ${y}px)`;
}
