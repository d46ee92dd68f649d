// What the needle index rests on: a part of an id, long enough, finds the whole by its grams.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GramFinder } from './grams.ts';

const OPEN = { start: true, end: true };
const RUN = '0123456789abcdefABCXYZ_-'.split('');

function gramsOf(text: string, open?: typeof OPEN): readonly number[] {
  const bytes = Buffer.from(text);
  const finder = new GramFinder(4096);
  const count = finder.find(bytes, 0, bytes.length, open);
  return [...finder.grams.subarray(0, count)];
}

const run = (min: number, max: number) =>
  fc.array(fc.constantFrom(...RUN), { minLength: min, maxLength: max }).map((chars) => chars.join(''));
const between = fc.constantFrom(' ', '="', '" ', ':', ' id=', ',"trace":"', 'ü', '.');

test('every part of 26 bytes or more is found by its grams, wherever the run stands', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(run(0, 80), between), { maxLength: 5 }), run(26, 90), fc.nat(), fc.nat(), (others, id, from, size) => {
      const line = [...others.flat(), id, ' end'].join('');
      const start = from % (id.length - 25);
      const part = id.slice(start, start + 26 + (size % (id.length - start - 25)));
      const held = new Set(gramsOf(line));
      const wanted = gramsOf(part, OPEN);
      return wanted.length > 0 && wanted.every((gram) => held.has(gram));
    }),
    { numRuns: 2000, seed: 1 },
  );
});

test('a shorter run is found where both of its ends are shown', () => {
  const held = new Set(gramsOf('level=info span_id=00f067aa0ba902b7 msg="x"'));
  assert.ok(gramsOf('=00f067aa0ba902b7 ', OPEN).every((gram) => held.has(gram)));
  assert.equal(gramsOf('=00f067aa0ba902b7 ', OPEN).length, 1);
  assert.equal(gramsOf('00f067aa0ba902b7', OPEN).length, 0, 'it may be a part of a longer run');
  assert.ok(
    gramsOf('00f067aa0ba902b7').every((gram) => held.has(gram)),
    'a whole value has both ends',
  );
  assert.equal(gramsOf('request completed by upstream').length, 0, 'words are no ids');
});

test('an id of 32 letters leaves one or two grams', () => {
  let grams = 0;
  for (let i = 0; i < 1000; i++) grams += gramsOf(`id=${Buffer.from(String(i).repeat(16)).toString('hex').slice(0, 32)} x`).length;
  assert.ok(grams >= 1000 && grams < 2200, String(grams));
});
