// Quoted strings and positions, which all lexers share.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lineColumn, quote, quotedEnd, unquote } from './scanner.ts';

const whole = (text: string): string => unquote(text, 0, text.length);

test('strings unquote as Go does', () => {
  assert.equal(whole(String.raw`"a\n\t\\\""`), 'a\n\t\\"');
  assert.equal(whole(String.raw`'it\'s "x"'`), 'it\'s "x"');
  assert.equal(whole('`a\\n`'), 'a\\n'); // backticks take everything as it stands
  assert.equal(whole(String.raw`"\x41\101\u00e4\U0001F600"`), 'AAä😀');
  assert.equal(whole(String.raw`"\xc3\xa4"`), 'ä'); // bytes join into characters
  assert.equal(whole(String.raw`"a\xc5ä\xff\xe2\x82"`), 'a\udcc5ä\udcff\udce2\udc82'); // bytes that do not join are kept
});

test('strings that are none are refused', () => {
  assert.throws(() => whole(String.raw`"\q"`), /1:1: parse error: unknown escape sequence U\+0071 'q'/);
  assert.throws(() => whole(String.raw`"\x4"`), /escape sequence not terminated/);
  assert.throws(() => whole(String.raw`"\xg0"`), /illegal character U\+0067 'g' in escape sequence/);
  assert.throws(() => whole(String.raw`"\ud800"`), /invalid Unicode code point/);
  assert.throws(() => whole(String.raw`"\'"`), /unknown escape sequence/); // only the own quote is escaped
});

test('the end of a string is found', () => {
  assert.deepEqual(quotedEnd(String.raw`x"a\"b"c`, 1), { end: 7 });
  assert.deepEqual(quotedEnd('"a', 0), { problem: 'unterminated quoted string' });
  assert.deepEqual(quotedEnd('"a\nb"', 0), { problem: 'unterminated quoted string' });
  assert.deepEqual(quotedEnd('`a\nb`', 0), { end: 5 });
});

test('columns count bytes', () => {
  assert.deepEqual(lineColumn('a\nbä c', 5), { line: 2, column: 5 });
  assert.deepEqual(lineColumn('😀x', 2), { line: 1, column: 5 });
});

test('quoting is undone by unquoting', () => {
  for (const value of ['', 'a"b\\c', '\u0000\u0007\n\r', 'äöü 😀', '\u007f\u0085', 'a\udcc5z\udcff'])
    assert.equal(whole(quote(value)), value);
});
