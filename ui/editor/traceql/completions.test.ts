// What is offered in TraceQL, in its order, by the editor's own state; a caret marks the cursor. Answers of the server are given.

import assert from 'node:assert/strict';
import test from 'node:test';
import { CompletionContext } from '@codemirror/autocomplete';
import type { Completion } from '@codemirror/autocomplete';
import { EditorState } from '@codemirror/state';
import type { TraceCompletionData } from './completion-data.ts';
import { completeFrom } from './completions.ts';
import { explainAt } from './explain.ts';
import { classTokens } from './traceql-classes.ts';

/** Answers that say what they were asked. */
const data: TraceCompletionData = {
  tags: () =>
    Promise.resolve([
      { scope: 'resource', tags: ['service.name'] },
      { scope: 'span', tags: ['http.method', 'two words'] },
      { scope: 'intrinsic', tags: ['name'] },
    ]),
  values: (field, query) =>
    Promise.resolve([
      { type: 'string', value: `${field} ${query}` },
      { type: 'int', value: '500' },
    ]),
};

async function offered(marked: string): Promise<readonly Completion[]> {
  const at = marked.indexOf('^');
  const context = new CompletionContext(EditorState.create({ doc: marked.replace('^', '') }), at, true);
  const found = await completeFrom(() => data)(context);
  return [...(found?.options ?? [])].sort((a, b) => (b.boost ?? 0) - (a.boost ?? 0));
}

test('what is offered first', async () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['^', ['{']],
    ['{ ^', ['resource.service.name', 'name', 'status']],
    ['{ span.ht^', ['resource.service.name', 'name', 'status']],
    ['{ span.http.method ^', ['=', '!=', '=~']],
    ['{ status = ^', ['error', 'ok', 'unset']],
    ['{ kind = ser^', ['server', 'client', 'producer']],
    ['{ duration > ^', ['10ms', '100ms', '500ms']],
    ['{ .a = 1 && name = "x^', ['name { .a = 1 }', '500']],
    ['{ (.a = 1 || .b = 2^', ['&&', '||']],
    ['{ .a = 1 ^', ['&&', '||']],
    ['{ } ^', ['| rate', '| count_over_time', '| quantile_over_time']],
    ['{ } | ^', ['rate', 'count_over_time', 'quantile_over_time']],
    ['{ } | rate() ^', ['by', '| topk', '| bottomk']],
    ['{ } | rate() by (^', ['resource.service.name', 'name', 'status']],
    ['{ } | rate() by (name) ^', ['by', '| topk', '| bottomk']],
    ['{ } | count() ^', ['| rate', '| count_over_time', '| quantile_over_time']],
    ['{ } >> ^', ['{']],
    ['{ } with(^', ['most_recent', 'sample', 'exemplars']],
    ['{ } // a comment^', []],
  ];
  for (const [marked, expected] of cases) {
    const labels = (await offered(marked)).map(({ label }) => label).slice(0, 3);
    assert.deepEqual(labels.slice(0, expected.length || 3), expected, marked);
  }
});

test('names and values are written as the language wants them', async () => {
  const names = await offered('{ ^');
  assert.ok(names.some(({ label }) => label === 'span."two words"'));
  const values = await offered('{ span.http.status_code = ^');
  assert.deepEqual(
    values.map(({ apply }) => apply),
    ['"span.http.status_code "', '500'],
  );
});

test('colours', () => {
  const text = '{ span.http.method = "GET" && status = error } | rate() by (name) // why';
  const classes = classTokens(text).map(({ kind, from, to }) => `${text.slice(from, to)}:${kind}`);
  for (const expected of [
    'span.:label',
    'http.method:label',
    '"GET":string',
    'status:keyword',
    'error:number',
    'rate:function',
    'by:keyword',
    '// why:comment',
  ])
    assert.ok(classes.includes(expected), `${expected} in ${classes.join(' ')}`);
});

test('what is pointed at is explained', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['{ sta^tus = error }', 'status error, ok, unset'],
    ['{ status = err^or }', 'error'],
    ['{ trace:dura^tion > 1s }', 'trace:duration duration'],
    ['{ } >^> { }', '>> { … }'],
    ['{ } | ra^te()', 'rate() by (fields)'],
    ['{ resource.ser^vice.name = "x" }', 'resource. attribute'],
  ];
  for (const [marked, title] of cases) assert.equal(explainAt(marked.replace('^', ''), marked.indexOf('^'))?.title, title, marked);
  assert.equal(explainAt('{ name = "rate" }', 11), undefined);
});
