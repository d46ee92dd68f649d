// The servers under test: Sightline, and the peers that this machine has installed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort, startProgram } from '../test/harness/program.ts';

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
  readonly queryPath: string;
  readonly start: (dir: string) => Promise<RunningServer>;
}

const READY_MAX_MS = 30_000;

export const sightline: ServerKind = {
  name: 'sightline',
  installed: true,
  writePath: '/api/v1/push',
  queryPath: '/prom/api/v1/query',
  start: async (dir) => {
    const dataDir = join(dir, 'data');
    const { url, pid, readyMs, stop } = await startProgram({ dataDir });
    return { url, pid, readyMs, dataDir, stop };
  },
};

export const peers: readonly ServerKind[] = [
  {
    name: 'victoria-metrics',
    installed: onPath('victoria-metrics'),
    writePath: '/api/v1/write',
    queryPath: '/api/v1/query',
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
    queryPath: '/api/v1/query',
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

interface PeerOptions {
  readonly readyPath: string;
  readonly args: (address: string, dataDir: string) => readonly string[];
}

async function startPeer(program: string, dir: string, { readyPath, args }: PeerOptions): Promise<RunningServer> {
  const dataDir = join(dir, 'data');
  mkdirSync(dataDir);
  const address = `127.0.0.1:${await freePort()}`;
  const started = performance.now();
  const child = spawn(program, args(address, dataDir), { stdio: 'ignore' });
  const url = `http://${address}`;
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  for (;;) {
    const answer = await fetch(`${url}${readyPath}`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return { url, pid: child.pid ?? 0, readyMs: performance.now() - started, dataDir, stop };
    if (child.exitCode !== null || performance.now() - started > READY_MAX_MS) {
      await stop();
      throw new Error(`${program} did not become ready`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function onPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, name)));
}
