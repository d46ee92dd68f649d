// The questions that a trace's page asks.

import { isRecord } from '../../data/api.ts';
import type { Question } from '../../data/api.ts';
import { decodeTrace } from './decode-trace.ts';
import { likeRoot } from './like-this.ts';
import type { Trace } from './trace.ts';

/** All spans of a trace. */
export function traceById(traceId: string): Question<Trace> {
  return {
    path: `/api/v2/traces/${encodeURIComponent(traceId)}`,
    params: [],
    headers: { accept: 'application/json' },
    decode: decodeTrace,
  };
}

/** A trace as a search finds it. */
export interface FoundTrace {
  readonly traceId: string;
  readonly startMs: number;
  readonly durationMs: number;
}

const FOUND_MAX = 20;

/** Traces of the same root around a time, to compare with. */
export function tracesOfRoot(service: string, name: string, aroundMs: number): Question<readonly FoundTrace[]> {
  const hour = 3600;
  const at = Math.floor(aroundMs / 1000);
  return {
    path: '/api/search',
    params: [
      ['q', likeRoot(service, name)],
      ['limit', String(FOUND_MAX)],
      ['start', String(at - hour)],
      ['end', String(at + hour)],
    ],
    decode: decodeFound,
  };
}

function decodeFound(data: unknown): readonly FoundTrace[] {
  const traces = isRecord(data) && Array.isArray(data['traces']) ? data['traces'].filter(isRecord) : [];
  return traces.map((trace) => ({
    traceId: text(trace['traceID']).padStart(32, '0'),
    startMs: Number(text(trace['startTimeUnixNano']).slice(0, -6)),
    durationMs: Number(trace['durationMs'] ?? 0),
  }));
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
