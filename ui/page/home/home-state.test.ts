// What the home page concludes from samples.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { Target } from '../../data/decode.ts';
import type { RawSeries } from '../../data/samples.ts';
import { chosenHost, hostsOf, troubles, verdict } from './home-state.ts';

const series = (name: string, values: readonly number[], labels: Record<string, string> = {}): RawSeries => ({
  labels: { __name__: name, job: 'node', instance: 'web-1', ...labels },
  times: values.map((_, i) => 1000 - (values.length - 1 - i) * 60),
  values,
  histogram: false,
});

const memory = (available: number, instance = 'web-1') => [
  series('node_memory_MemTotal_bytes', [100], { instance }),
  series('node_memory_MemAvailable_bytes', [available], { instance }),
];

function target(health: Target['health']): Target {
  return {
    pool: 'p',
    url: 'http://x',
    health,
    labels: { instance: 'x' },
    discovered: {},
    lastError: '',
    lastScrapeMs: 0,
    lastDurationS: 0,
    interval: '',
    timeout: '',
  };
}

test('shares and rates of a host', () => {
  const [host] = hostsOf([
    series('node_cpu_seconds_total', [100, 160 - 30], { cpu: '0', mode: 'idle' }),
    series('node_cpu_seconds_total', [100, 160], { cpu: '1', mode: 'idle' }),
    ...memory(25),
    series('node_filesystem_size_bytes', [100], { mountpoint: '/' }),
    series('node_filesystem_avail_bytes', [40], { mountpoint: '/' }),
    series('node_filesystem_size_bytes', [100], { mountpoint: '/data' }),
    series('node_filesystem_avail_bytes', [8], { mountpoint: '/data' }),
    series('node_network_receive_bytes_total', [100, 700], { device: 'eth0' }),
    series('node_network_receive_bytes_total', [900, 0], { device: 'eth1' }),
  ]);
  assert.ok(host);
  assert.equal(host.cpu?.value, 0.25);
  assert.equal(host.memory?.value, 0.75);
  assert.equal(host.disk?.mountpoint, '/data');
  assert.equal(host.receive, 10);
  assert.equal(host.transmit, undefined);
  assert.equal(host.concern, 'warn');
  assert.deepEqual(troubles(host), ['/data 92 % full']);
});

test('the sentence', () => {
  const well = hostsOf(memory(50));
  assert.deepEqual(verdict(well, [target('up')]), { concern: 'ok', text: 'web-1 is healthy.' });
  assert.deepEqual(verdict(well, [target('up'), target('down')]), { concern: 'bad', text: 'target x is down.' });
  assert.deepEqual(verdict(hostsOf(memory(2)), []), { concern: 'bad', text: 'web-1: memory 98 % used.' });
  const two = hostsOf([...memory(50), ...memory(8, 'web-2')]);
  assert.equal(two[0]?.instance, 'web-2');
  assert.equal(verdict(two, []).text, 'web-2: memory 92 % used.');
  assert.equal(verdict([], [target('unknown')]).text, 'Waiting for the first scrapes.');
  assert.equal(verdict([], [target('up'), target('unknown')]).text, '1 of 2 targets answer; no host reports.');
  assert.equal(chosenHost(two, { host: 'node web-1' })?.instance, 'web-1');
  assert.equal(chosenHost(two, { host: 'gone' })?.instance, 'web-2');
});

test('a host that stopped reporting is no host', () => {
  const ended = memory(50).map((s) => ({ ...s, times: [900] }));
  assert.deepEqual(
    hostsOf([...ended, ...memory(50, 'web-2')]).map((h) => h.instance),
    ['web-2'],
  );
  assert.deepEqual(hostsOf([]), []);
});
