// Ids keep their numbers however large the table grows and whatever slots they share.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { IdTable } from './id-table.ts';

test('ids are numbered in the order of their adding, each once', () => {
  const table = new IdTable();
  // The same low half for many: they all begin at one slot.
  const ids = Array.from({ length: 5000 }, (_, i): [number, number] => [i % 3 === 0 ? 7 : i, i * 0x10001]);
  for (const [number, [low, high]] of ids.entries()) assert.equal(table.add(low, high), number);
  for (const [number, [low, high]] of ids.entries()) {
    assert.equal(table.add(low, high), number);
    assert.equal(table.find(low, high), number);
  }
  assert.equal(table.size, ids.length);
  assert.equal(table.find(8, 1), -1);
});

test('halves above 2^31 are unsigned', () => {
  const table = new IdTable(1);
  table.add(0xffffffff, 0x80000000);
  assert.equal(table.find(0xffffffff, 0x80000000), 0);
  assert.equal(table.id(0), 0x80000000ffffffffn);
});
