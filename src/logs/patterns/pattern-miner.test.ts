// Patterns of lines: what becomes a gap, what stays apart, what is counted; and that a pattern matches every line that it was made of.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { quote } from '../../query/scanner.ts';
import { compilePipeline } from '../logql/compile-pipeline.ts';
import { LineLabels } from '../logql/line-labels.ts';
import { parseLogql } from '../logql/parse.ts';
import { PatternMiner } from './pattern-miner.ts';

/** `[title, lines, patterns]` */
const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['words with digits', ['took 5ms', 'took 17ms'], ['took <_>']],
  ['one line stands for itself', ['hello world'], ['hello world']],
  ['other texts stay apart', ['user logged in now', 'disk full on root'], ['disk full on root', 'user logged in now']],
  ['a word among equal ones', ['user anna logged in', 'user bert logged in'], ['user <_> logged in']],
  ['a colon beside a blank separates', ['job 1: failed', 'job 22: failed'], ['job <_>: failed']],
  ['a colon within a word does not', ['at 10:00:01 x', 'at 10:00:02 x'], ['at <_> x']],
  ['keys of logfmt stay', ['level=info msg="cache miss" n=1', 'level=warn msg="cache miss" n=2'], ['level=<_> msg="cache miss" n=<_>']],
  ['other keys are other lines', ['a=1 b=2', 'a=1 c=2'], ['a=1 b=2', 'a=1 c=2']],
  ['JSON', ['{"id":1,"ok":true}', '{"id":2,"ok":true}'], ['{"id":<_>,"ok":true}']],
  ['a name in angle brackets would be a named gap', ['<div> a', '<div> a'], ['<<_>> a']],
  ['a line of separators', ['====', '===='], ['====']],
  ['a long word', [`x ${'y'.repeat(300)} z`], ['x <_> z']],
  ['too many separators', ['='.repeat(5000), `x${'='.repeat(5000)}`], ['<_>']],
  ['the rest of a line of many words', [`a ${'b '.repeat(100)}`, `a ${'b '.repeat(99)}c`], [`a ${'b '.repeat(63)}<_>`]],
];

for (const [title, lines, expected] of cases) {
  test(title, () => {
    const miner = new PatternMiner({ stepMs: 1000 });
    for (const line of lines) miner.add(line, 0);
    assert.deepEqual(
      miner
        .patterns()
        .map(({ pattern }) => pattern)
        .toSorted(),
      expected,
    );
  });
}

test('quoted texts of many forms become one word', () => {
  const miner = new PatternMiner({ stepMs: 1000 });
  for (let i = 0; i < 300; i++) miner.add(`agent="${'x '.repeat(i % 50)}y" n=${i}`, 0);
  const found = miner.patterns().map(({ pattern }) => pattern);
  assert.deepEqual(found, ['agent="<_>" n=<_>', 'agent="y" n=0']);
});

test('counts lines by steps and levels', () => {
  const miner = new PatternMiner({ stepMs: 10_000 });
  for (const [ts, level] of [
    [1000, 'info'],
    [9999, 'info'],
    [10_000, 'info'],
    [25_000, 'error'],
  ] as const)
    miner.add(`x ${ts}`, ts, level);
  assert.deepEqual(
    miner.patterns().map(({ pattern, level, samples, total }) => [pattern, level, samples, total]),
    [
      [
        'x <_>',
        'info',
        [
          [0, 2],
          [10, 1],
        ],
        3,
      ],
      ['x 25000', 'error', [[20, 1]], 1],
    ],
  );
});

test('more steps than there may be make the step wider', () => {
  const miner = new PatternMiner({ stepMs: 1000, stepsMax: 10 });
  for (let s = 0; s < 100; s++) miner.add('tick', s * 1000);
  const [{ samples, total } = { samples: [], total: 0 }] = miner.patterns();
  assert.equal(total, 100);
  assert.ok(samples.length <= 10 && miner.stepMs === 16_000);
  assert.equal(
    samples.reduce((sum, [, count]) => sum + count, 0),
    100,
  );
});

/** True where the filter of a query passes the line. */
function filterOf(pattern: string): (line: string) => boolean {
  const expr = parseLogql(`{a="b"} |> ${quote(pattern)}`);
  assert.ok(expr.kind === 'log');
  const pipeline = compilePipeline(expr.stages);
  return (text) => pipeline.process({ tsNs: 0n, text, labels: new LineLabels() });
}

const word = fc.oneof(
  fc.constantFrom('GET', 'ok', 'user', 'x', 'div', '_', 'key', '\u{1f600}', 'é', '::', 'a:b', '\\'),
  fc.integer({ min: 0, max: 9999 }).map(String),
);
const separator = fc.constantFrom(' ', ' ', ' ', '=', ': ', ':', '"', '":"', '<', '>', ', ', '[', '] ', '\t', "'", '\n', '\\"');
const line = fc.array(fc.tuple(word, separator), { minLength: 1, maxLength: 12 }).map((parts) => parts.flat().join(''));

/** Lines alike but for texts in quotation marks, which make many forms. */
const quotedLine = fc
  .tuple(fc.array(fc.tuple(word, separator), { maxLength: 4 }), word, fc.constantFrom(' n=', ': ', ' '))
  .map(([inner, last, between]) => `m="${inner.flat().join('')}"${between}${last}`);

test('the pattern of every line, as a filter, passes the line', () => {
  const lists = fc.oneof(fc.array(line, { minLength: 1, maxLength: 60 }), fc.array(quotedLine, { minLength: 30, maxLength: 80 }));
  fc.assert(
    fc.property(lists, fc.constantFrom(3, 400), (lines, familiesMax) => {
      const miner = new PatternMiner({ stepMs: 1000, familiesMax, clustersMax: 30 });
      for (const text of lines) miner.add(text, 0);
      const found = miner.patterns();
      assert.equal(
        found.reduce((sum, { total }) => sum + total, 0),
        lines.length,
      );
      // Every line is counted by a pattern that passes it: so many lines, at least, as the pattern counts.
      for (const { pattern, total } of found) {
        const passes = filterOf(pattern);
        assert.ok(lines.filter(passes).length >= total, `${quote(pattern)} of ${JSON.stringify(lines)}`);
      }
    }),
    { numRuns: 500, seed: 7 },
  );
});

test('memory is bounded whatever comes', () => {
  const miner = new PatternMiner({ stepMs: 1000, familiesMax: 50, clustersMax: 60 });
  for (let i = 0; i < 5000; i++) miner.add(`${'a,'.repeat(i % 97)}w${i.toString(36)}${' b'.repeat(i % 89)} "${'c '.repeat(i % 31)}"`, i);
  const found = miner.patterns();
  assert.ok(found.length <= 60 + 51);
  assert.equal(
    found.reduce((sum, { total }) => sum + total, 0),
    5000,
  );
});
