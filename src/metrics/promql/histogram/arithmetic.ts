// Arithmetic on native histograms: what the operators, rate and the resets of counters are made of. Every function gives a new value.
//
// Source: Prometheus native histograms specification, "PromQL", "Compatibility between histograms" and "Counter reset considerations";
// Prometheus 3.14, `histogram.FloatHistogram`.

import { assert } from '../../../base/assert.ts';
import { CUSTOM_BUCKETS_SCHEMA } from '../../native-histogram.ts';
import type { CounterResetHint, NativeHistogram } from '../../native-histogram.ts';
import { coarser, indexesOf, sameLayout, sameSpans, spansOf, startsWithin, withoutEmpty } from './bucket-indexes.ts';
import type { Side } from './bucket-indexes.ts';
import { exponentialBound, usesCustomBuckets } from './buckets.ts';
import { countsAmong, populated, sameBounds, sharedBounds } from './custom-bounds.ts';
import { sameZeroBuckets, widenZeroBucket } from './zero-bucket.ts';

/** Two histograms as one, and what there is to say about it. */
export interface Combined {
  readonly histogram: NativeHistogram;
  /** One of both is known to follow a counter reset, and the other one not to. */
  readonly resetCollision: boolean;
  /** Custom bounds differed; the result has those that both share. */
  readonly boundsReconciled: boolean;
}

/**
 * `a + b` in the coarser resolution of both, with the wider zero bucket and the custom bounds that both have. Undefined where one has
 * exponential and the other one custom buckets. Empty buckets may remain: `compactHistogram`.
 */
export function addHistograms(a: NativeHistogram, b: NativeHistogram): Combined | undefined {
  return combine(a, b, 1);
}

/** `a - b`, as `addHistograms`, the hint included: the operator `-` makes a gauge of the result by `withHint`. Counts may be negative. */
export function subtractHistograms(a: NativeHistogram, b: NativeHistogram): Combined | undefined {
  return combine(a, b, -1);
}

function combine(a: NativeHistogram, b: NativeHistogram, sign: 1 | -1): Combined | undefined {
  if (usesCustomBuckets(a) !== usesCustomBuckets(b)) return undefined;
  const hint = combinedHint(a.counterResetHint, b.counterResetHint);
  const totals = { counterResetHint: hint ?? 'unknown', count: a.count + sign * b.count, sum: a.sum + sign * b.sum } as const;
  const resetCollision = hint === undefined;
  if (!usesCustomBuckets(a)) {
    return { histogram: { ...combineExponential(a, b, sign), ...totals }, resetCollision, boundsReconciled: false };
  }
  const boundsReconciled = !sameBounds(a.customValues, b.customValues);
  const bounds = boundsReconciled ? sharedBounds(a.customValues, b.customValues) : a.customValues;
  const { spans, counts } = boundsReconciled
    ? populated(combineCounts(countsAmong(bounds, a), countsAmong(bounds, b), sign))
    : combineSides(positiveSide(a), positiveSide(b), sign, 0);
  const histogram = { ...a, ...totals, customValues: bounds, positiveSpans: spans, positiveBuckets: counts };
  return { histogram, resetCollision, boundsReconciled };
}

/** Buckets and zero bucket of the combination; the totals are still those of `a`. */
function combineExponential(a: NativeHistogram, b: NativeHistogram, sign: 1 | -1): NativeHistogram {
  const [left, right] = sameZeroBuckets(a, b);
  const schema = Math.min(left.schema, right.schema);
  const { zeroThreshold } = left;
  const sides = [positiveSide, negativeSide].map((side) => {
    const added = coarser(side(right), right.schema - schema);
    return combineSides(coarser(side(left), left.schema - schema), added, sign, coveredBuckets(added, schema, zeroThreshold));
  });
  const [positive, negative] = sides;
  return {
    ...left,
    schema,
    zeroCount: left.zeroCount + sign * right.zeroCount,
    positiveSpans: positive?.spans ?? [],
    positiveBuckets: positive?.counts ?? [],
    negativeSpans: negative?.spans ?? [],
    negativeBuckets: negative?.counts ?? [],
  };
}

/** How many of the first buckets a zero bucket covers entirely. */
export function coveredBuckets({ spans, counts }: Side, schema: number, zeroThreshold: number): number {
  const first = spans[0]?.offset;
  if (first === undefined || zeroThreshold === 0 || exponentialBound(first, schema) > zeroThreshold) return 0;
  const beyond = indexesOf(spans).findIndex((index) => exponentialBound(index, schema) > zeroThreshold);
  return beyond < 0 ? counts.length : beyond;
}

