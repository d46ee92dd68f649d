// Files in a real directory: what is written, rotated, cut and deleted arrives once and in order, whatever happens to the program between.

import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, rename, rm, symlink, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';

import fc from 'fast-check';

import { silentLog } from '../../base/log.ts';
import { SelfMetrics } from '../../base/self-metrics.ts';
import { compileFilePattern } from './file-pattern.ts';
import { encodeRecord, headOf } from './file-record.ts';
import type { FileTailOptions } from './file-tail.ts';
import { FileTail } from './file-tail.ts';
import { lookAt } from './find-files.ts';
import type { FileSource } from './log-source.ts';
import { parseStages } from './pipeline/parse-stages.ts';
import { PositionLog } from './position-log.ts';
import { LogSourceMetrics } from './source-metrics.ts';
import { TestLogStore } from './test-log-write.ts';

interface World {
  readonly directory: string;
  readonly store: TestLogStore;
  nowMs: number;
  readonly path: (name: string) => string;
  readonly open: (given?: Partial<FileSource>, options?: Partial<FileTailOptions>) => Promise<Tail>;
}

interface Tail {
  readonly pass: () => Promise<void>;
  /** Ends as `kill -9` does: nothing more is written. */
  readonly kill: () => Promise<void>;
}

async function inWorld(body: (world: World) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-tail-'));
  try {
    await mkdir(join(directory, 'logs'));
    await body(worldIn(directory));
  } finally {
    await rm(directory, { recursive: true });
  }
}

function worldIn(directory: string): World {
  const store = new TestLogStore();
  const world: World = {
    directory,
    store,
    nowMs: Date.now(),
    path: (name) => join(directory, 'logs', name),
    open: async (given = {}, options = {}) => {
      const positions = await PositionLog.open(join(directory, 'positions'));
      const source: FileSource = {
        kind: 'file',
        name: 'test',
        labels: [['job', 'test']],
        stages: () => [],
        include: [compileFilePattern(join(directory, 'logs', '*.log'))],
        exclude: [],
        start: 'beginning',
        compressed: false,
        encoding: 'utf-8',
        filenameLabel: false,
        ...given,
      };
      const tail = new FileTail({
        source,
        positions,
        begin: store.begin,
        tenant: 'anonymous',
        lineLimit: () => ({ bytesMax: 1000, truncate: false }),
        nowMs: () => world.nowMs,
        random: () => 0.5,
        metrics: new LogSourceMetrics(new SelfMetrics()).of('test'),
        log: silentLog,
        retryMsMin: 1,
        ...options,
      });
      return {
        pass: async () => {
          world.nowMs += 1000;
          await tail.pass();
        },
        kill: async () => {
          await positions[Symbol.asyncDispose]();
          await tail.stop();
        },
      };
    },
  };
  return world;
}

test('lines arrive in order with labels, with times that rise, and only once', () =>
  inWorld(async ({ path, store, open }) => {
    await writeFile(path('a.log'), 'one\r\ntwo\n\nthr');
    const tail = await open({ filenameLabel: true });
    await tail.pass();
    await appendFile(path('a.log'), 'ee\nfour');
    await tail.pass();
    await tail.pass();
    assert.deepEqual(store.texts(), ['one', 'two', '', 'three']);
    assert.deepEqual(store.lines[0]?.labels, { filename: path('a.log'), job: 'test' });
    const times = store.lines.map(({ tsNs }) => tsNs);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => (a < b ? -1 : 1)),
    );
    await tail.kill();
  }));

test('a line without its end is given after a while; its end then begins no other', () =>
  inWorld(async ({ path, store, open }) => {
    await writeFile(path('a.log'), 'half');
    const tail = await open({}, { partialMs: 3000 });
    for (let i = 0; i < 5; i++) await tail.pass();
    await appendFile(path('a.log'), '\nnext\n');
    await tail.pass();
    assert.deepEqual(store.texts(), ['half', 'next']);
    await tail.kill();
  }));

test('a rotated file is read to its end before the new one', () =>
  inWorld(async ({ path, store, open }) => {
    const tail = await open();
    await writeFile(path('a.log'), '1\n');
    await tail.pass();
    await appendFile(path('a.log'), '2\n');
    await rename(path('a.log'), path('a.log.1'));
    await writeFile(path('a.log'), '4\n');
    await appendFile(path('a.log.1'), '3\n');
    await tail.pass();
    // Its writer has not noticed yet.
    await appendFile(path('a.log.1'), 'late\n');
    await tail.pass();
    assert.deepEqual(store.texts(), ['1', '2', '3', '4', 'late']);
    await tail.kill();
  }));

