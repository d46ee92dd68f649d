// The targets page without a browser.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { Target } from '../../data/decode.ts';
import { poolsOf, readTargets, reduceTargets, targetKey, targetRows, targetsAddress } from './targets-state.ts';

function target(pool: string, instance: string, health: Target['health'], lastError = ''): Target {
  const labels = { job: pool, instance };
  return {
    pool,
    url: `http://${instance}/metrics`,
    health,
    labels,
    discovered: {},
    lastError,
    lastScrapeMs: 0,
    lastDurationS: 0,
    interval: '15s',
    timeout: '10s',
  };
}

const all = [
  target('b', 'b1', 'up'),
  target('a', 'a2', 'up'),
  target('a', 'a1', 'unknown'),
  target('c', 'c1', 'down', 'connection refused'),
];
const listed = (address: Record<string, string>) => targetRows(all, readTargets(address)).map((t) => t.labels['instance']);

test('the unhealthy stand first', () => {
  assert.deepEqual(listed({}), ['c1', 'a1', 'a2', 'b1']);
  assert.deepEqual(listed({ health: 'unhealthy' }), ['c1', 'a1']);
  assert.deepEqual(listed({ health: 'up', pool: 'a' }), ['a2']);
  assert.deepEqual(listed({ find: 'REFUSED job=c' }), ['c1']);
  assert.deepEqual(listed({ find: 'nothing' }), []);
});

test('pools count, and those with trouble stand first', () => {
  assert.deepEqual(poolsOf(all), [
    { name: 'a', up: 1, total: 2 },
    { name: 'c', up: 0, total: 1 },
    { name: 'b', up: 1, total: 1 },
  ]);
});

test('an open target has its address', () => {
  const key = targetKey(all[3] ?? target('', '', 'up'));
  const state = reduceTargets(readTargets({}), { kind: 'opened', key });
  assert.equal(targetsAddress(state)['target'], key);
  assert.equal(reduceTargets(state, { kind: 'closed' }).open, '');
});
