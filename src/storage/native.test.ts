// Columns of texts each once: read coded they say what they say unfolded, wherever the chunks of an answer end.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Block, decodeStream, encodeBlock, type Unfolded } from './native.ts';

const TEXTS = ['', 'GET', 'POST', 'Straße', '😀', 'x'.repeat(200)];

/** Blocks of different lengths; one has none, and one more values than a byte tells apart. */
const BLOCKS = [5, 0, 1, 700].map((rows, n) => {
  const dictionary = rows < 256 ? TEXTS : Array.from({ length: 300 }, (_, i) => `v${i}`);
  const indexes = Uint32Array.from({ length: rows }, (_, row) => (row * 7 + n) % dictionary.length);
  return encodeBlock([
    { name: 'before', data: { kind: 'UInt64', values: BigUint64Array.from(indexes, BigInt) } },
    { name: 'code', data: { kind: 'LowCardinality(String)', dictionary, indexes } },
    { name: 'tenant', data: { kind: 'constant LowCardinality(String)', value: 'a', rows } },
    { name: 'after', data: { kind: 'String', values: Array.from(indexes, (index) => `t${index}`) } },
  ]);
});

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array, size: number, unfolded: Unfolded): Promise<readonly Block[]> {
  return Array.fromAsync(decodeStream(chunksOf(bytes, size), unfolded));
}

function textsOf({ columns, coded, rows }: Block, name: string): readonly unknown[] {
  const { dictionary, indexes } = coded[name] ?? {};
  if (indexes === undefined || dictionary === undefined) return [...(columns[name] ?? [])];
  assert.equal(indexes.length, rows);
  return Array.from(indexes, (index) => dictionary[index]);
}

test('coded columns, of chunks that end anywhere', async () => {
  const bytes = Buffer.concat(BLOCKS);
  const expected = await read(bytes, bytes.length, {});
  assert.deepEqual(
    expected.map(({ rows }) => rows),
    [5, 0, 1, 700],
  );
  for (const size of [1, 2, 3, 7, 64, 255, 1000, 4099, bytes.length]) {
    const blocks = await read(bytes, size, { coded: ['code', 'tenant'] });
    for (const name of ['before', 'code', 'tenant', 'after'])
      assert.deepEqual(
        blocks.map((block) => textsOf(block, name)),
        expected.map((block) => textsOf(block, name)),
        `${name} by ${size}`,
      );
    assert.deepEqual(
      blocks.map(({ coded }) => Object.keys(coded)),
      [['code', 'tenant'], [], ['code', 'tenant'], ['code', 'tenant']],
    );
  }
});

test('what is no column of texts each once is not read coded', async () => {
  await assert.rejects(read(Buffer.concat(BLOCKS), 1000, { coded: ['after'] }), /column type String/);
});

test('an answer that ends early', async () => {
  const [block = Buffer.alloc(0)] = BLOCKS;
  for (let size = 1; size < block.length; size++)
    await assert.rejects(read(block.subarray(0, size), 64, { coded: ['code'] }), /ends early/, String(size));
});