test('a rotated file that the pattern still finds is not read twice', () =>
  inWorld(async ({ directory, path, store, open }) => {
    const tail = await open({ include: [compileFilePattern(join(directory, 'logs', 'a.log*'))] });
    await writeFile(path('a.log'), '1\n');
    await tail.pass();
    await rename(path('a.log'), path('a.log.1'));
    await writeFile(path('a.log'), '2\n');
    for (let i = 0; i < 10; i++) await tail.pass();
    await rename(path('a.log.1'), path('a.log.2'));
    await rename(path('a.log'), path('a.log.1'));
    await writeFile(path('a.log'), '3\n');
    await tail.pass();
    assert.deepEqual(store.texts(), ['1', '2', '3']);
    await tail.kill();
  }));

test('rotation while nobody looks: both files are read, the old one where it ended', () =>
  inWorld(async ({ path, store, open }) => {
    for (const start of ['beginning', 'end'] as const) {
      await writeFile(path('a.log'), '');
      const tail = await open({ start });
      await tail.pass();
      await appendFile(path('a.log'), '1\n');
      await tail.pass();
      await tail.kill();
      await appendFile(path('a.log'), '2\n');
      await rename(path('a.log'), path('a.log.1'));
      await writeFile(path('a.log'), '3\n');
      const again = await open({ start });
      await again.pass();
      assert.deepEqual(store.texts(), ['1', '2', '3'], start);
      await again.kill();
      store.lines.length = 0;
      for (const name of ['a.log', 'a.log.1', '../positions']) await unlink(path(name));
    }
  }));

test('copytruncate: the file begins anew, also when it is as long as before', () =>
  inWorld(async ({ path, store, open }) => {
    const tail = await open();
    await writeFile(path('a.log'), 'first\n');
    await tail.pass();
    await truncate(path('a.log'), 0);
    await appendFile(path('a.log'), '2\n');
    await tail.pass();
    await truncate(path('a.log'), 0);
    await appendFile(path('a.log'), 'third and longer\n');
    await tail.pass();
    assert.deepEqual(store.texts(), ['first', '2', 'third and longer']);
    await tail.kill();
  }));

test('a deleted file is read to its end', () =>
  inWorld(async ({ path, store, open }) => {
    const tail = await open();
    await writeFile(path('a.log'), '1\n');
    await tail.pass();
    await appendFile(path('a.log'), '2\nrest');
    await unlink(path('a.log'));
    for (let i = 0; i < 10; i++) await tail.pass();
    assert.deepEqual(store.texts(), ['1', '2', 'rest']);
    await tail.kill();
  }));

test('start at the end: what was there before is passed over, what comes is not', () =>
  inWorld(async ({ path, store, open }) => {
    await writeFile(path('a.log'), 'old\n');
    const tail = await open({ start: 'end' });
    await tail.pass();
    await appendFile(path('a.log'), 'new\n');
    await writeFile(path('b.log'), 'born\n');
    await tail.pass();
    assert.deepEqual(store.texts(), ['new', 'born']);
    await tail.kill();
  }));

test('killed between commit and position: the same lines come again with the same times', () =>
  inWorld(async ({ path, store, open }) => {
    await writeFile(path('a.log'), 'a\nb\nc\n');
    const first = await open();
    await first.pass();
    await appendFile(path('a.log'), 'd\ne\n');
    // The commit succeeds, the program dies before it can note it.
    const gone = new Error('killed');
    const committed = Promise.withResolvers<void>();
    store.onCommit = () => {
      committed.resolve();
      throw gone;
    };
    const pass = assert.rejects(first.pass());
    await committed.promise;
    await first.kill();
    await pass;
    store.onCommit = undefined;
    const second = await open();
    await second.pass();
    assert.deepEqual(store.texts(), ['a', 'b', 'c', 'd', 'e']);
    await second.kill();
  }));

test('a store that is away is waited for', () =>
  inWorld(async ({ path, store, open }) => {
    await writeFile(path('a.log'), 'a\nb\n');
    const tail = await open();
    store.failures = 3;
    await tail.pass();
    assert.deepEqual(store.texts(), ['a', 'b']);
    await tail.kill();
  }));

