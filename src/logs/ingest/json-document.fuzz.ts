// Documents of any shape: a line or an error of the sender's, nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestError } from '../../base/request-error.ts';
import { documentTimeNs } from './document-time.ts';
import { bodyLines, DocumentReader } from './json-document.ts';

const params = { messageFields: ['m', 'a'], timeFields: ['t'], streamFields: ['s', 'a.b'], ignoreFields: ['x*'], extraFields: [] };
const reader = new DocumentReader({ params, otherwise: ['job', 'x'], nowNs: 5n });

function read(text: string): void {
  try {
    const { labels, entry } = reader.read(text);
    assert.ok(labels.length > 0 && BigInt.asIntN(64, entry.tsNs) === entry.tsNs);
  } catch (error) {
    assert.ok(error instanceof RequestError, String(error));
  }
}

test('documents', () => {
  const key = fc.constantFrom('m', 'a', 'b', 't', 's', 'x1', '', '__proto__', 'ü');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.bigInt().map(String),
      fc.constant(null),
      fc.boolean(),
      fc.array(tie('value'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc.dictionary(key, tie('value'), { maxKeys: 5 }),
  }));
  fc.assert(
    fc.property(value, (document) => read(JSON.stringify(document))),
    { seed: 1, numRuns: 1500 },
  );
  fc.assert(
    fc.property(value, fc.nat(200), (document, at) => read(JSON.stringify(document).slice(0, at))),
    { seed: 2, numRuns: 500 },
  );
});

test('times and lines', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: fc.constantFrom('0', '1', '2', '9', '-', ':', '.', 'T', ' ', 'Z', '+', 'e') }), fc.date().map(String)),
      (text) => {
        const ns = documentTimeNs(text);
        assert.ok(ns === undefined || BigInt.asIntN(64, ns) === ns);
      },
    ),
    { seed: 3, numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.uint8Array(), (body) => {
      for (const { text } of bodyLines(body)) assert.ok(text !== '');
    }),
    { seed: 4, numRuns: 1000 },
  );
});
