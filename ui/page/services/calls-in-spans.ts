// Who calls whom as the spans tell it: for a range in which no metrics were made of pairs of spans.
//
// Source: Jaeger's query API, `/api/dependencies`.

import { isRecord } from '../../data/api.ts';
import type { Question } from '../../data/api.ts';
import type { Span } from '../../data/time-range.ts';
import { edgeKey } from './service-graph.ts';
import type { Edge } from './service-graph.ts';

export interface Calls {
  readonly client: string;
  readonly server: string;
  readonly count: number;
}

export function callsInSpans({ startMs, endMs }: Span): Question<readonly Calls[]> {
  return {
    path: '/jaeger/api/dependencies',
    params: [
      ['endTs', String(Math.ceil(endMs))],
      ['lookback', String(Math.ceil(endMs - startMs))],
    ],
    decode: decodeCalls,
  };
}

export function decodeCalls(data: unknown): readonly Calls[] {
  const list = isRecord(data) ? data['data'] : undefined;
  if (!Array.isArray(list)) throw new Error('expected data to be a list');
  return list
    .filter(isRecord)
    .map(({ parent, child, callCount }) => ({ client: String(parent), server: String(child), count: Number(callCount ?? 0) }));
}

/** Edges that know nothing of errors and durations, the busiest first. */
export function edgesOfCalls(calls: readonly Calls[], rangeS: number): readonly Edge[] {
  return calls
    .filter(({ count }) => count > 0)
    .map(({ client, server, count }): Edge => {
      const id = { client, server, connection: 'services' } as const;
      return { ...id, key: edgeKey(id), rate: count / rangeS, failed: undefined, p95: undefined };
    })
    .sort((a, b) => b.rate - a.rate || (a.key < b.key ? -1 : 1));
}
