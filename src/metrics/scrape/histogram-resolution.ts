// Native histograms made coarser: `native_histogram_bucket_limit` and `native_histogram_min_bucket_factor`.
//
// Source: Prometheus `scrape` (`pickSchema`, `bucketLimitAppender`) and `model/histogram` (`reduceResolution`).

import type { NativeHistogram, Span } from '../native-histogram.ts';
import { CUSTOM_BUCKETS_SCHEMA, SCHEMA_MAX, SCHEMA_MIN } from '../native-histogram.ts';

/** The finest schema whose buckets grow by at least `factor`. */
export function schemaOfFactor(factor: number): number {
  if (!(factor > 1)) return SCHEMA_MAX;
  const schema = Math.floor(-Math.log2(Math.log2(factor))) + 0;
  return Math.min(SCHEMA_MAX, Math.max(SCHEMA_MIN, schema));
}

/** The histogram within the limits (0 is no limit), or undefined when it cannot be made that small. */
export function limitHistogram(histogram: NativeHistogram, bucketLimit: number, schemaMax: number): NativeHistogram | undefined {
  if (histogram.schema === CUSTOM_BUCKETS_SCHEMA) return bucketLimit > 0 && bucketCount(histogram) > bucketLimit ? undefined : histogram;
  let limited = histogram.schema > schemaMax ? reduceResolution(histogram, schemaMax) : histogram;
  while (bucketLimit > 0 && bucketCount(limited) > bucketLimit) {
    if (limited.schema <= SCHEMA_MIN) return undefined;
    limited = reduceResolution(limited, limited.schema - 1);
  }
  return limited;
}

function bucketCount({ positiveBuckets, negativeBuckets }: NativeHistogram): number {
  return positiveBuckets.length + negativeBuckets.length;
}

/** The same histogram in a coarser schema: each step halves the resolution. */
export function reduceResolution(histogram: NativeHistogram, schema: number): NativeHistogram {
  const step = 2 ** (histogram.schema - schema);
  const positive = mergeBuckets(histogram.positiveSpans, histogram.positiveBuckets, step);
  const negative = mergeBuckets(histogram.negativeSpans, histogram.negativeBuckets, step);
  return {
    ...histogram,
    schema,
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
  };
}

function mergeBuckets(
  spans: readonly Span[],
  buckets: readonly number[],
  step: number,
): { readonly spans: readonly Span[]; readonly buckets: readonly number[] } {
  const merged: number[] = [];
  const out: { offset: number; length: number }[] = [];
  let index = 0;
  let at = 0;
  /** The bucket that follows the last one written. */
  let next: number | undefined;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++, at++) {
      // Adding zero makes -0 an ordinary one.
      const target = Math.ceil(index / step) + 0;
      const count = buckets[at] ?? 0;
      const last = out.at(-1);
      if (last !== undefined && next !== undefined && target === next - 1) merged[merged.length - 1] = (merged.at(-1) ?? 0) + count;
      else if (last !== undefined && target === next) {
        last.length++;
        merged.push(count);
      } else {
        out.push({ offset: target - (next ?? 0), length: 1 });
        merged.push(count);
      }
      next = target + 1;
    }
  }
  return { spans: out, buckets: merged };
}
