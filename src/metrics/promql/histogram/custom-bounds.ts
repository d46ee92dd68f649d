// Histograms with different custom bounds brought to those that they share.
//
// Source: Prometheus native histograms specification, "Compatibility between histograms": counts between two shared bounds are joined.

import type { NativeHistogram } from '../../native-histogram.ts';
import { indexesOf, spansOf } from './bucket-indexes.ts';
import type { Side } from './bucket-indexes.ts';

export function sameBounds(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((bound, i) => bound === b[i]));
}

/** The bounds that are in both lists; all ascend. */
export function sharedBounds(a: readonly number[], b: readonly number[]): number[] {
  const shared: number[] = [];
  let j = 0;
  for (const bound of a) {
    while (j < b.length && (b[j] ?? NaN) < bound) j++;
    if (b[j] === bound) shared.push(bound);
  }
  return shared;
}

/** For the index of a bucket that ends at one of `own` the index of the one of `bounds` that takes it in; `bounds` are among `own`. */
export function targetAmong(bounds: readonly number[], own: readonly number[]): (index: number) => number {
  const targets: number[] = [];
  let target = 0;
  for (const bound of own) {
    while (target < bounds.length && (bounds[target] ?? NaN) < bound) target++;
    targets.push(target);
  }
  return (index) => targets[index] ?? bounds.length;
}

/** Counts of the buckets between `bounds`, the one above the last included: `bounds.length + 1`. */
export function countsAmong(bounds: readonly number[], { positiveSpans, positiveBuckets, customValues }: NativeHistogram): number[] {
  const counts = Array.from({ length: bounds.length + 1 }, () => 0);
  const targetOf = targetAmong(bounds, customValues);
  indexesOf(positiveSpans).forEach((index, i) => {
    const target = targetOf(index);
    counts[target] = (counts[target] ?? 0) + (positiveBuckets[i] ?? 0);
  });
  return counts;
}

/** Buckets given by one count for every index, without the empty ones. */
export function populated(counts: readonly number[]): Side {
  const indexes: number[] = [];
  for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) indexes.push(i);
  return { spans: spansOf(indexes), counts: indexes.map((index) => counts[index] ?? 0) };
}
