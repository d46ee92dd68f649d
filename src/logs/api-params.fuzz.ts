// Whatever stands in a parameter is read or refused in the caller's words, and times survive every way of writing them.

import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestError } from '../base/request-error.ts';
import { instantQueryParams, parseMatchers, parseTimeNs, rangeQueryParams } from './api-params.ts';
import { printRfc3339 } from './result-json.ts';

const SETTINGS = { numRuns: 3000, seed: 42 };
const text = fc.oneof(fc.string(), fc.stringMatching(/^[-+0-9.eTZ:smhd]{0,40}$/));

function survives(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
  }
}

test('any parameters are read or refused', () => {
  const names = ['start', 'end', 'since', 'time', 'step', 'interval', 'limit', 'direction', 'query'];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), text), (given) => {
      const query = new URLSearchParams(given);
      survives(() => rangeQueryParams(query, 1e12));
      survives(() => instantQueryParams(query, 1e12));
      survives(() => parseMatchers(given['query'] ?? ''));
    }),
    SETTINGS,
  );
});

test('a time is the same in every form', () => {
  const ns = fc.bigInt(10_000_000_001n, 2n ** 63n - 1n);
  fc.assert(
    fc.property(ns, (time) => {
      const [seconds, fraction] = [time / 1_000_000_000n, String(time % 1_000_000_000n).padStart(9, '0')];
      for (const form of [String(time), `${seconds}.${fraction}`, printRfc3339(time)]) equal(parseTimeNs(form), time, form);
    }),
    SETTINGS,
  );
});
