// Patterns of files: any text is refused or matches without failing, and a plain path matches itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { RequestError } from '../../base/request-error.ts';
import { compileFilePattern } from './file-pattern.ts';

const part = fc.constantFrom(
  '/',
  '*',
  '**',
  '?',
  '[a-c]',
  '[!x]',
  '[',
  ']',
  '{a,b}',
  '{',
  '}',
  ',',
  '\\',
  'a',
  'b',
  '.log',
  '^',
  '$',
  '(',
  'ä',
);
const text = fc.array(part, { maxLength: 12 }).map((parts) => `/${parts.join('')}`);

test('any pattern', () => {
  fc.assert(
    fc.property(text, text, (pattern, path) => {
      try {
        compileFilePattern(pattern).matches(path);
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
      }
    }),
    { seed: 2, numRuns: 2000 },
  );
});

test('a path matches itself and a pattern of stars', () => {
  const name = fc
    .string({ unit: fc.constantFrom('a', '.', '-', '$', '(', '+', '^', ' ', 'ä'), minLength: 1, maxLength: 5 })
    .filter((each) => !/^\.+$/.test(each));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
      const path = `/${names.join('/')}`;
      assert.ok(compileFilePattern(path).matches(path), path);
      assert.ok(compileFilePattern(`/**/${names.at(-1)}`).matches(path), path);
      assert.ok(compileFilePattern(names.map(() => '/*').join('')).matches(path), path);
    }),
    { seed: 2, numRuns: 500 },
  );
});
