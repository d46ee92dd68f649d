// Tenants of a request, their limits and their quotas.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../config.ts';
import { Quota } from './quota.ts';
import { readTenants, writeTenant } from './tenant.ts';
import { TenantLimitsTable } from './tenant-limits.ts';

test('the header names tenants', () => {
  assert.deepEqual(
    [readTenants(undefined), readTenants(''), readTenants('a'), readTenants('b|a|b')],
    [['anonymous'], ['anonymous'], ['a'], ['a', 'b']],
  );
  assert.deepEqual(readTenants("Az09!-_.*'()"), ["Az09!-_.*'()"]);
  assert.deepEqual(writeTenant('a'), ['a']);
  assert.deepEqual(writeTenant('a|a'), ['a']);
});

const many = Array.from({ length: 101 }, (_, i) => `t${i}`).join('|');

for (const id of ['.', '..', '__mimir_cluster', 'a/b', 'a b', 'ü', 'a\n', 'a'.repeat(151), 'a|', '|', many]) {
  test(`refuses ${JSON.stringify(id.slice(0, 20))}`, () =>
    assert.throws(() => readTenants(id), { code: 'bad_data', message: /^X-Scope-OrgID/ }));
}

test('a write to several is refused', () => assert.throws(() => writeTenant('a|b'), { code: 'bad_data' }));

test('limits are those of the tenant, else the defaults, and follow a reload', () => {
  const flags = [{ path: ['tenants', 'a', 'limits', 'query', 'rowsMax'], value: '7', where: 'test' }];
  const table = new TenantLimitsTable(loadConfig({ file: undefined, flags }, {}));
  const { of } = table;
  assert.deepEqual([of('a').query.rowsMax, of('b').query.rowsMax], [7, 50_000_000]);
  table.apply(loadConfig({ file: undefined, flags: [] }, {}));
  assert.equal(of('a').query.rowsMax, 50_000_000);
});

test('a quota fills with time up to its burst', () => {
  let now = 0;
  let rate = { rate: 10, burst: 20 };
  const quota = new Quota(() => rate, { now: () => now });
  assert.deepEqual([quota.take(15), quota.take(6), quota.take(5)], [true, false, true]); // all or none
  assert.equal(quota.secondsUntil(15), 2);
  now = 1000;
  assert.deepEqual([quota.take(11), quota.take(10)], [false, true]);
  now = 100_000;
  assert.deepEqual([quota.take(21), quota.take(20)], [false, true]); // never more than the burst
  now = 99_000; // a clock that was set back
  assert.equal(quota.take(1), false);
  rate = { rate: 0, burst: 1 };
  assert.equal(quota.take(1e9), true); // no bound
});