/** `a + sign × b`, bucket by bucket, without the first `skipped` ones of `b`. */
function combineSides(a: Side, b: Side, sign: 1 | -1, skipped: number): Side {
  if (b.counts.length === skipped) return a;
  if (skipped === 0 && sameSpans(a.spans, b.spans)) return { spans: a.spans, counts: combineCounts(a.counts, b.counts, sign) };
  const starts = skipped === 0 ? startsWithin(b.spans, a.spans) : undefined;
  if (starts !== undefined) return { spans: a.spans, counts: combineWithin(a.counts, b, starts, sign) };
  const left = indexesOf(a.spans);
  const right = indexesOf(b.spans);
  const indexes: number[] = [];
  const counts: number[] = [];
  let i = 0;
  let j = skipped;
  while (i < left.length || j < right.length) {
    const leftIndex = left[i] ?? Infinity;
    const rightIndex = right[j] ?? Infinity;
    indexes.push(Math.min(leftIndex, rightIndex));
    if (leftIndex < rightIndex) counts.push(a.counts[i++] ?? 0);
    else if (leftIndex > rightIndex) counts.push(sign * (b.counts[j++] ?? 0));
    else counts.push((a.counts[i++] ?? 0) + sign * (b.counts[j++] ?? 0));
  }
  return { spans: spansOf(indexes), counts };
}

/** `a + sign × b` where each span of `b` begins at one of the `starts` in `a`. */
function combineWithin(a: readonly number[], b: Side, starts: readonly number[], sign: 1 | -1): number[] {
  const counts = [...a];
  let i = 0;
  b.spans.forEach(({ length }, span) => {
    const start = starts[span] ?? 0;
    for (let at = start; at < start + length; at++) counts[at] = (counts[at] ?? 0) + sign * (b.counts[i++] ?? 0);
  });
  return counts;
}

function combineCounts(a: readonly number[], b: readonly number[], sign: 1 | -1): number[] {
  return a.map((count, i) => count + sign * (b[i] ?? 0));
}

/** The hint of a sum or a difference; undefined where a reset and its absence collide, which makes it unknown. */
export function combinedHint(a: CounterResetHint, b: CounterResetHint): CounterResetHint | undefined {
  if (a === b) return a;
  if (a === 'gauge' || b === 'gauge') return 'gauge';
  return a === 'unknown' || b === 'unknown' ? 'unknown' : undefined;
}

/** Every count and the sum times `factor`; a negative one makes a gauge of it, so that -1 is unary minus. */
export function scaleHistogram(histogram: NativeHistogram, factor: number): NativeHistogram {
  return {
    ...histogram,
    counterResetHint: factor < 0 ? 'gauge' : histogram.counterResetHint,
    count: histogram.count * factor,
    sum: histogram.sum * factor,
    zeroCount: histogram.zeroCount * factor,
    positiveBuckets: histogram.positiveBuckets.map((count) => count * factor),
    negativeBuckets: histogram.negativeBuckets.map((count) => count * factor),
  };
}

/** Every count and the sum by `divisor`; a negative one makes a gauge of it. By zero no bucket is left, and the rest is ±Inf or NaN. */
export function divideHistogram(histogram: NativeHistogram, divisor: number): NativeHistogram {
  const byZero = divisor === 0;
  return {
    ...histogram,
    counterResetHint: divisor < 0 ? 'gauge' : histogram.counterResetHint,
    count: histogram.count / divisor,
    sum: histogram.sum / divisor,
    zeroCount: histogram.zeroCount / divisor,
    positiveSpans: byZero ? [] : histogram.positiveSpans,
    positiveBuckets: byZero ? [] : histogram.positiveBuckets.map((count) => count / divisor),
    negativeSpans: byZero ? [] : histogram.negativeSpans,
    negativeBuckets: byZero ? [] : histogram.negativeBuckets.map((count) => count / divisor),
  };
}

/** The histogram without its empty buckets. */
export function compactHistogram(histogram: NativeHistogram): NativeHistogram {
  return withSides(histogram, withoutEmpty(positiveSide(histogram)), withoutEmpty(negativeSide(histogram)));
}

/** The histogram in a schema that is no finer than its own; in another one nothing is known about counter resets. */
export function copyToSchema(histogram: NativeHistogram, schema: number): NativeHistogram {
  const halvings = histogram.schema - schema;
  if (halvings === 0) return histogram;
  assert(halvings > 0 && schema !== CUSTOM_BUCKETS_SCHEMA && !usesCustomBuckets(histogram), 'a coarser exponential schema');
  const copy = withSides(histogram, coarser(positiveSide(histogram), halvings), coarser(negativeSide(histogram), halvings));
  return { ...copy, schema, counterResetHint: 'unknown' };
}

