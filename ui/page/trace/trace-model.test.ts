// What is made of a trace's spans: the tree, own times, the critical path, search, rows, comparison. Traces are drawn as text.

import assert from 'node:assert/strict';
import test from 'node:test';
import { lengthText } from './bar-layout.ts';
import { changeCounts, compareTraces, sortedRows } from './compare-traces.ts';
import { criticalShares } from './critical-path.ts';
import { differenceText } from './difference-text.ts';
import { nextPlace } from './find-spans.ts';
import { sketchTrace } from './sketch.ts';
import { oddityTexts } from './span-tree.ts';
import type { SpanTree } from './span-tree.ts';
import { viewTrace } from './trace-view.ts';
import { foldable, revealed, toggled, toggledAll, visibleRows } from './visible-rows.ts';

const view = (text: string) => viewTrace(sketchTrace(text));

/** Rows as text, with what is odd about them. */
function drawn({ nodes }: SpanTree): string[] {
  return nodes.map(({ span, depth, oddities }) =>
    [`${'  '.repeat(depth)}${span.name}`, ...oddities.map(({ kind }) => `(${kind})`)].join(' '),
  );
}

/** `[what, trace, rows]` */
const TREES: readonly (readonly [string, string, readonly string[]])[] = [
  ['children by their starts', 'a 0-9\n  c 5-6\n  b 1-2', ['a', '  b', '  c']],
  ['a parent that comes later', 'b 1-2 id=b parent=a\na 0-9 id=a', ['a', '  b']],
  ['a parent that is missing', 'a 0-9\nb 1-2 parent=zz', ['a', 'b (parent missing)']],
  ['its own parent', 'a 0-9 id=1 parent=1', ['a (in a circle)']],
  [
    'a circle, cut at its earliest, and what hangs on it',
    'b 2-3 id=b parent=a\na 1-4 id=a parent=b\nc 2-3 parent=b',
    ['a (in a circle)', '  b', '    c'],
  ],
  [
    'two halves of one call',
    's: a 0-9\n  s: call 1-8 id=x client\nt: call 2-7 id=x parent=1 server\n  t: db 3-4 parent=x',
    ['a', '  call (shared id)', '    call (shared id)', '      db'],
  ],
  ['a clock that is behind', 'a 5000-9000\n  b 100-6000', ['a', '  b (starts before parent)']],
  ['a start that was rounded', 'a 500-900\n  b 100-600', ['a', '  b']],
];

test('trees, whole and broken', () => {
  for (const [what, text, rows] of TREES) assert.deepEqual(drawn(view(text).tree), rows, what);
});

test('the trace is named after its first true root', () => {
  const { tree } = view('lost 0-1 parent=zz\nmain 2-9\nother 3-4');
  assert.equal(tree.nodes[tree.root]?.span.name, 'main');
  assert.deepEqual(oddityTexts(tree, lengthText), [
    '1 span names a parent that is not here: not sampled, still on the way, or lost.',
    'There are 2 roots; the trace is named after the first.',
  ]);
  assert.equal(view('').tree.root, -1);
});

/** `[what, trace, own time of the first span]` */
const OWN: readonly (readonly [string, string, number])[] = [
  ['no children', 'a 0-10', 10],
  ['children apart', 'a 0-10\n  b 1-3\n  c 5-6', 7],
  ['children at once count once', 'a 0-10\n  b 1-6\n  c 2-8\n  d 3-4', 3],
  ['a child that outlives its parent', 'a 0-10\n  b 8-50', 8],
  ['a child outside of its parent', 'a 0-10\n  b 20-50', 10],
  ['a child that begins before', 'a 5-10\n  b 0-7', 3],
  ['grandchildren are their parents’ matter', 'a 0-10\n  b 1-3\n    c 1-9', 8],
];

test('own time', () => {
  for (const [what, text, own] of OWN) assert.equal(view(text).own[0]?.length, own, what);
});

/** `[what, trace, where each span is on the path]` */
const PATHS: readonly (readonly [string, string, Readonly<Record<string, readonly number[]>>])[] = [
  ['one after another', 'a 0-10\n  b 1-4\n  c 5-9', { a: [0, 1, 4, 5, 9, 10], b: [1, 4], c: [5, 9] }],
  ['of those at once the last to end', 'a 0-10\n  b 1-9\n  c 1-4', { a: [0, 1, 9, 10], b: [1, 9] }],
  ['what overlaps a later step was not waited for', 'a 0-10\n  b 0-6\n  c 5-9', { a: [0, 5, 9, 10], c: [5, 9] }],
  ['down to grandchildren', 'a 0-10\n  b 2-8\n    c 3-7', { a: [0, 2, 8, 10], b: [2, 3, 7, 8], c: [3, 7] }],
  ['a child that outlives its parent counts to its end', 'a 0-10\n  b 4-30\n    c 5-20', { a: [0, 4], b: [4, 5], c: [5, 10] }],
  ['a child that begins before counts from its start', 'a 10-20\n  b 0-15\n    c 5-12', { b: [12, 15], c: [10, 12], a: [15, 20] }],
  ['work after the end explains nothing', 'a 0-10\n  b 12-20', { a: [0, 10] }],
];

