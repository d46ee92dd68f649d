// Starts the shop: its database, its services and its customers, each a process of its own, all sending to one Sightline.
//
//   customers ─▶ front ─▶ cart ─▶ queue ─▶ mailer       node examples/shop/main.ts --sightline http://127.0.0.1:3000 --port 8080
//                  │        │                │
//                  └────────┴─▶ catalogue    │
//                           │       │        │
//                           └───────┴────────┴─▶ database

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

type Variables = Readonly<Record<string, string>>;

const { values: options } = parseArgs({
  options: { sightline: { type: 'string', default: 'http://127.0.0.1:3000' }, port: { type: 'string', default: '8080' } },
});
const { sightline, port } = options;
const children: ChildProcess[] = [];
let isStopping = false;

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(0));
// This program itself may have been started by one that goes: see end-with-parent.ts.
process.on('disconnect', () => void stop(0));
await startShop();

async function startShop(): Promise<void> {
  const [database, catalogue, cart] = [await freePort(), await freePort(), await freePort()];
  const DATABASE_URL = `postgres://shop:shop@127.0.0.1:${database}/shop`;
  const CATALOGUE_URL = `http://127.0.0.1:${catalogue}`;
  const CART_URL = `http://127.0.0.1:${cart}`;
  const open = start('database.ts', { PORT: String(database) });
  await Promise.all([
    // Between them, the services use every exporter that OpenTelemetry has for traces.
    startService('front', overGrpc('2.3.0'), { PORT: port, CATALOGUE_URL, CART_URL }),
    startService('catalogue', overHttp('1.8.2', 'http/protobuf'), { PORT: String(catalogue), DATABASE_URL }),
    startService('cart', overHttp('0.9.1', 'http/json'), { PORT: String(cart), DATABASE_URL, CATALOGUE_URL }),
    // The others ask the database when they are asked; the mailer at once.
    open.then(() => startService('mailer', withZipkin('1.0.4'), { DATABASE_URL })),
  ]);
  await start('load.ts', { SHOP_URL: `http://127.0.0.1:${port}` });
  console.log(`the shop is open: http://127.0.0.1:${port}`);
  process.send?.('ready');
}

function overGrpc(version: string): Variables {
  return { ...resource(version), OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: sightline };
}

function overHttp(version: string, protocol: 'http/protobuf' | 'http/json'): Variables {
  return { ...resource(version), OTEL_EXPORTER_OTLP_PROTOCOL: protocol, OTEL_EXPORTER_OTLP_ENDPOINT: `${sightline}/otlp` };
}

/** Zipkin has traces only: logs and metrics go over OTLP. */
function withZipkin(version: string): Variables {
  const zipkin = { OTEL_TRACES_EXPORTER: 'zipkin', OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${sightline}/api/v2/spans` };
  return { ...overHttp(version, 'http/protobuf'), ...zipkin };
}

function resource(version: string): Variables {
  // Sent soon, to be seen soon; the SDK's own default is 5 seconds.
  const delays = { OTEL_BSP_SCHEDULE_DELAY: '500', OTEL_BLRP_SCHEDULE_DELAY: '500' };
  return { ...delays, OTEL_RESOURCE_ATTRIBUTES: `service.version=${version},service.namespace=shop,deployment.environment.name=demo` };
}

function startService(name: string, telemetry: Variables, variables: Variables): Promise<void> {
  return start(`${name}.ts`, { ...variables, ...telemetry, OTEL_SERVICE_NAME: name }, 'telemetry.ts');
}

/** Resolves when the program says that it is ready. */
async function start(file: string, variables: Variables, ...preloaded: readonly string[]): Promise<void> {
  const preload = ['end-with-parent.ts', ...preloaded].flatMap((each) => ['--import', here(each)]);
  const child = spawn(process.execPath, [...preload, here(file)], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  children.push(child);
  child.once('exit', (code, signal) => {
    if (isStopping) return;
    console.error(`${file} ended with ${code ?? signal}`);
    void stop(1);
  });
  await once(child, 'message');
}

/** Services send the rest of their telemetry when they are asked to end, so they get a moment for it. */
async function stop(code: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  const running = children.filter((child) => child.exitCode === null && child.signalCode === null);
  await Promise.all(
    running.map((child) => {
      child.kill('SIGTERM');
      return once(child, 'exit');
    }),
  );
  process.exit(code);
}

function here(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
