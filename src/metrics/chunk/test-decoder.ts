// Decodes chunks for tests, written by the format's description and not by the encoder: bits as a string of digits.
//
// Source: prometheus/tsdb/docs/format/chunks.md.

import assert from 'node:assert/strict';

class Bits {
  readonly #digits: string;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#digits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  }

  take(count: number): bigint {
    assert.ok(this.#at + count <= this.#digits.length, 'the chunk ends too early');
    const digits = this.#digits.slice(this.#at, this.#at + count);
    this.#at += count;
    return count === 0 ? 0n : BigInt(`0b${digits}`);
  }

  /** How many ones come before a zero, at most `max`; the zero is taken too. */
  ones(max: number): number {
    let count = 0;
    while (count < max && this.take(1) === 1n) count++;
    return count;
  }

  /** Two's complement, with one number more above than below. */
  signed(count: number): bigint {
    const bits = this.take(count);
    if (count === 64) return BigInt.asIntN(64, bits);
    return bits > 1n << BigInt(count - 1) ? bits - (1n << BigInt(count)) : bits;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.take(8);
      value |= (byte & 127n) << shift;
      if (byte < 128n) return value;
    }
  }

  varbit(isSigned: boolean): bigint {
    const count = [0, 3, 6, 9, 12, 18, 25, 56, 64][this.ones(8)] ?? 0;
    if (count === 0) return 0n;
    return isSigned ? this.signed(count) : this.take(count);
  }

  double(): number {
    return doubleOf(this.take(64));
  }
}

function doubleOf(bits: bigint): number {
  return new Float64Array(new BigUint64Array([bits]).buffer)[0] ?? 0;
}

/** A value's bits, so that a NaN can be told from another. */
export function bitsOf(value: number): bigint {
  return new BigUint64Array(new Float64Array([value]).buffer)[0] ?? 0n;
}

interface Xor {
  bits: bigint;
  leading: number;
  trailing: number;
}

function nextXor(bits: Bits, state: Xor): bigint {
  if (bits.take(1) === 1n) {
    if (bits.take(1) === 1n) {
      state.leading = Number(bits.take(5));
      const size = Number(bits.take(6)) || 64;
      state.trailing = 64 - state.leading - size;
    }
    state.bits ^= bits.take(64 - state.leading - state.trailing) << BigInt(state.trailing);
  }
  return state.bits;
}

/** A sample's time and the bits of its value. */
export type DecodedFloat = readonly [ms: number, bits: bigint];

export function decodeFloatChunk(data: Uint8Array): readonly DecodedFloat[] {
  const bits = new Bits(data);
  const count = Number(bits.take(16));
  const first = bits.varint();
  let time = first & 1n ? -(first >> 1n) - 1n : first >> 1n;
  const state: Xor = { bits: bits.take(64), leading: 0, trailing: 0 };
  const all: DecodedFloat[] = [[Number(time), state.bits]];
  let delta = 0n;
  for (let i = 1; i < count; i++) {
    if (i === 1) delta = bits.varint();
    else delta += bits.signed([0, 14, 17, 20, 64][bits.ones(4)] ?? 0);
    time += delta;
    all.push([Number(time), nextXor(bits, state)]);
  }
  return all;
}

export interface DecodedHistograms {
  readonly header: number;
  readonly schema: number;
  readonly zeroThreshold: number;
  /** Offset and length in turn. */
  readonly positiveSpans: readonly number[];
  readonly negativeSpans: readonly number[];
  readonly customValues: readonly number[];
  /** Count, zero count, sum, positive and negative buckets; a stale marker has no buckets. */
  readonly samples: readonly { readonly ms: number; readonly fields: readonly bigint[] }[];
}

const STALE = 0x7ff0000000000002n;

export function decodeHistogramChunk(data: Uint8Array): DecodedHistograms {
  const bits = new Bits(data);
  const count = Number(bits.take(16));
  const header = Number(bits.take(8));
  const byte = Number(bits.take(8));
  const zeroThreshold = byte === 0 ? 0 : byte === 255 ? bits.double() : 2 ** (byte - 244);
  const schema = Number(bits.varbit(true));
  const spans = (): number[] => {
    const all: number[] = [];
    for (let left = bits.varbit(false); left > 0n; left--) {
      const length = Number(bits.varbit(false));
      all.push(Number(bits.varbit(true)), length);
    }
    return all;
  };
  const positiveSpans = spans();
  const negativeSpans = spans();
  const customValues: number[] = [];
  if (schema === -53) {
    for (let left = bits.varbit(false); left > 0n; left--) {
      const code = bits.varbit(false);
      customValues.push(code === 0n ? bits.double() : Number(code - 1n) / 1000);
    }
  }
  const buckets = [...positiveSpans, ...negativeSpans].reduce((sum, value, i) => sum + (i % 2 === 1 ? value : 0), 0);
  const states: Xor[] = [];
  const samples: { ms: number; fields: bigint[] }[] = [];
  let time = 0n;
  let delta = 0n;
  for (let i = 0; i < count; i++) {
    const dod = bits.varbit(true);
    if (i === 0) time = dod;
    else {
      delta += dod;
      time += delta;
    }
    const fields: bigint[] = [];
    for (let field = 0; field < 3 + buckets; field++) {
      if (field >= 3 && fields[2] === STALE) break;
      const state = states[field];
      if (state === undefined) {
        const first = bits.take(64);
        states[field] = { bits: first, leading: 0, trailing: 0 };
        fields.push(first);
      } else fields.push(nextXor(bits, state));
    }
    samples.push({ ms: Number(time), fields });
  }
  return { header, schema, zeroThreshold, positiveSpans, negativeSpans, customValues, samples };
}