test('lines over the limit are refused with their file, or cut', () =>
  inWorld(async ({ path, store, open }) => {
    await writeFile(path('a.log'), `${'x'.repeat(700_000)}\nshort\n${'y'.repeat(1001)}\r\n${'z'.repeat(1000)}\r\n`);
    const tail = await open();
    await tail.pass();
    assert.deepEqual(store.texts(), ['short', 'z'.repeat(1000)]);
    assert.match(store.refusals[0]?.message ?? '', /a\.log: a line of \d+ bytes or more, 1000 at most \(limits\.logs\.lineBytesMax\)/);
    assert.equal(store.refusals.length, 2);
    await tail.kill();
    store.lines.length = 0;
    await unlink(path('../positions'));
    const cutting = await open({}, { lineLimit: () => ({ bytesMax: 10, truncate: true }), nowMs: () => 5 });
    await cutting.pass();
    assert.deepEqual(store.texts(), ['x'.repeat(10), 'short', 'y'.repeat(10), 'z'.repeat(10)]);
    await cutting.kill();
  }));

test('encodings: marks of byte order, bytes that are no UTF-8', () =>
  inWorld(async ({ path, store, open }) => {
    const text = 'ä\r\nਊ\u0a0a€\n';
    await writeFile(path('1.log'), Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('b\xff\n', 'latin1')]));
    await writeFile(path('2.log'), Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]));
    await writeFile(path('3.log'), Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, 'utf16le').swap16()]));
    const tail = await open({ filenameLabel: true });
    await tail.pass();
    assert.deepEqual(store.texts(), ['b\ufffd', 'ä', 'ਊ\u0a0a€', 'ä', 'ਊ\u0a0a€']);
    await tail.kill();
  }));

test('compressed files are read once, and go on where the plain one ended', () =>
  inWorld(async ({ directory, path, store, open }) => {
    const include = [compileFilePattern(join(directory, 'logs', '*.log*'))];
    const tail = await open({ include, compressed: true });
    const long = 'a line that is long enough to know the file by\n';
    await writeFile(path('a.log'), long);
    await writeFile(path('b.log.zst'), zstdCompressSync(Buffer.from('z1\nz2')));
    await tail.pass();
    await writeFile(path('a.log.1.gz'), gzipSync(`${long}unread\n`));
    await unlink(path('a.log'));
    const past = new Date(Date.now() - 60_000);
    for (const name of ['b.log.zst', 'a.log.1.gz']) await utimes(path(name), past, past);
    for (let i = 0; i < 12; i++) await tail.pass();
    assert.deepEqual(
      store.texts(),
      [long.trim(), 'z1', 'z2', 'unread'].toSorted((a, b) => store.texts().indexOf(a) - store.texts().indexOf(b)),
    );
    await tail.kill();
    const again = await open({ include, compressed: true });
    await again.pass();
    assert.equal(store.lines.length, 4);
    await again.kill();
  }));

test('an inode that was another file before is read from its beginning', () =>
  inWorld(async ({ directory, path, store, open }) => {
    const past = new Date(Date.now() - 60_000);
    await writeFile(path('a.log.gz'), gzipSync('z1\nz2\n'));
    await utimes(path('a.log.gz'), past, past);
    await writeFile(path('b.log'), 'b1\nb2\n');
    {
      await using positions = await PositionLog.open(join(directory, 'positions'));
      const of = { head: headOf(Buffer.from('something else')), offset: 3, to: 3, anchors: [], isDone: true, savedMs: Date.now() };
      for (const name of ['a.log.gz', 'b.log']) {
        const found = await lookAt(path(name));
        await positions.put([[found?.id ?? '', encodeRecord({ path: path('old.log'), ...of })]]);
      }
    }
    const tail = await open({ include: [compileFilePattern(join(directory, 'logs', '*'))], compressed: true });
    await tail.pass();
    assert.deepEqual(store.texts(), ['z1', 'z2', 'b1', 'b2']);
    await tail.kill();
  }));

