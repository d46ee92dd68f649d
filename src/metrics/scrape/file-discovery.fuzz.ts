// Any text as target groups: groups, or a refusal with `bad_data`; from files and from HTTP endpoints alike.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { RequestError } from '../../base/request-error.ts';
import { parseTargetGroups } from './file-discovery.ts';

function parses(text: string, isJson: boolean): void {
  try {
    for (const group of parseTargetGroups(text, isJson, 'f', [])) for (const target of group.targets) assert.equal(target.size, 1);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    assert.equal(error.code, 'bad_data');
  }
}

const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('a:1', ['a:1'], { x: 'y' }));
const group = fc.record({ targets: value, labels: value }, { requiredKeys: [] });

test('target groups of any shape', () => {
  fc.assert(
    fc.property(fc.oneof(fc.array(group), value), (groups) => parses(JSON.stringify(groups), true)),
    { seed: 3, numRuns: 1000 },
  );
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'-[]{}:,"\'\n \t#&*!|>a1\\\0'.split('')) }), fc.boolean(), parses), {
    seed: 5,
    numRuns: 3000,
  });
});

test('nesting without end', () => {
  for (const depth of [50, 5000, 20_000]) {
    parses('['.repeat(depth), false);
    parses('['.repeat(depth) + ']'.repeat(depth), true);
    parses(`${'- '.repeat(depth)}a`, false);
  }
});
