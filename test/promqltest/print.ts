// Values, label sets and histograms as the original's runner prints them: Go's `%v` and the histogram notation of scripts.

import { METRIC_NAME, labelPairs } from '../../src/query/labels.ts';
import type { Labels } from '../../src/query/labels.ts';
import { isClassicLabelName } from '../../src/query/scanner.ts';
import type { NativeHistogram } from '../../src/metrics/native-histogram.ts';
import { CUSTOM_BUCKETS_SCHEMA } from '../../src/metrics/native-histogram.ts';
import type { StepValue } from '../../src/metrics/promql/series-notation.ts';
import { bucketCounts } from './histogram.ts';

/** A float as Go's `%v`: an exponent below 1e-4 and from 1e21, of two digits at least. */
export function printNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-4 && size < 1e21)) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

/** `{__name__="up", job="a"}`. */
export function printSeries(labels: Labels): string {
  const pairs = [...labelPairs(labels)].map(([name, value]) => {
    return `${name === METRIC_NAME || isClassicLabelName(name) ? name : JSON.stringify(name)}=${JSON.stringify(value)}`;
  });
  return `{${pairs.join(', ')}}`;
}

/** What a step of a script's line holds, as the original prints expected values. */
export function printStep(step: StepValue): string {
  switch (step.kind) {
    case 'gap':
      return '_';
    case 'stale':
      return 'NaN';
    case 'number':
      return Number.isFinite(step.value) ? step.value.toFixed(6) : printNumber(step.value);
    case 'histogram':
      return printHistogram(step.histogram);
  }
}

/** `{{schema:1 count:3 sum:2 offset:1 buckets:[1 0 2]}}`, without the counter reset hint, which answers over HTTP do not carry. */
export function printHistogram(histogram: NativeHistogram): string {
  const { schema, count, sum, zeroCount, zeroThreshold, customValues } = histogram;
  const parts: string[] = [];
  const field = (name: string, value: number): void => {
    if (value !== 0) parts.push(`${name}:${printNumber(value)}`);
  };
  field('schema', schema);
  field('count', count);
  field('sum', sum);
  field('z_bucket', zeroCount);
  field('z_bucket_w', zeroThreshold);
  if (schema === CUSTOM_BUCKETS_SCHEMA) parts.push(`custom_values:[${customValues.map(printNumber).join(' ')}]`);
  for (const [side, offset, buckets] of [
    ['positive', 'offset', 'buckets'],
    ['negative', 'n_offset', 'n_buckets'],
  ] as const) {
    const counts = bucketCounts(histogram, side);
    const indices = [...counts.keys()];
    if (indices.length === 0) continue;
    const [first, last] = [Math.min(...indices), Math.max(...indices)];
    field(offset, first);
    const dense = Array.from({ length: last - first + 1 }, (_, i) => printNumber(counts.get(first + i) ?? 0));
    parts.push(`${buckets}:[${dense.join(' ')}]`);
  }
  return `{{${parts.join(' ')}}}`;
}
