// A question's answer, kept in the query cache. The question itself is the key, so an answer to a question that is no longer asked is dropped.

import { useQuery } from '@tanstack/react-query';
import type { UseQueryResult } from '@tanstack/react-query';
import { ask } from './api.ts';
import type { Answer, Question } from './api.ts';
import { useLive } from './Live.tsx';

/** How often the answer may change: with every refresh of the page, or about once a minute. */
export type Freshness = 'refresh' | 'minute';

/** No question gives no answer and asks nothing. While the next answer is on its way, the one before stays, as long as it is the same tenant's. */
export function useAnswer<T>(question: Question<T> | undefined, freshness: Freshness = 'refresh'): UseQueryResult<Answer<T>> {
  const { tenant, nowMs } = useLive();
  const at = freshness === 'refresh' ? nowMs : `minute ${Math.floor(nowMs / 60_000)}`;
  const path = question?.path ?? '';
  return useQuery<Answer<T>>({
    queryKey: [tenant, path, question?.params ?? [], at],
    queryFn: ({ signal }) => {
      if (question === undefined) throw new Error('no question');
      return ask(question, tenant, signal);
    },
    enabled: question !== undefined,
    placeholderData: (previous, query) => (query?.queryKey[0] === tenant && query.queryKey[1] === path ? previous : undefined),
  });
}
