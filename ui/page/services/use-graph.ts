// The questions behind the service map: rate, failures and durations of every edge over the range.

import { useMemo } from 'react';
import { useLive } from '../../data/Live.tsx';
import { queryInstant } from '../../data/questions.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { edgesOf } from './service-graph.ts';
import type { Edge } from './service-graph.ts';
import { edgeFigures } from './service-queries.ts';
import { lacksOf, useDurations, vectorOf } from './use-calls.ts';

export interface Edges {
  readonly edges: readonly Edge[];
  readonly loading: boolean;
  readonly error: Error | null;
  readonly retry: () => void;
  readonly lacks: readonly string[];
  readonly dim: boolean;
}

/** Edges in the range; those at one service where it is named. */
export function useEdges(service?: string): Edges {
  const { span } = useLive();
  const wholeMs = Math.max(60_000, span.endMs - span.startMs);
  const { endMs } = span;
  const rate = useAnswer(queryInstant(edgeFigures('rate', service, wholeMs, 'native'), endMs));
  const failed = useAnswer(queryInstant(edgeFigures('failed', service, wholeMs, 'native'), endMs));
  const any = vectorOf(rate.data?.value.value).length > 0;
  const server = useDurations((form) => edgeFigures('server seconds', service, wholeMs, form), endMs, any);
  const client = useDurations((form) => edgeFigures('client seconds', service, wholeMs, form), endMs, any);
  const edges = useMemo(
    () =>
      edgesOf({
        rate: vectorOf(rate.data?.value.value),
        failed: vectorOf(failed.data?.value.value),
        serverSeconds: vectorOf(server.data?.value.value),
        clientSeconds: vectorOf(client.data?.value.value),
      }),
    [rate.data, failed.data, server.data, client.data],
  );
  return {
    edges,
    loading: rate.data === undefined || failed.data === undefined,
    error: rate.error ?? failed.error,
    retry: () => void Promise.all([rate.refetch(), failed.refetch()]),
    lacks: lacksOf([rate, failed, server, client], [server.error, client.error]),
    dim: rate.isPlaceholderData,
  };
}
