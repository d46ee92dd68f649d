// Durations and sizes, read and printed as Go does.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseByteSize, parseNanoseconds, printBytes, printGoDuration } from './units.ts';

test('durations', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['1h30m', 5_400_000_000_000],
    ['1.5s', 1_500_000_000],
    ['-.5ms', -500_000],
    ['1µs', 1000],
    ['0', 0],
    ['1y', 31_536_000_000_000_000],
    ['1.5d', undefined],
    ['5', undefined],
    ['', undefined],
    ['.s', undefined],
    ['300000h0m', 1_080_000_000_000_000_000],
    ['3000000h', undefined],
  ];
  for (const [text, ns] of cases) assert.equal(parseNanoseconds(text), ns, text);
});

test('durations as Go prints them', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0s'],
    [1, '1ns'],
    [1500, '1.5µs'],
    [20_000_000, '20ms'],
    [1_000_000_001, '1.000000001s'],
    [90_000_000_000, '1m30s'],
    [-3_600_000_000_000, '-1h0m0s'],
  ];
  for (const [ns, text] of cases) {
    assert.equal(printGoDuration(ns), text);
    assert.equal(parseNanoseconds(text), ns);
  }
});

test('sizes', () => {
  const cases: readonly (readonly [string, number | undefined, string?])[] = [
    ['42B', 42],
    ['10GB', 1e10],
    ['1.5MB', 1_500_000],
    ['4KiB', 4096, '4096B'],
    ['1k', 1000, '1.0kB'],
    ['999999B', 999_999],
    ['2PB', 2e15, '2.0PB'],
    ['10XB', undefined],
    ['B', undefined],
  ];
  for (const [text, bytes, printed = text] of cases) {
    assert.equal(parseByteSize(text), bytes, text);
    if (bytes !== undefined) assert.equal(printBytes(bytes), printed);
  }
});
