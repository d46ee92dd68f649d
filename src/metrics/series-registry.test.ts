// A registry finds what it was given, under growth and after the idle have left.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOfRecord } from '../query/labels.ts';
import { NO_DAY, SeriesRegistry } from './series-registry.ts';

const labels = (i: number) => labelsOfRecord({ __name__: `m${i % 7}`, i: String(i) });

test('series keep their numbers and ids', () => {
  const registry = new SeriesRegistry();
  for (let i = 0; i < 5000; i++) assert.equal(registry.intern(labels(i)), i);
  for (let i = 0; i < 5000; i += 97) {
    assert.equal(registry.intern(labels(i)), i);
    assert.equal(registry.find(labels(i)), i);
    assert.deepEqual(registry.labels(i), labels(i));
    assert.equal(registry.day[i], NO_DAY);
  }
  assert.equal(registry.find(labels(5000)), -1);
  assert.equal(new Set(Array.from({ length: 5000 }, (_, i) => registry.id(i))).size, 5000);
});

test('the idle leave, and the others take all that is known of them along', () => {
  const registry = new SeriesRegistry();
  for (let i = 0; i < 1000; i++) {
    registry.intern(labels(i));
    registry.seenMinute[i] = i % 2 === 0 ? 100 : 1;
    registry.day[i] = i;
    registry.start[i] = -i;
  }
  assert.equal(registry.idle(50), 500);
  const next = registry.survivors(50);
  assert.equal(next.size, 500);
  assert.equal(next.find(labels(1)), -1);
  const series = next.find(labels(998));
  assert.deepEqual(
    [next.id(series), next.metric[series], next.day[series], next.start[series], next.seenMinute[series]],
    [registry.id(998), registry.metric[998], 998, -998, 100],
  );
});
