// The lines of a query, page by page as the list is scrolled.

import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ask } from '../../data/api.ts';
import { useLive } from '../../data/Live.tsx';
import type { LogEntry } from '../../data/log-lines.ts';
import { lines, nsOf } from '../../data/log-questions.ts';
import { HELD_LINES_MAX, pageOf, spanFrom } from './line-pages.ts';
import type { Cursor } from './line-pages.ts';
import type { LogsState } from './logs-state.ts';

export interface Lines {
  readonly entries: readonly LogEntry[];
  readonly warnings: readonly string[];
  /** The first page failed. */
  readonly error: Error | null;
  /** A later page failed; those before stand. */
  readonly moreError: Error | null;
  readonly isPending: boolean;
  /** These are the lines of an older question, while the next is on its way. */
  readonly isOld: boolean;
  readonly isLoadingMore: boolean;
  /** A refresh was asked for since, and waits until the list is back at its beginning. */
  readonly isHeld: boolean;
  /** Why there is no more to load; nothing where there is. */
  readonly end: 'all' | 'limit' | undefined;
  readonly loadMore: () => void;
  readonly retry: () => void;
}

const NO_LINES: readonly LogEntry[] = [];

interface Moment {
  /** Everything that is asked but for the time. */
  readonly about: string;
  readonly nowMs: number;
  readonly startNs: string;
  readonly endNs: string;
}

/** When the lines are asked for: now, but for as long as `hold` the time at which they were asked for first. */
function useMoment(about: string, hold: boolean): { readonly moment: Moment; readonly isHeld: boolean } {
  const { nowMs, span } = useLive();
  const latest: Moment = { about, nowMs, startNs: nsOf(span.startMs), endNs: nsOf(span.endMs) };
  const [asked, setAsked] = useState(latest);
  const stands = hold && asked.about === about;
  if (!stands && (asked.nowMs !== nowMs || asked.about !== about)) setAsked(latest);
  return { moment: stands ? asked : latest, isHeld: stands && asked.nowMs !== nowMs };
}

/** `hold` while the list is scrolled: lines that came since would push away what somebody reads. */
export function useLines(asked: Pick<LogsState, 'query' | 'direction' | 'limit'>, enabled: boolean, hold: boolean): Lines {
  const { tenant, range } = useLive();
  const { query, direction, limit } = asked;
  const about = JSON.stringify([tenant, query, direction, limit, range.from, range.to]);
  const { moment, isHeld } = useMoment(about, hold);
  const { nowMs, startNs, endNs } = moment;
  const answer = useInfiniteQuery({
    queryKey: [tenant, 'lines', [query, direction, limit, startNs, endNs], nowMs],
    initialPageParam: undefined,
    queryFn: async ({ pageParam, signal }: { readonly pageParam: Cursor | undefined; readonly signal: AbortSignal }) => {
      const part = spanFrom({ startNs, endNs }, direction, pageParam);
      const { value, warnings } = await ask(lines({ query, direction, limit, ...part }), tenant, signal);
      return { ...pageOf(value, limit, direction, pageParam), warnings };
    },
    getNextPageParam: (last, pages) =>
      pages.reduce((sum, page) => sum + page.entries.length, 0) >= HELD_LINES_MAX ? undefined : last.next,
    enabled,
    // Comparing a hundred thousand lines with their successors costs more than drawing them.
    structuralSharing: false,
    placeholderData: (previous, before) => (before?.queryKey[0] === tenant ? previous : undefined),
  });
  const { data, error, hasNextPage, isFetchingNextPage, isFetchNextPageError, isPlaceholderData } = answer;
  const entries = useMemo(() => data?.pages.flatMap((page) => page.entries).slice(0, HELD_LINES_MAX) ?? NO_LINES, [data]);
  const warnings = useMemo(() => [...new Set(data?.pages.flatMap((page) => page.warnings))], [data]);
  return {
    entries,
    warnings,
    error: isFetchNextPageError ? null : error,
    moreError: isFetchNextPageError ? error : null,
    isPending: enabled && data === undefined,
    isOld: isPlaceholderData,
    isLoadingMore: isFetchingNextPage,
    isHeld,
    end: hasNextPage ? undefined : data?.pages.at(-1)?.next === undefined ? 'all' : 'limit',
    loadMore: () => {
      if (hasNextPage && !isFetchingNextPage && !isPlaceholderData) void answer.fetchNextPage();
    },
    retry: () => void (isFetchNextPageError ? answer.fetchNextPage() : answer.refetch()),
  };
}
