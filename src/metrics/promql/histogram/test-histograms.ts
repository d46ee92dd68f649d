// Histograms as text for the tests of this folder, in the notation of test series.

import type { NativeHistogram, Span } from '../../native-histogram.ts';
import { parseSeriesDescription } from '../series-notation.ts';

/** The histogram of `{{…}}`, given without the braces. */
export function histogramOf(text: string): NativeHistogram {
  const value = parseSeriesDescription(`test {{${text}}}`).values[0];
  if (value?.kind !== 'histogram') throw new Error(`not a histogram: ${text}`);
  return value.histogram;
}

/** A histogram's text: populated buckets with their indexes, numbers to twelve digits, and nothing that is zero. */
export function textOf(histogram: NativeHistogram): string {
  const { schema, count, sum, zeroThreshold, zeroCount, counterResetHint, customValues } = histogram;
  const numbers = { schema, count, sum, w: zeroThreshold, zero: zeroCount };
  const parts = Object.entries(numbers).flatMap(([name, value]) => (value === 0 ? [] : [`${name}:${digits(value)}`]));
  if (counterResetHint !== 'unknown') parts.push(counterResetHint);
  if (customValues.length > 0) parts.push(`bounds:${customValues.join(' ')}`);
  parts.push(...sideOf('+', histogram.positiveSpans, histogram.positiveBuckets));
  parts.push(...sideOf('-', histogram.negativeSpans, histogram.negativeBuckets));
  return parts.join(' ');
}

function sideOf(sign: string, spans: readonly Span[], counts: readonly number[]): string[] {
  const shown: string[] = [];
  let index = 0;
  let at = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++, at++) {
      const count = counts[at] ?? NaN;
      if (count !== 0) shown.push(`${sign}${index}=${digits(count)}`);
    }
  }
  return shown;
}

function digits(value: number): string {
  return String(Number(value.toPrecision(12)));
}
