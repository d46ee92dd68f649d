// A set of spans of one trace, as it goes through a pipeline and as a search shows it.

import { NIL } from '../value.ts';
import type { Value } from '../value.ts';
import type { EvalSpan } from './span.ts';

/** What `by(…)` and aggregates say of a spanset: `by(.foo)`, `avg(duration)`. */
export interface SpansetAttribute {
  readonly name: string;
  readonly value: Value;
}

/** `scalar` is what the last aggregate made of the spans; nil where there was none. */
export interface Spanset {
  readonly spans: readonly EvalSpan[];
  readonly attributes: readonly SpansetAttribute[];
  readonly scalar: Value;
}

/** The same spans with one attribute more; a name that is there already is said again, as the peer does. */
export function withAttribute(set: Spanset, name: string, value: Value): Spanset {
  return { ...set, attributes: [...set.attributes, { name, value }] };
}

export function spansetOf(spans: readonly EvalSpan[]): Spanset {
  return { spans, attributes: [], scalar: NIL };
}
