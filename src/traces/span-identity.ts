// What makes two spans the same: trace, id, kind and start. The kind, because the two sides of a Zipkin call share an id; the start, because a span that
// is sent again has the same, while ids of bad senders repeat.

import { Buffer } from 'node:buffer';
import type { Span } from './write.ts';

const NS_PER_MS = 1_000_000n;

/** Two unsigned halves of a 64-bit hash. One object for all: it is overwritten by the next call. */
export interface Identity {
  high: number;
  low: number;
}

const identity: Identity = { high: 0, low: 0 };

/** Hot: once per span. */
export function identityOf({ traceId, spanId, kind, startNs }: Pick<Span, 'traceId' | 'spanId' | 'kind' | 'startNs'>): Identity {
  let high = kind;
  let low = Number(startNs % 4_294_967_291n);
  for (let at = 0; at < 16; at += 4) {
    high = mixed(high, word(traceId, at));
    low = mixed(low, high ^ word(traceId, at));
  }
  for (let at = 0; at < 8; at += 4) {
    high = mixed(high, word(spanId, at));
    low = mixed(low, high ^ word(spanId, at));
  }
  identity.high = high >>> 0;
  identity.low = low >>> 0;
  return identity;
}

/** Milliseconds since the epoch at which a span ended. */
export function endMs({ endNs }: Span): number {
  return Number(endNs / NS_PER_MS);
}

/** Bytes at `at` as a big-endian number. */
export function word(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0
  );
}

// One round of MurmurHash3's 32-bit mixing, and its end.
export function mixed(hash: number, value: number): number {
  let k = Math.imul(value, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  let h = hash ^ k;
  h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  return h ^ (h >>> 13);
}

/** An id of hex digits as the store's number. */
export function idNumber(hex: string): bigint {
  return BigInt(`0x${hex}`);
}

/** The store's number as an id of hex digits. */
export function hexId(id: bigint, digits: 16 | 32 = 16): string {
  return id.toString(16).padStart(digits, '0');
}

/** 8 bytes of an id that the store holds as a number; none for 0. */
export function idBytes(id: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(id);
  return bytes;
}
