// The body of a request: read, counted against the bodies in flight, and decoded, all within bounds.
//
//   socket ─▶ chunks ─▶ one buffer ─(gzip, deflate, zstd, snappy undone)─▶ Request.body
//
// What a decoder puts out is counted as it comes, so a small body that would become a huge one stops at the limit.

import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { constants, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib';
import { printByteSize } from '../base/byte-size.ts';
import { RequestError } from '../base/request-error.ts';
import { decodeSnappy, SNAPPY_SLACK, snappyLength } from '../base/snappy.ts';
import { CONTENT_ENCODINGS_MAX, POOLED_BUFFER_BYTES_MAX, ZSTD_WINDOW_LOG_MAX } from '../limits.ts';
import { BufferPool } from '../base/buffer-pool.ts';

export type Incoming = IncomingMessage | Http2ServerRequest;

const EMPTY = Buffer.alloc(0);
const POOL = new BufferPool(POOLED_BUFFER_BYTES_MAX);
/** A snappy copy of 3 bytes stands for at most 64. Source: snappy format description, section 2.2. */
const SNAPPY_RATIO_MAX = 22;
const GONE_EVENTS = ['error', 'aborted', 'close'] as const;
const DECODER_CHUNK_BYTES = 64 * 1024;

/** Bytes of all bodies that are being handled. */
export class BodyBudget {
  readonly #bytesMax: () => number;
  #held = 0;

  constructor(bytesMax: () => number) {
    this.#bytesMax = bytesMax;
  }

  get heldBytes(): number {
    return this.#held;
  }

  /** Throws `unavailable` when the bytes are not to be had: senders then come again, which they do not all do after a 429. */
  take(bytes: number): void {
    if (this.#held + bytes > this.#bytesMax()) {
      const bound = printByteSize(this.#bytesMax());
      throw new RequestError('unavailable', `the bodies in flight have reached ${bound} (server.bodyBytesInFlightMax); come again`, {
        retryAfterS: 1,
      });
    }
    this.#held += bytes;
  }

  free(bytes: number): void {
    this.#held -= bytes;
  }
}

/** One request's share of the budget; freed when the request ends. */
export class BodyLease {
  readonly #budget: BodyBudget;
  readonly #buffers: Buffer[] = [];
  #held = 0;

  constructor(budget: BodyBudget) {
    this.#budget = budget;
  }

  take(bytes: number): void {
    this.#budget.take(bytes);
    this.#held += bytes;
  }

  /** A buffer of at least `size` bytes, until the request ends. */
  buffer(size: number): Buffer {
    this.take(size);
    const buffer = POOL.take(size);
    this.#buffers.push(buffer);
    return buffer;
  }

  /** Chunks that were taken already as one buffer, until the request ends. */
  join(chunks: readonly Buffer[], total: number): Buffer {
    if (total === 0) return EMPTY;
    const buffer = POOL.take(total);
    this.#buffers.push(buffer);
    let at = 0;
    for (const chunk of chunks) {
      buffer.set(chunk, at);
      at += chunk.length;
    }
    return buffer.subarray(0, total);
  }

  [Symbol.dispose](): void {
    this.#budget.free(this.#held);
    this.#held = 0;
    for (const buffer of this.#buffers.splice(0)) POOL.give(buffer);
  }
}

export interface BodyBounds {
  /** Of the body as sent, and again of the body decoded. */
  readonly bytesMax: number;
  /** The setting that says so, for the error. */
  readonly setting: string;
  readonly timeoutMs: number;
  readonly lease: BodyLease;
}

/** Reads and decodes a body. `encoding` is `Content-Encoding`. Throws `too_large`, `bad_data`, `unsupported_media`, `unavailable`, `canceled`. */
export async function readBody(incoming: Incoming, encoding: string, bounds: BodyBounds): Promise<Uint8Array> {
  const codings = codingsOf(encoding);
  let bytes: Buffer = await receive(incoming, bounds);
  for (const coding of codings) if (bytes.length > 0) bytes = await DECODERS[coding](bytes, bounds);
  return bytes;
}

/** Decodes bytes that came some other way, such as in a gRPC message. */
export async function decodeBytes(bytes: Uint8Array, encoding: string, bounds: BodyBounds): Promise<Uint8Array> {
  let decoded: Buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const coding of codingsOf(encoding)) decoded = await DECODERS[coding](decoded, bounds);
  return decoded;
}

function receive(incoming: Incoming, bounds: BodyBounds): Promise<Buffer> {
  const declared = incoming.headers['content-length'];
  if (declared === '0' || (declared === undefined && hasNoBody(incoming))) return Promise.resolve(EMPTY);
  if (declared !== undefined && Number(declared) > bounds.bytesMax) return Promise.reject(tooLarge(bounds));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let total = 0;
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      incoming.removeAllListeners('data');
      chunks.length = 0;
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const timer = setTimeout(
      () => fail(new RequestError('bad_data', `the body did not come within ${bounds.timeoutMs} ms (server.bodyTimeout)`)),
      bounds.timeoutMs,
    );
    incoming.on('data', (chunk: Buffer) => {
      total += chunk.length;
      try {
        if (total > bounds.bytesMax) throw tooLarge(bounds);
        bounds.lease.take(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        fail(error);
      }
    });
    const gone = (): void => fail(new RequestError('canceled', 'the client went away before the end of the body'));
    for (const event of GONE_EVENTS) incoming.once(event, gone);
    incoming.once('end', () => {
      // After a failure nobody waits for the body, and its memory is no longer ours.
      if (chunks.length === 0 && total > 0) return;
      clearTimeout(timer);
      for (const event of GONE_EVENTS) incoming.removeListener(event, gone);
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : bounds.lease.join(chunks, total));
    });
  });
}

