// The hash of a label set by which limit_ratio picks series: the one that Prometheus computes, so that both pick the same.
//
// Source: xxHash specification, "XXH64", seed 0, over the labels as Prometheus 3.14 lays them out (`model/labels`, `stringlabels`): each name
// and value in UTF-8 after its length, which is one byte up to 254 and else 255 and three bytes, least first.

import type { Labels } from '../../../query/labels.ts';

const PRIME_1 = 0x9e3779b185ebca87n;
const PRIME_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME_3 = 0x165667b19e3779f9n;
const PRIME_4 = 0x85ebca77c2b2ae63n;
const PRIME_5 = 0x27d4eb2f165667c5n;

const SHORT_MAX = 254;

const encoder = new TextEncoder();

/** The 64-bit hash of a label set. */
export function labelHash(labels: Labels): bigint {
  return xxHash64(layOut(labels));
}

/** Bytes of UTF-8 that one UTF-16 unit may take, and bytes of a length. */
const UNIT_BYTES_MAX = 3;
const LENGTH_BYTES_MAX = 4;

function layOut(labels: Labels): Uint8Array {
  let sizeMax = 0;
  for (const part of labels) sizeMax += part.length * UNIT_BYTES_MAX + LENGTH_BYTES_MAX;
  const bytes = new Uint8Array(sizeMax);
  let at = 0;
  for (const part of labels) {
    const { written: length } = encoder.encodeInto(part, bytes.subarray(at + 1));
    if (length > SHORT_MAX) {
      bytes.copyWithin(at + LENGTH_BYTES_MAX, at + 1, at + 1 + length);
      bytes.set([255, length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff], at);
      at += LENGTH_BYTES_MAX + length;
    } else {
      bytes[at] = length;
      at += 1 + length;
    }
  }
  return bytes.subarray(0, at);
}

/**
 * XXH64 with seed 0.
 *
 * hot: once per series of limit_ratio. Products within `asUintN(64, …)` are compiled to machine words; a mask makes big integers of them.
 */
export function xxHash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { length } = bytes;
  let at = 0;
  let hash = PRIME_5;
  if (length >= 32) {
    let a = word(PRIME_1 + PRIME_2);
    let b = PRIME_2;
    let c = 0n;
    let d = word(-PRIME_1);
    for (; at + 32 <= length; at += 32) {
      a = round(a, view.getBigUint64(at, true));
      b = round(b, view.getBigUint64(at + 8, true));
      c = round(c, view.getBigUint64(at + 16, true));
      d = round(d, view.getBigUint64(at + 24, true));
    }
    hash = word(word(rotate(a, 1n) + rotate(b, 7n)) + word(rotate(c, 12n) + rotate(d, 18n)));
    hash = merge(merge(merge(merge(hash, a), b), c), d);
  }
  hash = word(hash + BigInt(length));
  for (; at + 8 <= length; at += 8) {
    hash = word(word(rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * PRIME_1) + PRIME_4);
  }
  if (at + 4 <= length) {
    hash = word(word(rotate(hash ^ word(BigInt(view.getUint32(at, true)) * PRIME_1), 23n) * PRIME_2) + PRIME_3);
    at += 4;
  }
  for (; at < length; at++) hash = word(rotate(hash ^ word(BigInt(view.getUint8(at)) * PRIME_5), 11n) * PRIME_1);
  hash = word((hash ^ (hash >> 33n)) * PRIME_2);
  hash = word((hash ^ (hash >> 29n)) * PRIME_3);
  return hash ^ (hash >> 32n);
}

function round(lane: bigint, input: bigint): bigint {
  return word(rotate(word(lane + word(input * PRIME_2)), 31n) * PRIME_1);
}

function merge(hash: bigint, lane: bigint): bigint {
  return word(word((hash ^ round(0n, lane)) * PRIME_1) + PRIME_4);
}

function rotate(value: bigint, bits: bigint): bigint {
  return word(value << bits) | (value >> (64n - bits));
}

function word(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
