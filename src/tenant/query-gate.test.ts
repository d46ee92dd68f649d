// Queries wait for their turn.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { SelfMetrics } from '../base/self-metrics.ts';
import { loadConfig } from '../config.ts';
import { QueryGate } from './query-gate.ts';
import { TenantLimitsTable } from './tenant-limits.ts';

function gateOf(concurrency: number, { all = 100, more = {} }: { all?: number; more?: Readonly<Record<string, string>> } = {}): QueryGate {
  const settings = { concurrency: String(concurrency), ...more };
  const flags = Object.entries(settings).map(([name, value]) => ({ path: ['limits', 'query', name], value, where: 'test' }));
  const limits = new TenantLimitsTable(loadConfig({ file: undefined, flags }, {}));
  return new QueryGate({ limitsOf: limits.of, concurrency: () => all, metrics: new SelfMetrics() });
}

const never = new AbortController().signal;

test('places are handed on in order, tenants do not wait for one another', async () => {
  const gate = gateOf(1);
  const entered: string[] = [];
  const enter = async (name: string, tenant = 'a'): Promise<() => void> => {
    const leave = await gate.enter([tenant], never);
    entered.push(name);
    return leave;
  };
  const first = await enter('first');
  const second = enter('second');
  const third = enter('third');
  await enter('other', 'b');
  assert.deepEqual(entered, ['first', 'other']);
  first();
  first(); // twice is once
  (await second)();
  (await third)();
  assert.deepEqual(entered, ['first', 'other', 'second', 'third']);
  await enter('again');
});

test('who goes away while waiting leaves the queue', async () => {
  const gate = gateOf(1);
  const leave = await gate.enter(['a'], never);
  const gone = new AbortController();
  const waiting = gate.enter(['a'], gone.signal);
  const next = gate.enter(['a'], never);
  gone.abort(new Error('gone'));
  await assert.rejects(waiting, /gone/);
  leave();
  (await next)();
});

test('tenants take turns: one that sends many holds up none', async () => {
  const gate = gateOf(2, { all: 2 });
  const entered: string[] = [];
  const leaves: (() => void)[] = [];
  const enter = (tenant: string): void => {
    void gate.enter([tenant], never).then((leave) => {
      entered.push(tenant);
      leaves.push(leave);
    });
  };
  for (let i = 0; i < 6; i++) enter('many');
  enter('few');
  enter('few');
  enter('other');
  for (let i = 0; i < 9; i++) {
    await setImmediate();
    leaves.shift()?.();
  }
  await setImmediate();
  assert.deepEqual(entered, ['many', 'many', 'many', 'few', 'other', 'many', 'few', 'many', 'many']);
});

test('a tenant at its own bound is passed over', async () => {
  const gate = gateOf(1, { all: 2 });
  const first = await gate.enter(['a'], never);
  const waiting = gate.enter(['a'], never);
  const b = await gate.enter(['b'], never);
  const c = gate.enter(['c'], never);
  b();
  (await c)();
  first();
  (await waiting)();
});

test('who waits too long is refused, and the message names the setting', async () => {
  const gate = gateOf(1, { more: { timeout: '10ms' } });
  const leave = await gate.enter(['a'], never);
  await assert.rejects(gate.enter(['a'], never), { code: 'timeout', message: /query queue.*limits\.query\.timeout/ });
  leave();
  (await gate.enter(['a'], never))();
});

test('too many waiting are refused, and the message names the setting', async () => {
  const gate = gateOf(1, { more: { waitingMax: '5' } });
  const leave = await gate.enter(['a'], never);
  const waiting = Array.from({ length: 5 }, () => gate.enter(['a'], never).then((done) => done()));
  await assert.rejects(gate.enter(['a'], never), { code: 'rate_limited', message: /limits\.query\.waitingMax/ });
  leave();
  await Promise.all(waiting);
});