test('links, directories at any depth, exclusions, few descriptors', () =>
  inWorld(async ({ directory, path, store, open }) => {
    await mkdir(path('deep/er'), { recursive: true });
    await symlink(path('.'), path('deep/loop'));
    for (let i = 0; i < 30; i++) await writeFile(path(`deep/er/${i}.log`), `${i}\n`);
    await symlink(path('deep/er/1.log'), path('link.log'));
    const tail = await open(
      {
        include: [compileFilePattern(join(directory, 'logs', '**', '*.log'))],
        exclude: [compileFilePattern(`${directory}/**/{2,3}?.log`)],
      },
      { openFilesMax: 3 },
    );
    await tail.pass();
    for (let i = 0; i < 20; i++) await appendFile(path(`deep/er/${i}.log`), `more ${i}\n`);
    await tail.pass();
    assert.equal(store.lines.length, 40);
    assert.equal(new Set(store.texts()).size, 40);
    await tail.kill();
  }));

const MULTILINE: Partial<FileSource> = {
  stages: (context) => parseStages([{ multiline: { firstline: '^\\d', max_wait_time: '10s' } }], 'stages').map((make) => make(context)),
};

test('lines that a stage holds back are not passed: a restart reads them again, each file has its own', () =>
  inWorld(async ({ path, store, open }) => {
    await writeFile(path('a.log'), '1 a\n at x\n2 b\n');
    await writeFile(path('b.log'), '1 b\n');
    const first = await open(MULTILINE);
    await first.pass();
    assert.deepEqual(store.texts(), ['1 a\n at x']);
    await first.kill();
    await appendFile(path('a.log'), ' at y\n');
    await appendFile(path('b.log'), ' at z\n');
    const second = await open(MULTILINE);
    for (let i = 0; i < 12; i++) await second.pass();
    assert.deepEqual(store.texts(), ['1 a\n at x', '2 b\n at y', '1 b\n at z']);
    await second.kill();
  }));

test('what a stage holds back of a file that goes is given', () =>
  inWorld(async ({ path, store, open }) => {
    await writeFile(path('a.log'), '1 a\n at x\n');
    const tail = await open(MULTILINE);
    await tail.pass();
    await rename(path('a.log'), path('gone'));
    await writeFile(path('a.log'), '2 b\n');
    for (let i = 0; i < 7; i++) await tail.pass();
    assert.deepEqual(store.texts(), ['1 a\n at x']);
    for (let i = 0; i < 6; i++) await tail.pass();
    assert.deepEqual(store.texts(), ['1 a\n at x', '2 b']);
    await tail.kill();
  }));

type Step = 'write' | 'half' | 'rename' | 'truncate' | 'pass' | 'restart' | 'crash';

test('random writes, rotations and restarts: every line at least once, in order per file', async () => {
  const steps = fc.array(fc.constantFrom<Step>('write', 'write', 'write', 'half', 'rename', 'pass', 'pass', 'restart', 'crash'), {
    maxLength: 25,
  });
  await fc.assert(
    fc.asyncProperty(steps, (sequence) => inWorld((world) => follow(world, sequence))),
    { seed: 11, numRuns: 60 },
  );
});

async function follow({ path, store, open }: World, sequence: readonly Step[]): Promise<void> {
  await writeFile(path('a.log'), '');
  let tail = await open();
  let written = 0;
  let rotations = 0;
  let rest = '';
  let seen = false;
  for (const step of sequence) {
    if (step === 'write') await appendFile(path('a.log'), `${rest}line ${written++}\n`);
    if (step === 'half') await appendFile(path('a.log'), `${rest}li`);
    rest = step === 'half' ? `ne ${written++}\n` : step === 'write' ? '' : rest;
    if (step === 'rename') {
      // A file that comes and goes between two looks was never there.
      if (!seen) await tail.pass();
      seen = false;
      if (rest !== '') await appendFile(path('a.log'), rest);
      rest = '';
      await rename(path('a.log'), path(`a.log.${rotations++}`));
      await writeFile(path('a.log'), '');
    }
    if (step === 'pass') await tail.pass();
    seen = seen ? step !== 'crash' : step === 'pass';
    if (step === 'crash') {
      store.onCommit = () => {
        throw new Error('killed');
      };
      const pass = tail.pass().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 3));
      await tail.kill();
      await pass;
      store.onCommit = undefined;
    }
    if (step === 'restart') await tail.kill();
    if (step === 'crash' || step === 'restart') tail = await open();
  }
  if (rest !== '') await appendFile(path('a.log'), rest);
  for (let i = 0; i < 2; i++) await tail.pass();
  await tail.kill();
  assert.deepEqual(
    [...new Set(store.texts())],
    Array.from({ length: written }, (_, i) => `line ${i}`),
  );
}
