// A trace as it is read back: what every form of answer (OTLP JSON and protobuf, Jaeger, the pages) is drawn from.

import type { Span, SpanSource } from './write.ts';

export interface StoredTrace {
  /** Lower-case hex, 32 digits. */
  readonly traceId: string;
  /** Spans by who sent them, in the order of their starts. Views of memory that is the trace's own. */
  readonly groups: readonly { readonly source: SpanSource; readonly spans: readonly Span[] }[];
  /** Set where not all spans are there, with the limit's name. */
  readonly partial: string | undefined;
}
