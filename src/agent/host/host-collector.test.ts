// The real machine: what the collectors find here, beside what node_exporter finds where it is installed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLog } from '../../base/log.ts';
import { RequestError } from '../../base/request-error.ts';
import { collection } from './collection.ts';
import { textHost } from './fixture/text-tree.ts';
import { HostCollector } from './host-collector.ts';
import { hostRoutes } from './host-routes.ts';
import { portableCollectors } from './portable.ts';

const OPTIONS = { procPath: '/proc', sysPath: '/sys/', rootfs: '/', version: '1.2.3' };
const EXPORTER = ['/usr/bin/prometheus-node-exporter', '/usr/bin/node_exporter', '/usr/local/bin/node_exporter'].find(existsSync);
const notHere = { skip: process.platform === 'linux' ? false : 'needs Linux' };

async function page(options: Partial<ConstructorParameters<typeof HostCollector>[0]> = {}): Promise<string> {
  const collector = new HostCollector({ ...OPTIONS, ...options }, createLog('warn'));
  return new TextDecoder().decode(await collector.collectText());
}

test('what dashboards need is there', async () => {
  const text = await page();
  const names = [
    'node_cpu_seconds_total',
    'node_load1',
    'node_time_seconds',
    'node_boot_time_seconds',
    'node_uname_info',
    'node_filesystem_size_bytes',
  ];
  for (const name of [...names, 'node_exporter_build_info']) assert.match(text, new RegExp(`^${name}[{ ]`, 'm'));
  assert.ok(text.includes(`nodename="${hostname()}"`));
});

test('paths that are not there give a page nevertheless', notHere, async () => {
  const text = await page({
    procPath: '/no/such/proc',
    sysPath: '/no/such/sys',
    rootfs: '/no/such/root',
    textfileDirectory: '/no/such/directory',
  });
  assert.match(text, /^node_scrape_collector_success\{collector="stat"\} 0$/m);
  assert.match(text, /^node_textfile_scrape_error 1$/m);
});

test('a pattern that cannot be understood is refused', () => {
  assert.throws(
    () => new HostCollector({ ...OPTIONS, patterns: { disksExclude: '(' } }, createLog('warn')),
    (error: unknown) => {
      return error instanceof RequestError && error.code === 'bad_data' && error.message.includes('"("');
    },
  );
});

test('patterns leave out', notHere, async () => {
  const text = await page({ patterns: { networkDevicesExclude: '.*', disksExclude: '' } });
  assert.doesNotMatch(text, /^node_network_receive_bytes_total/m);
});

test('a platform without proc tells what the runtime knows', async () => {
  const host = textHost({});
  const { families, failures } = await collection(portableCollectors(), 1000)(host);
  assert.deepEqual(failures, []);
  const names = families.map(({ name }) => name).filter((name) => !name.startsWith('node_scrape_') && !name.startsWith('node_time_'));
  const expected =
    'boot_time_seconds cpu_seconds_total filesystem_avail_bytes filesystem_free_bytes filesystem_size_bytes load1 load15 load5';
  assert.deepEqual(
    names,
    `${expected} memory_free_bytes memory_total_bytes uname_info`.split(' ').map((name) => `node_${name}`),
  );
});

test('calls during a collection share it', async () => {
  const collector = new HostCollector(OPTIONS, createLog('warn'));
  const [first, second] = await Promise.all([collector.collectText(), collector.collectText()]);
  assert.equal(first, second);
  assert.notEqual(await collector.collectText(), first);
});

const REQUEST = {
  id: '1',
  method: 'GET',
  path: '/host/metrics',
  params: {},
  query: new URLSearchParams(),
  tenants: [],
  contentType: { type: '', params: {} },
  accept: '',
  headers: {},
  body: new Uint8Array(),
  signal: AbortSignal.abort(),
} as const;

test('the page is served', async () => {
  const [route] = hostRoutes({ collectText: async () => Buffer.from('x 1\n') });
  assert.ok(route);
  const reply = await route.handle(REQUEST);
  assert.equal(reply.status, 200);
  assert.deepEqual(reply.body, Buffer.from('x 1\n'));
});

/** Series as `name` to sets of label names, types by family. */
function shapeOf(text: string): { readonly types: Map<string, string>; readonly series: Map<string, number> } {
  const types = new Map<string, string>();
  const series = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, , name = '', type = ''] = line.split(' ');
    if (line.startsWith('# TYPE')) types.set(name, type);
    // An empty label is no label.
    else if (line !== '' && !line.startsWith('#')) {
      const bare = line.replace(/[a-z_]+="",?/g, '').replace(',}', '}');
      series.set(bare.slice(0, bare.lastIndexOf(' ')), Number(bare.slice(bare.lastIndexOf(' ') + 1)));
    }
  }
  return { types, series };
}

/** What the exporter tells of itself, and its collectors that are off by default elsewhere. */
const ITS_OWN = /^(?:go_|process_|promhttp_|node_scrape_collector_duration_seconds|node_exporter_build_info|node_systemd_)/;
/** Newer exporters add labels here (adminstate, rotational), and other mounts and disks are left out by default in Debian's. */
const DIFFERENT_LABELS = /^node_(?:network_info|disk_|filesystem_|nvme_)/;
/** Move to and fro. */
const RESTLESS = /^node_(?:procs_|sockstat_|netstat_|memory_|filefd_allocated|load|entropy_available|timex_|arp_)/;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function exporterPage(binary: string): Promise<string> {
  const port = await freePort();
  const child = spawn(binary, [`--web.listen-address=127.0.0.1:${port}`, '--no-collector.textfile'], { stdio: 'ignore' });
  try {
    for (let attempt = 0; attempt < 1000; attempt++) {
      await sleep(100);
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined);
      if (answer?.ok === true) return await answer.text();
    }
    return assert.fail('node_exporter did not answer');
  } finally {
    child.kill('SIGKILL');
  }
}

test('node_exporter finds the same', { skip: EXPORTER === undefined ? 'node_exporter is not installed' : notHere.skip }, async () => {
  const before = shapeOf(await page());
  const theirs = shapeOf(await exporterPage(EXPORTER ?? ''));
  const after = shapeOf(await page());
  for (const [name, type] of theirs.types) {
    if (!ITS_OWN.test(name) && !name.startsWith('node_textfile')) assert.equal(after.types.get(name), type, name);
  }
  for (const [series, value] of theirs.series) {
    if (ITS_OWN.test(series) || DIFFERENT_LABELS.test(series) || /collector="(?:systemd|textfile)"/.test(series)) continue;
    const [low, high] = [before, after].map((page) => page.series.get(series)).toSorted((a = 0, b = 0) => a - b);
    assert.ok(low !== undefined && high !== undefined, `${series} is missing`);
    // The exporter rounds sums of fractions otherwise.
    if (!RESTLESS.test(series))
      assert.ok(value >= low - 1e-6 && value <= high + 1e-6, `${series}: ${value} is not within ${low} and ${high}`);
  }
});
