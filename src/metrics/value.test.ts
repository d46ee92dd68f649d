// Values as text and bits, data-driven.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isStaleAt, printFloat, printTime, wordsOf } from './value.ts';

test('floats print without an exponent and read back the same', () => {
  for (const [value, text] of [
    [0, '0'],
    [-0, '-0'],
    [0.1, '0.1'],
    [1e21, '1000000000000000000000'],
    [-1.5e22, '-15000000000000000000000'],
    [1e-7, '0.0000001'],
    [-1.25e-9, '-0.00000000125'],
    [123.456, '123.456'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [Number.NaN, 'NaN'],
  ] as const) {
    assert.equal(printFloat(value), text);
  }
  for (const value of [5e-324, Number.MAX_VALUE, 1 / 3, 2 ** 70, 1.7e-30]) assert.equal(Number(printFloat(value)), value);
});

test('times print in seconds', () => {
  for (const [ms, text] of [
    [0, '0'],
    [1000, '1'],
    [1001, '1.001'],
    [123_400, '123.400'],
    [-1, '-0.001'],
    [-1500, '-1.500'],
  ] as const) {
    assert.equal(printTime(ms), text);
  }
});

test('a staleness marker is told from other NaNs', () => {
  const values = new Float64Array(new BigUint64Array([0x7ff0000000000002n, 0x7ff8000000000001n, 0n]).buffer);
  const words = wordsOf(values);
  assert.deepEqual(
    [0, 1, 2].map((i) => isStaleAt(words, i)),
    [true, false, false],
  );
  assert.equal(isStaleAt(wordsOf(values.subarray(1)), 0), false);
});
