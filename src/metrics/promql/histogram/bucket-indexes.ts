// Where a histogram's buckets are: spans written out as one index per bucket, and back. What arithmetic on buckets works with.

import type { Span } from '../../native-histogram.ts';

/** Buckets of one sign: the spans say where, the counts how many. */
export interface Side {
  readonly spans: readonly Span[];
  readonly counts: readonly number[];
}

/** Buckets by their indexes, which ascend. */
export interface Buckets {
  readonly indexes: readonly number[];
  readonly counts: readonly number[];
}

/** The index of each bucket, ascending. */
export function indexesOf(spans: readonly Span[]): number[] {
  const indexes: number[] = [];
  let index = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (const end = index + length; index < end; index++) indexes.push(index);
  }
  return indexes;
}

/** The fewest spans that hold exactly these buckets; `indexes` ascend. */
export function spansOf(indexes: readonly number[]): Span[] {
  const spans: Span[] = [];
  let next = 0;
  for (let i = 0; i < indexes.length;) {
    const first = indexes[i] ?? 0;
    let length = 1;
    while (indexes[i + length] === first + length) length++;
    spans.push({ offset: first - next, length });
    next = first + length;
    i += length;
  }
  return spans;
}

/** Whether both are written alike. Others may still hold the same buckets: `sameLayout`. */
export function sameSpans(a: readonly Span[], b: readonly Span[]): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every(({ offset, length }, i) => offset === b[i]?.offset && length === b[i]?.length);
}

/** Whether both hold the same buckets, however they are cut into spans. */
export function sameLayout(a: readonly Span[], b: readonly Span[]): boolean {
  if (sameSpans(a, b)) return true;
  const left = indexesOf(a);
  const right = indexesOf(b);
  return left.length === right.length && left.every((index, i) => index === right[i]);
}

/**
 * For each span of `inner` where its counts begin among those of `outer`; undefined unless each lies within a span of `outer`. A counter's
 * layout only grows, so that an earlier one lies within a later one.
 */
export function startsWithin(inner: readonly Span[], outer: readonly Span[]): number[] | undefined {
  const starts: number[] = [];
  let begin = 0;
  let at = -1;
  let outerBegin = 0;
  let outerEnd = 0;
  let outerCounts = 0;
  for (const { offset, length } of inner) {
    begin += offset;
    while (at < 0 || (outerEnd < begin + length && at < outer.length)) {
      outerCounts += outerEnd - outerBegin;
      const next = outer[++at];
      if (next === undefined) return undefined;
      outerBegin = outerEnd + next.offset;
      outerEnd = outerBegin + next.length;
    }
    if (begin < outerBegin) return undefined;
    starts.push(outerCounts + begin - outerBegin);
    begin += length;
  }
  return starts;
}

/** The index of the bucket that takes in bucket `index` when the resolution is halved `halvings` times. */
export function coarseIndex(index: number, halvings: number): number {
  return ((index - 1) >> halvings) + 1;
}

/** The buckets with the resolution halved `halvings` times. */
export function coarser(side: Side, halvings: number): Side {
  if (halvings === 0) return side;
  const indexes: number[] = [];
  const counts: number[] = [];
  let at = 0;
  for (const index of indexesOf(side.spans)) {
    const target = coarseIndex(index, halvings);
    const count = side.counts[at++] ?? 0;
    const last = indexes.length - 1;
    if (indexes[last] === target) counts[last] = (counts[last] ?? 0) + count;
    else {
      indexes.push(target);
      counts.push(count);
    }
  }
  return { spans: spansOf(indexes), counts };
}

/** The buckets without the empty ones. */
export function withoutEmpty(side: Side): Side {
  if (side.counts.every((count) => count !== 0) && side.spans.every(({ offset, length }, i) => length > 0 && (offset > 0 || i === 0)))
    return side;
  const indexes = indexesOf(side.spans).filter((_, i) => side.counts[i] !== 0);
  return { spans: spansOf(indexes), counts: side.counts.filter((count) => count !== 0) };
}
