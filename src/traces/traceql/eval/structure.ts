// The tree that the spans of one trace form, and its nested-set numbers: a span lies within another's numbers where it descends from it.
//
//   root (1, 6) ── child (2, 3)
//              └── child (4, 5)
//
// Source: Tempo, `tempodb/encoding/vparquet4/nested_set_model.go`, whose numbers a query shows.

import { NIL } from '../value.ts';
import type { Field } from '../ast.ts';
import type { SpanView } from '../span-view.ts';

/** A parent that is none, or is not in the trace. */
export const STRUCTURE_UNKNOWN = -1;

/**
 * One entry per span of the trace. `parent` is the parent's place, -1 where there is none; following it always ends. `left`, `right` and
 * `nestedParent` count from 1; the `nestedParent` of a root is -1; all three are 0 for a span that no root leads to.
 */
export interface Structure {
  readonly parent: Int32Array;
  readonly children: Int32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly nestedParent: Int32Array;
}

/** Time and memory in proportion to the number of spans. */
export function structureOf(spans: readonly SpanView[]): Structure {
  const places = placesById(spans);
  const parent = Int32Array.from(spans, (span) => findParent(spans, places, span));
  cutCycles(parent);
  const children = new Int32Array(spans.length);
  for (const at of parent) if (at >= 0) children[at] = (children[at] ?? 0) + 1;
  return { parent, children, ...numbersOf(spans, parent, isNumbered(places)) };
}

/** Ids that lead back to themselves are no tree: the last step of each round is taken away. */
function cutCycles(parent: Int32Array): void {
  const walkedFrom = new Int32Array(parent.length).fill(STRUCTURE_UNKNOWN);
  for (let start = 0; start < parent.length; start++) {
    for (let at = start; walkedFrom[at] === STRUCTURE_UNKNOWN;) {
      walkedFrom[at] = start;
      const above = parent[at] ?? STRUCTURE_UNKNOWN;
      if (above === STRUCTURE_UNKNOWN) break;
      if (walkedFrom[above] === start) parent[at] = STRUCTURE_UNKNOWN;
      else at = above;
    }
  }
}

/** A client and the server it calls share an id in Zipkin; more spans than two under one id are no tree. */
function placesById(spans: readonly SpanView[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [at, span] of spans.entries()) {
    const same = places.get(span.spanId);
    if (same === undefined) places.set(span.spanId, [at]);
    else same.push(at);
  }
  return places;
}

function isNumbered(places: Map<string, readonly number[]>): boolean {
  for (const same of places.values()) if (same.length > 2) return false;
  return true;
}

const KIND: Field = { type: 'intrinsic', name: 'kind', ofParent: false, spelling: 'kind', place: { from: 0, to: 0 } };

/** Of two spans with the parent's id, a server's parent is the client and any other's is the server. */
function findParent(spans: readonly SpanView[], places: Map<string, readonly number[]>, span: SpanView): number {
  if (span.parentId === '') return STRUCTURE_UNKNOWN;
  const found = places.get(span.parentId);
  const [only = STRUCTURE_UNKNOWN, other] = found ?? [];
  if (found === undefined || other === undefined || found.length > 2) return only;
  const wanted = kindOf(span) === 'server' ? 'client' : 'server';
  return found.find((at) => kindOf(spans[at]) === wanted && spans[at] !== span) ?? STRUCTURE_UNKNOWN;
}

function kindOf(span: SpanView | undefined): string | undefined {
  const value = span?.value(KIND) ?? NIL;
  return value.type === 'kind' ? value.value : undefined;
}

/** Depth first from every root, children in the order of the spans; with an explicit way back, since a trace may be a chain of 100,000. */
function numbersOf(
  spans: readonly SpanView[],
  parent: Int32Array,
  isNumbered: boolean,
): Pick<Structure, 'left' | 'right' | 'nestedParent'> {
  const left = new Int32Array(spans.length);
  const right = new Int32Array(spans.length);
  const nestedParent = new Int32Array(spans.length);
  const { first, next } = childLists(parent);
  let bound = 0;
  for (let root = 0; isNumbered && root < spans.length; root++) {
    if (spans[root]?.parentId !== '') continue;
    nestedParent[root] = -1;
    left[root] = ++bound;
    for (let at = root; at !== STRUCTURE_UNKNOWN;) {
      const child = first[at] ?? STRUCTURE_UNKNOWN;
      if (child === STRUCTURE_UNKNOWN) {
        right[at] = ++bound;
        at = parent[at] ?? STRUCTURE_UNKNOWN;
        continue;
      }
      first[at] = next[child] ?? STRUCTURE_UNKNOWN;
      nestedParent[child] = left[at] ?? 0;
      left[child] = ++bound;
      at = child;
    }
  }
  return { left, right, nestedParent };
}

/** `first` of a span's children, and the `next` child of the same parent. */
function childLists(parent: Int32Array): { first: Int32Array; next: Int32Array } {
  const first = new Int32Array(parent.length).fill(STRUCTURE_UNKNOWN);
  const next = new Int32Array(parent.length).fill(STRUCTURE_UNKNOWN);
  for (let at = parent.length - 1; at >= 0; at--) {
    const above = parent[at] ?? STRUCTURE_UNKNOWN;
    if (above === STRUCTURE_UNKNOWN) continue;
    next[at] = first[above] ?? STRUCTURE_UNKNOWN;
    first[above] = at;
  }
  return { first, next };
}
