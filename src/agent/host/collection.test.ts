// How collectors fare together: failures, refusals, and one that hangs.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { collection } from './collection.ts';
import { hwmonCollector } from './collector/hwmon.ts';
import { thermalZoneCollector } from './collector/thermal-zone.ts';
import { directoryTree } from './directory-tree.ts';
import { renderExposition } from './exposition.ts';
import { HostError } from './host.ts';
import { readSlowly } from './slow-tree.ts';
import { textHost } from './fixture/text-tree.ts';
import { HARDWARE } from './fixture/hardware.ts';
import type { Collection } from './collection.ts';
import type { Collector } from './host.ts';

const HOST = textHost({});

function successOf({ families }: Collection): Record<string, number> {
  const samples = families.find(({ name }) => name === 'node_scrape_collector_success')?.samples ?? [];
  return Object.fromEntries(samples.map(({ labels, value }) => [labels[1] ?? '', value]));
}

const good: Collector = { name: 'good', collect: (_, out) => out.gauge('good', 'Good.', 1) };

test('a collector that fails keeps what it gave, and only a mistake is a failure', async () => {
  const absent: Collector = {
    name: 'absent',
    collect: (_, out) => {
      out.gauge('half', 'Half.', 1);
      throw new HostError('no such file');
    },
  };
  const mistaken: Collector = { name: 'mistaken', collect: async () => assert.fail('oops') };
  const result = await collection([absent, mistaken, good], 1000)(HOST);
  assert.deepEqual(successOf(result), { absent: 0, good: 1, mistaken: 0 });
  assert.deepEqual(
    result.failures.map(({ collector }) => collector),
    ['mistaken'],
  );
  assert.deepEqual(
    result.families.map(({ name }) => name),
    ['good', 'half', 'node_scrape_collector_duration_seconds', 'node_scrape_collector_success'],
  );
});

test('a collector that hangs costs its own metrics, and is not begun again until it is back', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let begun = 0;
  const hanging: Collector = {
    name: 'hanging',
    collect: async (_, out) => {
      begun++;
      await promise;
      out.gauge('late', 'Late.', 1);
    },
  };
  const collect = collection([hanging, good], 10);
  for (let round = 0; round < 3; round++) {
    const result = await collect(HOST);
    assert.deepEqual(successOf(result), { good: 1, hanging: 0 });
    assert.equal(
      result.families.some(({ name }) => name === 'late'),
      false,
    );
  }
  assert.equal(begun, 1);
  resolve();
  await new Promise(setImmediate);
  assert.deepEqual(successOf(await collect(HOST)), { good: 1, hanging: 1 });
});

/** Runs `check` with the fixture's `sys` as real files. */
async function withSys(files: Readonly<Record<string, string>>, check: (root: string) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'host-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      if (path.endsWith('@')) continue;
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    await check(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

for (const collector of [hwmonCollector, thermalZoneCollector]) {
  test(`files read in the background give the same as at once: ${collector.name}`, async () => {
    await withSys(HARDWARE[collector.name]?.sys ?? {}, async (root) => {
      const samples = async (one: Collector): Promise<string> => {
        const { families, failures } = await collection([one], 1000)({ ...HOST, sys: directoryTree(root) });
        assert.deepEqual(failures, []);
        return renderExposition(families.filter(({ name }) => !name.startsWith('node_scrape')));
      };
      const atOnce = await samples(collector);
      assert.notEqual(atOnce, '');
      assert.equal(await samples(readSlowly(collector, root)), atOnce);
    });
  });
}

test('nothing to read in the background is no success', async () => {
  const result = await collection([readSlowly(hwmonCollector, '/no/such/place')], 1000)(HOST);
  assert.deepEqual(successOf(result), { hwmon: 0 });
  assert.deepEqual(result.failures, []);
});
