// What searches and metrics queries answer, before any wire format.

import type { Value } from './traceql/value.ts';

export interface FoundSpan {
  /** Lower-case hex, 16 digits. */
  readonly spanId: string;
  readonly name: string;
  readonly startNs: bigint;
  readonly durationNs: bigint;
  /** The fields that the query names or selects, as it spells them, without those that stand above. */
  readonly attributes: readonly (readonly [string, Value])[];
}

export interface FoundSpanset {
  readonly spans: readonly FoundSpan[];
  /** Spans of it in all, of which `spans` are the first (`spss`). */
  readonly matched: number;
  /** `by(…)` and aggregates: as `by(resource.service.name)`, `count()`. */
  readonly attributes: readonly (readonly [string, Value])[];
}

export interface FoundTrace {
  /** Lower-case hex, 32 digits. */
  readonly traceId: string;
  /** `<root span not yet received>` where the trace has none. */
  readonly rootName: string;
  readonly rootServiceName: string;
  readonly startNs: bigint;
  readonly durationNs: bigint;
  readonly spansets: readonly FoundSpanset[];
  /** Per service: spans and those with an error. */
  readonly services: ReadonlyMap<string, { readonly spans: number; readonly errors: number }>;
}

export interface SearchStats {
  readonly inspectedTraces: number;
  readonly inspectedBytes: number;
  readonly inspectedSpans: number;
}

export interface Exemplar {
  /** Milliseconds since the epoch. */
  readonly tsMs: number;
  readonly value: number;
  readonly traceId: string;
  /** Fields of the span, as in `FoundSpan`. */
  readonly attributes: readonly (readonly [string, Value])[];
}

/** One series of a metrics query. */
export interface TraceSeries {
  /** In the query's order; values keep their types. `__name__`, `__bucket`, `p`, `__meta_type` and `__meta_error` as Tempo has them. */
  readonly labels: readonly (readonly [string, Value])[];
  /** One for each step; NaN is no value. */
  readonly values: Float64Array;
  readonly exemplars: readonly Exemplar[];
}

/** Steps of a range query: the step that ends at `t` holds spans that start in `(t - step, t]`. */
export interface MetricsGrid {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly stepNs: bigint;
}

export interface MetricsAnswer {
  /** Ends of the steps, milliseconds since the epoch (fractions where the step asks for them). */
  readonly times: Float64Array;
  readonly series: readonly TraceSeries[];
  readonly stats: SearchStats;
}
