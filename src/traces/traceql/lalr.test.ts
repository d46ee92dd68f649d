// Tables of small grammars, run on rows of terminals; brackets show how the rows were read.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { END, ERROR_ACTION, type Grammar, lalrStates } from './lalr.ts';

/** The tree as text, or what was read when the parser stopped. */
function read(grammar: Grammar, text: string): string {
  const states = lalrStates(grammar);
  const stack = [{ state: 0, tree: '' }];
  const input = text.split(' ');
  for (;;) {
    const state = states[stack.at(-1)?.state ?? 0];
    const terminal = input[0] === undefined ? END : grammar.terminals.indexOf(input[0]) + 1;
    const shift = state?.shifts.get(terminal);
    if (shift !== undefined) {
      stack.push({ state: shift, tree: input.shift() ?? '' });
      continue;
    }
    if (state?.accepts === true && terminal === END) return stack.at(-1)?.tree ?? '';
    const number = state?.exceptions.get(terminal) ?? state?.reduce;
    const rule = number === undefined || number === ERROR_ACTION ? undefined : grammar.rules[number];
    if (rule === undefined) return `stopped before ${input.join(' ')}`;
    const trees = stack.splice(-rule.right.length).map(({ tree }) => tree);
    const next = states[stack.at(-1)?.state ?? 0]?.gotos.get(rule.left) ?? 0;
    stack.push({ state: next, tree: trees.length === 1 ? (trees[0] ?? '') : `(${trees.join('')})` });
  }
}

function grammar(terminals: string, rules: readonly string[], precedence: Grammar['precedence'] = []): Grammar {
  const parsed = rules.map((text) => text.split(' ')).map(([left = '', , ...right]) => ({ left, right }));
  return { terminals: terminals.split(' '), precedence, rules: parsed };
}

const ARITHMETIC = grammar(
  'n + * ^ =',
  ['e : e + e', 'e : e * e', 'e : e ^ e', 'e : e = e', 'e : n'],
  [
    { associativity: 'nonassoc', terminals: ['='] },
    { associativity: 'left', terminals: ['+'] },
    { associativity: 'left', terminals: ['*'] },
    { associativity: 'right', terminals: ['^'] },
  ],
);

test('precedence decides between a shift and a reduction', () => {
  assert.equal(read(ARITHMETIC, 'n + n * n + n'), '((n+(n*n))+n)');
  assert.equal(read(ARITHMETIC, 'n ^ n ^ n * n'), '((n^(n^n))*n)');
  assert.equal(read(ARITHMETIC, 'n = n + n'), '(n=(n+n))');
  assert.equal(read(ARITHMETIC, 'n = n = n'), 'stopped before = n');
  assert.equal(read(ARITHMETIC, 'n + + n'), 'stopped before + n');
});

test('without precedence a shift wins, and of two rules the first', () => {
  const dangling = grammar('if else x', ['s : if s', 's : if s else s', 's : x']);
  assert.equal(read(dangling, 'if if x else x'), '(if(ifxelsex))');
  const twice = grammar('x y', ['s : a y', 's : b y', 'a : x', 'b : x']);
  assert.equal(read(twice, 'x y'), '(xy)');
});

test('the terminal ahead decides what a part was', () => {
  // `x` is an `l` before `d`, and stays as it is before `c` unless `d` stood before it.
  const lalr = grammar('x d c b', ['s : l d', 's : d l c', 's : x c', 's : b', 'l : x']);
  assert.equal(read(lalr, 'x d'), '(xd)');
  assert.equal(read(lalr, 'x c'), '(xc)');
  assert.equal(read(lalr, 'd x c'), '(dxc)');
});

test('a symbol that is neither terminal nor rule is a mistake', () => {
  assert.throws(() => lalrStates(grammar('x', ['s : y'])), /y is neither a terminal nor a rule/);
});
