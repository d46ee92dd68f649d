// What stands above a trace that is not whole or not right.

import { lengthText } from './bar-layout.ts';
import { oddityTexts } from './span-tree.ts';
import type { TraceView } from './trace-view.ts';

/** Sentences; none for a trace that is as it should be. */
export function noticesOf({ tree }: Pick<TraceView, 'tree'>): readonly string[] {
  const dropped = tree.nodes.filter(({ span }) => span.dropped > 0).length;
  const lost =
    dropped === 0 ? [] : [`The senders of ${dropped} spans left attributes, events or links of them out: their SDKs' limits were reached.`];
  const said = [...oddityTexts(tree, lengthText), ...lost];
  return said.length === 0 ? [] : [said.join(' ')];
}
