// Scores of any texts lie between 0 and 1, a text begins with itself, and long repetitions take no time.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { jaroWinkler, scoreOf } from './text-score.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'b', '_', 'B', 'ä', '😀'), maxLength: 12 });

test('scores are bounded', () => {
  fc.assert(
    fc.property(
      word,
      word,
      fc.record({
        algorithm: fc.constantFrom('subsequence' as const, 'jarowinkler' as const),
        threshold: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
        caseSensitive: fc.boolean(),
      }),
      (term, text, options) => {
        const score = scoreOf([term], options);
        const found = score(text);
        assert.ok(found === undefined || (found >= 0 && found <= 1), `${term} ${text} ${found}`);
        assert.equal(score(term), 1);
      },
    ),
    { numRuns: 3000, seed: 14 },
  );
});

test('a text is like itself, and no more like another', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      const own = jaroWinkler(a, a);
      assert.ok(own > 1 - 1e-9 || a === '', `${a} ${own}`);
      assert.ok(jaroWinkler(a, b) <= 1 + 1e-9);
    }),
    { numRuns: 1000, seed: 14 },
  );
});

test('a long text of one character ends', () => {
  assert.equal(scoreOf(['ab'], { algorithm: 'subsequence', threshold: 0, caseSensitive: true })('xa'.padEnd(200_000, 'a')), undefined);
});
