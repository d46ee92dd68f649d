// Points as bytes are what printing them as text gives.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonBytes } from './json-bytes.ts';
import { printFloat, printTime } from './value.ts';

function written(times: readonly number[], values: readonly number[]): string {
  const out = new JsonBytes();
  const pieces: Buffer[] = [];
  const [t, v] = [Float64Array.from(times), Float64Array.from(values)];
  for (let next = 0; next < t.length;) {
    next = out.points(t, v, next);
    if (out.isFull) pieces.push(out.take());
  }
  pieces.push(out.take());
  return Buffer.concat(pieces).toString();
}

function printed(times: readonly number[], values: readonly number[]): string {
  return times.map((ms, i) => `[${printTime(ms)},"${printFloat(values[i] ?? 0)}"]`).join(',');
}

const TIMES = [0, 1, 999, 1000, 1001, 1_700_000_000_000, 1_700_000_000_120, -1, -1500, 253_402_300_799_999, 9e15, 0.5, 1234.25];
const VALUES = [
  [0, -0, 1, -1, 9, 10, 99, 100, 999_999_999, 1e9, 1e9 + 1, 999_999_999_999_999, 1e15, 2 ** 53, 2 ** 63, 1e21, 1e300, -1e300],
  [0.1, -0.1, 0.5, 1.5, 0.000001, 0.0000001, 123.456, 0.1 + 0.2, 1 / 3, 999_999_999.999999, 1e9 + 0.5, 0.9999999, 99.9999995],
  [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE, -Number.MIN_VALUE, Number.MAX_VALUE, Number.EPSILON],
].flat();

test('numbers of every kind', () => {
  for (const time of TIMES) assert.equal(written([time], [1]), printed([time], [1]));
  for (const value of VALUES) assert.equal(written([1000], [value]), printed([1000], [value]));
});

test('lists of any length', () => {
  const times = Array.from({ length: 20_000 }, (_, i) => i * 15_000);
  const values = times.map((_, i) => VALUES[i % VALUES.length] ?? 0);
  assert.equal(written(times, values), printed(times, values));
});

test('any number', () => {
  const decimal = fc.tuple(fc.integer(), fc.integer({ min: 0, max: 9 })).map(([digits, places]) => digits / 10 ** places);
  const value = fc.oneof(fc.double(), fc.float(), decimal, fc.maxSafeInteger());
  const points = fc.array(fc.tuple(fc.oneof(fc.maxSafeInteger(), fc.integer()), value), { maxLength: 50 });
  fc.assert(
    fc.property(points, (all) => {
      const [times, values] = [all.map(([time]) => time), all.map(([, number]) => number)];
      assert.equal(written(times, values), printed(times, values));
    }),
    { numRuns: 2000, seed: 3 },
  );
});
