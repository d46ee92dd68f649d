// Writing an answer: compressed when the client takes it and it is worth it, streams piece by piece as fast as the client reads.

import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip, createZstdCompress, gzip, gzipSync, zstdCompress, zstdCompressSync } from 'node:zlib';
import { COMPRESS_BYTES_MIN, COMPRESS_SYNC_BYTES_MAX, WRITE_STALL_TIMEOUT_MS } from '../limits.ts';
import type { Reply } from './route.ts';

/** What the answers of both HTTP versions have. */
export interface Outgoing extends Writable {
  readonly headersSent: boolean;
  writeHead(status: number, headers: Readonly<Record<string, string | number>>): unknown;
  setTimeout(ms: number, onTimeout: () => void): unknown;
}

export interface ReplyContext {
  /** The request was HEAD: the answer has headers only. */
  readonly head: boolean;
  readonly acceptEncoding: string;
  /** Headers that every answer carries. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** An answer whose stream has given its first piece: what fails before can still become an error with its status. */
export interface OpenReply extends Omit<Reply, 'body'> {
  readonly body: Uint8Array | AsyncIterable<string | Uint8Array> | undefined;
}

type Compression = 'gzip' | 'zstd';

const LEVEL = { level: 1 } as const;
const COMPRESSIBLE =
  /^(?:text\/|application\/(?:json|openmetrics-text|x-ndjson|yaml|javascript|xml|x-protobuf|vnd\.google\.protobuf)|image\/svg)/;
const compressors = { gzip: { sync: gzipSync, async: promisify(gzip) }, zstd: { sync: zstdCompressSync, async: promisify(zstdCompress) } };

/** Waits for a stream's first piece, so that its first error is an error of the request. */
export async function openReply(reply: Reply): Promise<OpenReply> {
  const { body } = reply;
  if (body === undefined || body instanceof Uint8Array) return { ...reply, body };
  if (typeof body === 'string') return { ...reply, body: Buffer.from(body) };
  const iterator = body[Symbol.asyncIterator]();
  const first = await iterator.next();
  return { ...reply, body: resumed(first, iterator) };
}

/** Writes the answer; resolves when it is handed over or the client is gone. Rejects when the stream fails midway. */
export async function writeReply(outgoing: Outgoing, reply: OpenReply, context: ReplyContext): Promise<void> {
  const headers: Record<string, string | number> = { ...context.headers, ...reply.headers };
  const { body } = reply;
  if (body === undefined || reply.status === 204 || reply.status === 304) {
    if (body === undefined && reply.status !== 204 && reply.status !== 304) headers['content-length'] ??= 0;
    outgoing.writeHead(reply.status, headers);
    outgoing.end();
    return;
  }
  const compression = compressionOf(headers, body, context.acceptEncoding);
  if (compression !== undefined) headers['content-encoding'] = compression;
  if (body instanceof Uint8Array) await writeBytes(outgoing, { status: reply.status, headers, body, compression, head: context.head });
  else if (context.head) {
    outgoing.writeHead(reply.status, headers);
    outgoing.end();
    await body[Symbol.asyncIterator]().return?.();
  } else await writeStream(outgoing, { status: reply.status, headers, body, compression }, context.signal);
}

interface Written<Body> {
  readonly status: number;
  readonly headers: Record<string, string | number>;
  readonly body: Body;
  readonly compression: Compression | undefined;
  readonly head?: boolean;
}

async function writeBytes(outgoing: Outgoing, { status, headers, body, compression, head }: Written<Uint8Array>): Promise<void> {
  const bytes = compression === undefined ? body : await compress(body, compression);
  headers['content-length'] = bytes.length;
  if (outgoing.destroyed) return;
  outgoing.writeHead(status, headers);
  if (bytes.length > COMPRESS_SYNC_BYTES_MAX) giveUpOnStall(outgoing);
  outgoing.end(head === true ? undefined : bytes);
}

async function writeStream(
  outgoing: Outgoing,
  { status, headers, body, compression }: Written<AsyncIterable<string | Uint8Array>>,
  signal: AbortSignal,
): Promise<void> {
  outgoing.writeHead(status, headers);
  giveUpOnStall(outgoing);
  const source = Readable.from(body);
  if (compression === undefined) await pipeline(source, outgoing, { signal });
  else await pipeline(source, compression === 'gzip' ? createGzip(LEVEL) : createZstdCompress(), outgoing, { signal });
}

async function compress(body: Uint8Array, compression: Compression): Promise<Uint8Array> {
  const { sync, async } = compressors[compression];
  const options = compression === 'gzip' ? LEVEL : {};
  return body.length <= COMPRESS_SYNC_BYTES_MAX ? sync(body, options) : await async(body, options);
}

function compressionOf(headers: Record<string, string | number>, body: OpenReply['body'], acceptEncoding: string): Compression | undefined {
  if (headers['content-encoding'] !== undefined || !COMPRESSIBLE.test(String(headers['content-type'] ?? ''))) return undefined;
  headers['vary'] = headers['vary'] === undefined ? 'accept-encoding' : `${headers['vary']}, accept-encoding`;
  if (body instanceof Uint8Array && body.length < COMPRESS_BYTES_MIN) return undefined;
  return acceptedCompression(acceptEncoding);
}

/** The better of the codings that `Accept-Encoding` allows. Source: RFC 9110, section 12.5.3. */
export function acceptedCompression(acceptEncoding: string): Compression | undefined {
  const weights = new Map<string, number>();
  for (const part of acceptEncoding.toLowerCase().split(',')) {
    const [name = '', ...params] = part.split(';').map((piece) => piece.trim());
    const q = params.find((param) => param.startsWith('q='));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    weights.set(name, Number.isNaN(weight) ? 0 : weight);
  }
  const weight = (name: string): number => weights.get(name) ?? 0;
  const [zstd, gz] = [weight('zstd'), Math.max(weight('gzip'), weight('x-gzip'), weights.has('gzip') ? 0 : weight('*'))];
  if (zstd === 0 && gz === 0) return undefined;
  return zstd >= gz ? 'zstd' : 'gzip';
}

/** An iteration that has given its first piece already, as one. Ending it ends the other, also when nothing more was asked of it. */
function resumed(
  first: IteratorResult<string | Uint8Array, unknown>,
  iterator: AsyncIterator<string | Uint8Array>,
): AsyncIterable<string | Uint8Array> {
  let kept: typeof first | undefined = first;
  const next = async (): Promise<typeof first> => {
    const result = kept ?? (await iterator.next());
    kept = undefined;
    return result;
  };
  const end = async (): Promise<IteratorReturnResult<undefined>> => {
    await iterator.return?.();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
}

/** A client that stops reading holds memory; it is cut off. */
function giveUpOnStall(outgoing: Outgoing): void {
  outgoing.setTimeout(WRITE_STALL_TIMEOUT_MS, () => outgoing.destroy());
}
