// What is shown and never asked about comes back as it went in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { restOf, restText } from './rest-text.ts';

const count = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffffffff }));
const rest = fc.record({
  flags: count,
  droppedAttributes: count,
  droppedEvents: count,
  droppedLinks: count,
  traceState: fc.oneof(fc.constant(''), fc.constantFrom(' ', 'a=1,b=2', ' a  b '), fc.string()),
});

test('the rest of a span is read as it was written', () => {
  fc.assert(fc.property(rest, (given) => assert.deepEqual(restOf(restText(given)), { ...given })));
  assert.equal(restText({ flags: 0, droppedAttributes: 0, droppedEvents: 0, droppedLinks: 0, traceState: '' }), '');
});
