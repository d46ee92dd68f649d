// Samples per second, from counters at two instants.

import assert from 'node:assert/strict';
import test from 'node:test';
import { samplesPerSecond } from './incoming-state.ts';

const at = (value: number, tenant: string) => ({ labels: { tenant }, time: 0, value });

test('counters are summed, restarts count from zero, new ones wait', () => {
  assert.equal(samplesPerSecond([at(240, 'a'), at(120, 'b'), at(9, 'c')], [at(0, 'a'), at(1000, 'b')]), 3);
  assert.equal(samplesPerSecond([at(1, 'a')], []), undefined);
});
