// The program as a user starts it: ports, reload, warnings, mistakes, the end.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..');
/** What other processes have compiled; of the rest of the environment the program sees nothing. */
const { NODE_COMPILE_CACHE } = process.env;
const COMPILED: Readonly<Record<string, string>> = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
const directory = mkdtempSync(join(tmpdir(), 'sightline-main-'));
after(() => rmSync(directory, { recursive: true, force: true }));

interface Line {
  readonly message: string;
  readonly addresses?: Readonly<Record<string, string>>;
  readonly reachable?: readonly string[];
  readonly needRestart?: readonly string[];
}

class Started {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #out = '';
  #error = '';

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, ['src/main.ts', ...args], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'] ?? '', ...COMPILED, ...environment },
    });
    this.#closed = once(this.#child, 'close');
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#out += chunk.toString();
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#error += chunk.toString();
    });
  }

  get error(): string {
    return this.#error;
  }

  get out(): string {
    return this.#out;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The first log line with this message. */
  async line(message: string): Promise<Line> {
    for (;;) {
      const found = this.#out
        .split('\n')
        .slice(0, -1)
        .map(parseLine)
        .find((line) => line.message === message);
      if (found !== undefined) return found;
      const { exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode !== null)
        throw new Error(`ended with ${exitCode ?? signalCode} before "${message}"\n${this.#out}${this.#error}`);
      await sleep(10);
    }
  }

  /** Waits until the program has ended and all that it wrote is read. */
  async exit(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }
}

function parseLine(text: string): Line {
  const line: Line = JSON.parse(text);
  return line;
}

const FREE_PORTS = [
  '--listen',
  '127.0.0.1:0',
  '--set',
  'server.otlpGrpc=127.0.0.1:0',
  '--set',
  'server.otlpHttp=0.0.0.0:0',
  '--set',
  'host.enabled=false',
];

test('the program starts on free ports, warns, reloads, refuses a broken file, and stops', async () => {
  const file = join(directory, 'settings.yml');
  writeFileSync(file, 'limits: { query: { timeout: 10s } }');
  const program = new Started(['--config', file, '--data-dir', join(directory, 'data'), ...FREE_PORTS]);
  const { addresses } = await program.line('listening');
  const url = `http://${addresses?.['server.listen']}`;
  assert.deepEqual(Object.keys(addresses ?? {}), ['server.listen', 'server.otlpGrpc', 'server.otlpHttp']);
  const warning = await program.line(
    'listening beyond loopback without authentication: whoever reaches these addresses may read and write everything',
  );
  assert.deepEqual(warning.reachable, ['server.otlpHttp']);
  for (const path of ['/ready', '/healthz', '/-/healthy', '/prom/-/ready', '/metrics', '/prom/api/v1/targets'])
    assert.equal((await fetch(url + path)).status, 200, path);
  assert.match(await (await fetch(`${url}/metrics`, { headers: { accept: 'application/openmetrics-text' } })).text(), /\n# EOF\n$/);

  writeFileSync(file, 'limits: { query: { timeout: 20s } }\nstorage: { readers: 2 }');
  assert.equal(await post(`${url}/-/reload`), '200 applied: limits.query.timeout\nneeds a restart: storage.readers\n');
  writeFileSync(file, 'limits: { query: { timeut: 20s } }');
  assert.match(await post(`${url}/prom/-/reload`), /^400 .*settings\.yml:1:20: unknown setting 'limits\.query\.timeut'; did you mean/);
  writeFileSync(file, 'scrape: [{ job_name: a, scrape_intervall: 1s }]');
  assert.match(await post(`${url}/-/reload`), /^400 /);
  program.kill('SIGHUP');
  await program.line('reload refused; nothing was changed');
  assert.match(await (await fetch(`${url}/prom/api/v1/status/config`)).text(), /timeout: 20s/);

  program.kill('SIGTERM');
  assert.equal(await program.exit(), 0);
});

test('a mistake in the settings is told without a stack', async () => {
  const program = new Started(['--set', 'server.lisen=:1']);
  assert.equal(await program.exit(), 2);
  assert.equal(program.error, "sightline: --set server.lisen: unknown setting 'server.lisen'; did you mean 'server.listen'?\n");
});

test('an address that is taken is told', async () => {
  const first = new Started(['--data-dir', join(directory, 'first'), ...FREE_PORTS]);
  const { addresses } = await first.line('listening');
  const second = new Started(['--data-dir', join(directory, 'second'), ...FREE_PORTS, '--listen', addresses?.['server.listen'] ?? '']);
  assert.equal(await second.exit(), 1);
  assert.match(second.error, /^sightline: server\.listen: cannot listen on 127\.0\.0\.1:\d+: listen EADDRINUSE/);
  first.kill('SIGINT');
  assert.equal(await first.exit(), 0);
});

test('help and version', async () => {
  const help = new Started(['--help']);
  assert.equal(await help.exit(), 0);
  assert.match(help.out, /--peer-ports[^]*limits\.query\.timeout/);
  const version = new Started(['--version'], { SIGHTLINE_LOG_LEVEL: 'debug' });
  assert.equal(await version.exit(), 0);
  assert.match(version.out, /^sightline \d+\.\d+\.\d+\n$/);
});

async function post(url: string): Promise<string> {
  const answer = await fetch(url, { method: 'POST' });
  return `${answer.status} ${await answer.text()}`;
}
