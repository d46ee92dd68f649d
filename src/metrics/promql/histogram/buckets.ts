// The buckets of a native histogram with their bounds, in ascending order: what quantiles, fractions and trimming walk over.
//
//   negative buckets, greatest index first ─▶ zero bucket ─▶ positive buckets, least index first
//
// Source: Prometheus native histograms specification, "Schema" and "Zero bucket".

import { CUSTOM_BUCKETS_SCHEMA, type NativeHistogram, SCHEMA_MAX, SCHEMA_MIN } from '../../native-histogram.ts';
import { indexesOf } from './bucket-indexes.ts';

const EXPONENT_MIN = -1074;

/** 2^e for every e of a finite float, from the least. */
const POWERS = Float64Array.from({ length: 1024 - EXPONENT_MIN }, (_, i) => 2 ** (i + EXPONENT_MIN));

/**
 * By how many units in the last place, plus one, Prometheus's bounds within [1, 2) of schema 8 lie below the nearest floats. They are what
 * its clients count by and what its API prints, so that they are the right ones.
 */
const BELOW_NEAREST =
  '1111112111211111112311222222222211211121122211221122102211221122' +
  '1111112222332132112111211112111111121011213311221222112121332222' +
  '2121223322322122222222323233323311221121223321332233212232332232' +
  '2243223233433343333333444455435422322333324422333243223333543344';

/** Bounds within [1, 2) of schema 8; those of a coarser schema are every second, every fourth … of them. */
const FRACTIONS = Float64Array.from(BELOW_NEAREST, (digit, i) => 2 ** (i / BELOW_NEAREST.length) - (Number(digit) - 1) * Number.EPSILON);

/**
 * The absolute upper bound of an exponential bucket: 2^(index × 2^-schema). The bucket of the largest floats ends at the largest float,
 * for the next one holds the infinite observations.
 */
export function exponentialBound(index: number, schema: number): number {
  if (schema < 0) return powerOfTwo(index * (1 << -Math.max(schema, SCHEMA_MIN)));
  const inOctave = index & ((1 << schema) - 1);
  const exponent = index >> schema;
  if (inOctave === 0) return powerOfTwo(exponent);
  const fraction = FRACTIONS[inOctave << (SCHEMA_MAX - schema)] ?? NaN;
  return fraction * (exponent > 1023 ? Infinity : (POWERS[exponent - EXPONENT_MIN] ?? 0));
}

function powerOfTwo(exponent: number): number {
  if (exponent === 1024) return Number.MAX_VALUE;
  return exponent > 1024 ? Infinity : (POWERS[exponent - EXPONENT_MIN] ?? 0);
}

/** The upper bound of a positive bucket, of either kind. The bucket below the first custom one ends at -Inf, the last one at +Inf. */
export function upperBound(index: number, { schema, customValues }: NativeHistogram): number {
  if (schema !== CUSTOM_BUCKETS_SCHEMA) return exponentialBound(index, schema);
  return index < 0 ? -Infinity : (customValues[index] ?? Infinity);
}

export function usesCustomBuckets({ schema }: NativeHistogram): boolean {
  return schema === CUSTOM_BUCKETS_SCHEMA;
}

/** A histogram's buckets by their place in ascending order; the zero bucket is among them when it holds something. */
export class OrderedBuckets {
  readonly size: number;
  readonly #histogram: NativeHistogram;
  readonly #negative: number;
  readonly #zero: number;
  #negativeIndexes: readonly number[] | undefined;
  #positiveIndexes: readonly number[] | undefined;

  constructor(histogram: NativeHistogram) {
    this.#histogram = histogram;
    this.#negative = histogram.negativeBuckets.length;
    this.#zero = histogram.zeroCount > 0 && !usesCustomBuckets(histogram) ? 1 : 0;
    this.size = this.#negative + this.#zero + histogram.positiveBuckets.length;
  }

  count(at: number): number {
    const { negativeBuckets, positiveBuckets, zeroCount } = this.#histogram;
    if (at < this.#negative) return negativeBuckets[this.#negative - 1 - at] ?? 0;
    return at < this.#negative + this.#zero ? zeroCount : (positiveBuckets[at - this.#negative - this.#zero] ?? 0);
  }

  /** The lower bound; that of the least positive bucket is the zero bucket's end where both overlap. */
  lower(at: number): number {
    const histogram = this.#histogram;
    if (at < this.#negative) return -upperBound(this.#negativeIndex(at), histogram);
    if (at < this.#negative + this.#zero) return -histogram.zeroThreshold;
    const bound = upperBound(this.#positiveIndex(at) - 1, histogram);
    return bound > 0 && bound < histogram.zeroThreshold ? histogram.zeroThreshold : bound;
  }

  /** The upper bound; that of the greatest negative bucket is the zero bucket's end where both overlap. */
  upper(at: number): number {
    const histogram = this.#histogram;
    if (at >= this.#negative + this.#zero) return upperBound(this.#positiveIndex(at), histogram);
    if (at >= this.#negative) return histogram.zeroThreshold;
    return -Math.max(upperBound(this.#negativeIndex(at) - 1, histogram), histogram.zeroThreshold);
  }

  #negativeIndex(at: number): number {
    this.#negativeIndexes ??= indexesOf(this.#histogram.negativeSpans);
    return this.#negativeIndexes[this.#negative - 1 - at] ?? NaN;
  }

  #positiveIndex(at: number): number {
    this.#positiveIndexes ??= indexesOf(this.#histogram.positiveSpans);
    return this.#positiveIndexes[at - this.#negative - this.#zero] ?? NaN;
  }
}
