// Every collector over a small machine made of text: exactly the samples that stand beside it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collection } from './collection.ts';
import { linuxCollectors } from './collectors.ts';
import { renderExposition } from './exposition.ts';
import { HARDWARE } from './fixture/hardware.ts';
import { KERNEL } from './fixture/kernel.ts';
import { NETWORK } from './fixture/network.ts';
import { STORAGE } from './fixture/storage.ts';
import { textHost } from './fixture/text-tree.ts';
import { DEFAULT_PATTERNS, hostFilters } from './name-filter.ts';
import { cpuCollector, parseCpuList } from './collector/cpu.ts';
import { Families } from './families.ts';
import type { Collector } from './host.ts';

const CASES = { ...KERNEL, ...NETWORK, ...STORAGE, ...HARDWARE };

function collectors(): readonly Collector[] {
  return linuxCollectors(hostFilters(DEFAULT_PATTERNS));
}

function samplesOf(page: string): string[] {
  return page.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('node_scrape_collector_'));
}

for (const [name, given] of Object.entries(CASES)) {
  test(`collector ${name}`, async () => {
    const collector = collectors().find((one) => one.name === name);
    assert.ok(collector);
    const { families, failures } = await collection([collector], 1000)(textHost(given));
    assert.deepEqual(failures, []);
    const page = renderExposition(families);
    // The zone depends on where the test runs.
    const samples = samplesOf(page).filter((line) => !line.startsWith('node_time_zone_offset_seconds'));
    assert.deepEqual(
      samples,
      given.expect
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    );
    assert.match(page, new RegExp(`node_scrape_collector_success\\{collector="${name}"\\} 1\n`));
  });
}

test('every collector has a case', () => {
  assert.deepEqual(
    collectors()
      .map(({ name }) => name)
      .filter((name) => !Object.hasOwn(CASES, name)),
    [],
  );
});

test('a machine without anything gives only what needs no file, and no failure', async () => {
  const { families, failures } = await collection(collectors(), 1000)(textHost({}));
  assert.deepEqual(failures, []);
  const names = new Set(samplesOf(renderExposition(families)).map((line) => line.replace(/[{ ].*/, '').replace(/^(node_[a-z]+).*/, '$1')));
  assert.deepEqual([...names], ['node_selinux', 'node_textfile', 'node_time', 'node_timex']);
});

test('processor times never step back, but begin anew when the processor was gone', () => {
  const collector = cpuCollector();
  const idleAfter = (idle: number, iowait: number): readonly number[] => {
    const out = new Families();
    void collector.collect(textHost({ proc: { stat: `cpu0 0 0 0 ${idle} ${iowait} 0 0 0 0 0\n` } }), out);
    const times = out.sorted().find(({ name }) => name === 'node_cpu_seconds_total');
    return [3, 4].map((i) => times?.samples[i]?.value ?? -1);
  };
  assert.deepEqual(idleAfter(1000, 500), [10, 5]);
  assert.deepEqual(idleAfter(1100, 400), [11, 5]);
  assert.deepEqual(idleAfter(1050, 600), [11, 6]);
  assert.deepEqual(idleAfter(20, 3), [0.2, 0.03]);
});

test('lists of processors', () => {
  assert.deepEqual(parseCpuList('0,2-4\n'), [0, 2, 3, 4]);
  assert.deepEqual(parseCpuList('0-7:2/4'), [0, 1, 4, 5]);
  assert.deepEqual(parseCpuList(''), []);
  assert.deepEqual(parseCpuList('3-1,x,5'), [5]);
});
