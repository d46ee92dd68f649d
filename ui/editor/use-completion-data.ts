// What the editor completes with, from the query cache: the same questions that the rest of the page asks.

import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { ask } from '../data/api.ts';
import type { Question } from '../data/api.ts';
import { useLive } from '../data/Live.tsx';
import { labelNames, labelValues } from '../data/questions.ts';
import { alignSpan } from '../data/time-range.ts';
import type { CompletionData, MetricOffered } from './completions.ts';

export function useCompletionData(metrics: readonly MetricOffered[]): CompletionData {
  const client = useQueryClient();
  const { tenant, span, nowMs } = useLive();
  const { startMs, endMs } = alignSpan(span, 300_000);
  const minute = `minute ${Math.floor(nowMs / 60_000)}`;
  return useMemo((): CompletionData => {
    const around = { startMs, endMs };
    const list = async (question: Question<readonly string[]>): Promise<readonly string[]> => {
      const { value } = await client.fetchQuery({
        queryKey: [tenant, question.path, question.params, minute],
        queryFn: ({ signal }) => ask(question, tenant, signal),
      });
      return value;
    };
    return {
      metrics,
      labels: (selectors) => list(labelNames(selectors, around)),
      values: (label, selectors) => list(labelValues(label, selectors, around)),
    };
  }, [client, tenant, startMs, endMs, minute, metrics]);
}
