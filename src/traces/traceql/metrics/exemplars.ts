// Which spans become exemplars: at most so many for a query, one of a trace, spread over its range.
//
// Source: Tempo `pkg/traceql/util.go`, limitedBucketSet; `engine_metrics.go`, sampleExemplar.

import type { Exemplar, TraceSeries } from '../../answers.ts';
import { type Steps, stepAtMs } from './steps.ts';

/** What the peer gives where nothing else is asked for, and the most that it gives. */
export const EXEMPLARS_MAX = 100;
const PER_SLICE = 2;

/** The number of exemplars that a request may have. */
export function exemplarLimit(asked: number): number {
  return Math.max(0, Math.min(Math.trunc(asked), EXEMPLARS_MAX));
}

/** Takes exemplars in, two for each slice of the range. Instant queries have none. */
export class ExemplarChoice {
  readonly #limit: number;
  readonly #slices: Uint8Array;
  readonly #startMs: number;
  readonly #sliceMs: number;
  readonly #traces = new Set<string>();
  #count = 0;

  /** `limit` 0 takes none. */
  constructor(limit: number, steps: Steps) {
    this.#limit = steps.isInstant ? 0 : limit;
    this.#slices = new Uint8Array(Math.max(1, Math.trunc(limit / PER_SLICE)));
    this.#startMs = Number(steps.fromNs / 1_000_000n);
    const widthMs = Number((steps.toNs - steps.fromNs) / 1_000_000n);
    this.#sliceMs = Math.max(1, widthMs / this.#slices.length);
  }

  get taken(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count >= this.#limit;
  }

  /** Whether a span of a trace is taken; it counts then. */
  take(traceId: string, tsMs: number): boolean {
    if (this.isFull || this.#traces.has(traceId)) return false;
    const slice = Math.max(0, Math.min(Math.trunc((tsMs - this.#startMs) / this.#sliceMs), this.#slices.length - 1));
    if ((this.#slices[slice] ?? 0) >= PER_SLICE) return false;
    this.#slices[slice] = (this.#slices[slice] ?? 0) + 1;
    this.#traces.add(traceId);
    this.#count++;
    return true;
  }
}

/** The series as it is answered: exemplars without a value of their own get that of their step, those of steps without a value are left out. */
export function withExemplarValues(series: TraceSeries, steps: Steps): TraceSeries {
  const exemplars = series.exemplars.flatMap((exemplar): Exemplar[] => {
    const value = series.values[stepAtMs(steps, exemplar.tsMs)] ?? NaN;
    if (Number.isNaN(value)) return [];
    return [Number.isNaN(exemplar.value) ? { ...exemplar, value } : exemplar];
  });
  return { ...series, exemplars: exemplars.toSorted((a, b) => a.tsMs - b.tsMs) };
}
