// What is left of a log after a crash: whole frames come back, and nothing behind the first damage.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { leftSegments, LogSegment, wholeFrames } from './log-segment.ts';

test('a segment that is cut or damaged anywhere gives its frames up to there', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-log-'));
  const segment = await LogSegment.create(directory, 'a');
  const payloads = [1, 50, 1000, 3].map((size, i) => new Uint8Array(size).fill(i + 1));
  await segment.append(payloads.slice(0, 2));
  await segment.append(payloads.slice(2));
  const [file = ''] = await readdir(directory);
  const bytes = await readFile(join(directory, file));
  const ends = [9, 67, 1075, 1086];
  assert.equal(bytes.length, ends.at(-1));
  fc.assert(
    fc.property(fc.nat(bytes.length), (length) => {
      assert.equal(wholeFrames(bytes.subarray(0, length)).length, ends.filter((end) => end <= length).length);
    }),
  );
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      const frames = wholeFrames(damaged);
      const sound = ends.filter((end) => end <= at).length;
      assert.equal(frames.length, sound);
      frames.forEach((frame, i) => assert.deepEqual(new Uint8Array(frame), payloads[i]));
    }),
    { numRuns: 500 },
  );
  await segment.close();
  const left = await Array.fromAsync(leftSegments(directory));
  assert.deepEqual(
    left.map(({ name, payloads: found }) => [name, found.length]),
    [['a', 4]],
  );
  await rm(directory, { recursive: true });
});