test('the critical path', () => {
  for (const [what, text, expected] of PATHS) {
    const { tree, path } = view(text);
    const found = Object.fromEntries([...path.stretches].map(([at, pairs]) => [tree.nodes[at]?.span.name, pairs]));
    assert.deepEqual(found, expected, what);
  }
});

test('the critical path adds up by service and name', () => {
  const { tree, path } = view('shop: a 0-10\n  db: q 1-4\n  db: q 5-9');
  assert.deepEqual(
    criticalShares(tree, path).map(({ service, name, count, length, largest }) => [service, name, count, length, largest]),
    [
      ['db', 'q', 2, 7, 2],
      ['shop', 'a', 1, 3, 0],
    ],
  );
});

test('a chain deeper than the stack', () => {
  const text = Array.from({ length: 20_000 }, (_, i) => `s${i} 0-9 id=n${i} parent=${i === 0 ? '' : `n${i - 1}`}`).join('\n');
  const { tree, path } = view(text);
  assert.equal(tree.depth, 20_000);
  assert.equal(tree.nodes[0]?.last, 19_999);
  assert.deepEqual([...path.stretches], [[19_999, [0, 9]]]);
});

test('search', () => {
  const { finder } = view('shop: GET /cart 0-10 http.route=/cart\n  db: SELECT 1-2 error');
  const cases: readonly (readonly [string, readonly number[] | undefined])[] = [
    ['', undefined],
    ['  ', undefined],
    ['CART', [0]],
    ['http.route=/c', [0]],
    ['service.name=db', [1]],
    ['status=error', [1]],
    ['lib', [0, 1]],
    ['nowhere', []],
  ];
  for (const [text, places] of cases) assert.deepEqual(finder.find(text), places, text);
});

test('the next and the one before, around the end', () => {
  assert.deepEqual([nextPlace([2, 5], 2, 1), nextPlace([2, 5], 5, 1), nextPlace([2, 5], 2, -1), nextPlace([2, 5], -1, 1)], [5, 2, 5, 2]);
  assert.equal(nextPlace([], 3, 1), undefined);
});

test('rows', () => {
  const { tree, errors } = view('s: a 0-10\n  t: b 1-4\n    s: c 2-3 error\n  t: d 5-9\n    t: e 6-7');
  const none: ReadonlySet<number> = new Set();
  assert.deepEqual(visibleRows(tree, none), [0, 1, 2, 3, 4]);
  assert.deepEqual(visibleRows(tree, new Set([1])), [0, 1, 3, 4]);
  assert.deepEqual(visibleRows(tree, none, errors), [0, 1, 2]);
  assert.deepEqual(foldable(tree, 't'), [1, 3]);
  const folded = toggledAll(none, foldable(tree, 't'));
  assert.deepEqual(visibleRows(tree, folded), [0, 1, 3]);
  assert.deepEqual(visibleRows(tree, revealed(tree, folded, 4)), [0, 1, 3, 4]);
  assert.deepEqual([...toggledAll(folded, [1, 3])], []);
  assert.deepEqual([...toggled(folded, 1)], [3]);
});

test('two traces compared by their ways from the root', () => {
  const a = view('s: a 0-100000\n  t: b 0-20000\n  t: b 30000-40000\n  t: gone 50000-60000');
  const b = view('s: a 0-150000\n  t: b 0-20500\n  t: b 30000-40000\n  u: b 55000-60000 error');
  const rows = compareTraces(a, b);
  assert.deepEqual(
    rows.map(({ service, name, depth, a: sideA, b: sideB, change }) => [
      `${'  '.repeat(depth)}${service} ${name}`,
      sideA.count,
      sideB.count,
      change,
    ]),
    [
      ['s a', 1, 1, 'slower'],
      ['  t b', 2, 2, 'same'],
      ['  t gone', 1, 0, 'only in A'],
      ['  u b', 0, 1, 'only in B'],
    ],
  );
  assert.deepEqual(changeCounts(rows), { 'only in A': 1, 'only in B': 1, slower: 1, faster: 0, same: 1 });
  assert.deepEqual(
    sortedRows(rows, 'own', 'different').map(({ name }) => name),
    ['a', 'gone', 'b'],
  );
  assert.deepEqual(compareTraces(b, a).find(({ name }) => name === 'a')?.change, 'faster');
});

test('differences as text', () => {
  const cases: readonly (readonly [number, number, string])[] = [
    [1e6, 1e6, '±0'],
    [1e6, 1.5e6, '+500 µs (+50 %)'],
    [2e6, 1e6, '−1 ms (−50 %)'],
    [1e3, 1e6, '+999 µs (×1000)'],
    [0, 1e6, '+1 ms'],
  ];
  for (const [a, b, text] of cases) assert.equal(differenceText(a, b), text);
});
