// What a signal hands to the server: its routes, as data. The list of all routes is the API document.

import type { RequestError } from '../base/request-error.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';

/** What a handler is given. It never sees a header: what it may know of them stands here, parsed. */
export interface Request {
  readonly id: string;
  readonly method: Method;
  /** The path as asked, without the query string. */
  readonly path: string;
  /** `:name` and `*name` parts of the route's path, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The query string; for a form POST to a route that does not write, the form's fields come first. */
  readonly query: URLSearchParams;
  /** The tenants of the request: one for a write, one or several for a read. */
  readonly tenants: readonly string[];
  /** Media type in lower case and its parameters; empty when none was sent. */
  readonly contentType: { readonly type: string; readonly params: Readonly<Record<string, string>> };
  /** `Accept`, as sent. */
  readonly accept: string;
  /** Protocol headers that the route asked for by name in `Route.headers`, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The decoded body (identity, gzip, deflate, zstd, snappy undone), within the limits. Its memory is used again after the answer: keep no view of it. */
  readonly body: Uint8Array;
  /** Milliseconds that the request waited for its turn; absent from routes that never wait. */
  readonly waitedMs?: number;
  /** Aborted when the client goes away or the server stops. */
  readonly signal: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is written piece by piece, as fast as the client reads. */
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array>;
}

export interface Route {
  readonly method: Method;
  /** `/api/v1/label/:name/values`; `*rest` takes the rest of the path. */
  readonly path: string;
  /** One sentence for the API document. */
  readonly summary: string;
  /** What the caller must be allowed to do. `open` needs no tenant. */
  readonly access: 'open' | 'read' | 'write' | 'admin';
  /** Names of protocol headers, in lower case, that the handler needs. */
  readonly headers?: readonly string[];
  /** The largest decoded body in bytes; default `server.bodyBytesMax`. */
  readonly bodyBytesMax?: number;
  /** The only coding that a body may have, named by the sender or not. */
  readonly onlyEncoding?: 'snappy';
  /** The coding that bodies of a media type have by their protocol, under those that the sender names, whether it is named or not. */
  readonly innerEncoding?: (mediaType: string) => 'snappy' | undefined;
  /** The body of an error, as this protocol's clients expect it; the status comes from the error's code. `contentType` is the request's media type, for protocols that answer in it. */
  readonly error: (error: RequestError, contentType?: string) => Reply;
  readonly handle: (request: Request) => Promise<Reply> | Reply;
}

/** What the handler of a WebSocket holds. Only text goes out, and what a client sends is read and passed over. */
export interface Socket {
  /** Sends a text message; bytes must be UTF-8, are not copied, and may be shared by many sockets. */
  send(text: string | Uint8Array): void;
  /** Bytes that the client has not taken yet. A handler that goes on sending above `SOCKET_BUFFERED_BYTES_MAX` loses the connection. */
  readonly bufferedBytes: number;
  /** Called once, when the connection has ended for whatever reason. */
  onClose(listener: () => void): void;
  /** Ends the conversation; codes of RFC 6455, section 7.4. */
  close(code: number, reason: string): void;
}

/** A path that is spoken to over WebSocket, on HTTP/1.1. */
export interface SocketRoute {
  readonly path: string;
  readonly summary: string;
  readonly access: 'read' | 'write' | 'admin';
  readonly headers?: readonly string[];
  readonly error: Route['error'];
  /**
   * Judges a request; an error that it throws is answered in HTTP, before any upgrade. What it gives begins the conversation; unless the client is
   * gone by then, in which case the request's signal is aborted. The request has no body.
   */
  readonly open: (request: Request) => Promise<SocketHandler> | SocketHandler;
}

export type SocketHandler = (socket: Socket) => void;

interface GrpcMethod {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly summary: string;
  readonly access: 'open' | 'read' | 'write' | 'admin';
}

/** A gRPC method of one message: its bytes in, the answer's bytes out. */
export interface UnaryGrpcRoute extends GrpcMethod {
  readonly kind?: 'unary';
  readonly handle: (request: GrpcRequest) => Promise<Uint8Array> | Uint8Array;
}

/** A gRPC method that answers one message with many, each written as fast as the client reads. */
export interface StreamingGrpcRoute extends GrpcMethod {
  readonly kind: 'stream';
  /** Left early where the client goes away; an error that is thrown midway ends the answer with its status. */
  readonly handle: (request: GrpcRequest) => AsyncIterable<Uint8Array>;
}

export type GrpcRoute = UnaryGrpcRoute | StreamingGrpcRoute;

export interface GrpcRequest {
  readonly id: string;
  readonly tenants: readonly string[];
  readonly message: Uint8Array;
  /** Milliseconds that the call waited for its turn; absent from methods that never wait. */
  readonly waitedMs?: number;
  readonly signal: AbortSignal;
}

/** A JSON answer. */
export function json(value: unknown, status = 200): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** A plain text answer. */
export function plain(body: string, status = 200): Reply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

/** Success without a body. */
export const noContent: Reply = { status: 204 };

/** An error as one line of text. */
export function plainError(error: RequestError): Reply {
  return plain(`${error.message}\n`, error.status);
}
