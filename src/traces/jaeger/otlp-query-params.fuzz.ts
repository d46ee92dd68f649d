// Whatever the parameters say, they are read or refused, and what is read can be asked for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestError } from '../../base/request-error.ts';
import { findParams, traceIdParam, traceRange } from './otlp-query-params.ts';
import { searchTree } from './search-tree.ts';

const TRACES_MAX = 500;
const INT64_MAX = 2n ** 63n - 1n;
const names = [
  'serviceName',
  'start_time_min',
  'startTimeMin',
  'startTimeMax',
  'searchDepth',
  'durationMin',
  'attributes',
  'attributes[a]',
];
const time = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
const word = fc.oneof(fc.string(), time, fc.json(), fc.stringMatching(/^-?\d{1,12}(\.\d*)?(ms|s|h|Z)?$/), fc.constant('true'));
const query = fc.array(fc.tuple(fc.constantFrom(...names.map((name) => `query.${name}`), 'startTime', 'endTime'), word));

function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof RequestError && error.code === 'bad_data', String(error));
    return undefined;
  }
}

test('parameters of searches', () => {
  const whole = fc.tuple(query, time, time).map(([some, from, to]) => [...some, ['query.startTimeMin', from], ['query.startTimeMax', to]]);
  fc.assert(
    fc.property(fc.oneof(query, whole), (pairs) => {
      const params = new URLSearchParams(pairs.map(([name = '', value = '']) => [name, value]));
      const range = tried(() => traceRange(params));
      if (range !== undefined) assert.ok(range.fromNs >= 0n && range.fromNs < range.toNs && range.toNs <= INT64_MAX);
      const found = tried(() => findParams(params, TRACES_MAX));
      if (found === undefined) return;
      assert.ok(found.range.fromNs >= 0n && found.range.fromNs < found.range.toNs && found.range.toNs <= INT64_MAX);
      assert.ok(found.limit > 0 && found.limit <= TRACES_MAX);
      assert.equal(searchTree(found.search).root.type, 'pipeline');
    }),
    { numRuns: 2000, seed: 5 },
  );
});

test('ids of traces', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String({ maxLength: 40 }), fc.stringMatching(/^[0-9a-fA-F]{1,34}$/)), (text) => {
      const id = tried(() => traceIdParam(text));
      if (id !== undefined) assert.match(id, /^[0-9a-f]{32}$/);
    }),
    { numRuns: 2000, seed: 5 },
  );
});
