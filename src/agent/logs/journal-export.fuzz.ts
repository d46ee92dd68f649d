// The journal's export format: what is written in any pieces is read back, and any bytes end in entries or in a format error.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { JournalDecoder, JournalFormatError } from './journal-export.ts';
import { journalLine, journalPosition } from './journal-line.ts';

const name = fc.string({ unit: fc.constantFrom('A', 'B', '_', 'C'), minLength: 1, maxLength: 4 });
const entries = fc.array(fc.dictionary(name, fc.string({ unit: 'grapheme', maxLength: 20 }), { minKeys: 1, maxKeys: 5 }), { maxLength: 5 });
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 });

function decode(bytes: Buffer, sizes: readonly number[]): Readonly<Record<string, string>>[] {
  const found: Readonly<Record<string, string>>[] = [];
  const decoder = new JournalDecoder((fields) => {
    journalPosition(fields);
    journalLine(fields, new Map(), true);
    found.push(Object.fromEntries(fields));
  });
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    decoder.push(bytes.subarray(at, at + size));
    at += size;
  }
  return found;
}

function encode(fields: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(fields).map(([key, value]) => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.length));
    return value.length % 2 === 0 && !value.includes('\n')
      ? Buffer.from(`${key}=${value}\n`)
      : Buffer.concat([Buffer.from(`${key}\n`), length, bytes, Buffer.from('\n')]);
  });
  return Buffer.concat([...parts, Buffer.from('\n')]);
}

test('what is written is read back', () => {
  fc.assert(
    fc.property(entries, cuts, (given, sizes) => {
      const expected = given.map((fields) => ({ ...fields }));
      assert.deepEqual(decode(Buffer.concat(given.map(encode)), sizes), expected);
    }),
    { seed: 3, numRuns: 1000 },
  );
});

test('any bytes', () => {
  const bytes = fc.array(fc.constantFrom('\n', 'A', '=', '\0', '\u0001\0\0\0\0\0\0\0', '__CURSOR=c\n', 'MESSAGE=\n', '\n\n'), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(bytes, cuts, (pieces, sizes) => {
      try {
        decode(Buffer.from(pieces.join('')), sizes);
      } catch (error) {
        if (!(error instanceof JournalFormatError)) throw error;
      }
    }),
    { seed: 4, numRuns: 2000 },
  );
});