export function withHint(histogram: NativeHistogram, counterResetHint: CounterResetHint): NativeHistogram {
  return histogram.counterResetHint === counterResetHint ? histogram : { ...histogram, counterResetHint };
}

/** Whether both are the same data, bit for bit (so NaN equals NaN), in the same buckets, empty ones included. The hint may differ. */
export function equalHistograms(a: NativeHistogram, b: NativeHistogram): boolean {
  if (a === b) return true;
  return (
    a.schema === b.schema &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    a.zeroThreshold === b.zeroThreshold &&
    Object.is(a.zeroCount, b.zeroCount) &&
    (!usesCustomBuckets(a) || sameBounds(a.customValues, b.customValues)) &&
    equalSides(negativeSide(a), negativeSide(b)) &&
    equalSides(positiveSide(a), positiveSide(b))
  );
}

function equalSides(a: Side, b: Side): boolean {
  return a.counts.length === b.counts.length && a.counts.every((count, i) => Object.is(count, b.counts[i])) && sameLayout(a.spans, b.spans);
}

/**
 * Whether a counter began anew between `previous` and `current`: a count in `current` is less, or a populated bucket is missing, or it
 * has become finer, or narrower at zero, in a way that only a new start explains. Its hint decides where it says yes or no.
 */
export function detectReset(current: NativeHistogram, previous: NativeHistogram): boolean {
  if (current.counterResetHint === 'yes') return true;
  if (current.counterResetHint === 'no') return false;
  if (current.count < previous.count || current.schema > previous.schema) return true;
  if (usesCustomBuckets(current)) {
    if (!usesCustomBuckets(previous)) return true;
    if (!sameBounds(current.customValues, previous.customValues)) return hasLessAmongSharedBounds(current, previous);
  }
  if (current.zeroThreshold < previous.zeroThreshold) return true;
  const before = current.zeroThreshold > previous.zeroThreshold ? widenZeroBucket(previous, current.zeroThreshold) : previous;
  if (before.zeroThreshold !== current.zeroThreshold || current.zeroCount < before.zeroCount) return true;
  const halvings = before.schema - current.schema;
  return (
    hasLess(positiveSide(current), coarser(positiveSide(before), halvings), current) ||
    hasLess(negativeSide(current), coarser(negativeSide(before), halvings), current)
  );
}

function hasLessAmongSharedBounds(current: NativeHistogram, previous: NativeHistogram): boolean {
  const bounds = sharedBounds(current.customValues, previous.customValues);
  const before = countsAmong(bounds, previous);
  return countsAmong(bounds, current).some((count, i) => count < (before[i] ?? 0));
}

/** Whether a bucket beyond the zero bucket holds less than before. */
function hasLess(current: Side, previous: Side, { schema, zeroThreshold }: NativeHistogram): boolean {
  const skipped = schema === CUSTOM_BUCKETS_SCHEMA ? 0 : coveredBuckets(previous, schema, zeroThreshold);
  const starts = skipped === 0 ? startsWithin(previous.spans, current.spans) : undefined;
  if (starts !== undefined) return hasLessWithin(current.counts, previous, starts);
  const now = indexesOf(current.spans);
  const before = indexesOf(previous.spans);
  let i = 0;
  for (let j = skipped; j < before.length; j++) {
    const index = before[j] ?? 0;
    const count = previous.counts[j] ?? 0;
    while (i < now.length && (now[i] ?? 0) < index) i++;
    if (now[i] === index ? (current.counts[i] ?? 0) < count : count !== 0) return true;
  }
  return false;
}

/** Whether a count is less than before, where each span of `previous` begins at one of the `starts` in `current`. */
function hasLessWithin(current: readonly number[], previous: Side, starts: readonly number[]): boolean {
  let i = 0;
  for (let span = 0; span < starts.length; span++) {
    const start = starts[span] ?? 0;
    const end = start + (previous.spans[span]?.length ?? 0);
    for (let at = start; at < end; at++) if ((current[at] ?? 0) < (previous.counts[i++] ?? 0)) return true;
  }
  return false;
}

export function positiveSide({ positiveSpans, positiveBuckets }: NativeHistogram): Side {
  return { spans: positiveSpans, counts: positiveBuckets };
}

export function negativeSide({ negativeSpans, negativeBuckets }: NativeHistogram): Side {
  return { spans: negativeSpans, counts: negativeBuckets };
}

function withSides(histogram: NativeHistogram, positive: Side, negative: Side): NativeHistogram {
  return {
    ...histogram,
    positiveSpans: positive.spans,
    positiveBuckets: positive.counts,
    negativeSpans: negative.spans,
    negativeBuckets: negative.counts,
  };
}
