// The traces of a search: the newest within the limit, or as many from each part of the time range, so that the picture shows all of it.
//
//   newest   one question                                 spread   a question for each part of the range ─▶ all of them together

import { useQuery } from '@tanstack/react-query';
import type { UseQueryResult } from '@tanstack/react-query';
import { ask } from '../../data/api.ts';
import type { Answer } from '../../data/api.ts';
import { useLive } from '../../data/Live.tsx';
import { traceSearch } from '../../data/trace-questions.ts';
import type { SearchResult } from '../../data/trace-search.ts';
import { joinedAnswers, partsOf } from './search-parts.ts';

export interface SearchAsked {
  readonly query: string;
  readonly limit: number;
  readonly spread: boolean;
}

export function useSearch({ query, limit, spread }: SearchAsked): UseQueryResult<Answer<SearchResult>> {
  const { tenant, nowMs, span } = useLive();
  return useQuery<Answer<SearchResult>>({
    queryKey: [tenant, 'traces', [query, limit, spread, span.startMs, span.endMs], nowMs],
    queryFn: async ({ signal }) => {
      if (!spread) return ask(traceSearch(query, span, limit), tenant, signal);
      const parts = partsOf(span, limit);
      const answers = await Promise.all(parts.map((part) => ask(traceSearch(query, part.span, part.limit), tenant, signal)));
      return joinedAnswers(answers, parts);
    },
    // Comparing thousands of traces with their successors costs more than drawing them.
    structuralSharing: false,
    placeholderData: (previous, before) => (before?.queryKey[0] === tenant ? previous : undefined),
  });
}
