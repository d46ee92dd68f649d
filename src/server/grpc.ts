// gRPC over HTTP/2: one framed message in, one or many out, the status in the trailers.
//
//   headers ─▶ method ─▶ tenants ─▶ frame ─(gzip undone)─▶ GrpcRoute.handle ─┬▶ frame ──────────────────────────▶ trailers
//                                                                             └▶ frame, frame … (grpc-stream.ts) ─▶
//
// Source: gRPC over HTTP/2 (grpc/grpc, doc/PROTOCOL-HTTP2.md) and compression (doc/compression.md).

import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Log } from '../base/log.ts';
import { printByteSize } from '../base/byte-size.ts';
import { RequestError, type ErrorCode } from '../base/request-error.ts';
import { GRPC_MESSAGE_LENGTH_MAX } from '../limits.ts';
import { TENANT_HEADER } from '../tenant/tenant.ts';
import { BodyLease, decodeBytes, readBody, type BodyBounds, type BodyBudget } from './body.ts';
import { aborted, FRAME_HEADER_BYTES, frameOf, writeMessages } from './grpc-stream.ts';
import { requestId, tenantsOf, type HttpSettings } from './http.ts';
import type { HttpMetrics } from './http-metrics.ts';
import type { GrpcRoute } from './route.ts';

export interface GrpcHandlerOptions {
  readonly routes: readonly GrpcRoute[];
  readonly settings: () => HttpSettings;
  readonly budget: BodyBudget;
  readonly metrics: HttpMetrics;
  readonly log: Log;
}

const OK = 0;
const UNIMPLEMENTED = 12;

// Source: gRPC status codes (grpc/grpc, doc/statuscodes.md).
const STATUS: Readonly<Record<ErrorCode, number>> = {
  canceled: 1,
  bad_data: 3,
  unsupported_media: 3,
  not_acceptable: 3,
  timeout: 4,
  not_found: 5,
  conflict: 6,
  forbidden: 7,
  too_large: 8,
  rate_limited: 8,
  execution: 9,
  method_not_allowed: UNIMPLEMENTED,
  internal: 13,
  unavailable: 14,
  unauthorized: 16,
};

interface Outcome {
  readonly status: number;
  readonly message: string;
  readonly details?: Uint8Array;
  readonly answer?: Uint8Array;
}

interface Call {
  readonly id: string;
  readonly path: string;
  readonly incoming: Http2ServerRequest;
  readonly outgoing: Http2ServerResponse;
  readonly lease: BodyLease;
  readonly signal: AbortSignal;
  readonly route: GrpcRoute | undefined;
  /** The handler's work, which may go on after its deadline. */
  running: Promise<unknown>;
}

export class GrpcHandler {
  readonly #options: GrpcHandlerOptions;
  readonly #routes: ReadonlyMap<string, GrpcRoute>;
  /** One for each call in flight. */
  readonly #aborts = new Set<AbortController>();

  constructor(options: GrpcHandlerOptions) {
    this.#options = options;
    this.#routes = new Map(options.routes.map((route) => [route.path, route]));
  }

  get inFlight(): number {
    return this.#aborts.size;
  }

  abort(): void {
    for (const abort of this.#aborts) abort.abort(new RequestError('unavailable', 'the server is stopping'));
  }

  /** Answers one call. Never rejects. */
  async handle(incoming: Http2ServerRequest, outgoing: Http2ServerResponse): Promise<void> {
    const started = performance.now();
    using lease = new BodyLease(this.#options.budget);
    const abort = new AbortController();
    this.#aborts.add(abort);
    outgoing.on('error', () => undefined);
    const call = this.#begin({ incoming, outgoing }, lease, abort);
    const deadline = startDeadline(incoming, abort);
    const outcome = await this.#outcome(call);
    clearTimeout(deadline);
    this.#aborts.delete(abort);
    // After the answer nobody listens to a message that was not wanted.
    outgoing.once('finish', () => {
      if (!incoming.readableEnded) incoming.stream.close();
    });
    if (!incoming.stream.destroyed) respond(outgoing, outcome, call.id);
    const ms = performance.now() - started;
    const route = call.route?.path ?? 'none';
    this.#options.metrics.observe({ route, method: 'GRPC', status: outcome.status, seconds: ms / 1000 });
    this.#options.log.debug('grpc call', {
      id: call.id,
      path: call.path,
      status: outcome.status,
      message: outcome.message,
      ms: Math.round(ms),
    });
    // The message's memory is given back when nobody reads it any more.
    await call.running.catch(() => undefined);
  }

