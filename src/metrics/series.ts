// A series as a query's result holds it: points in columns, and native histograms beside them.

import type { Labels } from '../query/labels.ts';
import type { NativeHistogram } from './native-histogram.ts';

export interface HistogramPoint {
  readonly ms: number;
  readonly histogram: NativeHistogram;
}

/** Floats and histograms of one series; a time stands in one of the two only. */
export interface Series {
  readonly labels: Labels;
  /** Milliseconds, ascending. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly histograms: readonly HistogramPoint[];
}

/** Doubles in an array that grows. */
export class Doubles {
  #values: Float64Array;
  #length = 0;

  constructor(capacity = 16) {
    this.#values = new Float64Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Float64Array(Math.max(16, this.#length * 2));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  /** The values so far, in memory of their own size. */
  done(): Float64Array {
    return this.#values.slice(0, this.#length);
  }
}
