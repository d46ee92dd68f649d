// An OTLP `ExportLogsServiceRequest` out of protobuf bytes into the sink, record by record.
//
// A resource and its scope may stand after what they describe: so each of these messages is passed over twice, first for the description (all else is
// skipped by its length, which is cheap), then for the content.
//
// Source: opentelemetry-proto `collector/logs/v1/logs_service.proto`, `logs/v1/logs.proto`.

import { ProtobufReader } from '../../base/protobuf.ts';
import type { AnyValue, KeyValue } from '../../otlp/any-value.ts';
import { readAnyValue, readId, readKeyValue, readResource } from '../../otlp/protobuf.ts';
import type { LogsSink, OtlpLogScope } from './otlp-log-record.ts';

/** Reads a request into the sink. Throws `bad_data` with the byte position when it is malformed. */
export function readLogsProtobuf(body: Uint8Array, sink: LogsSink): void {
  const r = new ProtobufReader(body);
  while (r.next()) {
    if (r.field === 1) readResourceLogs(r, sink);
    else r.skip();
  }
}

function readResourceLogs(r: ProtobufReader, sink: LogsSink): void {
  const outer = r.enter();
  const from = r.pos;
  const attributes: KeyValue[] = [];
  while (r.next()) {
    if (r.field === 1) readResource(r, attributes);
    else r.skip();
  }
  sink.beginResource({ attributes });
  r.pos = from;
  while (r.next()) {
    if (r.field === 2) readScopeLogs(r, sink);
    else r.skip();
  }
  r.leave(outer);
}

function readScopeLogs(r: ProtobufReader, sink: LogsSink): void {
  const outer = r.enter();
  const from = r.pos;
  const scope = { name: '', version: '', attributes: [] as KeyValue[], droppedAttributesCount: 0 };
  while (r.next()) {
    if (r.field === 1) readLogScope(r, scope);
    else r.skip();
  }
  sink.beginScope(scope);
  r.pos = from;
  while (r.next()) {
    if (r.field === 2) readRecord(r, sink);
    else r.skip();
  }
  r.leave(outer);
}

type ScopeParts = { -readonly [Name in keyof OtlpLogScope]: OtlpLogScope[Name] } & { readonly attributes: KeyValue[] };

function readLogScope(r: ProtobufReader, into: ScopeParts): void {
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) into.name = r.text();
    else if (r.field === 2) into.version = r.text();
    else if (r.field === 3) into.attributes.push(readKeyValue(r));
    else if (r.field === 4) into.droppedAttributesCount = r.uint();
    else r.skip();
  }
  r.leave(outer);
}

function readRecord(r: ProtobufReader, sink: LogsSink): void {
  const outer = r.enter();
  const attributes: KeyValue[] = [];
  let [timeNs, observedNs, severityNumber, severityText] = [0n, 0n, 0, ''];
  let body: AnyValue = null;
  let [droppedAttributesCount, flags, traceId, spanId, eventName] = [0, 0, '', '', ''];
  while (r.next()) {
    switch (r.field) {
      case 1:
        timeNs = readNanoseconds(r);
        break;
      case 2:
        severityNumber = r.int();
        break;
      case 3:
        severityText = r.text();
        break;
      case 5:
        body = readAnyValue(r);
        break;
      case 6:
        attributes.push(readKeyValue(r));
        break;
      case 7:
        droppedAttributesCount = r.uint();
        break;
      case 8:
        flags = r.fixed32();
        break;
      case 9:
        traceId = readId(r);
        break;
      case 10:
        spanId = readId(r);
        break;
      case 11:
        observedNs = readNanoseconds(r);
        break;
      case 12:
        eventName = r.text();
        break;
      default:
        r.skip();
    }
  }
  r.leave(outer);
  const ids = { traceId, spanId, eventName };
  sink.record({ timeNs, observedNs, severityNumber, severityText, body, attributes, droppedAttributesCount, flags, ...ids });
}

function readNanoseconds(r: ProtobufReader): bigint {
  r.fixed64();
  return (BigInt(r.high) << 32n) | BigInt(r.low);
}
