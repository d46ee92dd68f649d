// A server on free ports for tests, and raw conversations with it.

import { connect, type Socket } from 'node:net';
import { createLog, type Log } from '../base/log.ts';
import { SelfMetrics } from '../base/self-metrics.ts';
import { parseAddress } from '../base/settings.ts';
import { loadConfig } from '../config.ts';
import type { GrpcRoute, Route, SocketRoute } from './route.ts';
import { Server, type ServerOptions, type ServerSettings } from './server.ts';

export interface TestServer extends AsyncDisposable {
  readonly server: Server;
  readonly url: string;
  readonly port: number;
  readonly metrics: SelfMetrics;
  readonly logged: readonly string[];
}

export interface TestServerOptions extends Partial<
  Pick<ServerOptions, 'headerTimeoutMs' | 'drainTimeoutMs' | 'socketPingIntervalMs' | 'fallback'>
> {
  readonly routes?: readonly Route[];
  readonly grpcRoutes?: readonly GrpcRoute[];
  readonly socketRoutes?: readonly SocketRoute[];
  readonly settings?: Partial<ServerSettings>;
}

/** Starts a server on a free port; leaving its scope stops it. */
export async function startTestServer({ routes = [], grpcRoutes = [], settings, ...more }: TestServerOptions): Promise<TestServer> {
  const metrics = new SelfMetrics();
  const logged: string[] = [];
  const log: Log = createLog('debug', (line) => logged.push(line));
  const defaults = loadConfig({ file: undefined, flags: [] }, {}).server;
  const ports = { listen: parseAddress('127.0.0.1:0'), otlpGrpc: undefined, otlpHttp: undefined };
  const server = new Server({ routes, grpcRoutes, metrics, log, settings: { ...defaults, ...ports, ...settings }, ...more });
  await server.listen();
  const port = server.addresses[0]?.port ?? 0;
  return { server, url: `http://127.0.0.1:${port}`, port, metrics, logged, [Symbol.asyncDispose]: () => server.stop() };
}

/** Sends `text` on a connection of its own and resolves to all that comes back until the connection ends. */
export function converse(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8');
    socket.on('data', (piece: string) => {
      answer += piece;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}
