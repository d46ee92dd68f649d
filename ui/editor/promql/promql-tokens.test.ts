// Texts that are being written still have tokens, classes and comments.

import assert from 'node:assert/strict';
import test from 'node:test';
import { commentsOf } from '../loose-tokens.ts';
import { looseTokens } from './promql-tokens.ts';
import { classTokens } from './token-classes.ts';

test('tokens of what is unfinished or wrong', () => {
  const cases: readonly [string, readonly string[]][] = [
    ['', []],
    ['sum(rate(x{a="1"', ['sum', '(', 'rate', '(', 'x', '{', 'a', '=', '"1"']],
    ['x{a="1', ['x', '{', 'a', '=']],
    ['x[5m', ['x', '[', '5m']],
    ['x[(5m', ['x', '[', '(', '5m']],
    ['x ? y', ['x', 'y']],
    ['x) + y]', ['x', '+', 'y']],
    ['x + # left {', ['x', '+']],
    ['x{a="1\n} + y', ['x', '{', 'a', '=', '}', '+', 'y']],
    ['5x + y', ['+', 'y']],
  ];
  for (const [text, expected] of cases)
    assert.deepEqual(
      looseTokens(text).tokens.map((t) => t.text),
      expected,
      text,
    );
});

test('nesting has no bound, and a text that cannot be mended no tokens', () => {
  assert.equal(looseTokens('('.repeat(3000)).tokens.length, 3000);
  assert.deepEqual(looseTokens('? '.repeat(500)).tokens, []);
});

test('comments are what stands between', () => {
  const commentTexts = (text: string): readonly string[] => commentsOf(text, looseTokens(text)).map(({ from, to }) => text.slice(from, to));
  assert.deepEqual(commentTexts('a # one\n+ b # two'), ['# one', '# two']);
  assert.deepEqual(commentTexts('a{b="# no"} # yes'), ['# yes']);
  assert.deepEqual(commentTexts('a{b="# open'), []);
});

test('words are told apart by what stands around them', () => {
  const classes = (text: string): string =>
    classTokens(text)
      .map(({ kind, from, to }) => `${text.slice(from, to)}:${kind}`)
      .join(' ');
  assert.equal(
    classes('sum by (job) (rate(sum{by="x"}[5m]))'),
    'sum:function by:keyword (:bracket job:label ):bracket (:bracket rate:function (:bracket sum:metric {:bracket by:label =:operator "x":string }:bracket [:bracket 5m:number ]:bracket ):bracket ):bracket',
  );
  assert.equal(classes('a and on(b) c # d'), 'a:metric and:keyword on:keyword (:bracket b:label ):bracket c:metric # d:comment');
  assert.equal(classes('x @ start() offset 5m'), 'x:metric @:operator start:keyword (:bracket ):bracket offset:keyword 5m:number');
  assert.equal(classes('{a="op'), '{:bracket a:label =:operator "op:string');
});
