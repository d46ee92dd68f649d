// Which spans of the tree have a row: those whose ancestors are open, and, where only some are wanted, those and the way to them.

import type { SpanTree } from './span-tree.ts';

export type Folded = ReadonlySet<number>;

/** Places in the order of rows. `only` are the places that are wanted; their ancestors stay, so that the way to them is seen. */
export function visibleRows({ nodes }: SpanTree, folded: Folded, only?: readonly number[]): readonly number[] {
  const kept = only && withAncestors(nodes, only);
  const rows: number[] = [];
  for (let at = 0; at < nodes.length;) {
    if (!kept || kept.has(at)) rows.push(at);
    at = folded.has(at) ? (nodes[at]?.last ?? at) + 1 : at + 1;
  }
  return rows;
}

function withAncestors(nodes: SpanTree['nodes'], places: readonly number[]): ReadonlySet<number> {
  const kept = new Set<number>();
  for (const place of places) {
    for (let at = place; at !== -1 && !kept.has(at); at = nodes[at]?.parent ?? -1) kept.add(at);
  }
  return kept;
}

/** Opens all that hides a place. */
export function revealed({ nodes }: SpanTree, folded: Folded, place: number): Folded {
  const ancestors: number[] = [];
  for (let at = nodes[place]?.parent ?? -1; at !== -1; at = nodes[at]?.parent ?? -1) if (folded.has(at)) ancestors.push(at);
  return ancestors.length === 0 ? folded : without(folded, ancestors);
}

export function toggled(folded: Folded, at: number): Folded {
  return folded.has(at) ? without(folded, [at]) : new Set([...folded, at]);
}

/** The spans with something below them: all, or those of one service. */
export function foldable({ nodes }: SpanTree, service?: string): readonly number[] {
  return nodes.flatMap(({ at, children, span }) =>
    children.length > 0 && (service === undefined || span.source.service === service) ? [at] : [],
  );
}

/** Folds places, or opens them where all are folded already. */
export function toggledAll(folded: Folded, places: readonly number[]): Folded {
  return places.every((at) => folded.has(at)) ? without(folded, places) : new Set([...folded, ...places]);
}

function without(folded: Folded, places: readonly number[]): Folded {
  const left = new Set(folded);
  for (const at of places) left.delete(at);
  return left;
}
