// Ids of traces and spans as the older protocols write them, as the bytes that a span has: big-endian, padded with zeros in front.

import { Buffer } from 'node:buffer';

export const TRACE_ID_BYTES = 16;
export const SPAN_ID_BYTES = 8;
/** Of a span without a parent. */
export const NO_ID: Uint8Array = new Uint8Array(0);

const HEX_DIGITS = /^[0-9a-fA-F]+$/;

/** Bytes of 1 to `2 * size` hexadecimal digits; undefined for any other text. */
export function idOfHex(text: string, size: number): Uint8Array | undefined {
  if (text.length > size * 2 || !HEX_DIGITS.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text.padStart(size * 2, '0'), 'hex'));
}

/** An id of 8 bytes where 16 belong with zeros in front; any other as it is, which the store judges. */
export function paddedTraceId(id: Uint8Array): Uint8Array {
  if (id.length !== SPAN_ID_BYTES) return id;
  const padded = new Uint8Array(TRACE_ID_BYTES);
  padded.set(id, SPAN_ID_BYTES);
  return padded;
}

/** 8 bytes of a 64-bit integer, signed or not. */
export function spanIdOfInteger(value: bigint): Uint8Array {
  const id = new Uint8Array(SPAN_ID_BYTES);
  new DataView(id.buffer).setBigUint64(0, BigInt.asUintN(64, value));
  return id;
}

/** 16 bytes of two 64-bit integers. */
export function traceIdOfIntegers(high: bigint, low: bigint): Uint8Array {
  const id = new Uint8Array(TRACE_ID_BYTES);
  const view = new DataView(id.buffer);
  view.setBigUint64(0, BigInt.asUintN(64, high));
  view.setBigUint64(SPAN_ID_BYTES, BigInt.asUintN(64, low));
  return id;
}

export function isZero(id: Uint8Array): boolean {
  return id.every((byte) => byte === 0);
}

export function sameId(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
