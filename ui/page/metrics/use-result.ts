// The questions behind the metrics page's result: over time for the picture, at its end for the table, and what the answers say of the query.

import type { UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Expr } from '../../../src/metrics/promql/ast.ts';
import type { Answer } from '../../data/api.ts';
import { queryExemplars } from '../../data/exemplars.ts';
import type { Exemplar } from '../../data/exemplars.ts';
import { useLive } from '../../data/Live.tsx';
import type { InstantResult, RangeResult } from '../../data/query-result.ts';
import { isDrawable, readQuery, selectorsOf } from '../../data/query-text.ts';
import { queryInstant, queryRange } from '../../data/questions.ts';
import { alignSpan, stepFor } from '../../data/time-range.ts';
import type { Span } from '../../data/time-range.ts';
import { useAnswer } from '../../data/use-answer.ts';
import type { Note, RunNotes } from '../../editor/problems.ts';
import type { MetricsState, View } from './metrics-state.ts';

/** What was asked of the server: whole steps around the span of the page. */
export interface Asked {
  readonly span: Span;
  readonly stepMs: number;
}

export interface Result {
  readonly expr: Expr | undefined;
  /** False where the expression has no value at every step: then only the table shows it. */
  readonly drawable: boolean;
  readonly view: View;
  readonly asked: Asked;
  readonly range: UseQueryResult<Answer<RangeResult>>;
  readonly earlier: UseQueryResult<Answer<RangeResult>>;
  readonly instant: UseQueryResult<Answer<InstantResult>>;
  readonly exemplars: UseQueryResult<Answer<readonly Exemplar[]>>;
  readonly notes: RunNotes;
}

/** One point for every three pixels of the window is as fine as a line shows. */
function pointsMax(): number {
  return Math.min(800, Math.max(200, Math.round(innerWidth / 300) * 100));
}

/** The period of the same length before, in whole steps. */
export function spanBefore({ span }: Asked): Span {
  const length = span.endMs - span.startMs;
  return { startMs: span.startMs - length, endMs: span.endMs - length };
}

export function useResult({ query, view: chosen, before }: Pick<MetricsState, 'query' | 'view' | 'before'>): Result {
  const live = useLive();
  const expr = useMemo(() => {
    const read = readQuery(query);
    return read.kind === 'parsed' ? read.expr : undefined;
  }, [query]);
  const drawable = expr === undefined || isDrawable(expr);
  const view = drawable ? chosen : 'table';
  const stepMs = stepFor(live.span, pointsMax());
  const asked: Asked = { span: alignSpan(live.span, stepMs), stepMs };
  const draws = query !== '' && view === 'chart';
  const range = useAnswer(draws ? queryRange(query, asked.span, stepMs) : undefined);
  const earlier = useAnswer(draws && before ? queryRange(query, spanBefore(asked), stepMs) : undefined);
  const selects = expr !== undefined && selectorsOf(expr).length > 0;
  const exemplars = useAnswer(draws && selects ? queryExemplars(query, asked.span) : undefined);
  const instant = useAnswer(query !== '' && view === 'table' ? queryInstant(query, live.span.endMs) : undefined);
  const notes = useNotes(query, view === 'chart' ? range : instant);
  return { expr, drawable, view, asked, range, earlier, instant, exemplars, notes };
}

/** What the answer to `query` says of its text; nothing while it is on its way. */
function useNotes(query: string, { data, error, isPlaceholderData }: UseQueryResult<Answer<unknown>>): RunNotes {
  return useMemo((): RunNotes => {
    if (error) return { query, notes: [{ level: 'error', message: error.message }] };
    if (data === undefined || isPlaceholderData) return { query, notes: [] };
    const warnings = data.warnings.map((message): Note => ({ level: 'warning', message }));
    return { query, notes: [...warnings, ...data.infos.map((message): Note => ({ level: 'info', message }))] };
  }, [query, data, error, isPlaceholderData]);
}
