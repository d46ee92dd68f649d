// Turns at the gate: how many run, who waits, who leaves.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { QueryGate } from './query-gate.ts';

const never = new AbortController().signal;
const tick = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('more queries than may run wait in order, tenants apart', async () => {
  const gate = new QueryGate({ concurrencyOf: () => 1, waitingMax: 10 });
  const log: string[] = [];
  const ends: (() => void)[] = [];
  const query = (name: string) => async (): Promise<void> => {
    log.push(name);
    await new Promise<void>((resolve) => ends.push(resolve));
  };
  const all = [
    gate.run('a', never, query('a1')),
    gate.run('a', never, query('a2')),
    gate.run('b', never, query('b1')),
    gate.run('a', never, query('a3')),
  ];
  await tick();
  assert.deepEqual(log, ['a1', 'b1']);
  for (const wanted of [
    ['a1', 'b1', 'a2'],
    ['a1', 'b1', 'a2', 'a3'],
  ]) {
    ends.splice(0, 1)[0]?.();
    if (wanted.length === 3) ends.splice(0, 1)[0]?.();
    await tick();
    assert.deepEqual(log, wanted);
  }
  ends.splice(0, 1)[0]?.();
  await Promise.all(all);
});

test('who is cancelled leaves the row, and a full row refuses', async () => {
  const gate = new QueryGate({ concurrencyOf: () => 1, waitingMax: 1 });
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = gate.run('a', never, () => promise);
  const controller = new AbortController();
  const second = gate.run('a', controller.signal, () => assert.fail('runs though it was cancelled'));
  await assert.rejects(
    gate.run('a', never, () => undefined),
    { code: 'rate_limited' },
  );
  controller.abort();
  await assert.rejects(second, { code: 'canceled' });
  const third = gate.run('a', never, () => 3);
  resolve();
  await first;
  assert.equal(await third, 3);
});

test('a query that fails gives its turn to the next', async () => {
  const gate = new QueryGate({ concurrencyOf: () => 1, waitingMax: 1 });
  const failing = gate.run('a', never, () => Promise.reject(new Error('x')));
  const next = gate.run('a', never, () => 1);
  await assert.rejects(failing, /x/);
  assert.equal(await next, 1);
});
