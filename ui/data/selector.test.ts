// Selectors are printed as the server prints them, whatever they hold, and read back the same.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseSelector } from '../../src/metrics/promql/parse.ts';
import { printExpr } from '../../src/metrics/promql/print.ts';
import { printSelector } from './selector.ts';

test('prints', () => {
  const job = { name: 'job', op: '=', value: 'a"b' } as const;
  assert.equal(printSelector({ metric: 'up', matchers: [] }), 'up');
  assert.equal(printSelector({ metric: 'up', matchers: [job] }), 'up{job="a\\"b"}');
  assert.equal(printSelector({ metric: '', matchers: [job] }), '{job="a\\"b"}');
  assert.equal(printSelector({ metric: 'http.requests', matchers: [job] }), '{__name__="http.requests",job="a\\"b"}');
  assert.equal(printSelector({ metric: '', matchers: [] }), '');
});

test('what is printed is what the server prints of it', () => {
  const matcher = fc.record(
    { name: fc.string({ minLength: 1 }), op: fc.constantFrom('=' as const, '!=' as const), value: fc.string({ minLength: 1 }) },
    { noNullPrototype: true },
  );
  const selector = fc.record(
    { metric: fc.string({ minLength: 1 }), matchers: fc.array(matcher, { maxLength: 4 }) },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(selector, (s) => {
      const printed = printSelector(s);
      // Neither a lone colon nor a word such as `bool` names a metric in front of braces.
      if (s.metric === ':') return;
      if (/^(on|ignoring|group_left|group_right|bool|atan2|inf|nan)\b/i.test(printed)) return;
      assert.equal(printExpr(parseSelector(printed)), printed);
    }),
    { numRuns: 1000, seed: 1 },
  );
});
