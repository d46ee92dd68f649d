// A freshly started program to test from outside: its own data directory, ports of the system's choice, every request over the real interface.
//
//   startProgram ─▶ read its addresses from its log ─▶ wait for /ready ─▶ request … ─▶ stop (SIGTERM) or kill (SIGKILL) ─▶ start again on the same directory

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Both only end what hangs: a machine that is busy may take long. */
const readyWaitMs = 180_000;
const stopWaitMs = 60_000;
const logCharactersMax = 20_000;

const listeningSchema = z.object({
  message: z.literal('listening'),
  addresses: z.object({ 'server.listen': z.string(), 'server.otlpGrpc': z.string(), 'server.otlpHttp': z.string() }),
});

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
  const started = performance.now();
  const child = spawn(process.execPath, programArguments(options), { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const keep = (chunk: Buffer): void => {
    log = (log + chunk.toString()).slice(-logCharactersMax);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let ports: Ports;
  try {
    ports = await waitUntilReady(child, () => log);
  } catch (error) {
    await killChild(child);
    throw new Error(`the program did not become ready: ${String(error)}\n${log}`, { cause: error });
  }
  return {
    url: urlOf(ports),
    ports,
    pid: child.pid ?? 0,
    readyMs: performance.now() - started,
    log: () => log,
    stop: () => stopChild(child, () => log),
    kill: () => killChild(child),
  };
}

/** The system chooses the ports: one that was free a moment ago may be another program's by the time it is listened on. */
function programArguments({ dataDir, config, set }: ProgramOptions): string[] {
  const settings = ['server.otlpGrpc=127.0.0.1:0', 'server.otlpHttp=127.0.0.1:0', ...(set ?? [])];
  const args = ['src/main.ts', '--data-dir', dataDir, '--listen', '127.0.0.1:0'];
  if (config !== undefined) args.push('--config', config);
  return [...args, ...settings.flatMap((each) => ['--set', each])];
}

/** Waits until the program answers, and gives the ports it listens on. */
async function waitUntilReady(child: ChildProcess, log: () => string): Promise<Ports> {
  const deadline = performance.now() + readyWaitMs;
  let ports: Ports | undefined;
  let status: number | undefined;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
    ports ??= portsIn(log());
    if (ports !== undefined) {
      const answer = await fetch(`${urlOf(ports)}/ready`).catch(() => undefined);
      await answer?.body?.cancel();
      status = answer?.status;
      if (status === 200) return ports;
    }
    if (performance.now() > deadline) throw new Error(`/ready answered ${status ?? 'nothing'} for ${readyWaitMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function urlOf({ main }: Ports): string {
  return `http://127.0.0.1:${main}`;
}

/** The ports of the log's line that names them, once that line is whole. */
function portsIn(log: string): Ports | undefined {
  for (const line of log.split('\n').slice(0, -1)) {
    if (!line.startsWith('{') || !line.includes('"listening"')) continue;
    const read = listeningSchema.safeParse(JSON.parse(line));
    if (!read.success) continue;
    const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));
    const { addresses } = read.data;
    return {
      main: portOf(addresses['server.listen']),
      otlpGrpc: portOf(addresses['server.otlpGrpc']),
      otlpHttp: portOf(addresses['server.otlpHttp']),
    };
  }
  return undefined;
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

/** The system gives none of these to connections that go out, so a port that is free stays so until it is listened on. */
const PORT_MIN = 12_000;
const PORT_MAX = 32_000;

/** A port that is free, for a program that cannot be asked which one it has. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
    const server = createServer();
    const opened = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!opened) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
