// What the home page concludes from samples.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { Target, VectorSample } from '../../data/decode.ts';
import { chosenHost, hostsOf, troubles, verdict } from './home-state.ts';

const sample = (name: string, value: number, labels: Record<string, string> = {}): VectorSample => ({
  labels: { __name__: name, job: 'node', instance: 'web-1', ...labels },
  time: 0,
  value,
});

const memory = (available: number, instance = 'web-1') => [
  sample('node_memory_MemTotal_bytes', 100, { instance }),
  sample('node_memory_MemAvailable_bytes', available, { instance }),
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
  const now = [
    sample('node_cpu_seconds_total', 160, { cpu: '0', mode: 'idle' }),
    sample('node_cpu_seconds_total', 220, { cpu: '1', mode: 'idle' }),
    ...memory(25),
    sample('node_filesystem_size_bytes', 100, { mountpoint: '/' }),
    sample('node_filesystem_avail_bytes', 40, { mountpoint: '/' }),
    sample('node_filesystem_size_bytes', 100, { mountpoint: '/data' }),
    sample('node_filesystem_avail_bytes', 8, { mountpoint: '/data' }),
    sample('node_network_receive_bytes_total', 1300, { device: 'eth0' }),
    sample('node_network_receive_bytes_total', 5, { device: 'eth1' }),
  ];
  const before = [
    sample('node_cpu_seconds_total', 100, { cpu: '0', mode: 'idle' }),
    sample('node_cpu_seconds_total', 100, { cpu: '1', mode: 'idle' }),
    sample('node_network_receive_bytes_total', 100, { device: 'eth0' }),
    sample('node_network_receive_bytes_total', 900, { device: 'eth1' }),
  ];
  const [host] = hostsOf(now, before);
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
  const well = hostsOf(memory(50), []);
  assert.deepEqual(verdict(well, [target('up')]), { concern: 'ok', text: 'web-1 is healthy.' });
  assert.deepEqual(verdict(well, [target('up'), target('down')]), { concern: 'bad', text: 'target x is down.' });
  assert.deepEqual(verdict(hostsOf(memory(2), []), []), { concern: 'bad', text: 'web-1: memory 98 % used.' });
  const two = hostsOf([...memory(50), ...memory(8, 'web-2')], []);
  assert.equal(two[0]?.instance, 'web-2');
  assert.equal(verdict(two, []).text, 'web-2: memory 92 % used.');
  assert.equal(verdict([], []).concern, 'ok');
  assert.equal(chosenHost(two, { host: 'node web-1' })?.instance, 'web-1');
  assert.equal(chosenHost(two, { host: 'gone' })?.instance, 'web-2');
});

test('a host that stopped reporting is no host', () => {
  assert.deepEqual(hostsOf([], memory(50)), []);
});
