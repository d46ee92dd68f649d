// A running sum of native histograms: `sum`, `avg`, `sum_over_time` and `avg_over_time`.
//
//   add ─▶ sum of all, compensated ──────────────────────────────────────────────▶ total()
//     └──(the sum leaves the range of floats)─▶ mean of all so far, from then on ─▶ mean()
//
// Source: Prometheus 3.14, `FloatHistogram.KahanAdd` and `avg_over_time`: a mean is the sum divided once, unless that sum overflows.

import type { NativeHistogram } from '../../native-histogram.ts';
import { divideHistogram } from './arithmetic.ts';
import { usesCustomBuckets } from './buckets.ts';
import { CompensatedHistogram } from './compensated-histogram.ts';

export class HistogramSum {
  readonly #sum: CompensatedHistogram;
  /** The mean of what was added, once the sum has overflowed. */
  #mean: CompensatedHistogram | undefined;
  /** At least the magnitude of everything in the sum; while it is small there is no overflow to look for. */
  #magnitude: number;
  #added = 1;
  #sawReset: boolean;
  #sawNoReset: boolean;

  constructor(first: NativeHistogram) {
    this.#sum = new CompensatedHistogram(first);
    this.#magnitude = magnitudeOf(first);
    this.#sawReset = first.counterResetHint === 'yes';
    this.#sawNoReset = first.counterResetHint === 'no';
  }

  /** True when some of the histograms follow a counter reset and others are known not to. */
  get resetCollision(): boolean {
    return this.#sawReset && this.#sawNoReset;
  }

  /** True when custom bounds differed and those that all share were taken. */
  get boundsReconciled(): boolean {
    return this.#sum.boundsReconciled;
  }

  /** Adds a histogram. Exponential and custom buckets do not go together: `incompatible` leaves the sum as it was. */
  add(histogram: NativeHistogram): 'incompatible' | 'ok' {
    this.#sawReset ||= histogram.counterResetHint === 'yes';
    this.#sawNoReset ||= histogram.counterResetHint === 'no';
    if (this.#sum.usesCustomBuckets !== usesCustomBuckets(histogram)) return 'incompatible';
    this.#added++;
    this.#magnitude += magnitudeOf(histogram);
    if (this.#mean !== undefined) {
      this.#sum.add(histogram);
      this.#addToMean(this.#mean, histogram);
      return 'ok';
    }
    if (this.#magnitude < MAGNITUDE_SAFE) {
      this.#sum.add(histogram);
      return 'ok';
    }
    const before = new CompensatedHistogram(this.#sum);
    this.#sum.add(histogram);
    if (!this.#sum.hasOverflow()) return 'ok';
    before.divide(this.#added - 1);
    this.#mean = before;
    this.#addToMean(before, histogram);
    return 'ok';
  }

  /** The sum of all. */
  total(): NativeHistogram {
    return this.#sum.value();
  }

  /** The mean of all, right also where their sum is beyond the range of floats. */
  mean(): NativeHistogram {
    if (this.#mean !== undefined) return this.#mean.value();
    const mean = new CompensatedHistogram(this.#sum);
    mean.divide(this.#added);
    return mean.value();
  }

  #addToMean(mean: CompensatedHistogram, histogram: NativeHistogram): void {
    mean.scale((this.#added - 1) / this.#added);
    mean.add(divideHistogram(histogram, this.#added));
  }
}

const MAGNITUDE_SAFE = Number.MAX_VALUE / 4;

/** The sum of all magnitudes: no sum of some of them is further from zero. A sum of NaN stays NaN and does not overflow. */
function magnitudeOf({ count, sum, zeroCount, positiveBuckets, negativeBuckets }: NativeHistogram): number {
  let magnitude = Math.abs(count) + (Number.isNaN(sum) ? 0 : Math.abs(sum)) + Math.abs(zeroCount);
  for (const bucket of positiveBuckets) magnitude += Math.abs(bucket);
  for (const bucket of negativeBuckets) magnitude += Math.abs(bucket);
  return magnitude;
}
