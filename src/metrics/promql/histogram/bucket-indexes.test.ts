// Spans and indexes of buckets.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Span } from '../../native-histogram.ts';
import { coarseIndex, coarser, indexesOf, sameLayout, spansOf, startsWithin, withoutEmpty } from './bucket-indexes.ts';

/** Spans from `offset/length …`. */
function spans(text: string): Span[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((part) => {
      const [offset, length] = part.split('/').map(Number);
      return { offset: offset ?? NaN, length: length ?? NaN };
    });
}

test('spans and indexes', () => {
  /** `[spans, indexes, spans in the fewest]` */
  const cases: readonly (readonly [string, readonly number[], string])[] = [
    ['', [], ''],
    ['0/2', [0, 1], '0/2'],
    ['-3/2 1/1', [-3, -2, 0], '-3/2 1/1'],
    ['1/1 0/2', [1, 2, 3], '1/3'],
    ['1/1 2/0 3/1', [1, 7], '1/1 5/1'],
  ];
  for (const [text, indexes, fewest] of cases) {
    assert.deepEqual(indexesOf(spans(text)), indexes, text);
    assert.deepEqual(spansOf(indexes), spans(fewest), text);
    assert.equal(sameLayout(spans(text), spans(fewest)), true, text);
  }
  assert.equal(sameLayout(spans('0/2'), spans('1/2')), false);
  assert.equal(sameLayout(spans('0/2'), spans('0/3')), false);
});

test('a layout within another one', () => {
  /** `[inner, outer, starts]` */
  const cases: readonly (readonly [string, string, readonly number[] | undefined])[] = [
    ['', '', []],
    ['', '3/4', []],
    ['0/2', '', undefined],
    ['0/2', '0/2', [0]],
    ['1/1', '0/2', [1]],
    ['1/1 1/1', '0/4', [1, 3]],
    ['-2/1 5/2', '-3/2 1/1 2/3', [1, 4]],
    ['0/3', '0/2', undefined],
    ['-1/1', '0/2', undefined],
    ['1/3', '0/2 1/2', undefined], // over a gap
    ['2/1', '0/2 1/2', undefined], // in a gap
    ['9/1', '0/2 1/2', undefined],
  ];
  for (const [inner, outer, starts] of cases) assert.deepEqual(startsWithin(spans(inner), spans(outer)), starts, `${inner} in ${outer}`);
});

test('coarser buckets, and none that are empty', () => {
  assert.deepEqual(
    [-4, -3, -2, -1, 0, 1, 2, 3, 4, 5].map((index) => coarseIndex(index, 1)),
    [-2, -1, -1, 0, 0, 1, 1, 2, 2, 3],
  );
  assert.deepEqual(coarser({ spans: spans('-1/3 4/1'), counts: [1, 2, 3, 4] }, 1), { spans: spans('0/2 1/1'), counts: [3, 3, 4] });
  assert.deepEqual(coarser({ spans: spans('-1/3 4/1'), counts: [1, 2, 3, 4] }, 3), { spans: spans('0/2'), counts: [3, 7] });
  assert.deepEqual(withoutEmpty({ spans: spans('0/3 1/1'), counts: [0, 2, 0, 0] }), { spans: spans('1/1'), counts: [2] });
  assert.deepEqual(withoutEmpty({ spans: spans('0/1 0/1'), counts: [1, 2] }), { spans: spans('0/2'), counts: [1, 2] });
});
