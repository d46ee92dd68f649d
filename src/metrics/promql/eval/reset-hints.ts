// What is known of counter resets between the native histograms of a series, as they are read.
//
// Source: Prometheus 3.14: its chunks tell of each sample but their first that there was no reset; of a first one they know nothing. Under
// `histogram_count`, `histogram_sum` and `histogram_avg`, where it reads no buckets, it looks for the resets themselves.

import type { HistogramSample } from '../../read-histograms.ts';
import { detectReset, withHint } from '../histogram/arithmetic.ts';

/** The samples with their hints; `marksResets` tells a reset where it is, else there is merely no hint. */
export function withResetHints(samples: readonly HistogramSample[], marksResets: boolean): readonly HistogramSample[] {
  let before: HistogramSample | undefined;
  return samples.map((sample) => {
    const hinted = hintedAfter(before, sample, marksResets);
    before = sample;
    return hinted;
  });
}

function hintedAfter(before: HistogramSample | undefined, sample: HistogramSample, marksResets: boolean): HistogramSample {
  if (sample.kind === 'stale' || sample.histogram.counterResetHint === 'gauge') return sample;
  const isFirst = before === undefined || before.kind === 'stale' || before.histogram.counterResetHint === 'gauge';
  if (isFirst) return { ...sample, histogram: withHint(sample.histogram, 'unknown') };
  const isReset = detectReset(sample.histogram, before.histogram);
  return { ...sample, histogram: withHint(sample.histogram, isReset ? (marksResets ? 'yes' : 'unknown') : 'no') };
}
