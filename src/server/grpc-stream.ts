// The messages of a gRPC answer that are written one after the other, as fast as the client reads.
//
//   handle ─▶ message ─▶ frame ─▶ HTTP/2 stream ─(its window is full)─▶ the next is asked for when there is room again
//
// A client that goes away, or whose deadline has passed, ends the asking at once; the handler's own work ends when it looks at its signal.

import type { Http2ServerResponse } from 'node:http2';
import { RequestError } from '../base/request-error.ts';
import { WRITE_STALL_TIMEOUT_MS } from '../limits.ts';

export const FRAME_HEADER_BYTES = 5;

export interface MessageWriting {
  /** Resolves when the last message was handed over; rejects with what the handler throws, or with why the call was aborted. */
  readonly written: Promise<void>;
  /** Resolves when the handler has ended, after which nobody reads the request. */
  readonly left: Promise<unknown>;
}

interface WritingOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Writes messages; the headers go before the first, so that an error before it is an answer by itself. */
export function writeMessages(messages: AsyncIterable<Uint8Array>, outgoing: Http2ServerResponse, options: WritingOptions): MessageWriting {
  const iterator = messages[Symbol.asyncIterator]();
  const written = writeAll(iterator, outgoing, options);
  // An iterator that is asked for nothing more ends its work, and what it has begun before that.
  const left = written.catch(() => undefined).then(() => iterator.return?.());
  return { written, left };
}

async function writeAll(
  iterator: AsyncIterator<Uint8Array>,
  outgoing: Http2ServerResponse,
  { headers, signal }: WritingOptions,
): Promise<void> {
  const gone = aborted(signal);
  gone.catch(() => undefined);
  for (;;) {
    const next = await Promise.race([iterator.next(), gone]);
    if (next.done === true) return;
    if (!outgoing.headersSent) outgoing.writeHead(200, headers);
    if (!outgoing.write(frameOf(next.value))) await Promise.race([room(outgoing), gone]);
  }
}

/** A message with its length before it. */
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, FRAME_HEADER_BYTES);
  return frame;
}

/** Resolves when the client has read enough for more, or is gone. One that reads nothing for long is given up. */
function room(outgoing: Http2ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const stalled = setTimeout(() => outgoing.stream.close(), WRITE_STALL_TIMEOUT_MS);
    const goOn = (): void => {
      clearTimeout(stalled);
      outgoing.off('drain', goOn);
      outgoing.off('close', goOn);
      resolve();
    };
    outgoing.once('drain', goOn);
    outgoing.once('close', goOn);
  });
}

/** Rejects when the call is aborted, so that a handler that does not look at its signal cannot hold the answer past the deadline. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => {
      const reason: unknown = signal.reason;
      reject(reason instanceof Error ? reason : new RequestError('canceled', 'canceled'));
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
