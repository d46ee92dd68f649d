// Fuzz: a request of OTLP logs, whole, damaged or random, ends in an answer or in `bad_data`; and both encodings of a request give the same lines.

import { test } from 'node:test';
import fc from 'fast-check';
import { logsProtobuf } from '../../metrics/ingest/otlp-recording.ts';
import { checkDamaged, checkEncodings, type Fuzzed, optional, text, uint64, values } from '../../otlp/test-otlp-fuzz.ts';
import { exportLogs } from './otlp-logs.ts';
import { RecordingLogWrite } from './recording-write.ts';

const { any, attributes } = values(
  ['service.name', 'event_name', 'trace_id', 'level'],
  [fc.integer().map((doubleValue) => ({ doubleValue }))],
);
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

const settings = { otlpStreamLabels: ['service.name'], otlpRules: [], discoverServiceName: ['a'] };

const logs: Fuzzed<object> = {
  request,
  encode: logsProtobuf,
  decode: async (body, encoding) => {
    const write = new RecordingLogWrite();
    const options = { beginWrite: () => write, settingsOf: () => settings, clock: { now: () => 0 } };
    const { message } = await exportLogs(options, 't', body, encoding);
    return [...write.lines, message];
  },
};

test('both encodings of a request give the same lines', () => checkEncodings(logs, { seed: 9, numRuns: 500 }));

test('damaged and random bodies', () => checkDamaged(logs, { seed: 10, numRuns: 1500 }));
