// HTTP as the services of the shop speak it: a table of routes in, JSON out, and requests to one another.
//
// The spans of requests are made by the instrumentation of `node:http`. What it cannot know is said here: which route a request took, and why it failed.

import { createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { trace } from '@opentelemetry/api';
import { logError } from './log.ts';

export interface ShopRequest {
  /** What stands in the address at `{name}` of the route. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: string;
}

/** By method and path, such as `GET /products/{id}`. */
export type Routes = Readonly<Record<string, (request: ShopRequest) => Promise<unknown>>>;

/** An answer other than 200. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Serves the routes on the port that PORT names, and says so to the program that started this one. */
export function serve(routes: Routes): void {
  const server = createServer((request, response) => {
    void answer(routes, request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    });
  });
  server.listen(Number(process.env['PORT']), '127.0.0.1', () => process.send?.('ready'));
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function answer(routes: Routes, request: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://shop');
  const found = findRoute(routes, `${request.method} ${pathname}`);
  if (found === undefined) return { status: 404, body: { error: `no such page: ${pathname}` } };
  const { route, parameters } = found;
  const span = trace.getActiveSpan();
  span?.updateName(route).setAttribute('http.route', route.slice(route.indexOf(' ') + 1));
  try {
    return { status: 200, body: await routes[route]?.({ parameters, query, body: await text(request) }) };
  } catch (error) {
    const status = error instanceof HttpError ? error.status : 500;
    if (status >= 500) {
      span?.recordException(error instanceof Error ? error : String(error));
      logError(`${route} failed`, error, { ...parameters });
    }
    return { status, body: { error: error instanceof Error ? error.message : String(error) } };
  }
}

function findRoute(routes: Routes, asked: string): { readonly route: string; readonly parameters: Record<string, string> } | undefined {
  const given = asked.split('/');
  for (const route of Object.keys(routes)) {
    const expected = route.split('/');
    if (expected.length !== given.length) continue;
    const isName = (part: string): boolean => part.startsWith('{');
    if (!expected.every((part, at) => isName(part) || part === given[at])) continue;
    const pairs = expected.flatMap((part, at) => (isName(part) ? [[part.slice(1, -1), given[at] ?? '']] : []));
    return { route, parameters: Object.fromEntries(pairs) };
  }
  return undefined;
}

/** Asks another service. Its mistakes are this one's 502, its other refusals are passed on. */
export async function call(method: 'GET' | 'POST', url: string, body?: object): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(url, { method }, resolve).once('error', reject).end(JSON.stringify(body));
  const response = await promise;
  const answered = await text(response);
  const status = response.statusCode ?? 0;
  if (status >= 500) throw new HttpError(502, `${method} ${url} answered ${status}: ${answered.trim()}`);
  if (status >= 400) throw new HttpError(status, answered.trim());
  return JSON.parse(answered);
}
