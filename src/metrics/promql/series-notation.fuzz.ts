// The notation of test series under random text: an answer or a `RequestError`, nothing else, in bounded time.

import { test } from 'node:test';

import fc from 'fast-check';

import { RequestError } from '../../base/request-error.ts';
import { parseSeriesDescription } from './series-notation.ts';

const pieces = [
  'a',
  '{',
  '}',
  '"',
  '=',
  ',',
  ' ',
  '{{',
  '}}',
  'sum:',
  '[',
  ']',
  '1',
  '-2',
  '+',
  'x3',
  '_',
  'stale',
  'schema:',
  'buckets:',
  '0x',
  'e',
  '\\',
];

test('random text is read or refused', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), { maxLength: 30 }), (parts) => {
      try {
        parseSeriesDescription(parts.join(''));
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
      }
    }),
    { numRuns: 5000, seed: 1 },
  );
});
