// However a regular expression is made: its cheap forms say of every text what the engine says.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';
import { RE2JS } from 're2js';

import { requiredText } from './required-text.ts';
import { regexTest } from './text-test.ts';

const SEED = 20_260_101;
const PIECES = ['a', 'b', 'K', 's', 'ß', '😀', '.', '.*', '.+', '*', '+', '?', '{2}', '{0,1}', '|', '(', ')', '(?:', '(?P<n>', '(?i)', '[ab]', '[^a]', '[]a]', '[[:alpha:]|]', '\\.', '\\d', '\\w', '\\\\', '\\|', '^', '$', '-', '\\Qa.\\E', '\\x{61}']; // prettier-ignore
const TEXT = ['a', 'b', 'k', 'K', '\u212A', 's', 'ſ', 'S', 'ß', '😀', '.', '\\', '|', ']', '1', '-', '\n', ' '];

const source = fc.array(fc.constantFrom(...PIECES), { maxLength: 7 }).map((pieces) => pieces.join(''));
const text = fc.array(fc.constantFrom(...TEXT), { maxLength: 8 }).map((pieces) => pieces.join(''));

test('cheap forms mean the same as the engine', () => {
  fc.assert(
    fc.property(source, fc.array(text, { minLength: 4, maxLength: 4 }), (expression, texts) => {
      const engine = compiled(expression);
      if (engine === undefined) return;
      const cheap = regexTest(expression);
      for (const each of texts) assert.equal(cheap(each), engine.test(each), `${expression} on ${JSON.stringify(each)}`);
    }),
    { numRuns: 4000, seed: SEED },
  );
});

function compiled(expression: string): RE2JS | undefined {
  try {
    return RE2JS.compile(expression);
  } catch {
    return undefined;
  }
}

test('what every match holds', () => {
  const rows = {
    'status=5\\d\\d': 'status=5',
    'a+bc*d': 'a',
    '(a|b)cd': 'cd',
    'a|b': '',
    '(?i)abc': '',
    'x\\.y[|]zz': 'x.y',
    'ab?': 'a',
    '[a': '',
    // What an escape is made of is no text.
    '\\p{Han}ab': 'ab',
    '\\pLab': 'ab',
    '\\x{2a}ab\\x41': 'ab',
    '\\101ab': 'ab',
  };
  for (const [expression, expected] of Object.entries(rows)) assert.equal(requiredText(expression), expected, expression);
});
