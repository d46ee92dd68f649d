// Exemplars on a chart: a diamond each, where its value stands, or at the lower edge where its value is of another kind. A uPlot plugin that owns one layer.

import uPlot from 'uplot';
import type { Mark } from '../data/exemplars.ts';
import type { ChartProps } from './Chart.tsx';
import css from './chart.module.css';

/** Half of a diamond, in pixels: none is drawn beyond the edge. */
const HALF = 5;

/** The mark under the pointer, for the tooltip. */
export function pointedMark(u: uPlot, { marks = [] }: ChartProps): Mark | undefined {
  const element = u.over.querySelector<HTMLElement>('[data-mark]:hover');
  return element === null ? undefined : marks[Number(element.dataset['mark'])];
}

export function marksPlugin(latest: { readonly current: { readonly props: ChartProps } }): uPlot.Plugin {
  const layer = document.createElement('div');
  // Whoever cannot point finds the same in a list beneath.
  layer.setAttribute('aria-hidden', 'true');
  return {
    hooks: {
      init: [(u) => u.over.append(layer)],
      draw: [(u) => draw(u, layer, latest.current.props)],
    },
  };
}

function draw(u: uPlot, layer: HTMLElement, props: ChartProps): void {
  const { marks = [], onMark } = props;
  const [width, height] = [u.bbox.width / uPlot.pxRatio, u.bbox.height / uPlot.pxRatio];
  const elements = marks.map((mark, i): HTMLElement | undefined => {
    const left = u.valToPos(mark.atMs / 1000, 'x');
    if (left < 0 || left > width) return undefined;
    // What is above the picture stands at its upper edge: one slow request does not flatten all others.
    const top = mark.value === undefined ? height - HALF : Math.min(Math.max(u.valToPos(mark.value, 'y'), HALF), height - HALF);
    const element = document.createElement('span');
    element.className = css.mark ?? '';
    element.dataset['mark'] = String(i);
    element.dataset['leads'] = String(mark.path !== undefined);
    element.style.transform = `translate(${left}px, ${top}px)`;
    // A press on a diamond draws no range.
    element.addEventListener('mousedown', (event) => event.stopPropagation());
    element.addEventListener('click', (event) => onMark?.(mark, event.ctrlKey || event.metaKey));
    return element;
  });
  layer.replaceChildren(...elements.filter((element) => element !== undefined));
}
