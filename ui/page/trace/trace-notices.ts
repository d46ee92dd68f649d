// What stands above a trace that is not whole or not right.

import { lengthText } from './bar-layout.ts';
import { oddityTexts } from './span-tree.ts';
import type { TraceView } from './trace-view.ts';

export function noticesOf({ trace, tree }: Pick<TraceView, 'trace' | 'tree'>): readonly string[] {
  const partial = trace.partial === '' ? [] : [`Not all spans are here. ${trace.partial}`];
  const dropped = tree.nodes.filter(({ span }) => span.dropped > 0).length;
  const lost =
    dropped === 0 ? [] : [`The senders of ${dropped} spans left attributes, events or links of them out: their SDKs' limits were reached.`];
  return [...partial, ...oddityTexts(tree, lengthText), ...lost];
}
