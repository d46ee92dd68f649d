// A span beside the others of its trace: what an expression is asked of, and what follows from the other spans.
//
//   TraceView ── traceSpans ──▶ EvalSpan per span ── compileFilter, compileField (expression.ts) ──▶ a value
//                                        └── compilePipeline (pipeline.ts) ──▶ spansets

import type { SpanView, TraceView } from '../span-view.ts';
import { STRUCTURE_UNKNOWN, structureOf } from './structure.ts';
import type { Structure } from './structure.ts';

/** What the spans of one trace share. The structure is found when it is asked for first: most queries never do. */
export class EvalTrace {
  readonly view: TraceView;
  readonly spans: readonly EvalSpan[];
  #structure: Structure | undefined;

  constructor(view: TraceView) {
    this.view = view;
    this.spans = view.spans.map((span, at) => ({ view: span, at, trace: this }));
  }

  get structure(): Structure {
    return (this.#structure ??= structureOf(this.view.spans));
  }
}

/** `at` is the span's place in its trace, and in the columns of the trace's structure. */
export interface EvalSpan {
  readonly view: SpanView;
  readonly at: number;
  readonly trace: EvalTrace;
}

/** All spans of a trace, in the view's order; those out of range too. */
export function traceSpans(view: TraceView): readonly EvalSpan[] {
  return new EvalTrace(view).spans;
}

/** The span's parent where it is in the trace. */
export function parentOf(span: EvalSpan): EvalSpan | undefined {
  const at = span.trace.structure.parent[span.at] ?? STRUCTURE_UNKNOWN;
  return at < 0 ? undefined : span.trace.spans[at];
}
