// A native histogram as the HTTP API shows it: count, sum, and the buckets that are not empty, from the least upwards.
//
// Source: Prometheus HTTP API documentation, "Native histograms". A bucket is [boundary rule, lower, upper, count]; the rules are
// 0 (lower, upper], 1 [lower, upper), 2 both open, 3 both closed.

import { CUSTOM_BUCKETS_SCHEMA, type NativeHistogram, type Span } from './native-histogram.ts';
import { exponentialBound } from './promql/histogram/buckets.ts';
import { printFloat } from './value.ts';

export interface HistogramBucket {
  readonly rule: 0 | 1 | 2 | 3;
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/** The JSON object of a histogram. */
export function histogramJson(histogram: NativeHistogram): string {
  const buckets = histogramBuckets(histogram)
    .filter(({ count }) => count !== 0)
    .map(({ rule, lower, upper, count }) => `[${rule},"${printFloat(lower)}","${printFloat(upper)}","${printFloat(count)}"]`);
  const shown = buckets.length === 0 ? '' : `,"buckets":[${buckets.join(',')}]`;
  return `{"count":"${printFloat(histogram.count)}","sum":"${printFloat(histogram.sum)}"${shown}}`;
}

/** All buckets in ascending order, the zero bucket between the negative and the positive ones. */
export function histogramBuckets(histogram: NativeHistogram): readonly HistogramBucket[] {
  const { schema, zeroThreshold, zeroCount } = histogram;
  if (schema === CUSTOM_BUCKETS_SCHEMA) return customBuckets(histogram);
  const positive = indexed(histogram.positiveSpans, histogram.positiveBuckets).map(({ index, count }): HistogramBucket => {
    return { rule: 0, lower: Math.max(exponentialBound(index - 1, schema), zeroThreshold), upper: exponentialBound(index, schema), count };
  });
  const negative = indexed(histogram.negativeSpans, histogram.negativeBuckets).map(({ index, count }): HistogramBucket => {
    return {
      rule: 1,
      lower: -exponentialBound(index, schema),
      upper: -Math.max(exponentialBound(index - 1, schema), zeroThreshold),
      count,
    };
  });
  const zero: HistogramBucket = { rule: 3, lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount };
  return [...negative.reverse(), ...(zeroCount === 0 ? [] : [zero]), ...positive];
}

function customBuckets({ customValues, positiveSpans, positiveBuckets }: NativeHistogram): readonly HistogramBucket[] {
  return indexed(positiveSpans, positiveBuckets).map(({ index, count }) => {
    const lower = index === 0 ? Number.NEGATIVE_INFINITY : (customValues[index - 1] ?? Number.POSITIVE_INFINITY);
    const upper = customValues[index] ?? Number.POSITIVE_INFINITY;
    // The first bucket has no lower end that it could leave out.
    return { rule: index === 0 && lower === Number.NEGATIVE_INFINITY ? 3 : 0, lower, upper, count };
  });
}

interface IndexedCount {
  readonly index: number;
  readonly count: number;
}

function indexed(spans: readonly Span[], counts: readonly number[]): IndexedCount[] {
  const all: IndexedCount[] = [];
  let index = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++) all.push({ index, count: counts[all.length] ?? 0 });
  }
  return all;
}
