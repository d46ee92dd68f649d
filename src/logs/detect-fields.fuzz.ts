// Whatever lines hold, fields are found within their bounds and nothing is thrown.

import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { detectFields, fieldValues } from './detect-fields.ts';
import type { ResultEntry } from './query-result.ts';

const signal = new AbortController().signal;
const line = fc.oneof(
  fc.json({ maxDepth: 5 }),
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^([a-z_]{0,5}=("[^"]{0,8}"?|[0-9.a-zA-Z]{0,8}) ?){0,5}$/),
);

function entryOf(text: string): ResultEntry {
  const stream = ['app', 'x'];
  return { tsNs: 0n, line: text, labels: stream, categories: { stream, structuredMetadata: ['id', text], parsed: [] } };
}

test('any lines have at most so many fields', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 10 }), async (lines) => {
      const sample = { entries: lines.map(entryOf), limit: 5, signal };
      const fields = await detectFields(sample);
      ok(fields.length <= 5 && fields.every(({ cardinality }) => cardinality <= 200));
      ok((await fieldValues(sample, 'id')).length <= 5);
    }),
    { numRuns: 2000, seed: 42 },
  );
});
