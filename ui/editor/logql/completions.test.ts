// What is offered in LogQL, in its order, by the editor's own state; a caret marks the cursor. Answers of the server are given.

import assert from 'node:assert/strict';
import test from 'node:test';
import { CompletionContext } from '@codemirror/autocomplete';
import type { Completion } from '@codemirror/autocomplete';
import { EditorState } from '@codemirror/state';
import { STREAM_LABEL } from './completion-data.ts';
import type { FieldOffered, LogCompletionData } from './completion-data.ts';
import { completeFrom } from './completions.ts';

const FIELDS: readonly FieldOffered[] = [
  { name: 'took', type: 'duration', parsers: ['json'] },
  { name: 'user', type: 'string', parsers: ['json'] },
  { name: 'trace_id', type: 'string', parsers: [] },
  { name: 'app', type: STREAM_LABEL, parsers: [] },
];

/** Answers that say what they were asked. */
const data: LogCompletionData = {
  labels: (selector) => Promise.resolve(['app', `asked ${selector}`]),
  values: (label, selector, typed) => Promise.resolve({ values: [`${label} ${selector} ${typed}`], whole: true }),
  fields: (query) => Promise.resolve(query === '' ? [] : FIELDS),
  fieldValues: (field, query) => Promise.resolve([`${field} ${query}`]),
};

async function offered(marked: string, explicit = true): Promise<readonly Completion[]> {
  const at = marked.indexOf('^');
  const context = new CompletionContext(EditorState.create({ doc: marked.replace('^', '') }), at, explicit);
  const found = await completeFrom(() => data)(context);
  return [...(found?.options ?? [])].sort((a, b) => (b.boost ?? 0) - (a.boost ?? 0));
}

test('what is offered first', async () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['^', ['{', 'rate', 'count_over_time']],
    ['rate(^', ['{']],
    ['{a="b", ^', ['app', 'asked {a="b"}']],
    ['{a="b", c="x^', ['c {a="b"} x']],
    ['{a="b"} ^', ['|=', '!=', '|~']],
    ['{a="b"} | ^', ['trace_id', 'json', 'logfmt']],
    ['{a="b"} | json | ^', ['took', 'user', 'trace_id']],
    ['{a="b"} | line_format "{{nosuch}}" | ^', ['json', 'logfmt', 'regexp']],
    ['{a="b"} | json | user="^', ['user {a="b"} | json']],
    ['sum_over_time({a="b"} | json | unwrap ^', ['took', 'bytes', 'duration']],
    ['{a="b"} | logfmt ^', ['|=', '!=', '|~']],
    ['rate({a="b"}[^', ['1m', '5m', '15m']],
    ['{a="b"} | line_format "{{ .^', ['trace_id', 'took', 'user']],
    ['{a="b"} | line_format "{{ ^', ['__line__', '__timestamp__', 'lower']],
    ['sum(rate({a="b"}[5m])) ^', ['by', 'without', 'and']],
    ['12^', []],
  ];
  for (const [marked, expected] of cases) {
    const labels = (await offered(marked)).map(({ label }) => label).slice(0, 3);
    if (marked.includes('unwrap')) assert.equal(labels[0], expected[0], marked);
    else assert.deepEqual(labels, expected, marked);
  }
});

test('what is chosen is whole', async () => {
  const applied = async (marked: string, label: string): Promise<unknown> =>
    (await offered(marked)).find((one) => one.label === label)?.apply;
  // A number is compared, behind the stage that finds it.
  assert.equal(await applied('{a="b"} | ^', 'took'), 'json | took > ');
  assert.equal(await applied('{a="b"} | json | ^', 'took'), 'took > ');
  assert.equal(await applied('sum_over_time({a="b"} | json | unwrap ^', 'took'), 'duration(took)');
  assert.equal(await applied('{a="b"} ^', '| json'), '| json');
});

test('nothing opens by itself where a person may be done', async () => {
  for (const marked of ['{a="b"} ^', 'sum(rate({a="b"}[5m])) ^', '^']) assert.deepEqual(await offered(marked, false), [], marked);
});
