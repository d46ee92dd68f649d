// What an expression comes to at every step of an evaluation, series by series, in columns.
//
//   selector, function ──StepSeries──▶ operator, aggregation ──StepSeries──▶ result
//
// A series belongs to whoever receives it: the receiver may change its arrays, hands it on, or gives the arrays back for others to use.

import type { Labels } from '../../../query/labels.ts';
import type { NativeHistogram } from '../../native-histogram.ts';
import { tooManySamples } from '../../sample-runs.ts';

/** What stands at a step. */
export const NOTHING_AT = 0;
export const FLOAT_AT = 1;
export const HISTOGRAM_AT = 2;

export interface StepSeries {
  readonly labels: Labels;
  /** True where the metric's name is to be dropped at the end of the evaluation; only with `query.delayedNameRemoval`. */
  readonly dropName: boolean;
  /** Per step `NOTHING_AT`, `FLOAT_AT` or `HISTOGRAM_AT`. */
  readonly has: Uint8Array;
  /** Per step the float where there is one; anything elsewhere. */
  readonly values: Float64Array;
  /** Per step the histogram where there is one; absent from series without any. */
  readonly histograms?: (NativeHistogram | undefined)[];
}

/** The arrays of one evaluation's series: used again when a series is given back, counted against the limit while it is held. */
export class StepArrays {
  readonly #steps: number;
  readonly #held: { samples: number };
  readonly #samplesMax: number;
  readonly #spare: { readonly has: Uint8Array; readonly values: Float64Array }[] = [];

  /** `held` counts steps of all series that a query holds at once, those of its subqueries included. */
  constructor(steps: number, held: { samples: number }, samplesMax: number) {
    this.#steps = steps;
    this.#held = held;
    this.#samplesMax = samplesMax;
  }

  /** A series with nothing at any step. Throws `execution` when more is held than the query may. */
  take(labels: Labels, dropName = false): StepSeries {
    this.#held.samples += this.#steps;
    if (this.#held.samples > this.#samplesMax) throw tooManySamples(this.#samplesMax);
    const spare = this.#spare.pop();
    if (spare === undefined) return { labels, dropName, has: new Uint8Array(this.#steps), values: new Float64Array(this.#steps) };
    spare.has.fill(NOTHING_AT);
    return { labels, dropName, has: spare.has, values: spare.values };
  }

  /** Takes a series' arrays back; whoever gave it does not touch it again. */
  give({ has, values }: StepSeries): void {
    this.#held.samples -= this.#steps;
    if (this.#spare.length < SPARE_MAX) this.#spare.push({ has, values });
  }
}

const SPARE_MAX = 64;

/** True when a series has anything at any step. */
export function hasAny({ has }: StepSeries): boolean {
  return has.some((kind) => kind !== NOTHING_AT);
}

/** Puts a float or a histogram at a step; `undefined` leaves nothing there. */
export function putAt(series: StepSeries, step: number, value: number | NativeHistogram | undefined): StepSeries {
  if (value === undefined) {
    series.has[step] = NOTHING_AT;
    return series;
  }
  if (typeof value === 'number') {
    series.has[step] = FLOAT_AT;
    series.values[step] = value;
    return series;
  }
  const histograms = series.histograms ?? [];
  histograms[step] = value;
  series.has[step] = HISTOGRAM_AT;
  return series.histograms === undefined ? { ...series, histograms } : series;
}

/** What stands at a step. */
export function getAt({ has, values, histograms }: StepSeries, step: number): number | NativeHistogram | undefined {
  switch (has[step]) {
    case FLOAT_AT:
      return values[step];
    case HISTOGRAM_AT:
      return histograms?.[step];
    default:
      return undefined;
  }
}
