// Tables as text.

import assert from 'node:assert/strict';
import test from 'node:test';
import { toCsv, toJson } from './csv.ts';

test('cells with commas, quotes and line ends are quoted', () => {
  const table = {
    columns: ['a', 'b'],
    rows: [
      ['1,5', 'say "hi"'],
      ['x\ny', ''],
    ],
  };
  assert.equal(toCsv(table), 'a,b\r\n"1,5","say ""hi"""\r\n"x\ny",');
  assert.deepEqual(JSON.parse(toJson(table))[0], { a: '1,5', b: 'say "hi"' });
});
