// What the TraceQL editor and the builder complete with, from the query cache: the same questions that the rest of the page asks.

import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { ask } from '../../data/api.ts';
import type { Question } from '../../data/api.ts';
import { useLive } from '../../data/Live.tsx';
import { alignSpan } from '../../data/time-range.ts';
import { traceTags, traceValues } from '../../data/trace-questions.ts';
import type { TraceCompletionData } from './completion-data.ts';

export function useTraceCompletionData(): TraceCompletionData {
  const client = useQueryClient();
  const { tenant, span, nowMs } = useLive();
  const { startMs, endMs } = alignSpan(span, 300_000);
  const minute = `minute ${Math.floor(nowMs / 60_000)}`;
  return useMemo((): TraceCompletionData => {
    const around = { startMs, endMs };
    const get = async <T>(question: Question<T>): Promise<T> => {
      const { value } = await client.fetchQuery({
        queryKey: [tenant, 'completion', question.path, question.params, minute],
        queryFn: ({ signal }) => ask(question, tenant, signal),
      });
      return value;
    };
    return { tags: () => get(traceTags(around)), values: (field, query) => get(traceValues(field, query, around)) };
  }, [client, tenant, startMs, endMs, minute]);
}
