// By which APIs servers of logs are written to and asked.

import type { Spoken } from './signal-servers.ts';

export type LogApi = 'loki' | 'victorialogs';

export const LOKI: Spoken<LogApi> = { api: 'loki', writePath: '/loki/api/v1/push' };
export const LOG_APIS: readonly Spoken<LogApi>[] = [
  LOKI,
  { api: 'victorialogs', writePath: '/insert/loki/api/v1/push?_stream_fields=app,cluster,instance,job,zone' },
];
