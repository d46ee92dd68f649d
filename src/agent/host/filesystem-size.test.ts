// Sizes of file systems, and mounts that do not answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesystemSizeReader } from './filesystem-size.ts';
import type { StatsFs } from 'node:fs';

const SIZE = { bsize: 512, blocks: 100, bfree: 60, bavail: 50, files: 7, ffree: 3 };

function stats(): StatsFs {
  return { ...SIZE, type: 0 } as StatsFs;
}

test('sizes are bytes', async () => {
  const size = { kind: 'size', bytes: 51200, freeBytes: 30720, availableBytes: 25600, files: 7, filesFree: 3 };
  const read = filesystemSizeReader('/host', 1000, { inBackground: async () => assert.fail('not a network mount'), atOnce: stats });
  assert.deepEqual(await read('/', 'ext4'), size);
  const asked: string[] = [];
  const remote = filesystemSizeReader('/host', 1000, {
    inBackground: async (path) => (asked.push(path), stats()),
    atOnce: () => assert.fail('may hang'),
  });
  assert.deepEqual(await remote('/share', 'nfs4'), size);
  assert.deepEqual(asked, ['/host/share']);
});

test('a mount that hangs is an error, is not asked again, and leaves the others alone', async () => {
  const { promise, resolve } = Promise.withResolvers<StatsFs>();
  const asked: string[] = [];
  const calls = { atOnce: stats, inBackground: async (path: string) => (asked.push(path), path === '/dead' ? promise : stats()) };
  const read = filesystemSizeReader('', 20, calls);
  const first = await Promise.all(['/dead', '/a', '/b', '/c'].map((path) => read(path, 'nfs')));
  assert.deepEqual(
    first.map(({ kind }) => kind),
    ['error', 'size', 'size', 'size'],
  );
  assert.deepEqual(await read('/dead', 'nfs'), { kind: 'error', reason: 'mountpoint timeout' });
  assert.equal(asked.filter((path) => path === '/dead').length, 1);
  resolve(stats());
  await promise;
  await new Promise(setImmediate);
  assert.equal((await read('/dead', 'nfs')).kind, 'size');
});

test('two mounts at one place share one call', async () => {
  let asked = 0;
  const read = filesystemSizeReader('', 1000, { atOnce: stats, inBackground: async () => (asked++, stats()) });
  const sizes = await Promise.all(['/a', '/a', '/b', '/c', '/c'].map((path) => read(path, 'cifs')));
  assert.deepEqual(
    sizes.map(({ kind }) => kind),
    ['size', 'size', 'size', 'size', 'size'],
  );
  assert.ok(asked < 5);
});

test('a refusal is its reason', async () => {
  const read = filesystemSizeReader('', 1000);
  assert.deepEqual(await read('/no/such/place', 'ext4'), { kind: 'error', reason: 'no such file or directory' });
  assert.deepEqual(await read('/no/such/place', 'fuse.x'), { kind: 'error', reason: 'no such file or directory' });
  assert.equal((await read('/', 'ext4')).kind, 'size');
});
