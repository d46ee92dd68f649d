// One text for one meaning.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTraceql } from './parse.ts';
import { treeText } from './tree-text.ts';

const textOf = (query: string): string => treeText(parseTraceql(query));

test('what means the same has the same text, and nothing else', () => {
  assert.equal(textOf('{ span.a = 1 }'), textOf('{   span.a  =  1 }'));
  const different = ['1', '2', '1.0', '"1"', '9007199254740993', '9007199254740992'];
  assert.equal(new Set(different.map((value) => textOf(`{ span.a = ${value} }`))).size, different.length);
});
