// What makes a native histogram one that can be stored. Source: Prometheus `histogram.Histogram.Validate` and `FloatHistogram.Validate`.

import {
  CUSTOM_BUCKETS_SCHEMA,
  type HistogramCounts,
  type NativeHistogram,
  SCHEMA_MAX,
  SCHEMA_MIN,
  type Span,
} from './native-histogram.ts';
import { STALE_HIGH, STALE_LOW } from './value-code.ts';

const scratch = new Float64Array(1);
const words = new Uint32Array(scratch.buffer);

/** The bit that a processor sets in a NaN that passes through it; whether one did depends on how the runtime compiled the way. */
const QUIET_BIT = 0x00080000;

/** Whether a histogram only marks the end of its series: its sum is the stale marker. */
export function isStaleHistogram({ sum }: NativeHistogram): boolean {
  scratch[0] = sum;
  return words[0] === STALE_LOW && ((words[1] ?? 0) & ~QUIET_BIT) === STALE_HIGH;
}

/** What is wrong with a histogram, or nothing. Only counts of whole observations must add up: those of floats are rounded. */
export function histogramMistake(h: NativeHistogram, counts: HistogramCounts): string | undefined {
  const custom = h.schema === CUSTOM_BUCKETS_SCHEMA;
  if (!custom && !(Number.isInteger(h.schema) && h.schema >= SCHEMA_MIN && h.schema <= SCHEMA_MAX))
    return `unknown histogram schema ${h.schema}`;
  const shape = custom ? customMistake(h) : h.customValues.length > 0 ? 'custom bounds in a histogram with exponential buckets' : undefined;
  if (shape !== undefined) return shape;
  return (
    spansMistake('positive', custom, h.positiveSpans, h.positiveBuckets) ??
    spansMistake('negative', custom, h.negativeSpans, h.negativeBuckets) ??
    countMistake(h, counts)
  );
}

function customMistake(h: NativeHistogram): string | undefined {
  if (h.negativeSpans.length > 0 || h.negativeBuckets.length > 0) return 'negative buckets in a histogram with custom buckets';
  if (h.zeroCount !== 0 || h.zeroThreshold !== 0) return 'a zero bucket in a histogram with custom buckets';
  for (let i = 0; i < h.customValues.length; i++) {
    const bound = h.customValues[i] ?? NaN;
    if (Number.isNaN(bound) || bound === Infinity) return `custom bound ${bound}`;
    if (i > 0 && bound <= (h.customValues[i - 1] ?? NaN)) return `custom bounds must grow: ${h.customValues[i - 1]} before ${bound}`;
  }
  const used = h.positiveSpans.reduce((sum, span) => sum + span.offset + span.length, 0);
  return used > h.customValues.length + 1 ? `${used} custom buckets for ${h.customValues.length} bounds` : undefined;
}

function spansMistake(side: string, custom: boolean, spans: readonly Span[], buckets: readonly number[]): string | undefined {
  let total = 0;
  for (let i = 0; i < spans.length; i++) {
    const { offset, length } = spans[i] as Span;
    if ((i > 0 || custom) && offset < 0) return `${side} span ${i + 1} has the negative offset ${offset}`;
    total += length;
  }
  if (total !== buckets.length) return `${side} spans name ${total} buckets, and ${buckets.length} are there`;
  const negative = buckets.find((count) => count < 0);
  return negative === undefined ? undefined : `a ${side} bucket has the count ${negative}`;
}

// With NaN among the observations the count may exceed the buckets' sum, for NaN falls into none.
function countMistake(h: NativeHistogram, counts: HistogramCounts): string | undefined {
  if (h.count < 0 || h.zeroCount < 0) return `negative count: ${Math.min(h.count, h.zeroCount)}`;
  if (counts === 'float') return undefined;
  let sum = h.zeroCount;
  for (const count of h.positiveBuckets) sum += count;
  for (const count of h.negativeBuckets) sum += count;
  if (!Number.isInteger(h.count) || !Number.isInteger(sum)) return undefined;
  if (Number.isNaN(h.sum) ? sum > h.count : sum !== h.count) return `${sum} observations in the buckets, and the count is ${h.count}`;
  return undefined;
}
