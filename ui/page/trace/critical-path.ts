// Which spans make up a trace's duration: from the root's end back to its start, always the child that ended last before the point reached, and
// the parent itself where no child had. Shortening a span that is not on it makes the trace no shorter.
// Source: the method of CRISP (Zhang et al., USENIX ATC 2022, section 3), which Jaeger's page uses too.
//
//   root   ████████████████████      path   root──┐      ┌─root─┐   ┌─root
//     a      ███████                           a───┘      │      │   │
//     b       ████                                        │      b2──┘
//     b2              █████

import type { Stretches } from './own-time.ts';
import type { SpanNode, SpanTree } from './span-tree.ts';

export interface CriticalPath {
  /** Of each span that lies on it, by place, where it does, in order. */
  readonly stretches: ReadonlyMap<number, Stretches>;
  /** The root's duration, which the stretches add up to, in nanoseconds. */
  readonly length: number;
}

interface Visit {
  readonly node: SpanNode;
  /** The children that are not looked at yet, the last to end being the last. */
  readonly byEnd: number[];
  /** What of the span lies within all its ancestors. */
  readonly from: number;
  readonly to: number;
  /** All after this is explained. */
  until: number;
}

/** The way through the span at `from`; nothing of it where there is none. */
export function criticalPath({ nodes }: SpanTree, from: number): CriticalPath {
  const backwards = new Map<number, number[]>();
  const root = nodes[from];
  if (root === undefined) return { stretches: new Map(), length: 0 };
  const endOf = (at: number): number => nodes[at]?.span.end ?? 0;
  const visit = (node: SpanNode, from: number, to: number): Visit => {
    return { node, byEnd: [...node.children].sort((a, b) => endOf(a) - endOf(b)), from, to, until: to };
  };
  const add = ({ node, until }: Visit, start: number): void => {
    if (until <= start) return;
    const known = backwards.get(node.at);
    if (known === undefined) backwards.set(node.at, [until, start]);
    else known.push(until, start);
  };
  const stack = [visit(root, root.span.start, root.span.end)];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const child = nodes[top.byEnd.pop() ?? -1];
    if (child === undefined) {
      add(top, top.from);
      stack.pop();
      continue;
    }
    // What outlives its parent counts up to the parent's end; what overlaps a later step of the path was not waited for.
    const end = Math.min(child.span.end, top.to);
    const start = Math.max(child.span.start, top.from);
    if (end > top.until || start >= end) continue;
    add(top, end);
    top.until = start;
    stack.push(visit(child, start, end));
  }
  return { stretches: new Map([...backwards].map(([at, pairs]) => [at, pairs.reverse()])), length: root.span.end - root.span.start };
}

export interface CriticalShare {
  readonly service: string;
  readonly name: string;
  /** Spans of this service and name on the path. */
  readonly count: number;
  /** Nanoseconds on the path, of all of them. */
  readonly length: number;
  /** The place of the one with the most. */
  readonly largest: number;
}

/** Who the duration is made of, the largest first. */
export function criticalShares({ nodes }: SpanTree, { stretches }: CriticalPath): readonly CriticalShare[] {
  const found = new Map<string, CriticalShare & { count: number; length: number; largest: number; most: number }>();
  for (const [at, pairs] of stretches) {
    const span = nodes[at]?.span;
    if (span === undefined) continue;
    const length = stretchLength(pairs);
    const key = `${span.source.service}\0${span.name}`;
    const share = found.get(key);
    if (share === undefined) found.set(key, { service: span.source.service, name: span.name, count: 1, length, largest: at, most: length });
    else {
      share.count++;
      share.length += length;
      if (length > share.most) [share.largest, share.most] = [at, length];
    }
  }
  return [...found.values()].sort((a, b) => b.length - a.length);
}

/** Nanoseconds of all stretches. */
export function stretchLength(pairs: Stretches): number {
  let length = 0;
  for (let i = 0; i + 1 < pairs.length; i += 2) length += (pairs[i + 1] ?? 0) - (pairs[i] ?? 0);
  return length;
}
