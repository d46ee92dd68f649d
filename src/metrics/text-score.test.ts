// Scores of texts: what answers, what does not, and how well.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type ScoreOptions, jaroWinkler, scoreOf, subsequence } from './text-score.ts';

const SUBSEQUENCE: ScoreOptions = { algorithm: 'subsequence', threshold: 0, caseSensitive: true };
const SIMILAR: ScoreOptions = { algorithm: 'jarowinkler', threshold: 0, caseSensitive: true };

function scored(expected: number | undefined, terms: readonly string[], text: string, options: ScoreOptions): void {
  const score = scoreOf(terms, options)(text);
  const name = `${terms.join('|')} in ${text}`;
  if (expected === undefined || score === undefined) assert.equal(score, expected, name);
  else assert.ok(Math.abs(score - expected) < 1e-12, `${name}: ${score}`);
}

test('subsequences: runs count by their squares, gaps by their share of the text', () => {
  scored(1, ['boat'], 'boats', SUBSEQUENCE); // a beginning
  scored(1, ['boats'], 'boats', { ...SUBSEQUENCE, threshold: 1 });
  scored((1 + 1 - 1 / 5 - 1 / 5 - 1 / 10) / 4, ['ab'], 'xaybz', SUBSEQUENCE);
  scored((4 - 3 / 5) / 4, ['ab'], 'xxcab', SUBSEQUENCE); // a run at the end
  scored(undefined, ['ba'], 'xab', SUBSEQUENCE); // the order counts
  scored(undefined, ['boats'], 'boat', SUBSEQUENCE); // longer than the text
  scored(undefined, ['ab'], 'xaybz', { ...SUBSEQUENCE, threshold: 0.5 });
  scored(undefined, ['Boat'], 'boats', SUBSEQUENCE);
  scored(1, ['Boat'], 'bOATS', { ...SUBSEQUENCE, caseSensitive: false });
});

test('subsequences: the best beginning counts', () => {
  assert.equal(subsequence('ab', 'axxab'), (4 - 3 / 5) / 4);
});

test('similarity: the place of a substring, else how alike the texts are', () => {
  scored(1, ['boat'], 'boats', SIMILAR);
  scored(1 - (0.9 * 3) / 4, ['goroutine'], 'go_goroutines', SIMILAR);
  scored(0.1, ['ts'], 'boats', SIMILAR); // at the very end
  scored(undefined, ['baots'], 'boats', SIMILAR); // without a threshold only substrings answer
  scored(jaroWinkler('baots', 'boats'), ['baots'], 'boats', { ...SIMILAR, threshold: 0.8 });
  scored(undefined, ['baots'], 'boats', { ...SIMILAR, threshold: 1 });
});

test('similarity of textbook pairs', () => {
  for (const [a, b, expected] of [
    ['martha', 'marhta', 0.9611],
    ['dixon', 'dicksonx', 0.8133],
    ['dwayne', 'duane', 0.84],
    ['', 'a', 0],
    ['ab', 'cd', 0],
  ] as const)
    assert.ok(Math.abs(jaroWinkler(a, b) - expected) < 1e-4, `${a} ${b} ${jaroWinkler(a, b)}`);
});

test('characters count, not bytes or units', () => {
  scored(1 - 0.9 / 2, ['b'], '😀bä', SIMILAR);
  scored((1 + 1 - 1 / 3) / 4, ['äc'], 'ä😀c', SUBSEQUENCE);
  assert.ok(Math.abs(jaroWinkler(Array.from('mä😀tha'), Array.from('mä😀hta')) - 0.9611) < 1e-4);
});

test('several terms: the best of them; none: everything', () => {
  scored(1, ['nothing', 'boat'], 'boats', SUBSEQUENCE);
  scored(undefined, ['nothing', 'x'], 'boats', SUBSEQUENCE);
  scored(1, [], 'boats', SUBSEQUENCE);
  scored(1, [''], 'boats', SIMILAR);
  scored(undefined, ['', 'x'], 'boats', SIMILAR); // an empty term is none
});
