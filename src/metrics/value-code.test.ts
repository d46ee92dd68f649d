// Every value comes back from its code bit for bit, and the codes stay near one another.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeCodes, encodeValues } from './value-code.ts';

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

function roundTrip(low: number, high: number, thousandths: number): readonly [number, number] {
  const input = new Float64Array(1);
  new Uint32Array(input.buffer).set([low, high]);
  const codes = encodeValues(input, new Int32Array(1), Uint8Array.of(thousandths), new BigInt64Array(1));
  const value = new Float64Array(1);
  decodeCodes(new Uint32Array(codes.buffer), { from: 0, to: 1 }, { values: value, words: new Uint32Array(value.buffer) }, 0);
  const [outLow = 0, outHigh = 0] = new Uint32Array(value.buffer);
  return [outLow, outHigh];
}

function checked(low: number, high: number): void {
  const negativeNan = high > 0xfff00000 || (high === 0xfff00000 && low !== 0);
  const expected = negativeNan ? (high & 0x7fffffff) >>> 0 : high;
  for (const thousandths of [0, 1]) assert.deepEqual(roundTrip(low, high, thousandths), [low, expected]);
}

test('values that are special come back with all their bits', () => {
  const values = [
    0,
    -0,
    1,
    -1,
    0.1,
    12.345,
    1e300,
    -1e300,
    5e-324,
    2.2e-308,
    Infinity,
    -Infinity,
    NaN,
    2 ** 50,
    2 ** 50 - 1,
    -(2 ** 50),
    2 ** 53,
    562949953421.311,
    562949953421.312,
  ];
  for (const value of values) {
    float[0] = value;
    checked(words[0] ?? 0, words[1] ?? 0);
  }
  checked(2, 0x7ff00000); // the stale marker
  checked(1, 0xfff80000); // a negative NaN
});

test('any 64 bits come back', () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), (low, high) => checked(low, high)),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.double(), (value) => {
      float[0] = value;
      checked(words[0] ?? 0, words[1] ?? 0);
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 4 }), (value, digits) => {
      float[0] = value / 10 ** digits;
      checked(words[0] ?? 0, words[1] ?? 0);
    }),
    { numRuns: 2000 },
  );
});
