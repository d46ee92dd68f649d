// Any rule over any labels: it is refused, or it ends in a label set that is sorted, without doubles and without empty values.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { RequestError } from '../../base/request-error.ts';
import { labelPairs, labelsOfRecord } from '../../query/labels.ts';
import { checkRelabelRule, compileRelabeling, DEFAULT_RELABEL_RULE, relabel, RELABEL_ACTIONS } from './relabel.ts';

const name = fc.oneof(fc.constantFrom('a', 'b', '__meta_x', 'job', 'ä'), fc.string({ minLength: 1, maxLength: 4 }));
const template = fc.oneof(name, fc.constantFrom('$1', '${1}', '$$', '${', '$2x', 'a$1b', ''), fc.string({ maxLength: 6 }));
const regex = fc.oneof(fc.constantFrom('(.*)', 'a(.)', '(a|b)+', '', '.', '__meta_(.+)', '(', '(?P<n>x)'), fc.string({ maxLength: 5 }));

const rule = fc.record({
  sourceLabels: fc.array(name, { maxLength: 3 }),
  separator: fc.constantFrom(';', '', ','),
  regex,
  modulus: fc.constantFrom(0n, 1n, 8n, 2n ** 64n - 1n),
  targetLabel: template,
  replacement: template,
  action: fc.constantFrom(...RELABEL_ACTIONS),
  nameScheme: fc.constantFrom('utf8' as const, 'legacy' as const, '' as const),
});

test('relabelling survives anything', () => {
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 3 }), fc.dictionary(name, fc.string({ maxLength: 5 })), (partial, labels) => {
      const rules = partial.map((each) => ({ ...DEFAULT_RELABEL_RULE, ...each }));
      try {
        for (const each of rules) checkRelabelRule(each, 'utf8');
        const out = relabel(labelsOfRecord(labels), compileRelabeling(rules, 'utf8'));
        if (out === undefined) return;
        const pairs = [...labelPairs(out)];
        assert.equal(new Set(pairs.map(([key]) => key)).size, pairs.length);
        assert.ok(pairs.every(([, value]) => value !== ''));
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        assert.equal(error.code, 'bad_data');
      }
    }),
    { seed: 7, numRuns: 3000 },
  );
});
