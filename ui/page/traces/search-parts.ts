// A time range in parts that are searched each for itself, and their answers together.

import type { Answer } from '../../data/api.ts';
import type { Span } from '../../data/time-range.ts';
import type { SearchResult, TraceRow } from '../../data/trace-search.ts';
import { countText } from '../../data/units.ts';

export interface SearchPart {
  readonly span: Span;
  readonly limit: number;
}

const PARTS = 16;

/** Parts of whole seconds, which is what searches take; a short range has fewer of them. */
export function partsOf({ startMs, endMs }: Span, limit: number): readonly SearchPart[] {
  const [start, end] = [Math.floor(startMs / 1000), Math.ceil(endMs / 1000)];
  const count = Math.max(1, Math.min(PARTS, end - start));
  const at = (i: number): number => (start + Math.floor(((end - start) * i) / count)) * 1000;
  return Array.from({ length: count }, (_, i) => ({ span: { startMs: at(i), endMs: at(i + 1) }, limit: Math.ceil(limit / count) }));
}

/** What a search says when it has as many traces as it was asked for; here the parts say it once. */
const STOPPED = /\(limit\)/;

export function joinedAnswers(answers: readonly Answer<SearchResult>[], parts: readonly SearchPart[]): Answer<SearchResult> {
  const byId = new Map<string, TraceRow>();
  for (const { value } of answers) for (const trace of value.traces) if (!byId.has(trace.traceId)) byId.set(trace.traceId, trace);
  const stopped = answers.some(({ value }, i) => value.traces.length >= (parts[i]?.limit ?? Number.POSITIVE_INFINITY));
  const said = `At most ${countText(parts[0]?.limit ?? 0)} traces are shown from each of ${parts.length} parts of the time range: there are more.`;
  const warnings = new Set(answers.flatMap(({ warnings: all }) => all.filter((text) => !STOPPED.test(text))));
  return {
    value: {
      traces: [...byId.values()].sort((a, b) => b.startMs - a.startMs),
      inspectedSpans: answers.reduce((sum, { value }) => sum + value.inspectedSpans, 0),
    },
    warnings: [...(stopped ? [said] : []), ...warnings],
    infos: [],
  };
}
