// The own log on its way into the store: in order, bounded, and never because of itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createLog } from '../../base/log.ts';
import { SelfMetrics } from '../../base/self-metrics.ts';
import { OwnLog } from './own-log.ts';
import { TestLogStore } from './test-log-write.ts';

function ownLog(nowMs = () => 5): { readonly own: OwnLog; readonly lost: () => string } {
  const metrics = new SelfMetrics();
  const own = new OwnLog({ metrics, nowMs });
  return {
    own,
    lost: () =>
      metrics
        .render('text')
        .match(/^sightline_own_log_lost_lines_total\{.*$/gm)
        ?.join() ?? '',
  };
}

test('lines from before the store was there are stored in their order', async () => {
  const { own } = ownLog();
  const log = createLog('info', own.write);
  log.info('first', { n: 1 });
  log.warn('second');
  const store = new TestLogStore();
  own.follow({ begin: store.begin, tenant: 'anonymous' });
  await own[Symbol.asyncDispose]();
  assert.deepEqual(
    store.lines.map(({ tsNs, line, labels }) => [tsNs, line.includes('first'), labels]),
    [
      [5_000_000n, true, { service_name: 'sightline' }],
      [5_000_001n, false, { service_name: 'sightline' }],
    ],
  );
});

test('what storing its lines makes the program say is not taken', async () => {
  const { own } = ownLog();
  const log = createLog('debug', own.write);
  const store = new TestLogStore();
  store.onCommit = () => {
    log.debug('stored a batch');
    setImmediate(() => log.debug('and cleaned up'));
  };
  own.follow({ begin: store.begin, tenant: 'anonymous' });
  log.info('hello');
  for (let i = 0; i < 3; i++) {
    await own.flush();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await own[Symbol.asyncDispose]();
  assert.equal(store.lines.length, 1);
});

test('a store that is away makes no line, and what waits is stored once it is back', async () => {
  const { own, lost } = ownLog();
  const store = new TestLogStore();
  store.failures = 2;
  own.follow({ begin: store.begin, tenant: 'anonymous' });
  own.write('a\n');
  await own.flush();
  own.write('b\n');
  await own.flush();
  assert.deepEqual(store.texts(), []);
  await own[Symbol.asyncDispose]();
  assert.deepEqual(store.texts(), ['a', 'b']);
  assert.equal(lost(), '');
});

test('the queue and the rate are bounded', () => {
  const { own, lost } = ownLog();
  for (let i = 0; i < 5; i++) own.write('x'.repeat(1024 * 1024));
  assert.equal(lost(), 'sightline_own_log_lost_lines_total{reason="queue"} 2');
  for (let i = 0; i < 6000; i++) own.write('y');
  assert.match(lost(), /reason="rate"\} 1005/);
});
