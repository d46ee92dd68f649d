// A freshly started program to test from outside: its own data directory, free ports, every request over the real interface.
//
//   startProgram ─▶ wait for /ready ─▶ request … ─▶ stop (SIGTERM) or kill (SIGKILL) ─▶ start again on the same directory

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readyWaitMs = 30_000;
const stopWaitMs = 15_000;
const logCharactersMax = 20_000;

export interface ProgramOptions {
  readonly dataDir: string;
  /** A settings file. */
  readonly config?: string;
  /** `path=value` settings. */
  readonly set?: readonly string[];
}

export interface Ports {
  readonly main: number;
  readonly otlpGrpc: number;
  readonly otlpHttp: number;
}

export interface Program {
  readonly url: string;
  readonly ports: Ports;
  readonly pid: number;
  /** From the start of the process to the first 200 of /ready. */
  readonly readyMs: number;
  /** The end of what the program wrote to its log. */
  readonly log: () => string;
  /** Asks it to stop and waits. Throws when it takes too long or ends badly. */
  readonly stop: () => Promise<void>;
  /** Ends it at once, as a power failure would. */
  readonly kill: () => Promise<void>;
}

/** Starts the program and waits until it can answer. Throws with the end of its log when it cannot. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const ports: Ports = { main: await freePort(), otlpGrpc: await freePort(), otlpHttp: await freePort() };
  const started = performance.now();
  const child = spawn(process.execPath, programArguments(options, ports), { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const keep = (chunk: Buffer): void => {
    log = (log + chunk.toString()).slice(-logCharactersMax);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const url = `http://127.0.0.1:${ports.main}`;
  try {
    await waitUntilReady(url, child);
  } catch (error) {
    await killChild(child);
    throw new Error(`the program did not become ready: ${String(error)}\n${log}`, { cause: error });
  }
  return {
    url,
    ports,
    pid: child.pid ?? 0,
    readyMs: performance.now() - started,
    log: () => log,
    stop: () => stopChild(child, () => log),
    kill: () => killChild(child),
  };
}

function programArguments({ dataDir, config, set }: ProgramOptions, ports: Ports): string[] {
  const settings = [`server.otlpGrpc=127.0.0.1:${ports.otlpGrpc}`, `server.otlpHttp=127.0.0.1:${ports.otlpHttp}`, ...(set ?? [])];
  const args = ['src/main.ts', '--data-dir', dataDir, '--listen', `127.0.0.1:${ports.main}`];
  if (config !== undefined) args.push('--config', config);
  return [...args, ...settings.flatMap((each) => ['--set', each])];
}

async function waitUntilReady(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + readyWaitMs;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
    const answer = await fetch(`${url}/ready`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return;
    if (performance.now() > deadline) throw new Error(`/ready answered ${answer?.status ?? 'nothing'} for ${readyWaitMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function stopChild(child: ChildProcess, log: () => string): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the program had ended already\n${log()}`);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWaitMs);
  await ended;
  clearTimeout(timer);
  if (child.exitCode !== 0) throw new Error(`the program stopped with ${child.exitCode ?? child.signalCode}\n${log()}`);
}

async function killChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
