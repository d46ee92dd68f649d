// Fuzz: a request of OTLP logs, whole, damaged or random, ends in an answer or in `bad_data`; and both encodings of a request give the same lines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestError } from '../../base/request-error.ts';
import { logsProtobuf } from '../../metrics/ingest/otlp-recording.ts';
import { exportLogs } from './otlp-logs.ts';
import { RecordingLogWrite } from './recording-write.ts';

const text = fc.string({ maxLength: 8, unit: 'grapheme' });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const uint64 = fc.oneof(fc.nat().map(String), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String));
const { any } = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    text.map((stringValue) => ({ stringValue })),
    int64.map((intValue) => ({ intValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    fc.integer().map((doubleValue) => ({ doubleValue })),
    fc.constant({}),
    fc.array(tie('any'), { maxLength: 3 }).map((values) => ({ arrayValue: { values } })),
    fc.array(fc.record({ key: text, value: tie('any') }), { maxLength: 3 }).map((values) => ({ kvlistValue: { values } })),
  ),
}));
const key = fc.oneof(text, fc.constantFrom('service.name', 'event_name', 'trace_id', 'level'));
const attributes = fc.array(fc.record({ key, value: any }), { maxLength: 3 });
const optional = { requiredKeys: [] };
const record = fc.record(
  {
    timeUnixNano: uint64,
    observedTimeUnixNano: uint64,
    severityNumber: fc.nat(30),
    severityText: text,
    body: any,
    attributes,
    flags: fc.nat(),
    droppedAttributesCount: fc.nat(9),
    traceId: fc.constantFrom('', '0a'.repeat(16)),
    eventName: text,
  },
  optional,
);
const scope = fc.record({ name: text, version: text, attributes, droppedAttributesCount: fc.nat(3) }, optional);
const scopeLogs = fc.record({ scope, logRecords: fc.array(record, { maxLength: 3 }) }, optional);
const resourceLogs = fc.record({ resource: fc.record({ attributes }), scopeLogs: fc.array(scopeLogs, { maxLength: 2 }) }, optional);
const request = fc.record({ resourceLogs: fc.array(resourceLogs, { maxLength: 2 }) });

async function written(body: Uint8Array, encoding: 'json' | 'protobuf'): Promise<readonly string[]> {
  const write = new RecordingLogWrite();
  const settings = { otlpStreamLabels: ['service.name'], otlpRules: [], discoverServiceName: ['a'] };
  try {
    const { message } = await exportLogs(
      { beginWrite: () => write, settingsOf: () => settings, clock: { now: () => 0 } },
      't',
      body,
      encoding,
    );
    return [...write.lines, message];
  } catch (error) {
    assert.ok(error instanceof RequestError && error.code === 'bad_data', String(error));
    return [error.message];
  }
}

test('both encodings of a request give the same lines', async () => {
  await fc.assert(
    fc.asyncProperty(request, fc.boolean(), async (message, reversed) => {
      const json = await written(Buffer.from(JSON.stringify(message)), 'json');
      // Entries of a list keep their order, whatever the order of fields.
      assert.deepEqual(await written(logsProtobuf(message, reversed), 'protobuf'), json);
    }),
    { seed: 9, numRuns: 500 },
  );
});

test('damaged and random bodies', async () => {
  const damaged = fc.tuple(request, fc.nat(), fc.nat(255)).map(([message, at, byte]) => {
    const body = Uint8Array.from(logsProtobuf(message));
    if (body.length > 0) body[at % body.length] = byte;
    return body.slice(0, body.length - (at % 3));
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, fc.uint8Array({ maxLength: 80 })), async (body) => {
      await written(body, 'protobuf');
      await written(body, 'json');
    }),
    { seed: 10, numRuns: 1500 },
  );
});
