// What the TraceQL editor completes with, as the server knows it.

import type { ScopeTags, TagValue } from '../../data/trace-questions.ts';

/** Answers are bounded by whoever asks for them. */
export interface TraceCompletionData {
  readonly tags: () => Promise<readonly ScopeTags[]>;
  /** Values of a field as TraceQL spells it, of the spans that `query` chooses; empty for all. */
  readonly values: (field: string, query: string) => Promise<readonly TagValue[]>;
}
