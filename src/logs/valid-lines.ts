// Lines are texts: bytes that are no UTF-8 become U+FFFD on their way in, so that every reader, here and in ClickHouse, sees the same line.
//
//   lines of a request ─▶ one check of all their bytes at once ─(hardly ever: some are none)─▶ decoded and encoded again
//
// Senders of JSON cannot send others; those of protobuf can, and a line that is cut to its greatest length may end within a character.

import { Buffer, isUtf8 } from 'node:buffer';

const SMALL = 0x80;

/** Mends lines as line-columns.ts keeps them, each behind its length as a varint: `undefined` where all are texts already, else what to keep instead. */
export function mendedLines(bytes: Buffer, rows: number): Buffer<ArrayBuffer> | undefined {
  // A length of 128 or more is no text itself: such bytes are hidden while all lines are looked at in one go, 15 ns for each instead of 100.
  const sizes = takeLengths(bytes, rows);
  const isValid = isUtf8(bytes);
  putLengths(bytes, sizes);
  return isValid ? undefined : reencoded(bytes, sizes);
}

/** hot: once per line. Gives the lengths, and leaves no byte of them that is not ASCII. */
function takeLengths(bytes: Buffer, rows: number): Uint32Array {
  const sizes = new Uint32Array(rows);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    let size = 0;
    let factor = 1;
    for (let byte = bytes[at++] as number; ; byte = bytes[at++] as number) {
      size += (byte & 0x7f) * factor;
      if (byte < SMALL) break;
      bytes[at - 1] = 0;
      factor *= SMALL;
    }
    sizes[row] = size;
    at += size;
  }
  return sizes;
}

function putLengths(bytes: Buffer, sizes: Uint32Array): void {
  let at = 0;
  for (let row = 0; row < sizes.length; row++) {
    const size = sizes[row] as number;
    at = putVarint(bytes, at, size) + size;
  }
}

function putVarint(bytes: Buffer, from: number, value: number): number {
  let at = from;
  let rest = value;
  for (; rest >= SMALL; rest = Math.floor(rest / SMALL)) bytes[at++] = (rest % SMALL) + SMALL;
  bytes[at++] = rest;
  return at;
}

function reencoded(bytes: Buffer, sizes: Uint32Array): Buffer<ArrayBuffer> {
  const parts: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    const from = at + varintBytes(size);
    at = from + size;
    const line = Buffer.from(bytes.toString('utf8', from, at));
    const head = Buffer.alloc(varintBytes(line.length));
    putVarint(head, 0, line.length);
    parts.push(head, line);
  }
  return Buffer.concat(parts);
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= SMALL; rest = Math.floor(rest / SMALL)) bytes++;
  return bytes;
}
