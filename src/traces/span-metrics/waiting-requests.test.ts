// Requests that wait, against a map by texts: also such whose ids share the bits that they are found by.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WaitingRequests } from './waiting-requests.ts';

/** Ids that differ in their first byte, or in bits that cancel each other out. */
function ids(n: number): readonly [traceId: Uint8Array, spanId: Uint8Array] {
  const traceId = new Uint8Array(16);
  const spanId = new Uint8Array(8);
  traceId[0] = n & 1;
  spanId[0] = (n >> 1) & 1;
  traceId[15] = (n >> 2) & 3;
  spanId[7] = ((n >> 2) & 3) ^ (n >> 4);
  return [traceId, spanId];
}

test('requests are found by both ids, and leave in the order in which they came', () => {
  const steps = fc.array(fc.record({ kind: fc.constantFrom('take', 'take', 'drop'), n: fc.nat(63) }), { maxLength: 100 });
  fc.assert(
    fc.property(steps, (given) => {
      const waiting = new WaitingRequests<number>();
      const expected = new Map<number, number>();
      given.forEach(({ kind, n }, i) => {
        const [traceId, spanId] = ids(n);
        if (kind === 'drop') {
          let taken = 0;
          waiting.takeWhile(
            () => taken === 0,
            (traceId, value) => {
              taken++;
              const [key] = [...expected].find(([, other]) => other === value) ?? [-1];
              assert.deepEqual(traceId, ids(key)[0]);
              expected.delete(key);
            },
          );
        } else if (expected.has(n)) {
          assert.equal(waiting.get(traceId, spanId), expected.get(n));
          expected.delete(n);
          waiting.delete(traceId, spanId);
        } else {
          assert.equal(waiting.get(traceId, spanId), undefined);
          expected.set(n, i);
          waiting.add(traceId, spanId, i);
        }
        assert.equal(waiting.size, expected.size);
      });
    }),
  );
  const three = new WaitingRequests<string>();
  for (const [n, name] of [
    [4, 'a'],
    [32, 'b'],
    [16, 'c'],
  ] as const)
    three.add(...ids(n), name);
  const left: string[] = [];
  three.takeWhile(
    (name) => name !== 'c',
    (_, name) => void left.push(name),
  );
  assert.deepEqual([left, three.size], [['a', 'b'], 1]);
});
