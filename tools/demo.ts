// `npm run demo`: Sightline and the shop of examples/shop beside it, with a fault to switch on and off.
//
//   demo ─┬─▶ src/main.ts (data in ./data-demo)  ◀── traces, logs, metrics ──┐
//         └─▶ examples/shop/main.ts ─▶ its services and its customers ───────┘
//
// Addresses and settings of Sightline may be given: npm run demo -- --listen 127.0.0.1:9000 --shop-port 9080 --set host.enabled=false

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const READY_WAIT_MS = 60_000;
const STOP_WAIT_MS = 15_000;
const root = fileURLToPath(new URL('..', import.meta.url));

const { values: options } = parseArgs({
  options: {
    listen: { type: 'string', default: '127.0.0.1:3000' },
    'data-dir': { type: 'string', default: './data-demo' },
    'shop-port': { type: 'string', default: '8080' },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const sightline = `http://${options.listen}`;
const fault = `http://127.0.0.1:${options['shop-port']}/fault`;
const children: ChildProcess[] = [];
let isStopping = false;

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop(0));

try {
  await startSightline();
  await startShop();
  explain();
  listenToKeys();
} catch (error) {
  if (!isStopping) console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
  await stop(1);
}

async function startSightline(): Promise<void> {
  // The shop sends to the main address; the usual ports of OTLP stay free for others.
  const settings = ['server.otlpGrpc=off', 'server.otlpHttp=off', 'log.level=warn', ...options.set].flatMap((each) => ['--set', each]);
  const preload = ['--import', `${root}examples/shop/end-with-parent.ts`];
  const child = start('Sightline', [...preload, 'src/main.ts', '--data-dir', options['data-dir'], '--listen', options.listen, ...settings]);
  const deadline = performance.now() + READY_WAIT_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Sightline ended with ${child.exitCode}`);
    const answer = await fetch(`${sightline}/ready`).catch(() => undefined);
    if (answer?.status === 200) return;
    if (performance.now() > deadline) throw new Error(`${sightline}/ready did not answer for ${READY_WAIT_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function startShop(): Promise<void> {
  const child = start('the shop', ['examples/shop/main.ts', '--sightline', sightline, '--port', options['shop-port']]);
  const ended = once(child, 'exit').then(() => {
    throw new Error('the shop did not open');
  });
  await Promise.race([once(child, 'message'), ended]);
}

/** A group of its own, so that Ctrl-C reaches this program alone, which ends the others in order; a channel, so that they end without it too. */
function start(name: string, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, args, { cwd: root, detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  children.unshift(child);
  child.once('exit', (code, signal) => {
    if (isStopping) return;
    console.error(`demo: ${name} ended with ${code ?? signal}`);
    void stop(1);
  });
  return child;
}

function explain(): void {
  const key = process.stdin.isTTY ? ', or the key f' : '';
  console.log(`
  Sightline   ${sightline}/ui/services      the services, their rates, errors and durations; the map is there after half a minute
  the shop    front ─▶ cart, catalogue ─▶ PostgreSQL, and a queue ─▶ mailer; three requests a second

  A fault     curl -X POST '${fault}?on=1'${key}
  and off     curl -X POST '${fault}?on=0'

  Then: Services ─▶ catalogue ─▶ GET /products/{id} ─▶ a failed trace ─▶ its logs. README.md walks through it. Ctrl-C ends everything.
`);
}

function listenToKeys(): void {
  if (!process.stdin.isTTY) return;
  let isOn = false;
  process.stdin.setRawMode(true).setEncoding('utf8');
  process.stdin.on('data', (key) => {
    if (String(key) === '\u0003' || String(key) === 'q') void stop(0);
    if (String(key) !== 'f') return;
    isOn = !isOn;
    fetch(`${fault}?on=${isOn ? 1 : 0}`, { method: 'POST' }).then(
      () => console.log(`  fault ${isOn ? 'on' : 'off'}`),
      (error: unknown) => console.error('  the shop does not answer', error),
    );
  });
}

/** The shop first, so that its last telemetry is still taken. */
async function stop(code: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WAIT_MS);
    await ended;
    clearTimeout(timer);
  }
  process.exit(code);
}
