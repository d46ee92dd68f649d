// Our decoder against the reference: what that encodes comes back, and what is damaged is refused or decodes to its length.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compressSync, uncompressSync } from 'snappy';
import { decodeSnappy, SNAPPY_SLACK, snappyLength } from './snappy.ts';

const LENGTH_MAX = 1 << 20;

function decode(block: Uint8Array): Buffer {
  return decodeSnappy(block, Buffer.alloc(Math.max(0, snappyLength(block)) + SNAPPY_SLACK));
}

// Texts that repeat themselves near and far, so that every kind of copy appears.
const texts = fc
  .array(fc.tuple(fc.string({ maxLength: 70 }), fc.integer({ min: 1, max: 90 })), { maxLength: 30 })
  .map((parts) => Buffer.from(parts.map(([part, times]) => part.repeat(times)).join('')));

test('what the reference encodes comes back', () => {
  fc.assert(
    fc.property(texts, (text) => assert.ok(decode(compressSync(text)).equals(text))),
    { numRuns: 500 },
  );
  const long = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
  assert.ok(decode(compressSync(long)).equals(long));
});

test('a damaged block is refused, or decodes as the reference decodes it', () => {
  fc.assert(
    fc.property(texts, fc.nat(), fc.nat(255), (text, at, byte) => {
      const block = Buffer.from(compressSync(text));
      block[at % block.length] = byte;
      if (snappyLength(block) < 0 || snappyLength(block) > LENGTH_MAX) return;
      const expected = attempt(() => Buffer.from(uncompressSync(block, { asBuffer: true })));
      const got = attempt(() => decode(block));
      assert.equal(got === undefined, expected === undefined);
      if (got !== undefined && expected !== undefined) assert.ok(got.equals(expected));
    }),
    { numRuns: 2000 },
  );
});

test('a block that is cut off is refused', () => {
  const block = compressSync(Buffer.from('abcdefgh'.repeat(40)));
  for (let end = 0; end < block.length; end++) assert.throws(() => decode(block.subarray(0, end)));
});

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
