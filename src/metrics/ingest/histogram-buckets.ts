// The buckets of a native histogram made small: empty ones dropped where a span may leave a gap.

import type { Span } from '../native-histogram.ts';

export interface Buckets {
  readonly spans: readonly Span[];
  readonly counts: readonly number[];
}

/** Drops empty buckets at both ends and in gaps of more than `gapMax`. Buckets that do not fit their spans are returned as they are. */
export function compactBuckets(buckets: Buckets, gapMax: number): Buckets {
  const { spans, counts } = buckets;
  if (spans.reduce((sum, span) => sum + span.length, 0) !== counts.length) return buckets;
  const compact: { offset: number; length: number }[] = [];
  const kept: number[] = [];
  let index = 0;
  let at = 0;
  let end = 0;
  for (const span of spans) {
    index += span.offset;
    for (let i = 0; i < span.length; i++, index++, at++) {
      const count = counts[at] ?? 0;
      if (count === 0) continue;
      const gap = index - end;
      const last = compact.at(-1);
      if (last !== undefined && gap >= 0 && gap <= gapMax) {
        for (let empty = 0; empty < gap; empty++) kept.push(0);
        last.length += gap + 1;
      } else compact.push({ offset: gap, length: 1 });
      kept.push(count);
      end = index + 1;
    }
  }
  return { spans: compact, counts: kept };
}
