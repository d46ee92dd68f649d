// Lines of any bytes become texts, and texts stay as they are.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { mendedLines } from './valid-lines.ts';

function framed(lines: readonly Uint8Array[]): Buffer {
  return Buffer.concat(lines.flatMap((line) => [varint(line.length), Buffer.from(line)]));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

const text = fc.string({ unit: 'binary', maxLength: 400 }).map((value) => Buffer.from(value));
const noise = fc.uint8Array({ maxLength: 400 }).map((value) => Buffer.from(value));
const long = fc.nat(40_000).map((size) => Buffer.alloc(size, 'ä'));

test('texts stay, everything else is mended as a decoder would', () => {
  const property = fc.property(fc.array(fc.oneof(text, noise, long), { maxLength: 6 }), (lines) => {
    const bytes = framed(lines);
    const before = Buffer.from(bytes);
    const mended = mendedLines(bytes, lines.length);
    assert.deepEqual(bytes, before);
    const wanted = framed(lines.map((line) => Buffer.from(line.toString())));
    assert.deepEqual(mended ?? bytes, wanted);
    assert.equal(mended === undefined, wanted.equals(before));
  });
  fc.assert(property, { numRuns: 500, seed: 20_261_121 });
});
