// The servers of the benches of logs and traces: Sightline, started here, and peers that run elsewhere on this machine and are named by their addresses.
//
//   --peer loki=http://127.0.0.1:3100 --peer tempo=http://127.0.0.1:3200   (with `,PID` and `,DIRECTORY` behind: their CPU, memory and disk too)

import { diskMiB, usageOf, type Usage } from './process.ts';
import { settle, sightline } from './servers.ts';

export interface SignalServer<Api extends string> {
  readonly name: string;
  /** Which of the APIs of this signal it is asked by. */
  readonly api: Api;
  readonly url: string;
  readonly writePath: string;
  readonly pid: number | undefined;
  readonly usage: () => Usage | undefined;
  /** Waits until it is calm; MiB on disk. */
  readonly settle: () => Promise<number | undefined>;
  readonly stop: () => Promise<void>;
}

/** An API of a signal, and where servers that have it are written to. */
export interface Spoken<Api extends string> {
  readonly api: Api;
  readonly writePath: string;
}

/** What begins a server's name in `--peer NAME=URL[,PID[,DIRECTORY]]` decides which API it has, and so where it is written to. Throws on what it cannot read. */
export function peerOf<Api extends string>(given: string, known: readonly Spoken<Api>[]): SignalServer<Api> {
  const [, name = '', url = '', pid, directory] = /^([\w-]+)=(https?:\/\/[^,]+?)\/?(?:,(\d+)(?:,(.+))?)?$/.exec(given) ?? [];
  const kind = known.find(({ api }) => name.startsWith(api));
  if (url === '' || kind === undefined)
    throw new Error(`--peer ${given}: ${known.map(({ api }) => api).join('=URL or ')}=URL, then perhaps ,PID and ,DIRECTORY`);
  const number = pid === undefined ? undefined : Number(pid);
  return {
    name,
    api: kind.api,
    url,
    writePath: kind.writePath,
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
const WITHOUT_BOUNDS = [
  ...SETTINGS,
  ...['logs', 'traces'].flatMap((signal) => [`limits.${signal}.ingestionRate=100GB`, `limits.${signal}.ingestionBurst=100GB`]),
];

export async function startSightline<Api extends string>(
  dir: string,
  { api, writePath }: Spoken<Api>,
  settings: readonly string[] = [],
): Promise<SignalServer<Api>> {
  const server = await sightline.start(dir, [...WITHOUT_BOUNDS, ...settings]);
  return {
    name: 'sightline',
    api,
    url: server.url,
    writePath,
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
