// What the editor completes with, from the query cache: the same questions that the rest of the page asks.

import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { ask } from '../../data/api.ts';
import type { Question } from '../../data/api.ts';
import { useLive } from '../../data/Live.tsx';
import { LISTED_VALUES_MAX, labelNames, labelValues } from '../../data/questions.ts';
import { addMatcher } from '../../data/query-text.ts';
import { printSelector } from '../../data/selector.ts';
import { alignSpan } from '../../data/time-range.ts';
import type { CompletionData, MetricOffered } from './completions.ts';

/** The selectors, whose label's value must hold what is typed besides, in any case. */
function narrowedSelectors(selectors: readonly string[], label: string, typed: string): readonly string[] {
  const literal = typed.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&');
  const matcher = { name: label, op: '=~', value: `(?i).*${literal}.*` } as const;
  if (selectors.length === 0) return [printSelector({ metric: '', matchers: [matcher] })];
  return selectors.map((selector) => addMatcher(selector, matcher));
}

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
      values: async (label, selectors, typed) => {
        const values = await list(labelValues(label, selectors, around));
        if (values.length < LISTED_VALUES_MAX) return { values, whole: true };
        const narrowed = typed === '' ? values : await list(labelValues(label, narrowedSelectors(selectors, label, typed), around));
        return { values: narrowed, whole: false };
      },
    };
  }, [client, tenant, startMs, endMs, minute, metrics]);
}
