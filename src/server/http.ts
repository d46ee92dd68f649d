// One HTTP request from its headers to its answer, the same for HTTP/1.1 and HTTP/2.
//
//   headers ─▶ route ─▶ tenants ─▶ body ─▶ Route.handle ─▶ Reply ─▶ bytes
//                 └──────── any error ────────▶ Route.error ─┘
//
// Nothing thrown here reaches the process: what is not a `RequestError` is logged once with the request's id and answered with 500.

import { randomUUID } from 'node:crypto';
import type { Log } from '../base/log.ts';
import { RequestError } from '../base/request-error.ts';
import { FORM_BYTES_MAX, REQUEST_ID_LENGTH_MAX, SLOW_REQUEST_MS } from '../limits.ts';
import { readTenants, TENANT_HEADER, writeTenant } from '../tenant/tenant.ts';
import { BodyLease, readBody, type BodyBudget, type Incoming } from './body.ts';
import { corsHeaders } from './cors.ts';
import type { HttpMetrics } from './http-metrics.ts';
import { openReply, writeReply, type OpenReply, type Outgoing } from './reply.ts';
import { plainError, type Reply, type Request, type Route } from './route.ts';
import type { Router } from './router.ts';

/** Settings of the server that a reload changes. */
export interface HttpSettings {
  readonly bodyBytesMax: number;
  readonly bodyBytesInFlightMax: number;
  readonly bodyTimeout: number;
  readonly corsOrigins: readonly string[];
}

export interface HttpHandlerOptions {
  readonly router: Router;
  /** Answers a GET whose path no route has: the pages of the UI. */
  readonly fallback: Route | undefined;
  readonly settings: () => HttpSettings;
  readonly budget: BodyBudget;
  readonly metrics: HttpMetrics;
  readonly log: Log;
}

/** What is known of a request while it is being answered. */
interface Exchange {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly incoming: Incoming;
  readonly lease: BodyLease;
  readonly signal: AbortSignal;
  route: Route | undefined;
}

export class HttpHandler {
  readonly #options: HttpHandlerOptions;
  /** One for each request in flight. */
  readonly #aborts = new Set<AbortController>();

  constructor(options: HttpHandlerOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#aborts.size;
  }