function hasNoBody(incoming: Incoming): boolean {
  return 'stream' in incoming ? incoming.stream.endAfterHeaders : incoming.headers['transfer-encoding'] === undefined;
}

function tooLarge({ bytesMax, setting }: BodyBounds): RequestError {
  return new RequestError('too_large', `the body is larger than ${printByteSize(bytesMax)} (${setting})`);
}

type Coding = 'gzip' | 'deflate' | 'zstd' | 'snappy';
type Decoder = (bytes: Buffer, bounds: BodyBounds) => Promise<Buffer> | Buffer;

const DECODERS: Readonly<Record<Coding, Decoder>> = {
  gzip: (bytes, bounds) => pump('gzip', createGunzip({ chunkSize: DECODER_CHUNK_BYTES }), { bytes, bounds }),
  deflate: (bytes, bounds) => {
    const options = { chunkSize: DECODER_CHUNK_BYTES };
    return pump('deflate', hasZlibHeader(bytes) ? createInflate(options) : createInflateRaw(options), { bytes, bounds });
  },
  zstd: (bytes, bounds) =>
    pump(
      'zstd',
      createZstdDecompress({ chunkSize: DECODER_CHUNK_BYTES, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX } }),
      { bytes, bounds },
    ),
  snappy: decodeSnappyBody,
};

const CODING_NAMES: Readonly<Record<string, Coding>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  zstd: 'zstd',
  snappy: 'snappy',
};

/** The codings of a body in the order in which they are undone. */
function codingsOf(encoding: string): readonly Coding[] {
  if (encoding === '' || encoding === 'identity') return [];
  const codings: Coding[] = [];
  for (const part of encoding.split(',')) {
    const name = part.trim().toLowerCase();
    if (name === '' || name === 'identity') continue;
    const coding = Object.hasOwn(CODING_NAMES, name) ? CODING_NAMES[name] : undefined;
    if (coding === undefined)
      throw new RequestError(
        'unsupported_media',
        `Content-Encoding ${JSON.stringify(name.slice(0, 40))} is none of gzip, deflate, zstd, snappy`,
      );
    codings.unshift(coding);
  }
  if (codings.length > CONTENT_ENCODINGS_MAX)
    throw new RequestError('unsupported_media', `more than ${CONTENT_ENCODINGS_MAX} codings in Content-Encoding`);
  return codings;
}

/** Deflate is the zlib format by the standard, and bare by some senders. Source: RFC 1950, section 2.2; RFC 9110, section 8.4.1.2. */
function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length >= 2 && ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}

function pump(
  coding: Coding,
  decoder: ReturnType<typeof createGunzip>,
  { bytes, bounds }: { readonly bytes: Buffer; readonly bounds: BodyBounds },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let total = 0;
    const fail = (error: unknown): void => {
      decoder.destroy();
      reject(error instanceof RequestError ? error : undecodable(coding, error));
    };
    decoder.on('data', (chunk: Buffer) => {
      total += chunk.length;
      try {
        if (total > bounds.bytesMax) throw tooLarge(bounds);
        bounds.lease.take(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        fail(error);
      }
    });
    decoder.once('error', fail);
    decoder.once('end', () => resolve(bounds.lease.join(chunks, total)));
    decoder.end(bytes);
  });
}

/** Snappy's block format, which is what every remote write speaks. Its first bytes say the length, which is checked before any memory is taken. */
function decodeSnappyBody(bytes: Buffer, bounds: BodyBounds): Buffer {
  const length = snappyLength(bytes);
  if (length > bounds.bytesMax) throw tooLarge(bounds);
  if (length > bytes.length * SNAPPY_RATIO_MAX)
    throw undecodable('snappy', new Error(`a length of ${length} cannot come of ${bytes.length} bytes`));
  const out = bounds.lease.buffer(Math.max(0, length) + SNAPPY_SLACK);
  try {
    return decodeSnappy(bytes, out);
  } catch (error) {
    throw undecodable('snappy', error);
  }
}

function undecodable(coding: Coding, error: unknown): RequestError {
  return new RequestError('bad_data', `the body is not valid ${coding}: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}
