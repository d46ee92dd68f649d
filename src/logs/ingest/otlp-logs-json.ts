// An OTLP `ExportLogsServiceRequest` out of JSON into the same sink and the same shapes as the protobuf reader.

import { anyValue, attributesField, enumField, idField, intField, messageField, messagesField } from '../../otlp/json.ts';
import { parseOtlpJson, resourceField, scopeField, textField, timestampField, uintField } from '../../otlp/json.ts';
import type { JsonObject } from '../../otlp/json.ts';
import type { LogsSink, OtlpLogRecord } from './otlp-log-record.ts';

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
/** The names of severities, four to a level. */
const SEVERITIES: Readonly<Record<string, number>> = Object.fromEntries([
  ['SEVERITY_NUMBER_UNSPECIFIED', 0],
  ...LEVELS.flatMap((level, i) => [1, 2, 3, 4].map((n) => [`SEVERITY_NUMBER_${level}${n === 1 ? '' : n}`, i * 4 + n] as const)),
]);
const ID_BYTES = { trace: 16, span: 8 } as const;

/** Reads a request into the sink. Throws `bad_data` that names the field when it is malformed. */
export function readLogsJson(body: Uint8Array, sink: LogsSink): void {
  for (const resourceLogs of messagesField(parseOtlpJson(body), 'resourceLogs')) {
    sink.beginResource(resourceField(resourceLogs));
    for (const scopeLogs of messagesField(resourceLogs, 'scopeLogs')) {
      const droppedAttributesCount = uintField(messageField(scopeLogs, 'scope') ?? {}, 'droppedAttributesCount');
      sink.beginScope({ ...scopeField(scopeLogs), droppedAttributesCount });
      for (const record of messagesField(scopeLogs, 'logRecords')) sink.record(recordOf(record));
    }
  }
}

function recordOf(record: JsonObject): OtlpLogRecord {
  const body = messageField(record, 'body');
  return {
    timeNs: nanoseconds(record, 'timeUnixNano'),
    observedNs: nanoseconds(record, 'observedTimeUnixNano'),
    severityNumber: enumField(record, 'severityNumber', SEVERITIES),
    severityText: textField(record, 'severityText'),
    body: body === undefined ? null : anyValue(body),
    attributes: attributesField(record),
    droppedAttributesCount: uintField(record, 'droppedAttributesCount'),
    flags: intField(record, 'flags') ?? 0,
    traceId: idField(record, 'traceId', ID_BYTES.trace),
    spanId: idField(record, 'spanId', ID_BYTES.span),
    eventName: textField(record, 'eventName'),
  };
}

function nanoseconds(record: JsonObject, name: string): bigint {
  const { ms, nanos } = timestampField(record, name);
  return BigInt(ms) * 1_000_000n + BigInt(nanos);
}
