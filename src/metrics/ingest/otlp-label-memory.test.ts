// What is remembered of a family's points, and that a series registry finds it by its object.

import assert from 'node:assert/strict';
import test from 'node:test';
import { SeriesRegistry } from '../series-registry.ts';
import { LabelMemory } from './otlp-label-memory.ts';

test('a label set is remembered for its scope, family and attribute list', () => {
  const memory = new LabelMemory();
  const shared = [{ name: 'job', rank: 0, key: '', value: 'a' }];
  const attributes = [{ key: 'k', value: 'v' }];
  const labels = ['__name__', 'm', 'k', 'v'];
  memory.family(memory.scope(shared), 'gauge m').set(attributes, labels);
  assert.equal(memory.family(memory.scope([...shared]), 'gauge m').get(attributes), labels);
  assert.equal(memory.family(memory.scope(shared), 'sum m').get(attributes), undefined);
  assert.equal(memory.family(memory.scope([]), 'gauge m').get(attributes), undefined);
  assert.equal(memory.family(memory.scope(shared), 'gauge m').get([...attributes]), undefined); // equal, but another object
});

test('too much is forgotten at once', () => {
  const memory = new LabelMemory();
  const scope = memory.scope([]);
  const classic = { bounds: [], sum: ['a', 'b'], count: ['a', 'c'], buckets: Array.from({ length: 1000 }, (_, i) => ['le', String(i)]) };
  const attributes = [{ key: 'k', value: 'v' }];
  memory.family(scope, 'histogram h').set(attributes, classic);
  for (let i = 0; i < 300; i++) memory.family(scope, 'histogram h').set([...attributes], classic);
  assert.equal(memory.family(memory.scope([]), 'histogram h').get(attributes), undefined);
});

test('a remembered label set is frozen, and its series found by the object in each registry', () => {
  const memory = new LabelMemory();
  const labels = ['__name__', 'm'];
  memory.family(memory.scope([]), 'gauge m').set([], labels);
  assert.ok(Object.isFrozen(labels));
  const [first, second] = [new SeriesRegistry(), new SeriesRegistry()];
  second.intern(['__name__', 'other']);
  for (const registry of [first, second]) {
    assert.equal(registry.find(labels), -1);
    const series = registry.intern(labels);
    for (let i = 0; i < 2; i++) assert.equal(registry.find(labels), series);
    assert.equal(registry.find([...labels]), series);
  }
  assert.notEqual(first.find(labels), second.find(labels));
});
