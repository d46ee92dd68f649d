// Exemplars on a chart: a diamond each, where its value stands; one of another kind at the lower edge, one beyond the picture as a triangle at the edge that it
// is beyond. A uPlot plugin that owns one layer and one element of text.

import uPlot from 'uplot';
import type { Mark } from '../data/exemplars.ts';
import { quantityText } from '../data/units.ts';
import type { ChartProps } from './Chart.tsx';
import { heading, place, text } from './tooltip.ts';
import css from './chart.module.css';

/** Half of a diamond, in pixels: none is drawn beyond the edge. */
const HALF = 5;

interface Latest {
  readonly current: { readonly props: ChartProps };
}

export function marksPlugin(latest: Latest): uPlot.Plugin {
  const layer = document.createElement('div');
  const box = document.createElement('div');
  // Whoever cannot point finds the same in a list beneath.
  layer.setAttribute('aria-hidden', 'true');
  box.className = css.tooltip ?? '';
  box.hidden = true;
  return {
    hooks: {
      init: [(u) => (u.over.append(layer), document.body.append(box))],
      draw: [(u) => draw(u, { layer, box, latest })],
      destroy: [() => box.remove()],
    },
  };
}

interface Owned {
  readonly layer: HTMLElement;
  readonly box: HTMLElement;
  readonly latest: Latest;
}

function draw(u: uPlot, { layer, box, latest }: Owned): void {
  const [width, height] = [u.bbox.width / uPlot.pxRatio, u.bbox.height / uPlot.pxRatio];
  const elements = (latest.current.props.marks ?? []).flatMap((mark) => {
    const left = u.valToPos(mark.atMs / 1000, 'x');
    if (left < 0 || left > width) return [];
    const at = mark.value === undefined ? height - HALF : u.valToPos(mark.value, 'y');
    const top = Math.min(Math.max(at, HALF), height - HALF);
    const element = text('span', '', css.mark);
    element.dataset['mark'] = at < 0 ? 'above' : at > height ? 'below' : 'here';
    element.dataset['leads'] = String(mark.path !== undefined);
    element.style.transform = `translate(${left}px, ${top}px)`;
    // A press on a diamond draws no range.
    element.addEventListener('mousedown', (event) => event.stopPropagation());
    element.addEventListener('click', (event) => latest.current.props.onMark?.(mark, event.ctrlKey || event.metaKey));
    element.addEventListener('mouseenter', () => {
      // The values of lines make room.
      u.setCursor({ left: -10, top: -10 });
      box.replaceChildren(...about(mark, latest.current.props));
      box.hidden = false;
      place(u, box, left, top);
    });
    element.addEventListener('mouseleave', () => (box.hidden = true));
    return [element];
  });
  box.hidden = true;
  layer.replaceChildren(...elements);
}

/** When it was, what it measured, its labels, and what a click does. */
function about(mark: Mark, props: ChartProps): readonly HTMLElement[] {
  const labels = Object.entries(mark.labels).filter(([name]) => name !== '__name__');
  return [
    heading(mark.atMs / 1000, props),
    text('b', quantityText(mark.own, mark.quantity), undefined),
    ...labels.map(([name, value]) => text('div', `${name}=${value}`, css.label)),
    ...(mark.path === undefined ? [] : [text('div', 'Click opens its trace', css.more)]),
  ];
}
