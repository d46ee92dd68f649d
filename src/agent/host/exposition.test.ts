// Pages in the text format.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderExposition } from './exposition.ts';
import { Families } from './families.ts';

test('a page', () => {
  const out = new Families();
  out.gauge('b', 'Line\nbreak and \\.', 1.5, ['z', 'a "quoted"\nvalue\\', 'a', '']);
  out.gauge('b', 'Another help.', Infinity, ['z', '\ud800']);
  out.gauge('b', 'Help.', 2, ['a', '', 'z', 'a "quoted"\nvalue\\']); // the same series again: the first stays
  out.counter('a_total', 'Counts.', -Infinity);
  out.untyped('c', 'Nothing.', undefined);
  assert.equal(
    renderExposition(out.sorted()),
    '# HELP a_total Counts.\n# TYPE a_total counter\na_total -Inf\n' +
      '# HELP b Line\\nbreak and \\\\.\n# TYPE b gauge\nb{a="",z="a \\"quoted\\"\\nvalue\\\\"} 1.5\nb{z="\ufffd"} +Inf\n',
  );
});
