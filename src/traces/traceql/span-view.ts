// A span as an evaluation sees it, wherever it comes from: rows of the store, or values that a test makes up.

import type { Field } from './ast.ts';
import type { Value } from './value.ts';

export interface SpanView {
  /** Lower-case hex, 32 and 16 digits. `parentId` is empty where there is none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly startNs: bigint;
  readonly durationNs: bigint;
  /** Whether the span itself is within the time that is asked about; others serve for structure only. */
  readonly isInRange: boolean;
  /**
   * The value of a field of this span itself: the scope `any` looks at span attributes first, then those of the resource, then of events, links and
   * the instrumentation scope. Of events and links, each with a value of its own, all come: as an array, or as the value itself where there is one.
   * Never asked for a field with `ofParent`, nor for what follows from the other spans of the trace (`childCount`, nested-set numbers, `parent`,
   * and of the trace `traceDuration`, `rootName`, `rootServiceName`): the evaluation of a trace knows those by itself.
   */
  value(field: Field): Value;
}

/** The spans of one trace that an evaluation is given. */
export interface TraceView {
  readonly traceId: string;
  readonly rootName: string;
  readonly rootServiceName: string;
  readonly startNs: bigint;
  /** From the first start to the last end. */
  readonly durationNs: bigint;
  readonly spans: readonly SpanView[];
}
