// For the tests of roads into the span store: a write that keeps what it was given, but for what no store could.

import { spanProblem } from '../store/span-problem.ts';
import type { Span, SpanRefusal, SpanRefusalReason, SpanSource, SpanWrite, SpanWriteSummary, StoredSpan } from '../write.ts';

export class RecordingSpanWrite implements SpanWrite {
  readonly spans: StoredSpan[] = [];
  readonly refusals: SpanRefusal[] = [];
  /** What `commit` rejects with, if anything. */
  failure: Error | undefined;
  committed = false;

  span(source: SpanSource, span: Span, bytes: number): boolean {
    const problem = spanProblem(span);
    if (problem !== undefined) {
      this.refuse(...problem);
      return false;
    }
    // Ids may be views of a body whose memory is used again.
    const { traceId, spanId, parentId } = span;
    this.spans.push({ source, span: { ...span, traceId: traceId.slice(), spanId: spanId.slice(), parentId: parentId.slice() }, bytes });
    return true;
  }

  refuse(reason: SpanRefusalReason, message: string): void {
    this.refusals.push({ reason, message, count: 1 });
  }

  async commit(): Promise<SpanWriteSummary> {
    if (this.failure !== undefined) throw this.failure;
    this.committed = true;
    return { spans: this.spans.length, refusals: this.refusals };
  }
}
