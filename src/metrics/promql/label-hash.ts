// The hash of a label set by which limit_ratio picks series: the one that Prometheus computes, so that both pick the same.
//
// Source: xxHash specification, "XXH64", seed 0, over the labels as Prometheus 3.14 lays them out (`model/labels`, `stringlabels`): each name
// and value in UTF-8 after its length, which is one byte up to 254 and else 255 and three bytes, least first.

import type { Labels } from '../../query/labels.ts';

const PRIME_1 = 0x9e3779b185ebca87n;
const PRIME_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME_3 = 0x165667b19e3779f9n;
const PRIME_4 = 0x85ebca77c2b2ae63n;
const PRIME_5 = 0x27d4eb2f165667c5n;
const MASK = 0xffffffffffffffffn;

const SHORT_MAX = 254;

const encoder = new TextEncoder();

/** The 64-bit hash of a label set. */
export function labelHash(labels: Labels): bigint {
  return xxHash64(layOut(labels));
}

function layOut(labels: Labels): Uint8Array {
  const parts = labels.map((part) => encoder.encode(part));
  const size = parts.reduce((sum, part) => sum + part.length + (part.length > SHORT_MAX ? 4 : 1), 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    const { length } = part;
    if (length > SHORT_MAX) {
      bytes.set([255, length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff], at);
      at += 4;
    } else {
      bytes[at] = length;
      at += 1;
    }
    bytes.set(part, at);
    at += length;
  }
  return bytes;
}

/** XXH64 with seed 0. */
export function xxHash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { length } = bytes;
  let at = 0;
  let hash = PRIME_5;
  if (length >= 32) {
    let a = (PRIME_1 + PRIME_2) & MASK;
    let b = PRIME_2;
    let c = 0n;
    let d = -PRIME_1 & MASK;
    for (; at + 32 <= length; at += 32) {
      a = round(a, view.getBigUint64(at, true));
      b = round(b, view.getBigUint64(at + 8, true));
      c = round(c, view.getBigUint64(at + 16, true));
      d = round(d, view.getBigUint64(at + 24, true));
    }
    hash = (rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n)) & MASK;
    for (const lane of [a, b, c, d]) hash = ((hash ^ round(0n, lane)) * PRIME_1 + PRIME_4) & MASK;
  }
  hash = (hash + BigInt(length)) & MASK;
  for (; at + 8 <= length; at += 8) hash = (rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * PRIME_1 + PRIME_4) & MASK;
  if (at + 4 <= length) {
    hash = (rotate(hash ^ ((BigInt(view.getUint32(at, true)) * PRIME_1) & MASK), 23n) * PRIME_2 + PRIME_3) & MASK;
    at += 4;
  }
  for (; at < length; at++) hash = (rotate(hash ^ ((BigInt(view.getUint8(at)) * PRIME_5) & MASK), 11n) * PRIME_1) & MASK;
  hash = ((hash ^ (hash >> 33n)) * PRIME_2) & MASK;
  hash = ((hash ^ (hash >> 29n)) * PRIME_3) & MASK;
  return hash ^ (hash >> 32n);
}

function round(lane: bigint, input: bigint): bigint {
  return (rotate((lane + input * PRIME_2) & MASK, 31n) * PRIME_1) & MASK;
}

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK;
}
