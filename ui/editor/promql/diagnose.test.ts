// Underlines: the parser's error as it is typed, else what the answer said of the same text.

import assert from 'node:assert/strict';
import test from 'node:test';
import { formatQuery } from './format-query.ts';
import { placeNotes } from './places.ts';
import { diagnosticsOf } from './diagnose.ts';
import { explainAt } from './explain.ts';
import { FUNCTIONS_OFFERED } from './signatures.ts';

const info = { level: 'info', message: 'PromQL info: something (1:6)' } as const;
const none = { query: '', notes: [] };

test('an error hides what the answer said', () => {
  const [found] = diagnosticsOf('sum(', none);
  assert.deepEqual([found?.from, found?.to, found?.severity], [3, 4, 'error']);
  assert.deepEqual(diagnosticsOf('', none), []);
  assert.equal(diagnosticsOf('sum(', { query: 'sum(', notes: [info] }).length, 1);
});

test('notes are of the text that was run', () => {
  const run = { query: 'rate(up[5m])', notes: [info, { level: 'warning', message: 'no place' } as const] };
  const places = diagnosticsOf(' rate(up[5m])', run).map(({ from, to, severity }) => [from, to, severity]);
  assert.deepEqual(places, [[6, 8, 'info']]);
  assert.deepEqual(diagnosticsOf('rate(down[5m])', run), []);
});

test('lines and columns, in bytes', () => {
  const place = (text: string, message: string): string => {
    const [note] = placeNotes(text, [{ level: 'warning', message }]);
    return note ? text.slice(note.from, note.to) : 'none';
  };
  assert.equal(place('a{b="é"} +\n  rate(c[5m])', 'x (2:3)'), 'rate(c[5m])');
  assert.equal(place('a{b="é"} + c', 'x (1:13)'), 'c');
  assert.equal(place('up{', 'invalid parameter "query": 1:1: parse error: x'), 'up');
  assert.equal(place('up', 'x (9:1)'), 'none');
});

test('formats what is whole, and keeps comments', () => {
  assert.deepEqual(formatQuery('sum( up )by(a)'), { kind: 'formatted', text: 'sum by (a) (up)' });
  assert.equal(formatQuery('up # why').kind, 'refused');
  assert.equal(formatQuery('sum(').kind, 'refused');
  assert.deepEqual(formatQuery(' '), { kind: 'formatted', text: '' });
});

test('signatures', () => {
  const detail = (name: string): string | undefined => FUNCTIONS_OFFERED.find(({ label }) => label === name)?.detail;
  assert.equal(detail('rate'), '(range vector) → instant vector');
  assert.equal(detail('round'), '(instant vector, [scalar]) → instant vector');
  assert.equal(detail('label_join'), '(instant vector, string, string, [string], …) → instant vector');
  assert.equal(detail('time'), '() → scalar');
});

test('words are explained', () => {
  const title = (marked: string): string => explainAt(marked.replace('^', ''), marked.indexOf('^'))?.title ?? '';
  assert.equal(title('ra^te(up[5m])'), 'rate (range vector) → instant vector');
  assert.equal(title('t^opk(3, up)'), 'topk (scalar) over groups');
  assert.equal(title('up off^set 5m'), 'offset');
  assert.equal(title('u^p'), '');
  assert.equal(title('up{a="ra^te"}'), '');
});
