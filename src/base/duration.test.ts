// Durations and sizes as settings write them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseByteSize, printByteSize } from './byte-size.ts';
import { parseDuration, printDuration } from './duration.ts';

const DURATIONS: readonly (readonly [string, number | undefined])[] = [
  ['0', 0],
  ['0s', 0],
  ['30s', 30_000],
  ['1d12h', 129_600_000],
  ['1y2w3d4h5m6s7ms', 31_536_000_000 + 2 * 604_800_000 + 3 * 86_400_000 + 4 * 3_600_000 + 5 * 60_000 + 6007],
  ['', undefined],
  ['5', undefined], // no unit
  ['1.5h', undefined],
  ['-1s', undefined],
  ['1s1m', undefined], // units rise
  ['1s 1ms', undefined],
  ['99999999999999y', undefined], // over 2^63 nanoseconds
];

const SIZES: readonly (readonly [string, number | undefined])[] = [
  ['0', 0],
  ['512', 512],
  ['1.5KiB', 1536],
  ['16 MiB', 16 * 1024 ** 2],
  ['1GB', 1e9],
  ['2gib', 2 * 1024 ** 3],
  ['', undefined],
  ['MiB', undefined],
  ['1 XB', undefined],
  ['1constructor', undefined],
  ['-1', undefined],
];

for (const [text, ms] of DURATIONS)
  test(`duration ${JSON.stringify(text)}`, () => {
    const parsed = parseDuration(text);
    assert.equal(typeof parsed === 'number' ? parsed : undefined, ms);
  });
for (const [text, bytes] of SIZES) test(`size ${JSON.stringify(text)}`, () => assert.equal(parseByteSize(text), bytes));

test('what is printed is read back', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), (n) => assert.deepEqual([parseDuration(printDuration(n)), parseByteSize(printByteSize(n))], [n, n])),
  );
});
