// Whatever bytes a line holds, its level is one of the table, found within the line, and not dependent on what stands around it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { detectLevel } from './detect-level.ts';
import { LEVELS } from './label-level.ts';

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  '\\u0069',
  ':',
  ',',
  '=',
  ' ',
  '\n',
  'level',
  'Severity',
  'lvl',
  'info',
  'ERR',
  'warning',
  'İ',
  'é',
  '\ufffd',
  'true',
  '1',
  '"level":"warn"',
  'level=dbg',
  'x',
];

test('any line has a level of the table, whatever stands around it', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 3 })), { maxLength: 24 }), (pieces) => {
      const line = Buffer.from(pieces.join(''));
      const level = detectLevel(line, 0, line.length);
      assert.ok(LEVELS[level] !== undefined);
      const around = Buffer.concat([Buffer.from('{"level":"fatal" '), line, Buffer.from('" info=}')]);
      assert.equal(detectLevel(around, 17, 17 + line.length), level);
    }),
    { numRuns: 4000, seed: 4 },
  );
});