  #begin({ incoming, outgoing }: Pick<Call, 'incoming' | 'outgoing'>, lease: BodyLease, abort: AbortController): Call {
    const { stream, headers, url: path } = incoming;
    stream.on('error', () => undefined);
    incoming.on('error', () => undefined);
    stream.once('close', () => abort.abort(new RequestError('canceled', 'the client went away')));
    return {
      id: requestId(headers['x-request-id']),
      path,
      incoming,
      outgoing,
      lease,
      signal: abort.signal,
      route: this.#routes.get(path),
      running: Promise.resolve(),
    };
  }

  async #outcome(call: Call): Promise<Outcome> {
    const { route, incoming, outgoing, lease, signal, id } = call;
    if (route === undefined) {
      incoming.resume();
      return { status: UNIMPLEMENTED, message: `unknown method ${call.path}` };
    }
    try {
      const tenants = tenantsOf(route, header(incoming.headers[TENANT_HEADER]));
      const message = await this.#message(incoming, lease);
      const request = { id, tenants, message, signal };
      if (route.kind === 'stream') {
        const writing = writeMessages(route.handle(request), outgoing, { headers: answerHeaders(id), signal });
        call.running = writing.left;
        await writing.written;
        return { status: OK, message: '' };
      }
      const work = Promise.resolve(route.handle(request));
      call.running = work;
      const answer = await Promise.race([work, aborted(signal)]);
      return { status: OK, message: '', answer };
    } catch (error) {
      incoming.resume();
      return this.#failed(error, call);
    }
  }

  /** The one message of a unary call. Throws `bad_data` when the frame is not whole or another follows. */
  async #message(incoming: Http2ServerRequest, lease: BodyLease): Promise<Uint8Array> {
    const settings = this.#options.settings();
    const bounds: BodyBounds = { bytesMax: settings.bodyBytesMax, setting: 'server.bodyBytesMax', timeoutMs: settings.bodyTimeout, lease };
    const body = await readBody(incoming, '', { ...bounds, bytesMax: bounds.bytesMax + FRAME_HEADER_BYTES });
    if (body.length < FRAME_HEADER_BYTES) throw new RequestError('bad_data', `a gRPC frame of ${body.length} bytes`);
    const length = new DataView(body.buffer, body.byteOffset).getUint32(1);
    if (length > bounds.bytesMax)
      throw new RequestError('too_large', `the message is larger than ${printByteSize(bounds.bytesMax)} (server.bodyBytesMax)`);
    if (length !== body.length - FRAME_HEADER_BYTES)
      throw new RequestError('bad_data', `a gRPC frame says ${length} bytes and ${body.length - FRAME_HEADER_BYTES} follow`);
    const message = body.subarray(FRAME_HEADER_BYTES);
    if (body[0] === 0) return message;
    return decodeBytes(message, header(incoming.headers['grpc-encoding']) ?? 'identity', bounds);
  }

  #failed(error: unknown, { id, path, signal }: Call): Outcome {
    if (error instanceof RequestError) {
      const retry = error.options.retryAfterS;
      return {
        status: STATUS[error.code],
        message: error.message,
        ...(retry === undefined ? {} : { details: retryDetails(STATUS[error.code], retry) }),
      };
    }
    if (signal.aborted) return { status: STATUS.canceled, message: 'canceled' };
    this.#options.metrics.internalErrors.add(1);
    this.#options.log.error('call failed unexpectedly', { id, path, error });
    return { status: STATUS.internal, message: `internal error; the log tells more under request id ${id}` };
  }
}

/** Aborts the call when the client's deadline has passed. */
function startDeadline({ headers }: Http2ServerRequest, abort: AbortController): NodeJS.Timeout | undefined {
  const timeoutMs = parseGrpcTimeout(header(headers['grpc-timeout']));
  if (timeoutMs === undefined) return undefined;
  return setTimeout(() => abort.abort(new RequestError('timeout', 'the deadline of the call has passed')), timeoutMs);
}

function respond(outgoing: Http2ServerResponse, { status, message, details, answer }: Outcome, id: string): void {
  const trailers = {
    'grpc-status': String(status),
    ...(message === '' ? {} : { 'grpc-message': encodeMessage(message) }),
    ...(details === undefined ? {} : { 'grpc-status-details-bin': Buffer.from(details).toString('base64') }),
  };
  if (outgoing.headersSent) {
    // Messages of a stream were written before.
    outgoing.addTrailers(trailers);
    outgoing.end();
    return;
  }
  const headers = answerHeaders(id);
  if (answer === undefined) {
    // Without a message the trailers are the headers, and these must end the stream: so none are written before the end.
    for (const [name, value] of Object.entries({ ...headers, ...trailers })) outgoing.setHeader(name, value);
    outgoing.end();
    return;
  }
  outgoing.writeHead(200, headers);
  outgoing.addTrailers(trailers);
  outgoing.end(frameOf(answer));
}

function answerHeaders(id: string): Readonly<Record<string, string>> {
  return { 'content-type': 'application/grpc+proto', 'grpc-accept-encoding': 'identity, gzip', 'x-request-id': id };
}

/** `grpc-timeout` in milliseconds: at most eight digits and a unit. */
export function parseGrpcTimeout(value: string | undefined): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(value ?? '');
  if (match === null) return undefined;
  const unit = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }[match[2] ?? ''] ?? 1;
  // Timers hold 31 bits.
  return Math.min(Math.ceil(Number(match[1]) * unit), 2 ** 31 - 1);
}

/** Percent-encodes what is not printable ASCII. */
export function encodeMessage(message: string): string {
  let encoded = '';
  for (const byte of Buffer.from(message.slice(0, GRPC_MESSAGE_LENGTH_MAX / 4))) {
    encoded +=
      byte < 0x20 || byte > 0x7e || byte === 0x25 ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}` : String.fromCharCode(byte);
  }
  return encoded;
}

/** `google.rpc.Status` with a `RetryInfo`: OTLP clients retry RESOURCE_EXHAUSTED only when it says so. Source: OTLP specification, "OTLP/gRPC Throttling". */
function retryDetails(status: number, seconds: number): Uint8Array {
  const delay = field(1, Uint8Array.of(0x08, ...varint(seconds)));
  const any = [...field(1, Buffer.from('type.googleapis.com/google.rpc.RetryInfo')), ...field(2, delay)];
  return Uint8Array.from([0x08, ...varint(status), ...field(3, Uint8Array.from(any))]);
}

function field(number: number, bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([(number << 3) | 2, ...varint(bytes.length), ...bytes]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = Math.floor(value);
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

function header(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}
