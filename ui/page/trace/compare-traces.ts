// Two traces laid over one another: spans that have the same way from the root, by services and names, stand in one row.
//
//   tree A ─┐
//           ├─▶ one tree of ways (service, name) ─▶ rows with what each trace has there ─▶ differences
//   tree B ─┘

import type { OwnTime } from './own-time.ts';
import type { SpanTree } from './span-tree.ts';

/** What one trace has at a way; times in nanoseconds. */
export interface Side {
  readonly count: number;
  readonly errors: number;
  /** Durations, added up. */
  readonly length: number;
  /** Own times, added up. */
  readonly own: number;
  /** Flat pairs of starts and ends, by start. */
  readonly stretches: readonly number[];
}

export type Change = 'only in A' | 'only in B' | 'slower' | 'faster' | 'same';

export interface ComparedRow {
  readonly service: string;
  readonly name: string;
  readonly depth: number;
  readonly a: Side;
  readonly b: Side;
  /** Of B against A. */
  readonly change: Change;
}

export interface ComparedTree {
  readonly tree: SpanTree;
  readonly own: readonly OwnTime[];
}

interface Way {
  readonly service: string;
  readonly name: string;
  readonly below: Map<string, Way>;
  readonly sides: readonly [MutableSide, MutableSide];
}

type MutableSide = { -readonly [K in keyof Side]: K extends 'stretches' ? number[] : Side[K] };

/** In the order in which rows are drawn: depth first, by the first start in either trace. */
export function compareTraces(a: ComparedTree, b: ComparedTree): readonly ComparedRow[] {
  const top = newWay('', '');
  addTrace(top, a, 0);
  addTrace(top, b, 1);
  const rows: ComparedRow[] = [];
  const waiting = waysBelow(top, 0);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { way, depth } = next;
    const [sideA, sideB] = way.sides;
    rows.push({ service: way.service, name: way.name, depth, a: sorted(sideA), b: sorted(sideB), change: changeOf(sideA, sideB) });
    waiting.push(...waysBelow(way, depth + 1));
  }
  return rows;
}

function newWay(service: string, name: string): Way {
  const side = (): MutableSide => ({ count: 0, errors: 0, length: 0, own: 0, stretches: [] });
  return { service, name, below: new Map(), sides: [side(), side()] };
}

function addTrace(top: Way, { tree, own }: ComparedTree, which: 0 | 1): void {
  const wayOf: Way[] = [];
  for (const { span, at, parent } of tree.nodes) {
    const above = wayOf[parent] ?? top;
    const key = `${span.source.service}\0${span.name}`;
    const way = above.below.get(key) ?? newWay(span.source.service, span.name);
    above.below.set(key, way);
    wayOf.push(way);
    const side = way.sides[which];
    side.count++;
    side.errors += span.status === 'error' ? 1 : 0;
    side.length += span.end - span.start;
    side.own += own[at]?.length ?? 0;
    side.stretches.push(span.start, span.end);
  }
}

/** The last to be drawn first, as a stack wants them. */
function waysBelow({ below }: Way, depth: number): { readonly way: Way; readonly depth: number }[] {
  const first = ({ sides: [a, b] }: Way): number =>
    Math.min(a.stretches[0] ?? Number.POSITIVE_INFINITY, b.stretches[0] ?? Number.POSITIVE_INFINITY);
  return [...below.values()].sort((x, y) => first(y) - first(x)).map((way) => ({ way, depth }));
}

function sorted(side: MutableSide): Side {
  const pairs = Array.from(
    { length: side.stretches.length / 2 },
    (_, i) => [side.stretches[2 * i] ?? 0, side.stretches[2 * i + 1] ?? 0] as const,
  );
  return { ...side, stretches: pairs.sort((x, y) => x[0] - y[0]).flat() };
}

/** Less than a twentieth, or than a microsecond, is no difference. */
const LEAST_SHARE = 0.05;
const LEAST_NS = 1000;

function changeOf(a: Side, b: Side): Change {
  if (a.count === 0) return 'only in B';
  if (b.count === 0) return 'only in A';
  const difference = b.length - a.length;
  if (Math.abs(difference) <= Math.max(LEAST_NS, Math.max(a.length, b.length) * LEAST_SHARE)) return 'same';
  return difference > 0 ? 'slower' : 'faster';
}

export type RowSort = 'order' | 'own' | 'total';

/** What differs, the largest difference of the chosen time first; all rows in their order for `order`. */
export function sortedRows(rows: readonly ComparedRow[], sort: RowSort, only: Change | 'different' | 'all'): readonly ComparedRow[] {
  const kept = rows.filter((row) => only === 'all' || (only === 'different' ? isDifferent(row) : row.change === only));
  if (sort === 'order') return kept;
  const by = (row: ComparedRow): number => Math.abs(sort === 'own' ? row.b.own - row.a.own : row.b.length - row.a.length);
  return kept.sort((x, y) => by(y) - by(x));
}

export function isDifferent({ a, b, change }: ComparedRow): boolean {
  return change !== 'same' || a.count !== b.count || a.errors !== b.errors;
}

export function changeCounts(rows: readonly ComparedRow[]): Readonly<Record<Change, number>> {
  const counts: Record<Change, number> = { 'only in A': 0, 'only in B': 0, slower: 0, faster: 0, same: 0 };
  for (const { change } of rows) counts[change]++;
  return counts;
}
