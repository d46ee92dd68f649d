// The spans of a trace as a tree, laid out in the order in which rows are drawn. Traces arrive broken; nothing is repaired in silence: what does
// not fit is shown where it can stand, and says so.
//
//   spans ─▶ parents (by id; shared ids, missing parents and cycles judged) ─▶ depth first, children by start ─▶ nodes

import type { Span, Trace } from './trace.ts';

/** What is wrong with a span's place or times. */
export type Oddity =
  | { readonly kind: 'parent missing' }
  /** Its ancestors lead back to itself: the circle is cut here. */
  | { readonly kind: 'in a circle' }
  | { readonly kind: 'shared id' }
  | { readonly kind: 'starts before parent'; readonly by: number };

export interface SpanNode {
  readonly span: Span;
  /** Its place in the order of rows. */
  readonly at: number;
  readonly depth: number;
  /** The parent's place; -1 for a root. */
  readonly parent: number;
  /** The place of the last span below it; its own where there is none. */
  readonly last: number;
  readonly children: readonly number[];
  readonly oddities: readonly Oddity[];
}

export interface SpanTree {
  readonly nodes: readonly SpanNode[];
  readonly roots: readonly number[];
  /** The root that the trace is named after: the first without a parent, else the first. -1 in an empty trace. */
  readonly root: number;
  readonly depth: number;
}

/** Earlier starts than this before a parent's are no rounding. */
const SKEW_NS = 1000;

export function buildTree({ spans }: Pick<Trace, 'spans'>): SpanTree {
  const { parents, oddities } = findParents(spans);
  cutCircles(spans, parents, oddities);
  return layOut(spans, parents, oddities);
}

interface Family {
  /** By place among the spans; -1 for a root. */
  readonly parents: Int32Array;
  readonly oddities: Oddity[][];
}

function findParents(spans: readonly Span[]): Family {
  const byId = new Map<string, number[]>();
  for (const [i, { id }] of spans.entries()) {
    const known = byId.get(id);
    if (known === undefined) byId.set(id, [i]);
    else known.push(i);
  }
  const parents = new Int32Array(spans.length).fill(-1);
  const oddities = spans.map((): Oddity[] => []);
  for (const [i, span] of spans.entries()) {
    const twins = byId.get(span.id) ?? [];
    if (twins.length > 1) oddities[i]?.push({ kind: 'shared id' });
    // Where client and server share an id, as Zipkin has it, the server's half stands below the client's.
    const client = span.kind === 'server' ? twins.find((at) => at !== i && spans[at]?.kind === 'client') : undefined;
    const wanted = client ?? parentOf(span, byId, spans);
    if (wanted === undefined && span.parentId !== '') oddities[i]?.push({ kind: 'parent missing' });
    parents[i] = wanted ?? -1;
  }
  return { parents, oddities };
}

/** Of several spans with the parent's id, the one of the same service. */
function parentOf(span: Span, byId: ReadonlyMap<string, readonly number[]>, spans: readonly Span[]): number | undefined {
  const candidates = span.parentId === '' ? [] : (byId.get(span.parentId) ?? []);
  return candidates.find((at) => spans[at]?.source.service === span.source.service && spans[at] !== span) ?? candidates[0];
}

/** Makes a root of the earliest span of every circle. */
function cutCircles(spans: readonly Span[], parents: Int32Array, oddities: readonly Oddity[][]): void {
  const seenBy = new Int32Array(spans.length).fill(-1);
  for (let from = 0; from < spans.length; from++) {
    let at = from;
    while (at !== -1 && seenBy[at] === -1) {
      seenBy[at] = from;
      at = parents[at] ?? -1;
    }
    // The way up met itself: all from here to here are the circle.
    if (at === -1 || seenBy[at] !== from) continue;
    let first = at;
    for (let next = parents[at] ?? -1; next !== at && next !== -1; next = parents[next] ?? -1) {
      if ((spans[next]?.start ?? 0) < (spans[first]?.start ?? 0)) first = next;
    }
    parents[first] = -1;
    oddities[first]?.push({ kind: 'in a circle' });
  }
}

