// Every collector over its small machine with broken files: it may find less, but it neither fails by a mistake nor makes a page that cannot be read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePrometheusText } from '../../metrics/ingest/exposition-text.ts';
import { collection } from './collection.ts';
import { linuxCollectors } from './collectors.ts';
import { renderExposition } from './exposition.ts';
import { HARDWARE } from './fixture/hardware.ts';
import { KERNEL } from './fixture/kernel.ts';
import { NETWORK } from './fixture/network.ts';
import { STORAGE } from './fixture/storage.ts';
import { textHost } from './fixture/text-tree.ts';
import { DEFAULT_PATTERNS, hostFilters } from './name-filter.ts';
import type { Collector } from './host.ts';
import type { Files, HostCase, HostFiles } from './fixture/text-tree.ts';

const RUNS = 60;
const CASES: Readonly<Record<string, HostCase>> = { ...KERNEL, ...NETWORK, ...STORAGE, ...HARDWARE };
const PIECES = [
  '',
  ' ',
  '\n',
  ':',
  '-',
  '0x',
  '99999999999999999999',
  '-1',
  'NaN',
  'é"\\',
  '\0',
  '__proto__',
  '[',
  '%',
  '(',
  'constructor 1\n',
];

/** Where to cut, how much to drop, what to put there instead. */
interface Damage {
  readonly file: number;
  readonly at: number;
  readonly drop: number;
  readonly piece: string;
}

const damages: fc.Arbitrary<readonly Damage[]> = fc.array(
  fc.record({
    file: fc.nat(50),
    at: fc.nat(600),
    drop: fc.oneof(fc.constant(0), fc.nat(12), fc.constant(1000)),
    piece: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 8, unit: 'binary' })),
  }),
  { minLength: 1, maxLength: 4 },
);

function damage(files: Files | undefined, hits: readonly Damage[]): Files {
  const broken: Record<string, string> = { ...files };
  const names = Object.keys(broken);
  for (const { file, at, drop, piece } of hits) {
    const name = names[file % names.length];
    if (name === undefined) continue;
    const text = broken[name] ?? '';
    const from = at % (text.length + 1);
    broken[name] = text.slice(0, from) + piece + text.slice(from + drop);
  }
  return broken;
}

function damageAll({ proc, sys, root, textfiles }: HostFiles, hits: readonly Damage[]): HostFiles {
  const broken = { proc: damage(proc, hits), sys: damage(sys, hits), root: damage(root, hits) };
  return textfiles === undefined ? broken : { ...broken, textfiles: damage(textfiles, hits) };
}

const NOTHING = { metadata: () => undefined, sample: () => undefined, histogram: () => undefined, exemplar: () => undefined };

function collectorNamed(name: string): Collector {
  const collector = linuxCollectors(hostFilters(DEFAULT_PATTERNS)).find((one) => one.name === name);
  assert.ok(collector);
  return collector;
}

for (const [name, given] of Object.entries(CASES)) {
  test(`collector ${name} over broken files`, async () => {
    const collect = collection([collectorNamed(name)], 1000);
    await fc.assert(
      fc.asyncProperty(damages, async (hits) => {
        const { families, failures } = await collect(textHost(damageAll(given, hits)));
        assert.deepEqual(failures, []);
        parsePrometheusText(Buffer.from(renderExposition(families)), NOTHING);
      }),
      { numRuns: RUNS, seed: 7 },
    );
  });
}
