// The time in which a span itself works: while none of its children runs.

import type { SpanTree } from './span-tree.ts';

/** Flat pairs of starts and ends, in order. */
export type Stretches = readonly number[];

export interface OwnTime {
  /** Nanoseconds. */
  readonly length: number;
  readonly stretches: Stretches;
}

/** By place. Children count only where they lie within their parent. */
export function ownTimes({ nodes }: SpanTree): readonly OwnTime[] {
  return nodes.map(({ span, children }) => {
    const stretches: number[] = [];
    let length = 0;
    let from = span.start;
    const add = (until: number): void => {
      if (until <= from) return;
      stretches.push(from, until);
      length += until - from;
    };
    // Children stand in the order of their starts.
    for (const child of children) {
      const { start = span.end, end = span.end } = nodes[child]?.span ?? {};
      add(Math.min(start, span.end));
      from = Math.max(from, Math.min(end, span.end));
    }
    add(span.end);
    return { length, stretches };
  });
}
