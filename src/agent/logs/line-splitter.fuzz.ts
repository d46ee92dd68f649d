// Lines out of bytes in any pieces: the same as out of the whole, with offsets that lead back to them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { LineSplitter } from './line-splitter.ts';

type Found = readonly [line: string, offset: number];

function split(encoding: string, pieces: readonly Buffer[]): readonly Found[] {
  const found: Found[] = [];
  const limit = { bytesMax: 12, truncate: true };
  const splitter = new LineSplitter(encoding, 0, {
    limit: () => limit,
    receiver: { line: (text, offset) => found.push([text, offset]), overlong: () => assert.fail('lines are cut') },
  });
  for (const piece of pieces) splitter.push(piece);
  splitter.flush();
  assert.equal(
    splitter.end,
    pieces.reduce((bytes, piece) => bytes + piece.length, 0),
  );
  return found;
}

const text = fc
  .array(fc.constantFrom('a', 'ä', '\n', '\r\n', '\r', '\u0a0a', '\u0d0d', '🙂', 'long line'), { maxLength: 12 })
  .map((parts) => parts.join(''));
const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 6 });

test('pieces make no difference', () => {
  fc.assert(
    fc.property(text, cuts, fc.constantFrom('utf-8', 'utf-16le', 'utf-16be', 'windows-1252'), (given, sizes, encoding) => {
      const bytes = encoding === 'utf-8' || encoding === 'windows-1252' ? Buffer.from(given) : Buffer.from(given, 'utf16le');
      if (encoding === 'utf-16be') bytes.swap16();
      const pieces: Buffer[] = [];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        pieces.push(bytes.subarray(at, at + size));
        at += size;
      }
      const whole = split(encoding, bytes.length === 0 ? [] : [bytes]);
      assert.deepEqual(split(encoding, pieces), whole);
      if (encoding !== 'utf-8') return;
      for (const [line, offset] of whole)
        assert.ok(line === '' || line.includes('\ufffd') || bytes.subarray(offset).toString('utf8').startsWith(line));
    }),
    { seed: 6, numRuns: 2000 },
  );
});
