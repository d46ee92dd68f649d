// The program's own metrics, as they are scraped.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectProcessMetrics } from './process-metrics.ts';
import { SelfMetrics } from './self-metrics.ts';

function lines(text: string, name: string): readonly string[] {
  return text.split('\n').filter((line) => line.includes(name));
}

test('both formats, with labels escaped', () => {
  const metrics = new SelfMetrics();
  metrics.counter('test_sent_total', 'Sent "things"\\.', ['to']).add(2, 'a"b\\c\nd');
  metrics.gauge('test_depth', 'Depth.').set(Infinity);
  metrics.histogram('test_seconds', 'Time.', [], [0.5, 2]).observe(1);
  assert.deepEqual(lines(metrics.render('text'), 'test_'), [
    '# HELP test_sent_total Sent "things"\\\\.',
    '# TYPE test_sent_total counter',
    'test_sent_total{to="a\\"b\\\\c\\nd"} 2',
    '# HELP test_depth Depth.',
    '# TYPE test_depth gauge',
    'test_depth +Inf',
    '# HELP test_seconds Time.',
    '# TYPE test_seconds histogram',
    'test_seconds_bucket{le="0.5"} 0',
    'test_seconds_bucket{le="2"} 1',
    'test_seconds_bucket{le="+Inf"} 1',
    'test_seconds_sum 1',
    'test_seconds_count 1',
  ]);
  const open = metrics.render('openmetrics');
  assert.deepEqual(lines(open, 'test_sent'), [
    '# HELP test_sent Sent \\"things\\"\\\\.',
    '# TYPE test_sent counter',
    'test_sent_total{to="a\\"b\\\\c\\nd"} 2',
  ]);
  assert.ok(open.endsWith('\n# EOF\n'));
});

test('a bound is inclusive', () => {
  const metrics = new SelfMetrics();
  metrics.histogram('test_seconds', 'Time.', [], [1]).observe(1);
  assert.deepEqual(lines(metrics.render('text'), '_bucket'), ['test_seconds_bucket{le="1"} 1', 'test_seconds_bucket{le="+Inf"} 1']);
});

test('label sets are bounded, and what is beyond is counted', () => {
  const metrics = new SelfMetrics();
  const counter = metrics.counter('test_total', 'Test.', ['n']);
  for (let i = 0; i < 10_005; i++) counter.add(1, String(i));
  const text = metrics.render('text');
  assert.equal(lines(text, 'test_total{').length, 10_000);
  assert.deepEqual(lines(text, 'dropped_total ').slice(-1), ['sightline_self_metrics_dropped_total 5']);
});

test('mistakes of ours are assertions', () => {
  const metrics = new SelfMetrics();
  metrics.gauge('test', 'Test.', ['a']);
  assert.throws(() => metrics.gauge('test', 'Test.'), /registered twice/);
  assert.throws(() => metrics.counter('test_sent', 'Test.'), /_total/);
  assert.throws(() => metrics.gauge('other', 'Test.', ['a']).set(1), /takes 1 label values/);
});

test('the process is among them', () => {
  const metrics = new SelfMetrics();
  collectProcessMetrics(metrics);
  const text = metrics.render('openmetrics');
  for (const name of [
    'process_resident_memory_bytes',
    'process_cpu_seconds_total',
    'nodejs_heap_size_used_bytes',
    'nodejs_eventloop_lag_seconds',
  ])
    assert.ok(text.includes(`\n${name}`), name);
});
