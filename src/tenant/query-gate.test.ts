// Queries wait for their turn.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { loadConfig } from '../config.ts';
import { QueryGate } from './query-gate.ts';
import { TenantLimitsTable } from './tenant-limits.ts';

function gateOf(concurrency: number): QueryGate {
  const flags = [{ path: ['limits', 'query', 'concurrency'], value: String(concurrency), where: 'test' }];
  return new QueryGate(new TenantLimitsTable(loadConfig({ file: undefined, flags }, {})).of);
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

test('too many waiting are refused, and the message names the setting', async () => {
  const gate = gateOf(1);
  await gate.enter(['a'], never);
  for (let i = 0; i < 1000; i++) void gate.enter(['a'], never);
  await setImmediate();
  await assert.rejects(gate.enter(['a'], never), { code: 'rate_limited', message: /limits\.query\.concurrency/ });
});
