// A native histogram to which others are added over and over, with what rounding costs kept aside. Made for `HistogramSum`.

import { CUSTOM_BUCKETS_SCHEMA } from '../../native-histogram.ts';
import type { CounterResetHint, NativeHistogram } from '../../native-histogram.ts';
import { KahanSum } from '../steps/kahan-sum.ts';
import { combinedHint, coveredBuckets, negativeSide, positiveSide } from './arithmetic.ts';
import { coarseIndex } from './bucket-indexes.ts';
import { CompensatedBuckets } from './compensated-buckets.ts';
import { sameBounds, sharedBounds, targetAmong } from './custom-bounds.ts';
import { bucketsInside, thresholdOutside, widenZeroBucket } from './zero-bucket.ts';

export class CompensatedHistogram {
  readonly #count: KahanSum;
  readonly #sum: KahanSum;
  readonly #zeroCount: KahanSum;
  readonly #positive: CompensatedBuckets;
  readonly #negative: CompensatedBuckets;
  #hint: CounterResetHint;
  #schema: number;
  #zeroThreshold: number;
  #customValues: readonly number[];
  #boundsReconciled = false;

  constructor(from: NativeHistogram | CompensatedHistogram) {
    if (from instanceof CompensatedHistogram) {
      this.#count = new KahanSum(from.#count.sum, from.#count.compensation);
      this.#sum = new KahanSum(from.#sum.sum, from.#sum.compensation);
      this.#zeroCount = new KahanSum(from.#zeroCount.sum, from.#zeroCount.compensation);
      this.#positive = from.#positive.copy();
      this.#negative = from.#negative.copy();
      this.#hint = from.#hint;
      this.#schema = from.#schema;
      this.#zeroThreshold = from.#zeroThreshold;
      this.#customValues = from.#customValues;
      return;
    }
    this.#count = new KahanSum(from.count);
    this.#sum = new KahanSum(from.sum);
    this.#zeroCount = new KahanSum(from.zeroCount);
    this.#positive = CompensatedBuckets.of(positiveSide(from));
    this.#negative = CompensatedBuckets.of(negativeSide(from));
    this.#hint = from.counterResetHint;
    this.#schema = from.schema;
    this.#zeroThreshold = from.zeroThreshold;
    this.#customValues = from.customValues;
  }

  get usesCustomBuckets(): boolean {
    return this.#schema === CUSTOM_BUCKETS_SCHEMA;
  }

  get boundsReconciled(): boolean {
    return this.#boundsReconciled;
  }

  /** The histogram, with what rounding has taken from it. */
  value(): NativeHistogram {
    const positive = this.#positive.value();
    const negative = this.#negative.value();
    return {
      schema: this.#schema,
      counterResetHint: this.#hint,
      count: this.#count.total(),
      sum: this.#sum.total(),
      zeroThreshold: this.#zeroThreshold,
      zeroCount: this.#zeroCount.total(),
      positiveSpans: positive.spans,
      positiveBuckets: positive.counts,
      negativeSpans: negative.spans,
      negativeBuckets: negative.counts,
      customValues: this.#customValues,
    };
  }

  /** Adds a histogram that has the same kind of buckets. */
  add(other: NativeHistogram): void {
    this.#hint = combinedHint(this.#hint, other.counterResetHint) ?? 'unknown';
    this.#count.add(other.count);
    this.#sum.add(other.sum);
    if (this.usesCustomBuckets) this.#addCustom(other);
    else this.#addExponential(other);
  }

  #addExponential(given: NativeHistogram): void {
    const other = this.#sameZeroBucket(given);
    this.#zeroCount.add(other.zeroCount);
    if (other.schema < this.#schema) {
      const halvings = this.#schema - other.schema;
      for (const side of [this.#positive, this.#negative]) side.join((index) => coarseIndex(index, halvings));
      this.#schema = other.schema;
    }
    const halvings = other.schema - this.#schema;
    const target = halvings === 0 ? undefined : (index: number): number => coarseIndex(index, halvings);
    const positive = positiveSide(other);
    const negative = negativeSide(other);
    this.#positive.add(positive, coveredBuckets(positive, other.schema, this.#zeroThreshold), target);
    this.#negative.add(negative, coveredBuckets(negative, other.schema, this.#zeroThreshold), target);
  }

  #addCustom(other: NativeHistogram): void {
    if (sameBounds(this.#customValues, other.customValues)) {
      this.#positive.add(positiveSide(other), 0);
      return;
    }
    const bounds = sharedBounds(this.#customValues, other.customValues);
    this.#positive.join(targetAmong(bounds, this.#customValues));
    this.#positive.add(positiveSide(other), 0, targetAmong(bounds, other.customValues));
    this.#positive.takeFirst(0);
    this.#customValues = bounds;
    this.#boundsReconciled = true;
  }

  /** Widens the zero bucket where the other one's is wider; gives the other histogram with one as wide as the result. */
  #sameZeroBucket(given: NativeHistogram): NativeHistogram {
    let other = given;
    for (;;) {
      if (other.zeroThreshold < this.#zeroThreshold) other = widenZeroBucket(other, this.#zeroThreshold);
      else if (other.zeroThreshold > this.#zeroThreshold) this.#widenZeroBucket(other.zeroThreshold);
      else return other;
    }
  }

  #widenZeroBucket(threshold: number): void {
    const sides = [this.#positive, this.#negative];
    this.#zeroThreshold = thresholdOutside(sides, this.#schema, threshold);
    for (const side of sides) {
      for (const count of side.takeFirst(bucketsInside(side, this.#schema, this.#zeroThreshold))) this.#zeroCount.add(count);
    }
  }

  /** Multiplies every count and the sum. */
  scale(factor: number): void {
    for (const total of [this.#count, this.#sum, this.#zeroCount]) {
      total.sum *= factor;
      total.compensation *= factor;
    }
    this.#positive.scale(factor);
    this.#negative.scale(factor);
  }

  /** Divides every count and the sum. */
  divide(divisor: number): void {
    for (const total of [this.#count, this.#sum, this.#zeroCount]) {
      total.sum /= divisor;
      total.compensation /= divisor;
    }
    this.#positive.divide(divisor);
    this.#negative.divide(divisor);
  }

  /** Whether a count or the sum is infinite. */
  hasOverflow(): boolean {
    const infinite = (value: number): boolean => value === Infinity || value === -Infinity;
    return (
      [this.#count.sum, this.#sum.sum, this.#zeroCount.sum, ...this.#customValues].some(infinite) ||
      this.#positive.counts.some(infinite) ||
      this.#negative.counts.some(infinite)
    );
  }
}
