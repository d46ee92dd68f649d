// Addresses: what is written is read back, and links keep what belongs to the whole application.

import assert from 'node:assert/strict';
import test from 'node:test';
import { keepShell, rangeAddress, readAddress, shellAddress, writeAddress } from './address.ts';

test('texts survive the address', () => {
  const address = { q: 'up{job="a b", x=~"c+d&e%7B"}', from: '2026-08-01 10:00', view: 'table', empty: '', none: undefined };
  assert.deepEqual(readAddress(writeAddress(address)), { q: address.q, from: address.from, view: 'table' });
  assert.equal(writeAddress({ none: undefined }), '');
  assert.match(writeAddress({ q: 'up{job="a"}' }), /^\?q=up\{job=%22a%22\}$/);
});

test('links keep range, zone and tenant', () => {
  assert.deepEqual(keepShell({ q: 'up', from: 'now-5m', tenant: 'a' }), { from: 'now-5m', tenant: 'a' });
  assert.deepEqual(shellAddress({}), { range: { from: 'now-1h', to: 'now' }, zone: 'local', tenant: '' });
  assert.deepEqual(rangeAddress({ from: 'now-1h', to: 'now' }), { from: undefined, to: undefined });
});
