// Lines bent at random: every one is told of or refused, none ends the reading, and what is told of is well formed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { labelValue, METRIC_NAME } from '../../query/labels.ts';
import { parseLineProtocol, precisionOf } from './line-protocol.ts';

const PIECES = [
  'm',
  ',t=v',
  ' f=1',
  ',g=2i',
  ' 1700000000000000000',
  '\n',
  '"',
  '\\',
  ',',
  '=',
  ' ',
  '#',
  '"text"',
  's="a\nb"',
  '\r',
  'é',
  '\0',
  '-',
  '1e999',
  't',
];

test('any lines', () => {
  const precision = precisionOf('ns');
  assert.ok(precision);
  const text = fc.oneof(
    fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((parts) => parts.join('')),
    fc.string({ maxLength: 100 }),
  );
  fc.assert(
    fc.property(text, (body) => {
      const sink = {
        sample(labels: readonly string[], ts: number | undefined, value: number) {
          assert.match(labelValue(labels, METRIC_NAME), /^[a-zA-Z_:][a-zA-Z0-9_:]*$/);
          assert.equal(labels.length % 2, 0);
          assert.ok(Number.isFinite(value) && (ts === undefined || Number.isSafeInteger(ts)));
        },
        droppedString: () => undefined,
        refused: (line: string, reason: string) => assert.ok(line !== '' && reason !== ''),
      };
      parseLineProtocol(body, sink, { precision, defaults: [['db', 'd']] });
    }),
    { numRuns: 4000, seed: 7 },
  );
});
