// Native histograms of case files against those that the API shows.
//
// Cases hold Prometheus's structs: spans, and buckets as deltas (`histogram.Histogram`) or absolute (`histogram.FloatHistogram`).
// The API shows count, sum and the buckets that are not empty, with their bounds.

import { z } from 'zod';

import type { ReadSeries } from '../harness/client.ts';

const spanSchema = z.object({ Offset: z.number().default(0), Length: z.number() });

export const histogramCase = z.object({
  $type: z.string().optional(),
  Schema: z.number().default(0),
  Count: z.number().default(0),
  Sum: z.union([z.number(), z.string()]).default(0),
  ZeroThreshold: z.number().default(0),
  ZeroCount: z.number().default(0),
  PositiveSpans: z.array(spanSchema).default([]),
  PositiveBuckets: z.array(z.number()).default([]),
  NegativeSpans: z.array(spanSchema).default([]),
  NegativeBuckets: z.array(z.number()).default([]),
  CustomValues: z.array(z.number()).default([]),
});

type HistogramCase = z.infer<typeof histogramCase>;
type ReadHistogram = NonNullable<ReadSeries['histogram']>[1];

const RELATIVE_ERROR = 1e-9;

export function sameHistogram(expected: HistogramCase, read: ReadHistogram): boolean {
  if (!near(expected.Count, Number(read.count)) || !near(Number(expected.Sum), Number(read.sum))) return false;
  const wanted = bucketsOf(expected).filter(([, count]) => count !== 0);
  const found = (read.buckets ?? []).map(([, , upper, count]): readonly [number, number] => [toBound(upper), Number(count)]);
  return (
    wanted.length === found.length &&
    wanted.every(([bound, count], i) => near(bound, found[i]?.[0] ?? Number.NaN) && near(count, found[i]?.[1] ?? Number.NaN))
  );
}

/** `[upper bound, count]` in the API's order: negative ones from the lowest, zero, positive ones. */
function bucketsOf(histogram: HistogramCase): (readonly [number, number])[] {
  const isDelta = histogram.$type !== 'histogram.FloatHistogram';
  const upper = (index: number): number =>
    histogram.Schema === -53 ? (histogram.CustomValues[index] ?? Number.POSITIVE_INFINITY) : 2 ** (index * 2 ** -histogram.Schema);
  const side = (spans: HistogramCase['PositiveSpans'], buckets: readonly number[]): [number, number][] => {
    const indexed: [number, number][] = [];
    let index = 0;
    let count = 0;
    for (const span of spans) {
      index += span.Offset;
      for (let i = 0; i < span.Length; i++) {
        const bucket = buckets[indexed.length] ?? 0;
        count = isDelta ? count + bucket : bucket;
        indexed.push([index++, count]);
      }
    }
    return indexed;
  };
  const negative = side(histogram.NegativeSpans, histogram.NegativeBuckets).map(([index, count]): [number, number] => [
    -upper(index - 1),
    count,
  ]);
  const positive = side(histogram.PositiveSpans, histogram.PositiveBuckets).map(([index, count]): [number, number] => [
    upper(index),
    count,
  ]);
  return [...negative.reverse(), [histogram.ZeroThreshold, histogram.ZeroCount], ...positive];
}

function toBound(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text);
}

function near(a: number, b: number): boolean {
  return Object.is(a, b) || a === b || Math.abs(a - b) <= RELATIVE_ERROR * Math.max(Math.abs(a), Math.abs(b));
}
