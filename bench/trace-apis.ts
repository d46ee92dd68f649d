// By which APIs servers of traces are written to and asked.

import type { Spoken } from './signal-servers.ts';

export type TraceApi = 'tempo' | 'victoriatraces';

export const TEMPO: Spoken<TraceApi> = { api: 'tempo', writePath: '/v1/traces' };
/** A peer's `--peer tempo=URL` is the address of its OTLP receiver where the two differ: Tempo takes spans at another port than it answers at. */
export const TRACE_APIS: readonly Spoken<TraceApi>[] = [TEMPO, { api: 'victoriatraces', writePath: '/insert/opentelemetry/v1/traces' }];
