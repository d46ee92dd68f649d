// The buckets of a native histogram of durations, as they fill: what `traces_spanmetrics_latency` is without its classic buckets.
//
// Source: Prometheus native histograms specification; the resolution and the number of buckets are those of Tempo's generator (factor 1.1, 100).

import { compactBuckets } from '../../metrics/ingest/histogram-buckets.ts';
import type { NativeHistogram } from '../../metrics/native-histogram.ts';

/** Bounds grow by 2^(1/8), the next finer than a factor of 1.1. */
const SCHEMA = 3;
const PER_POWER = 1 << SCHEMA;
/** More buckets than this in use, and two become one. */
const BUCKETS_MAX = 100;
/** Durations of 2^-128 s and less are zero. */
const ZERO_THRESHOLD = 2 ** -128;
const GAP_MAX = 2;

/** Upper bounds of the buckets within one power of two, as fractions of its end. */
const FRACTIONS = Float64Array.from({ length: PER_POWER }, (_, i) => 2 ** (i / PER_POWER - 1));

const scratch = new Float64Array(1);
const words = new Uint32Array(scratch.buffer);

/** Counts of durations by exponential buckets, as a window of consecutive ones that grows with what comes. */
export class NativeBuckets {
  #schema = SCHEMA;
  #zero = 0;
  /** The index of the window's first bucket. */
  #first = 0;
  #counts: number[] = [];
  #used = 0;

  /** Counts one duration, in seconds, not negative. */
  add(seconds: number): void {
    if (seconds <= ZERO_THRESHOLD) {
      this.#zero++;
      return;
    }
    const at = coarser(bucketIndex(seconds), SCHEMA - this.#schema);
    if (this.#counts.length === 0) this.#first = at;
    while (at < this.#first) {
      this.#counts.unshift(0);
      this.#first--;
    }
    while (at >= this.#first + this.#counts.length) this.#counts.push(0);
    const slot = at - this.#first;
    const before = this.#counts[slot] ?? 0;
    this.#counts[slot] = before + 1;
    if (before === 0 && ++this.#used > BUCKETS_MAX) this.#coarsen();
  }

  /** The buckets as a sample, of observations that number `count` and add up to `sum`. */
  histogram(count: number, sum: number): NativeHistogram {
    const { spans, counts } = compactBuckets(
      { spans: [{ offset: this.#first, length: this.#counts.length }], counts: this.#counts },
      GAP_MAX,
    );
    return {
      schema: this.#schema,
      counterResetHint: 'unknown',
      count,
      sum,
      zeroThreshold: ZERO_THRESHOLD,
      zeroCount: this.#zero,
      positiveSpans: spans,
      positiveBuckets: counts,
      negativeSpans: [],
      negativeBuckets: [],
      customValues: [],
    };
  }

  #coarsen(): void {
    const old = this.#counts;
    const oldFirst = this.#first;
    this.#schema--;
    this.#first = coarser(oldFirst, 1);
    this.#counts = Array.from({ length: coarser(oldFirst + old.length - 1, 1) - this.#first + 1 }, () => 0);
    old.forEach((count, i) => {
      const slot = coarser(oldFirst + i, 1) - this.#first;
      this.#counts[slot] = (this.#counts[slot] ?? 0) + count;
    });
    this.#used = this.#counts.filter((count) => count > 0).length;
  }
}

/** A histogram without observations: what a series begins with. */
export const EMPTY_HISTOGRAM: NativeHistogram = new NativeBuckets().histogram(0, 0);

// The bucket whose upper bound 2^(index/8) is the first that is not below the value, found by its exponent and mantissa: exact at the bounds.
function bucketIndex(value: number): number {
  scratch[0] = value;
  const high = words[1] ?? 0;
  const exponent = (high >>> 20) - 1022;
  words[1] = (high & 0xfffff) | 0x3fe00000;
  const fraction = scratch[0] ?? 0;
  let i = 0;
  while (i < PER_POWER && fraction > (FRACTIONS[i] ?? 1)) i++;
  return i + (exponent - 1) * PER_POWER;
}

function coarser(index: number, times: number): number {
  let at = index;
  for (let i = 0; i < times; i++) at = (at + 1) >> 1;
  return at;
}
