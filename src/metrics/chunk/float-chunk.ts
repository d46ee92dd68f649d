// Float samples of a series as an XOR chunk: times as differences of differences, values by what differs from the one before.
//
// Source: prometheus/tsdb/docs/format/chunks.md, "XOR chunk data".

import type { SampleRun } from '../sample-runs.ts';
import { BitWriter, XorColumn, isWithin } from './bit-writer.ts';

/** A chunk holds so many samples at most, as Prometheus's do. */
export const CHUNK_SAMPLES_MAX = 120;

/** Encodes the samples from `from` up to `to`, which is left out: at least one, at most 65,535. */
export function encodeFloatChunk({ times, words }: SampleRun, from: number, to: number): Uint8Array {
  const out = new BitWriter();
  const values = new XorColumn();
  out.bits(to - from, 16);
  let time = times[from] as number;
  out.varint(zigzag(BigInt(time)));
  values.first(out, { low: words[2 * from] as number, high: words[2 * from + 1] as number });
  let delta = 0;
  for (let i = from + 1; i < to; i++) {
    const nextDelta = (times[i] as number) - time;
    if (i === from + 1) out.varint(BigInt(nextDelta));
    else writeTime(out, nextDelta - delta);
    delta = nextDelta;
    time = times[i] as number;
    values.next(out, words[2 * i] as number, words[2 * i + 1] as number);
  }
  return out.bytes();
}

function zigzag(value: bigint): bigint {
  return value < 0n ? -2n * value - 1n : 2n * value;
}

function writeTime(out: BitWriter, deltaOfDelta: number): void {
  if (deltaOfDelta === 0) out.bits(0, 1);
  else if (isWithin(deltaOfDelta, 14)) out.bits((0b10 << 14) | (deltaOfDelta & 0x3fff), 16);
  else if (isWithin(deltaOfDelta, 17)) out.bits((0b110 << 17) | (deltaOfDelta & 0x1ffff), 20);
  else if (isWithin(deltaOfDelta, 20)) out.bits((0b1110 << 20) | (deltaOfDelta & 0xfffff), 24);
  else {
    out.bits(0b1111, 4);
    out.integer(deltaOfDelta, 64);
  }
}
