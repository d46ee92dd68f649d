// The addresses of the pages of services, and what people do to them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { readService, serviceAddress } from './service-state.ts';
import { readServices, reduceServices, servicesAddress } from './services-state.ts';

test('an address is read and written again', () => {
  const addresses = [
    {},
    { view: 'map', around: 'cart', open: 'node:cart' },
    { view: 'calls', open: 'edge:["a","b\\nc","services"]' },
    { find: 'shop', sort: '-p95' },
    { sort: 'service' },
  ];
  for (const address of addresses) {
    const written = servicesAddress(readServices(address));
    assert.deepEqual(Object.fromEntries(Object.entries(written).filter(([, text]) => text !== undefined)), address);
  }
});

test('what means nothing is the default', () => {
  const state = readServices({ view: 'pie', sort: 'beauty', open: 'what' });
  assert.deepEqual(state, readServices({}));
  assert.deepEqual(state.sort, { column: 'rate', descending: true });
});

test('numbers are sorted with the largest first, names in their order, and again turns around', () => {
  const sorted = (...columns: readonly ('service' | 'errors' | 'rate')[]): string | undefined => {
    let state = readServices({});
    for (const column of columns) state = reduceServices(state, { kind: 'sorted', column });
    return servicesAddress(state).sort;
  };
  assert.equal(sorted('errors'), '-errors');
  assert.equal(sorted('errors', 'errors'), 'errors');
  assert.equal(sorted('service'), 'service');
  assert.equal(sorted('rate'), 'rate');
});

test('neighbours are looked at on the map, and the list has no panel', () => {
  const around = reduceServices(readServices({}), { kind: 'around chosen', around: 'cart' });
  assert.equal(around.view, 'map');
  const opened = reduceServices(around, { kind: 'opened', open: { kind: 'node', name: 'cart' } });
  assert.equal(servicesAddress(opened).open, 'node:cart');
  assert.equal(reduceServices(opened, { kind: 'view chosen', view: 'list' }).open, undefined);
});

test('an operation may have a kind; a kind alone says nothing', () => {
  assert.deepEqual(readService({ op: 'GET /', kind: 'server' }), { operation: 'GET /', kind: 'server', sort: 'rate' });
  assert.deepEqual(readService({ kind: 'server', sort: 'p95' }), { operation: '', kind: '', sort: 'p95' });
  assert.deepEqual(serviceAddress({ operation: '', kind: '', sort: 'rate' }), { op: undefined, kind: undefined, sort: undefined });
});
