// A native histogram as one line of text, as Prometheus prints it: `{count:3, sum:4.5, [-2,-1):1, [-0.001,0.001]:1, (1,2]:1}`.
//
// Source: Prometheus 3.14, `FloatHistogram.String` and `Bucket.String`.

import type { NativeHistogram } from '../../native-histogram.ts';
import { formatG } from '../steps/go-float.ts';
import { indexesOf } from './bucket-indexes.ts';
import { upperBound, usesCustomBuckets } from './buckets.ts';

/** The text of a histogram: count, sum, and the buckets that are not empty in ascending order. */
export function histogramText(histogram: NativeHistogram): string {
  const { count, sum, zeroCount, zeroThreshold } = histogram;
  const parts = [`count:${formatG(count)}`, `sum:${formatG(sum)}`, ...negativeTexts(histogram).reverse()];
  if (zeroCount !== 0) parts.push(`[${formatG(-zeroThreshold)},${formatG(zeroThreshold)}]:${formatG(zeroCount)}`);
  return `{${[...parts, ...positiveTexts(histogram)].join(', ')}}`;
}

function negativeTexts(histogram: NativeHistogram): string[] {
  const indexes = indexesOf(histogram.negativeSpans);
  return histogram.negativeBuckets.flatMap((count, i) => {
    const index = indexes[i] ?? 0;
    if (count === 0) return [];
    return [`[${formatG(-upperBound(index, histogram))},${formatG(-upperBound(index - 1, histogram))}):${formatG(count)}`];
  });
}

function positiveTexts(histogram: NativeHistogram): string[] {
  const indexes = indexesOf(histogram.positiveSpans);
  return histogram.positiveBuckets.flatMap((count, i) => {
    const index = indexes[i] ?? 0;
    if (count === 0) return [];
    // The lowest custom bucket takes in what is below all bounds.
    const open = usesCustomBuckets(histogram) && index === 0 ? '[' : '(';
    return [`${open}${formatG(upperBound(index - 1, histogram))},${formatG(upperBound(index, histogram))}]:${formatG(count)}`];
  });
}
