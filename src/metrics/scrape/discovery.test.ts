// Discoveries against the real thing where there is one: files that change and break, an HTTP endpoint, and records of a resolver.

import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

import { silentLog } from '../../base/log.ts';
import type { Discovery } from './discovery.ts';
import { staticDiscovery } from './discovery.ts';
import type { NameResolver } from './dns-discovery.ts';
import { dnsDiscovery } from './dns-discovery.ts';
import { FileDiscovery, parseTargetGroups } from './file-discovery.ts';
import { HttpClient } from './http-client.ts';
import { DEFAULT_HTTP_CONFIG } from './http-config.ts';
import { httpDiscovery } from './http-discovery.ts';
import type { TargetGroup } from './target.ts';

/** The groups as one text per target, and a wait for those that are wanted. */
class Watch {
  found: readonly string[] = [];
  updates = 0;

  constructor(discovery: Discovery) {
    discovery.start((groups) => {
      this.updates++;
      this.found = groups.flatMap(print).toSorted();
    });
  }

  async until(wanted: readonly string[]): Promise<void> {
    while (JSON.stringify(this.found) !== JSON.stringify(wanted)) await sleep(5);
  }
}

function print({ targets, labels }: TargetGroup): readonly string[] {
  return targets.map((own) => [...own, ...labels].map(([name, value]) => `${name}=${value}`).join(' '));
}

test('static groups', () => {
  const watch = new Watch(staticDiscovery([{ targets: ['a:1', 'b:1'], labels: new Map([['x', 'y']]) }]));
  assert.deepEqual(watch.found, ['__address__=a:1 x=y', '__address__=b:1 x=y']);
});

test('files are read again when they change; a broken one keeps its targets, a removed one loses them', { timeout: 600_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'scrape-files-'));
  const at = (name: string): string => join(directory, name);
  const put = (name: string, text: string): void => {
    writeFileSync(at(`${name}.new`), text);
    renameSync(at(`${name}.new`), at(name));
  };
  put('a.json', '[\n\t{"targets": ["a:1"], "labels": {"x": "1"}}]');
  put('b.yml', '- targets: [b:1]\n');
  const discovery = new FileDiscovery({ files: [at('*.json'), at('b.yml')], refresh_interval: 60_000 }, silentLog);
  t.after(() => {
    discovery.stop();
    rmSync(directory, { recursive: true });
  });
  const watch = new Watch(discovery);
  const a = `__address__=a:1 x=1 __meta_filepath=${at('a.json')}`;
  await watch.until([a, `__address__=b:1 __meta_filepath=${at('b.yml')}`]);
  put('b.yml', '- targets: [b:2]\n');
  await watch.until([a, `__address__=b:2 __meta_filepath=${at('b.yml')}`]);
  put('b.yml', '- targets: {');
  const before = watch.updates;
  while (watch.updates === before) await sleep(5);
  await watch.until([a, `__address__=b:2 __meta_filepath=${at('b.yml')}`]);
  rmSync(at('b.yml'));
  await watch.until([a]);
});

test('target files that are none', () => {
  for (const [text, isJson] of [
    ['{}', true],
    ['[null]', true],
    ['[{"target": []}]', true],
    ['[{"targets": [1]}]', true],
    ['[{"labels": {"a": 1}}]', true],
    ['[{"labels": {"": "x"}}]', true],
    ['[', true],
    ['- target: [a]', false],
    ['- labels: {"": x}', false],
  ] as const) {
    assert.throws(() => parseTargetGroups(text, isJson, 'f', []), { name: 'RequestError' }, text);
  }
});

test('an HTTP endpoint is asked again and again; an answer that is none keeps the targets', { timeout: 600_000 }, async (t) => {
  const answers = [
    ['application/json; charset=utf-8', '[{"targets": ["a:1"], "labels": {"x": "y"}}]'],
    ['text/html', '[]'],
    ['application/json', '{'],
    ['application/json', '[{"targets": ["b:1"]}]'],
  ] as const;
  // The time between requests passes as the event loop turns; a request itself may take as long as it takes.
  const interval = 600_000;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const until = async (holds: () => boolean): Promise<void> => {
    for (; !holds(); await turn()) t.mock.timers.tick(interval / 100);
  };
  let [now, asked] = [0, 0];
  const server = createServer((request, response) => {
    assert.equal(request.headers['x-prometheus-refresh-interval-seconds'], '600');
    const [type, body] = answers[now] ?? assert.fail();
    asked++;
    response.setHeader('content-type', type).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sd`;
  const config = { ...DEFAULT_HTTP_CONFIG, url, refresh_interval: interval };
  const discovery = httpDiscovery(config, new HttpClient(config, { userAgent: 'test' }), silentLog);
  t.after(() => {
    discovery.stop();
    server.close();
  });
  const watch = new Watch(discovery);
  await until(() => watch.updates > 0);
  assert.deepEqual(watch.found, [`__address__=a:1 x=y __meta_url=${url}`]);
  const seen = watch.updates;
  for (now = 1; now < 3; now++) {
    // When the second of two is asked for, the first is through.
    const enough = asked + 2;
    await until(() => asked >= enough);
  }
  assert.equal(watch.updates, seen);
  await until(() => watch.updates > seen);
  assert.deepEqual(watch.found, [`__address__=b:1 __meta_url=${url}`]);
});

const records: NameResolver = {
  resolve4: async (name) =>
    name === 'h' ? ['10.0.0.1'] : Promise.reject(Object.assign(new Error('gone'), { code: name === 'none' ? 'ENOTFOUND' : 'ESERVFAIL' })),
  resolve6: async () => ['::1'],
  resolveMx: async () => [{ exchange: 'mx.h' }],
  resolveNs: async () => ['ns.h'],
  resolveSrv: async () => [{ name: 's.h.', port: 9100 }],
};

test('DNS records of every type', async () => {
  const srv = '__meta_dns_srv_record_target=s.h. __meta_dns_srv_record_port=9100';
  for (const [type, names, expected] of [
    ['A', ['h', 'none', 'broken'], ['__address__=10.0.0.1:80 __meta_dns_name=h']],
    ['AAAA', ['h'], ['__address__=[::1]:80 __meta_dns_name=h']],
    ['mx', ['h'], ['__address__=mx.h:80 __meta_dns_name=h __meta_dns_mx_record_target=mx.h.']],
    ['NS', ['h'], ['__address__=ns.h:80 __meta_dns_name=h __meta_dns_ns_record_target=ns.h.']],
    ['SRV', ['h'], [`__address__=s.h:9100 __meta_dns_name=h ${srv}`]],
  ] as const) {
    const discovery = dnsDiscovery({ names, type, port: 80, refresh_interval: 60_000 }, records, silentLog);
    const watch = new Watch(discovery);
    while (watch.updates === 0) await sleep(1);
    assert.deepEqual(watch.found, expected, type);
    discovery.stop();
  }
});
