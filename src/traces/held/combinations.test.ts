// Decisions by combinations of values: each combination has its own, however many there could be.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Combinations } from './combinations.ts';
import { Dictionary, type HeldBlock, type HeldColumn } from './held-block.ts';

function dictionaryOf(size: number): Dictionary {
  const dictionary = new Dictionary();
  for (let i = 0; i < size; i++) dictionary.code(`v${i}`);
  return dictionary;
}

function blockOf(columns: readonly HeldColumn[]): HeldBlock {
  const rows = columns[0]?.codes.length ?? 0;
  return {
    block: 0,
    asOf: 0,
    rows,
    startNs: 0n,
    offsets: new Float64Array(rows),
    first: 0,
    last: 0,
    durations: new Float64Array(rows),
    spanIds: new BigUint64Array(rows),
    parentIds: new BigUint64Array(rows),
    traceHighs: new BigUint64Array(0),
    traceLows: new BigUint64Array(0),
    traceStarts: new Uint32Array(1),
    columns: new Map(columns.map((column, i) => [String(i), column])),
    counts: new Map(),
  };
}

// As a list, by numbers, and by more combinations than a double tells apart.
for (const [size, count] of [
  [3, 1],
  [3, 4],
  [3000, 3],
  [65_536, 4],
] as const) {
  test(`${count} columns of ${size} values`, () => {
    const dictionary = dictionaryOf(size);
    const last = size - 1;
    const rows = [0, 1, last, last - 1, 0, last];
    const columns = Array.from({ length: count }, (_, i) => ({
      dictionary,
      codes: Uint16Array.from(i < count - 1 ? rows.map(() => last) : rows),
    }));
    const seen: string[] = [];
    const combinations = new Combinations([...columns.keys()].map(String), (cells) => seen.push(cells.join(' ')) - 1);
    const found = new Int32Array(rows.length);
    combinations.fill(blockOf(columns), found);
    assert.deepEqual(
      [...found].map((place) => seen[place]),
      rows.map((code) => [...Array<string>(count - 1).fill(`v${last}`), `v${code}`].join(' ')),
    );
    assert.equal(new Set(seen).size, seen.length, 'each is decided once');
    assert.equal(combinations.at(blockOf(columns), 2), found[2]);
  });
}
