// The servers of the benches of logs: Sightline, started here, and peers that run elsewhere on this machine and are named by their addresses.
//
//   --peer loki=http://127.0.0.1:3100 --peer victorialogs=http://127.0.0.1:9428   (with `,PID` and `,DIRECTORY` behind: their CPU, memory and disk too)

import { diskMiB, usageOf, type Usage } from './process.ts';
import { settle, sightline } from './servers.ts';

export type LogApi = 'loki' | 'victorialogs';

export interface LogServer {
  readonly name: string;
  readonly api: LogApi;
  readonly url: string;
  readonly writePath: string;
  readonly pid: number | undefined;
  readonly usage: () => Usage | undefined;
  /** Waits until it is calm; MiB on disk. */
  readonly settle: () => Promise<number | undefined>;
  readonly stop: () => Promise<void>;
}

/** What ends a server's name in `--peer NAME=URL[,PID[,DIRECTORY]]` decides which API it has. Throws on what it cannot read. */
export function peerOf(given: string): LogServer {
  const [, name = '', url = '', pid, directory] =
    /^(loki|victorialogs)[\w-]*=(https?:\/\/[^,]+?)\/?(?:,(\d+)(?:,(.+))?)?$/.exec(given) ?? [];
  if (url === '') throw new Error(`--peer ${given}: loki=URL or victorialogs=URL, then perhaps ,PID and ,DIRECTORY`);
  const api: LogApi = name === 'loki' ? 'loki' : 'victorialogs';
  const number = pid === undefined ? undefined : Number(pid);
  return {
    name,
    api,
    url,
    writePath: api === 'loki' ? '/loki/api/v1/push' : '/insert/loki/api/v1/push?_stream_fields=app,cluster,instance,job,zone',
    pid: number,
    usage: () => (number === undefined ? undefined : usageOf(number)),
    settle: async () => {
      if (number !== undefined && directory !== undefined)
        return settle({ url, pid: number, readyMs: 0, dataDir: directory, stop: async () => undefined });
      return directory === undefined ? undefined : diskMiB(directory);
    },
    stop: async () => undefined,
  };
}

/** Without what writes by itself: its own metrics, this host's and its own log. */
const SETTINGS = ['host.enabled=false', 'selfScrape.interval=0'];
const WITHOUT_BOUNDS = [...SETTINGS, 'limits.logs.ingestionRate=100GB', 'limits.logs.ingestionBurst=100GB'];

export async function startSightline(dir: string, settings: readonly string[] = []): Promise<LogServer> {
  const server = await sightline.start(dir, [...WITHOUT_BOUNDS, ...settings]);
  return {
    name: 'sightline',
    api: 'loki',
    url: server.url,
    writePath: '/loki/api/v1/push',
    pid: server.pid,
    usage: () => usageOf(server.pid),
    settle: () => settle(server),
    stop: server.stop,
  };
}

/** A figure of a server that tells it. */
export function figure(value: number | undefined, digits = 0): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(digits);
}
