// All that is derived from a trace once, and what its parts show of it.

import type { CriticalPath } from './critical-path.ts';
import { criticalPath } from './critical-path.ts';
import type { SpanFinder } from './find-spans.ts';
import { spanFinder } from './find-spans.ts';
import type { OwnTime } from './own-time.ts';
import { ownTimes } from './own-time.ts';
import type { SpanNode, SpanTree } from './span-tree.ts';
import { buildTree } from './span-tree.ts';
import type { Trace } from './trace.ts';

export interface TraceView {
  readonly trace: Trace;
  readonly tree: SpanTree;
  readonly own: readonly OwnTime[];
  readonly path: CriticalPath;
  /** Places of spans whose status is an error. */
  readonly errors: readonly number[];
  readonly services: readonly ServiceFacts[];
  readonly finder: SpanFinder;
  /** What names a span in the address, by place: its id; of spans that share one, the later ones have a number behind it. */
  readonly keys: readonly string[];
  readonly placeOfKey: ReadonlyMap<string, number>;
}

export interface ServiceFacts {
  readonly service: string;
  readonly spans: number;
  readonly errors: number;
  /** Nanoseconds in which its spans worked themselves, added up. */
  readonly own: number;
}

export function viewTrace(trace: Trace): TraceView {
  const tree = buildTree(trace);
  const own = ownTimes(tree);
  const keys = keysOf(tree);
  return {
    trace,
    tree,
    own,
    path: criticalPath(tree, tree.root),
    errors: tree.nodes.filter(isError).map(({ at }) => at),
    services: serviceFacts(tree, own),
    finder: spanFinder(tree),
    keys,
    placeOfKey: new Map(keys.map((key, at) => [key, at])),
  };
}

export function isError({ span }: SpanNode): boolean {
  return span.status === 'error';
}

function keysOf({ nodes }: SpanTree): readonly string[] {
  const seen = new Map<string, number>();
  return nodes.map(({ span: { id } }) => {
    const before = seen.get(id) ?? 0;
    seen.set(id, before + 1);
    return before === 0 ? id : `${id}.${before + 1}`;
  });
}

function serviceFacts({ nodes }: SpanTree, own: readonly OwnTime[]): readonly ServiceFacts[] {
  const found = new Map<string, { service: string; spans: number; errors: number; own: number }>();
  for (const node of nodes) {
    const { service } = node.span.source;
    const facts = found.get(service) ?? { service, spans: 0, errors: 0, own: 0 };
    facts.spans++;
    facts.errors += isError(node) ? 1 : 0;
    facts.own += own[node.at]?.length ?? 0;
    found.set(service, facts);
  }
  return [...found.values()].sort((a, b) => b.own - a.own);
}
