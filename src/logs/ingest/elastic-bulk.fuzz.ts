// Any body: an answer with an item for each action, or one error; never anything stored of a body that cannot be followed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestError } from '../../base/request-error.ts';
import type { Request } from '../../server/route.ts';
import { elasticBulkRoutes } from './elastic-bulk.ts';
import { RecordingLogWrite } from './recording-write.ts';

const LINES = [
  '{"create":{"_index":"i"}}',
  '{"index":{}}',
  '{"delete":{"_id":"1"}}',
  '{"update":{}}',
  '{"create":null}',
  '{"create":{"_index":{"a":1},"_id":5}}',
  '{"message":"m","@timestamp":"2024-01-01T00:00:00Z"}',
  '{"a":{"b":[1]}}',
  '{"_time":"x"}',
  '[1]',
  'null',
  '"create"',
  '{',
  '',
];

function request(body: Uint8Array): Request {
  return {
    id: '',
    method: 'POST',
    path: '/_bulk',
    params: {},
    query: new URLSearchParams(),
    tenants: ['t'],
    contentType: { type: '', params: {} },
    accept: '',
    headers: {},
    body,
    signal: new AbortController().signal,
  };
}

test('bulk bodies', async () => {
  const line = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...LINES) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), async (lines, end) => {
      const write = new RecordingLogWrite();
      const [route] = elasticBulkRoutes({ begin: () => write, clock: { now: () => 1 } });
      assert.ok(route !== undefined);
      try {
        const { body } = await route.handle(request(Buffer.from(lines.join(end))));
        const { items } = JSON.parse(typeof body === 'string' ? body : '');
        assert.ok(items.length <= lines.length && items.length >= write.lines.length);
      } catch (error) {
        assert.ok(error instanceof RequestError, String(error));
        assert.equal(write.committed, false);
      }
    }),
    { seed: 1, numRuns: 1500 },
  );
});
