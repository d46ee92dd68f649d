// Positions on disk: what was put is there after any crash but for the line that was being written, and any file can be opened.

import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import fc from 'fast-check';

import { PositionLog } from './position-log.ts';

async function inDirectory(body: (file: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-positions-'));
  try {
    await body(join(directory, 'deep', 'positions'));
  } finally {
    await rm(directory, { recursive: true });
  }
}

const key = fc.constantFrom('a', '"b]', 'c\n', 'ä');
const change = fc.tuple(key, fc.oneof(fc.constant(undefined), fc.integer(), fc.string(), fc.constant({ x: [1, null] })));

test('what was put is there', () =>
  inDirectory(async (file) => {
    const expected = new Map<string, unknown>();
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(20), async (changes, tornBytes) => {
        const log = await PositionLog.open(file);
        for (const [name, value] of expected) assert.deepEqual(log.get(name), value);
        assert.equal(log.size, expected.size);
        for (const [name, value] of changes) {
          if (value === undefined) expected.delete(name);
          else expected.set(name, value);
        }
        await log.put(changes);
        const { size } = await stat(file);
        // A crash in the middle of the next line.
        await log.put([['torn', 'x'.repeat(30)]]);
        await log[Symbol.asyncDispose]();
        await truncate(file, size + tornBytes);
      }),
      { seed: 8, numRuns: 150 },
    );
  }));

test('any file can be opened', () =>
  inDirectory(async (file) => {
    await (await PositionLog.open(file))[Symbol.asyncDispose]();
    const piece = fc.constantFrom('[', ']', '"a"', ',', '{}', 'null', '\n', '1', '\0', '["a",1]\n');
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        await writeFile(file, pieces.join(''));
        await using log = await PositionLog.open(file);
        await log.put([['mine', 1]]);
        assert.equal(log.get('mine'), 1);
      }),
      { seed: 9, numRuns: 150 },
    );
  }));

test('the file does not grow without end', () =>
  inDirectory(async (file) => {
    await using log = await PositionLog.open(file);
    for (let i = 0; i < 2000; i++) await log.put([['a', 'x'.repeat(500)]]);
    assert.ok((await stat(file)).size < 600_000);
  }));
