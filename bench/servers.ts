// The servers under test: Sightline, and the peers that this machine has installed. Each runs in a directory of its own that is removed at the end.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort, startProgram } from '../test/harness/program.ts';
import { diskMiB, sleep, usageOf } from './process.ts';

export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  readonly readyMs: number;
  readonly dataDir: string;
  readonly stop: () => Promise<void>;
}

export interface ServerKind {
  readonly name: string;
  readonly installed: boolean;
  /** Where remote write and the query API are. */
  readonly writePath: string;
  readonly apiPath: string;
  /** Goes with every query: what switches off the memory of earlier answers. */
  readonly queryParameters: Readonly<Record<string, string>>;
  /** Starts on what the directory holds already, if anything. */
  readonly start: (dir: string, settings?: readonly string[]) => Promise<RunningServer>;
}

const ROOT = join(import.meta.dirname, '..');
const READY_MAX_MS = 60_000;
/** What a server may take to stop when the bench itself is told to. */
const INTERRUPT_MS = 3_000;
const STOP_MAX_MS = 30_000;
const SETTLE_MAX_MS = 120_000;
const SETTLE_LOOK_MS = 2_000;
/** Processes that have not ended yet. */
const running = new Set<number>();

export const sightline: ServerKind = {
  name: 'sightline',
  installed: true,
  writePath: '/api/v1/push',
  apiPath: '/prom/api/v1',
  queryParameters: {},
  start: async (dir, settings = []) => {
    const dataDir = join(dir, 'data');
    const { url, pid, readyMs, stop } = await startProgram({ dataDir, set: settings });
    return started({ url, pid, readyMs, dataDir, stop });
  },
};

export const peers: readonly ServerKind[] = [
  {
    name: 'victoria-metrics',
    installed: onPath('victoria-metrics'),
    writePath: '/api/v1/write',
    apiPath: '/api/v1',
    queryParameters: { nocache: '1' },
    start: (dir) =>
      startPeer('victoria-metrics', dir, {
        readyPath: '/health',
        args: (address, data) => ['-httpListenAddr', address, '-storageDataPath', data, '-retentionPeriod', '10y'],
      }),
  },
  {
    name: 'prometheus',
    installed: onPath('prometheus'),
    writePath: '/api/v1/write',
    apiPath: '/api/v1',
    queryParameters: {},
    start: (dir) => {
      const config = join(dir, 'prometheus.yml');
      writeFileSync(config, '');
      return startPeer('prometheus', dir, {
        readyPath: '/-/ready',
        args: (address, data) => [
          `--config.file=${config}`,
          `--storage.tsdb.path=${data}`,
          `--web.listen-address=${address}`,
          '--web.enable-remote-write-receiver',
          '--log.level=error',
        ],
      });
    },
  },
];

/** The peers that `--peers` names: `installed`, `none`, or names with commas between them. Throws for one that is not there. */
export function choosePeers(named: string): readonly ServerKind[] {
  if (named === 'none') return [];
  if (named === 'installed') return peers.filter(({ installed }) => installed);
  return named.split(',').map((name) => {
    const peer = peers.find((each) => each.name === name);
    if (peer === undefined) throw new Error(`--peers: ${name} is none of ${peers.map((each) => each.name).join(', ')}`);
    if (!peer.installed) throw new Error(`--peers: ${name} is not installed`);
    return peer;
  });
}

/** Runs with a directory that is gone afterwards; so are the servers that still run, also when this process is told to end. */
export async function inDirectory<T>(run: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-bench-'));
  const cleanUp = (): void => {
    for (const pid of running) signal(pid, 'SIGKILL');
    running.clear();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  // Asked to stop first, a server leaves nothing elsewhere either.
  const end = (): void => {
    for (const pid of running) signal(pid, 'SIGTERM');
    setTimeout(() => {
      cleanUp();
      process.exit(130);
    }, INTERRUPT_MS);
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    return await run(dir);
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
    cleanUp();
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

function started(server: RunningServer): RunningServer {
  running.add(server.pid);
  return {
    ...server,
    stop: async () => {
      await server.stop();
      running.delete(server.pid);
    },
  };
}

/** Runs a script of this repository to its end. Throws when it fails or takes longer than `maxMs`. */
export async function runScript(script: string, args: readonly string[], maxMs: number): Promise<void> {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: maxMs,
    killSignal: 'SIGKILL',
  });
  const pid = child.pid ?? 0;
  running.add(pid);
  await once(child, 'exit');
  running.delete(pid);
  if (child.exitCode !== 0) throw new Error(`${script} ended with ${child.exitCode ?? child.signalCode}`);
}

/** Waits until neither the directory nor the CPU time moves, or for so long, and gives the directory's MiB. */
export async function settle({ dataDir, pid }: RunningServer, maxMs = SETTLE_MAX_MS): Promise<number> {
  const deadline = performance.now() + maxMs;
  let before = { disk: -1, cpuS: -1 };
  let calm = 0;
  for (;;) {
    await sleep(SETTLE_LOOK_MS);
    const now = { disk: diskMiB(dataDir), cpuS: usageOf(pid).cpuS };
    calm = Math.abs(now.disk - before.disk) < 0.5 && now.cpuS - before.cpuS < 0.2 ? calm + 1 : 0;
    if (calm >= 5) return now.disk;
    if (performance.now() > deadline) {
      console.error(`not settled after ${maxMs / 1000} s; going on`);
      return now.disk;
    }
    before = now;
  }
}

interface PeerOptions {
  readonly readyPath: string;
  readonly args: (address: string, dataDir: string) => readonly string[];
}

async function startPeer(program: string, dir: string, { readyPath, args }: PeerOptions): Promise<RunningServer> {
  const dataDir = join(dir, 'data');
  mkdirSync(dataDir, { recursive: true });
  const address = `127.0.0.1:${await freePort()}`;
  const startedMs = performance.now();
  const child = spawn(program, args(address, dataDir), { stdio: 'ignore' });
  const url = `http://${address}`;
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MAX_MS);
    await ended;
    clearTimeout(timer);
  };
  for (;;) {
    const answer = await fetch(`${url}${readyPath}`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return started({ url, pid: child.pid ?? 0, readyMs: performance.now() - startedMs, dataDir, stop });
    if (child.exitCode !== null || performance.now() - startedMs > READY_MAX_MS) {
      await stop();
      throw new Error(`${program} did not become ready`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function onPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, name)));
}