  /** Ends what still runs; its clients are told that the server stops. */
  abort(): void {
    for (const abort of this.#aborts) abort.abort(new RequestError('unavailable', 'the server is stopping'));
  }

  /** Answers one request; `base` stands before its path, as on a peer's port. Never rejects. */
  async handle(incoming: Incoming, outgoing: Outgoing, base: string): Promise<void> {
    const { metrics, log, budget } = this.#options;
    const started = performance.now();
    using lease = new BodyLease(budget);
    const abort = new AbortController();
    const exchange = begin(incoming, { outgoing, base, lease, abort });
    this.#aborts.add(abort);
    let status = 499;
    try {
      const reply = await this.#answer(exchange);
      status = reply.status;
      await this.#write(outgoing, reply, exchange);
    } catch (error) {
      // The answer is cut short, which tells the client that it is not whole.
      outgoing.destroy();
      if (!exchange.signal.aborted && !isGone(error)) this.#unexpected(error, exchange);
    } finally {
      this.#aborts.delete(abort);
      if (exchange.signal.aborted) status = 499;
      const ms = performance.now() - started;
      const route = exchange.route?.path ?? 'none';
      metrics.observe({ route, method: exchange.route?.method ?? 'none', status, seconds: ms / 1000 });
      const fields = { id: exchange.id, method: exchange.method, path: exchange.path, status, ms: Math.round(ms) };
      if (status >= 500 || ms > SLOW_REQUEST_MS) log.info('request', fields);
      else log.debug('request', fields);
    }
  }

  /** The answer to a request, errors included. */
  async #answer(exchange: Exchange): Promise<OpenReply> {
    try {
      return await openReply(await this.#dispatch(exchange));
    } catch (error) {
      if (!exchange.incoming.readableEnded) exchange.incoming.resume();
      const known = error instanceof RequestError ? error : this.#unexpected(error, exchange);
      return openReply(errorReply(exchange.route, known, parseContentType(exchange.incoming.headers['content-type']).type));
    }
  }

  async #dispatch(exchange: Exchange): Promise<Reply> {
    const { router, fallback } = this.#options;
    const { method, path } = exchange;
    const match = router.find(method, path);
    if (match.kind === 'route') {
      exchange.route = match.route;
      return match.route.handle(await this.#request(exchange, match.route, match.params()));
    }
    if (match.kind === 'other-method') {
      const allow = match.allow.join(', ');
      if (method === 'OPTIONS') return { status: 204, headers: { allow } };
      throw new RequestError('method_not_allowed', `${method} is not allowed on ${path}, but ${allow}`, { headers: { allow } });
    }
    if (fallback !== undefined && (method === 'GET' || method === 'HEAD')) {
      exchange.route = fallback;
      return fallback.handle(await this.#request(exchange, fallback, {}));
    }
    throw new RequestError('not_found', `nothing is served at ${path}`);
  }

  async #request(exchange: Exchange, route: Route, params: Readonly<Record<string, string>>): Promise<Request> {
    const { incoming } = exchange;
    const contentType = parseContentType(incoming.headers['content-type']);
    const isForm = route.access !== 'write' && contentType.type === 'application/x-www-form-urlencoded';
    const tenants = tenantsOf(route, header(incoming, TENANT_HEADER));
    const body = await this.#body(exchange, route, isForm);
    return {
      id: exchange.id,
      method: route.method,
      path: exchange.path,
      params,
      query: isForm ? mergeForm(body, exchange.search) : new URLSearchParams(exchange.search),
      tenants,
      contentType,
      accept: incoming.headers.accept ?? '',
      headers: askedHeaders(incoming, route.headers),
      body,
      signal: exchange.signal,
    };
  }

  #body({ incoming, lease }: Exchange, route: Route, isForm: boolean): Promise<Uint8Array> {
    const settings = this.#options.settings();
    const encoding = withInner(incoming, route) ?? route.onlyEncoding ?? '';
    if (route.onlyEncoding !== undefined && encoding !== route.onlyEncoding)
      throw new RequestError('unsupported_media', `Content-Encoding ${encoding}: ${route.path} takes ${route.onlyEncoding} only`);
    const bounds = { timeoutMs: settings.bodyTimeout, lease };
    if (route.bodyBytesMax !== undefined)
      return readBody(incoming, encoding, { ...bounds, bytesMax: route.bodyBytesMax, setting: 'fixed for this path' });
    if (isForm && settings.bodyBytesMax > FORM_BYTES_MAX)
      return readBody(incoming, encoding, { ...bounds, bytesMax: FORM_BYTES_MAX, setting: 'fixed for forms' });
    return readBody(incoming, encoding, { ...bounds, bytesMax: settings.bodyBytesMax, setting: 'server.bodyBytesMax' });
  }

  async #write(outgoing: Outgoing, reply: OpenReply, exchange: Exchange): Promise<void> {
    const { incoming, id, method, signal } = exchange;
    const headers = { 'x-request-id': id, ...corsHeaders(incoming.headers, method, this.#options.settings().corsOrigins) };
    await writeReply(outgoing, reply, {
      head: method === 'HEAD',
      acceptEncoding: incoming.headers['accept-encoding'] ?? '',
      headers,
      signal,
    });
  }

  /** Our own mistake, or the world's: logged here and nowhere else. */
  #unexpected(error: unknown, { id, method, path }: Exchange): RequestError {
    this.#options.metrics.internalErrors.add(1);
    this.#options.log.error('request failed unexpectedly', { id, method, path, error });
    return new RequestError('internal', `internal error; the log tells more under request id ${id}`, { cause: error });
  }
}

