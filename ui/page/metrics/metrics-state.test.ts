// The metrics page without a browser: its address, what clicks do, and how the list is found and sorted.

import assert from 'node:assert/strict';
import test from 'node:test';
import { findMetrics, isCounter, isShown, metaOf, metricRows, metricsAddress, readMetrics, reduceMetrics } from './metrics-state.ts';
import type { MetricsEvent } from './metrics-state.ts';

const meta = new Map([
  ['http_seconds', { type: 'histogram', help: 'How long requests take.', unit: 'seconds' }],
  ['up', { type: 'gauge', help: '', unit: '' }],
  ['errors_total', { type: 'counter', help: 'Failures.', unit: '' }],
]);

const after = (...events: readonly MetricsEvent[]) => events.reduce(reduceMetrics, readMetrics({}));

test('an address is what the page shows', () => {
  const address = { q: 'up{job="a"}', view: 'table', find: 'x', sort: 'series', by: '-job', before: '1', only: 'a.b' };
  assert.deepEqual(JSON.parse(JSON.stringify(metricsAddress(readMetrics(address)))), address);
  assert.deepEqual(JSON.parse(JSON.stringify(metricsAddress(readMetrics({ view: 'nonsense', sort: '' })))), {});
});

test('a click isolates, again shows all; with Ctrl it toggles', () => {
  const pick = (key: string, toggle = false): MetricsEvent => ({ kind: 'line picked', key, toggle });
  assert.deepEqual(after(pick('a')).shown, { kind: 'only', keys: ['a'] });
  assert.equal(after(pick('a'), pick('a')).shown.kind, 'all');
  assert.deepEqual(after(pick('a'), pick('b', true)).shown, { kind: 'only', keys: ['a', 'b'] });
  const without = after(pick('a', true)).shown;
  assert.deepEqual([isShown(without, 'a'), isShown(without, 'b')], [false, true]);
  assert.equal(after(pick('a', true), pick('a', true)).shown.kind, 'all');
});

test('another query forgets the lines of the one before', () => {
  const state = after({ kind: 'line picked', key: 'a', toggle: false }, { kind: 'query run', query: ' up ' });
  assert.equal(state.query, 'up');
  assert.equal(state.shown.kind, 'all');
  assert.equal(after({ kind: 'metric chosen', name: 'http.requests' }).query, '{__name__="http.requests"}');
  assert.equal(reduceMetrics(state, { kind: 'closed' }).query, '');
  assert.equal(after({ kind: 'before toggled' }).before, true);
});

test('a column sorts, and again the other way', () => {
  const sort: MetricsEvent = { kind: 'table sorted', column: 'job' };
  assert.deepEqual(after(sort).tableSort, { column: 'job', descending: false });
  assert.deepEqual(after(sort, sort).tableSort, { column: 'job', descending: true });
});

test('the list', () => {
  const names = ['up', 'http_seconds_bucket', 'errors_total', 'plain'];
  const counts = new Map([['errors_total', 7]]);
  const listed = (find: string, sort: 'name' | 'series' | 'type') =>
    findMetrics(metricRows(names, meta, counts), { find, sort }).map((row) => row.name);
  assert.deepEqual(listed('', 'name'), ['errors_total', 'http_seconds_bucket', 'plain', 'up']);
  assert.deepEqual(listed('requests', 'name'), ['http_seconds_bucket']);
  assert.deepEqual(listed('HTTP buck', 'name'), ['http_seconds_bucket']);
  assert.deepEqual(listed('', 'series')[0], 'errors_total');
  assert.deepEqual(listed('', 'type').at(-1), 'plain');
});

test('what a metric is', () => {
  assert.equal(metaOf('http_seconds_sum', meta)?.type, 'histogram');
  assert.ok(isCounter('http_seconds_bucket', metaOf('http_seconds_bucket', meta)));
  assert.ok(isCounter('x_total', undefined));
  assert.ok(!isCounter('queue_count', { type: 'gauge', help: '', unit: '' }));
});