interface Waiting {
  readonly i: number;
  readonly depth: number;
  readonly parent: number;
}

/** Depth first without recursion: traces may be deeper than the stack. */
function layOut(spans: readonly Span[], parents: Int32Array, oddities: readonly Oddity[][]): SpanTree {
  const below = spans.map((): number[] => []);
  const tops: number[] = [];
  for (let i = 0; i < spans.length; i++) (below[parents[i] ?? -1] ?? tops).push(i);
  const byStart = (a: number, b: number): number =>
    (spans[a]?.start ?? 0) - (spans[b]?.start ?? 0) || (spans[b]?.end ?? 0) - (spans[a]?.end ?? 0);
  const nodes: (SpanNode & { last: number; readonly children: number[] })[] = [];
  const roots: number[] = [];
  const waiting: Waiting[] = tops
    .sort(byStart)
    .map((i) => ({ i, depth: 0, parent: -1 }))
    .reverse();
  let depth = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const span = spans[next.i];
    if (span === undefined) continue;
    const at = nodes.length;
    const above = nodes[next.parent];
    const early = above === undefined ? 0 : above.span.start - span.start;
    if (early > SKEW_NS) oddities[next.i]?.push({ kind: 'starts before parent', by: early });
    nodes.push({ span, at, depth: next.depth, parent: next.parent, last: at, children: [], oddities: oddities[next.i] ?? [] });
    (above?.children ?? roots).push(at);
    depth = Math.max(depth, next.depth + 1);
    for (const i of (below[next.i] ?? []).sort(byStart).reverse()) waiting.push({ i, depth: next.depth + 1, parent: at });
  }
  // From the end, every node has heard from all below it.
  for (let at = nodes.length - 1; at >= 0; at--) {
    const node = nodes[at];
    const above = nodes[node?.parent ?? -1];
    if (node && above && node.last > above.last) above.last = node.last;
  }
  const root = roots.find((at) => nodes[at]?.span.parentId === '') ?? roots[0] ?? -1;
  return { nodes, roots, root, depth };
}

/** What is odd about the whole trace, in sentences. */
export function oddityTexts({ nodes, roots }: SpanTree, lengthText: (ns: number) => string): readonly string[] {
  const count = (kind: Oddity['kind']): number => nodes.filter((node) => node.oddities.some((oddity) => oddity.kind === kind)).length;
  const spans = (n: number, one: string, many: string): string => (n === 1 ? `1 span ${one}` : `${n} spans ${many}`);
  const texts: string[] = [];
  const [missing, circles, shared, early] = [
    count('parent missing'),
    count('in a circle'),
    count('shared id'),
    count('starts before parent'),
  ];
  const trueRoots = roots.filter((at) => nodes[at]?.span.parentId === '').length;
  if (missing > 0) {
    const named = spans(missing, 'names a parent that is', 'name parents that are');
    texts.push(`${named} not here: not sampled, still on the way, or lost.`);
  }
  if (trueRoots > 1) texts.push(`There are ${trueRoots} roots; the trace is named after the first.`);
  if (circles > 0)
    texts.push(`${spans(circles, 'is its own ancestor', 'are their own ancestors')}: the circle is cut at its earliest span.`);
  if (shared > 0) texts.push(`${spans(shared, 'shares its id', 'share their ids')} with others.`);
  if (early > 0) {
    const by = nodes
      .flatMap(({ oddities }) => oddities)
      .reduce((most, odd) => Math.max(most, odd.kind === 'starts before parent' ? odd.by : 0), 0);
    const starts = spans(early, 'starts before its parent', 'start before their parents');
    texts.push(`${starts}, by up to ${lengthText(by)}: the clocks of their hosts differ, and times are shown as they were sent.`);
  }
  return texts;
}
