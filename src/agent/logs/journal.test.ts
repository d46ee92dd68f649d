// The journal, through a script that stands for journalctl: what it is asked, what becomes of its entries, and that none is lost when either side dies.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { parse } from 'yaml';

import { silentLog } from '../../base/log.ts';
import { SelfMetrics } from '../../base/self-metrics.ts';
import { isJournalReadable, JournalTail } from './journal.ts';
import type { JournalFields } from './journal-export.ts';
import { JournalDecoder, JournalFormatError } from './journal-export.ts';
import type { JournalSource } from './log-source.ts';
import { parseStages } from './pipeline/parse-stages.ts';
import { PositionLog } from './position-log.ts';
import { LogSourceMetrics } from './source-metrics.ts';
import { TestLogStore } from './test-log-write.ts';

function entry(number: number, fields: Readonly<Record<string, string>>): Buffer {
  const all = { __CURSOR: `c${number}`, __REALTIME_TIMESTAMP: String(1_767_323_045_000_000 + number), ...fields };
  const parts = Object.entries(all).map(([name, value]) => field(name, value));
  return Buffer.concat([...parts, Buffer.from('\n')]);
}

function field(name: string, value: string): Buffer {
  if (!value.includes('\n')) return Buffer.from(`${name}=${value}\n`);
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')]);
}

const ENTRIES = [
  entry(1, {
    MESSAGE: 'started',
    PRIORITY: '6',
    _SYSTEMD_UNIT: 'nginx.service',
    _HOSTNAME: 'box',
    _TRANSPORT: 'stdout',
    _PID: '7',
    ORDER_ID: 'o-1',
  }),
  entry(2, { MESSAGE: 'two\nlines', PRIORITY: '3', _SYSTEMD_UNIT: 'getty@tty1.service', _HOSTNAME: 'box', SYSLOG_IDENTIFIER: 'agetty' }),
  entry(3, { PRIORITY: '6', COREDUMP: `a\n${'x'.repeat(50)}` }),
  entry(4, { MESSAGE: 'from the kernel', PRIORITY: '4', _TRANSPORT: 'kernel', _HOSTNAME: 'box' }),
];

/** A directory with a script in the place of journalctl: it notes its arguments, prints what is after the cursor, and runs `then`. */
async function inJournal(
  then: string,
  body: (world: { readonly directory: string; readonly command: string }) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-journal-'));
  const command = join(directory, 'journalctl');
  try {
    for (const [i, bytes] of ENTRIES.entries()) await writeFile(join(directory, `${i + 1}.entry`), bytes);
    await writeFile(
      command,
      `#!/bin/sh
echo "$@" >> ${directory}/arguments
from=0
for each in "$@"; do case "$each" in --after-cursor=c*) from=\${each#--after-cursor=c} ;; --after-cursor=*) exit 1 ;; esac; done
for i in 1 2 3 4; do [ $i -gt $from ] && cat ${directory}/$i.entry; ${then}; done
exec sleep 60
`,
    );
    await chmod(command, 0o755);
    await body({ directory, command });
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** How often the command was started. */
function starts(directory: string): number {
  const file = join(directory, 'arguments');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
}

interface Run {
  readonly store: TestLogStore;
  readonly wanted: number;
  readonly stages?: string;
}

/** Follows the journal until so many lines are stored, a child has been started, and the last entry's cursor is written down. */
async function follow(
  { directory, command }: { readonly directory: string; readonly command: string },
  { store, wanted, stages = '[]' }: Run,
): Promise<void> {
  await using positions = await PositionLog.open(join(directory, 'positions'));
  const list: unknown = parse(stages);
  const source: JournalSource = {
    kind: 'journal',
    name: 'journal',
    labels: [['job', 'journal']],
    stages: (context) => parseStages(Array.isArray(list) ? list : [], 'stages').map((make) => make(context)),
    matches: ['_TRANSPORT=kernel'],
    start: 'beginning',
    maxAgeMs: 3_600_000,
    directory: '',
  };
  const metrics = new LogSourceMetrics(new SelfMetrics()).of('journal');
  const shared = { begin: store.begin, tenant: 'anonymous', nowMs: () => 1_767_323_045_000, random: () => 0, metrics, log: silentLog };
  const tail = new JournalTail({ source, positions, command, restartMsMin: 1, retryMsMin: 1, ...shared });
  const startsBefore = starts(directory);
  tail.start();
  const isDone = (): boolean =>
    store.lines.length >= wanted && starts(directory) > startsBefore && JSON.stringify([positions.get('cursor')]).includes('"c4"');
  while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 10));
  await tail.stop();
}

