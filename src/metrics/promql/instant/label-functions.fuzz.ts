// Templates and natural order under any text: no crash, and the rules that hold for all.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { compileRegex } from '../../../query/matchers.ts';
import { expand, parseTemplate } from './label-functions.ts';
import { precedesNaturally } from './sorting.ts';

const RUNS = { numRuns: 1000, seed: 7 };
const pieces = fc.constantFrom('$', '$$', '{', '}', '1', '0', 'name', 'x', '_', 'é', '${1}', '${name}', '$9', ' ', '\n', '\u{1f600}');
const template = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''));

test('a template is text and groups, and nothing is lost', () => {
  const regex = compileRegex('(?P<name>.*)');
  fc.assert(
    fc.property(template, fc.string({ maxLength: 20 }), (text, value) => {
      const parsed = parseTemplate(text);
      const result = expand(parsed, regex, value);
      assert.notEqual(result, undefined);
      if (!text.includes('$')) assert.equal(result, text);
      // What no group has is empty: `$1`, `$0` and `$name` are the whole value here.
      const known = new Set(['0', '1', 'name']);
      assert.equal(result, parsed.map((piece) => (piece.kind === 'text' ? piece.text : known.has(piece.name) ? value : '')).join(''));
    }),
    RUNS,
  );
});

test('of two texts one precedes the other', () => {
  const chunk = fc.constantFrom('a', 'b', '-', '1', '9', '10', '99999999999999999999', '\u{1f600}', '\uffff');
  const text = fc.array(chunk, { maxLength: 6 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, text, (a, b) => precedesNaturally(a, b) !== precedesNaturally(b, a) || a === b),
    RUNS,
  );
});