interface Beginning {
  readonly outgoing: Outgoing;
  readonly base: string;
  readonly lease: BodyLease;
  readonly abort: AbortController;
}

function begin(incoming: Incoming, { outgoing, base, lease, abort }: Beginning): Exchange {
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) abort.abort(new RequestError('canceled', 'the client went away'));
  });
  // After the answer nobody listens to a body that was not wanted; on HTTP/1.1 the request timeout ends it.
  outgoing.once('finish', () => {
    if ('stream' in incoming && !incoming.readableEnded) incoming.stream.close();
  });
  // Both ends of a connection may fail at any time; the request learns of it by its signal.
  incoming.on('error', () => undefined);
  outgoing.on('error', () => undefined);
  const url = incoming.url ?? '/';
  const at = url.indexOf('?');
  return {
    id: requestId(incoming.headers['x-request-id']),
    method: incoming.method ?? '',
    path: base + (at < 0 ? url : url.slice(0, at)),
    search: at < 0 ? '' : url.slice(at + 1),
    incoming,
    lease,
    signal: abort.signal,
    route: undefined,
  };
}

/** The answer to an error, in the shape that the route's clients expect. */
export function errorReply(route: Pick<Route, 'error'> | undefined, error: RequestError, contentType: string): Reply {
  const reply = (route?.error ?? plainError)(error, contentType);
  const { retryAfterS, headers } = error.options;
  const extra = { ...headers, ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }) };
  return { ...reply, headers: { ...reply.headers, ...extra } };
}

/** The tenants of a request to something of this access. */
export function tenantsOf({ access }: Pick<Route, 'access'>, tenantHeader: string | undefined): readonly string[] {
  switch (access) {
    case 'open':
      return [];
    case 'read':
      return readTenants(tenantHeader);
    case 'write':
    case 'admin':
      return writeTenant(tenantHeader);
  }
}

/** The id that the client gave, when it is one, else a new one. */
export function requestId(given: string | readonly string[] | undefined): string {
  const isGood = typeof given === 'string' && given.length <= REQUEST_ID_LENGTH_MAX && /^[\w.:/+=@-]+$/.test(given);
  return isGood ? given : randomUUID();
}

/** The headers that a route asked for by name, and that were sent. */
export function askedHeaders(incoming: Incoming, names: readonly string[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, header(incoming, name)]).filter(([, value]) => value !== undefined));
}

export function header(incoming: Incoming, name: string): string | undefined {
  const value = incoming.headers[name];
  return typeof value === 'object' ? value.join(', ') : value;
}

/** `Content-Encoding` with the coding that the route's protocol puts under it. */
function withInner(incoming: Incoming, { innerEncoding }: Route): string | undefined {
  const named = incoming.headers['content-encoding'];
  const inner = innerEncoding?.(parseContentType(incoming.headers['content-type']).type);
  if (inner === undefined || named?.split(',', 1)[0]?.trim().toLowerCase() === inner) return named;
  return named === undefined ? inner : `${inner}, ${named}`;
}

/** The media type in lower case, and its parameters. Source: RFC 9110, section 8.3.1. */
export function parseContentType(value: string | undefined): Request['contentType'] {
  if (value === undefined) return { type: '', params: {} };
  const [type = '', ...rest] = value.split(';');
  const params: Record<string, string> = {};
  for (const part of rest) {
    const at = part.indexOf('=');
    if (at < 0) continue;
    const text = part.slice(at + 1).trim();
    params[part.slice(0, at).trim().toLowerCase()] = /^".*"$/s.test(text) ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text;
  }
  return { type: type.trim().toLowerCase(), params };
}

function mergeForm(body: Uint8Array, search: string): URLSearchParams {
  const fields = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  const merged = new URLSearchParams(fields);
  for (const [name, value] of new URLSearchParams(search)) merged.append(name, value);
  return merged;
}

/** Errors of a connection that ended: nobody is left to be told. */
function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'ERR_HTTP2_INVALID_STREAM', 'ABORT_ERR'].includes(
    code,
  );
}