test('entries become lines with labels, metadata and their own time', () =>
  inJournal(':', async (world) => {
    const store = new TestLogStore();
    store.failures = 1;
    await follow(world, { store, wanted: 3 });
    const base = { hostname: 'box', job: 'journal' };
    assert.deepEqual(store.lines, [
      {
        tenant: 'anonymous',
        labels: { ...base, service_name: 'nginx', transport: 'stdout', unit: 'nginx.service' },
        line: 'started',
        tsNs: 1767323045000001000n,
        metadata: { level: 'info', order_id: 'o-1', pid: '7' },
      },
      {
        tenant: 'anonymous',
        labels: { ...base, service_name: 'getty', unit: 'getty@tty1.service' },
        line: 'two\nlines',
        tsNs: 1767323045000002000n,
        metadata: { level: 'error', syslog_identifier: 'agetty' },
      },
      {
        tenant: 'anonymous',
        labels: { ...base, service_name: 'kernel', transport: 'kernel' },
        line: 'from the kernel',
        tsNs: 1767323045000004000n,
        metadata: { level: 'warn' },
      },
    ]);
    assert.match(
      await readFile(join(world.directory, 'arguments'), 'utf8'),
      /^--output=export --follow --no-pager --quiet --no-tail --since=@1767319445 _TRANSPORT=kernel\n$/,
    );
    assert.equal(await isJournalReadable(join(world.directory, 'none')), false);
  }));

test('a child that ends is started again at the cursor, and so is the program', () =>
  inJournal(`[ $i -gt $from ] && exit 1`, async (world) => {
    const store = new TestLogStore();
    await follow(world, { store, wanted: 3 });
    await follow(world, { store, wanted: 3 });
    assert.deepEqual(store.texts(), ['started', 'two\nlines', 'from the kernel']);
    const asked = (await readFile(join(world.directory, 'arguments'), 'utf8')).match(/c\d|since/g) ?? [''];
    assert.ok(asked.includes('c1') && asked.includes('c2') && asked.at(-1) === 'c4', asked.join(' '));
  }));

test('a cursor that the journal does not know gives way to its time', () =>
  inJournal(':', async (world) => {
    {
      await using positions = await PositionLog.open(join(world.directory, 'positions'));
      await positions.put([['cursor', { cursor: 'gone', realtimeUs: '1767323044999999' }]]);
    }
    const store = new TestLogStore();
    await follow(world, { store, wanted: 3 });
    assert.match(await readFile(join(world.directory, 'arguments'), 'utf8'), /--after-cursor=gone.*\n.*--since=@1767323044 /);
  }));

test('stages see every field', () =>
  inJournal(':', async (world) => {
    const store = new TestLogStore();
    const stages =
      '[{relabel: [{source_labels: [__journal__pid, __journal_priority_keyword], target_label: p}]}, {match: {selector: "{job=\\"journal\\",unit!=\\"nginx.service\\"}", action: drop}}]';
    await follow(world, { store, wanted: 1, stages });
    assert.deepEqual(
      store.lines.map(({ labels }) => labels['p']),
      ['7;info'],
    );
  }));

test('bytes that are no export are refused', () => {
  const huge = Buffer.alloc(8, 0xff);
  const decoder = new JournalDecoder(() => undefined);
  assert.throws(() => decoder.push(Buffer.concat([Buffer.from('A\n'), huge])), JournalFormatError);
  const torn = new JournalDecoder(() => undefined);
  assert.throws(() => torn.push(Buffer.concat([Buffer.from('A\n\u0001\0\0\0\0\0\0\0'), Buffer.from('bc')])), JournalFormatError);
});

test('a field over the bound is left out, the others are there', () => {
  const found: JournalFields[] = [];
  const decoder = new JournalDecoder((fields) => found.push(fields));
  const bytes = entry(1, { BIG: `\n${'x'.repeat(2_000_000)}`, LONG: 'y'.repeat(3_000_000), MESSAGE: 'm' });
  for (let at = 0; at < bytes.length; at += 65_536) decoder.push(bytes.subarray(at, at + 65_536));
  assert.deepEqual([...(found[0] ?? new Map()).keys()], ['__CURSOR', '__REALTIME_TIMESTAMP', 'MESSAGE']);
});
