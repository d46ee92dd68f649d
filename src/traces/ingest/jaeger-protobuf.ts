// Jaeger's `PostSpansRequest` into spans.
//
// Source: jaeger-idl `proto/api_v2/collector.proto`, `model.proto`.

import { ProtobufReader } from '../../base/protobuf.ts';
import type { AnyValue, KeyValue } from '../../otlp/any-value.ts';
import { NO_ATTRIBUTES } from '../../otlp/any-value.ts';
import type { JaegerLog, JaegerProcess, JaegerReference, JaegerSpan, JaegerTranslation } from './jaeger-span.ts';
import { NO_ID, SPAN_ID_BYTES, TRACE_ID_BYTES, paddedTraceId } from './span-ids.ts';

const NS_PER_S = 1_000_000_000n;
const NO_PROCESS: JaegerProcess = { serviceName: '', tags: NO_ATTRIBUTES };

interface PostedSpan {
  readonly span: JaegerSpan;
  /** A span's own process counts before the batch's. */
  readonly process: JaegerProcess | undefined;
  readonly bytes: number;
}

/** Reads a `PostSpansRequest`. Throws `bad_data` with the byte where it is malformed. */
export function readJaegerProtobuf(message: Uint8Array, into: JaegerTranslation): void {
  const r = new ProtobufReader(message);
  const processes = new Map<string, JaegerProcess>();
  while (r.next()) {
    if (r.field === 1) readBatch(r, into, processes);
    else r.skip();
  }
}

function readBatch(r: ProtobufReader, into: JaegerTranslation, processes: Map<string, JaegerProcess>): void {
  const outer = r.enter();
  const spans: PostedSpan[] = [];
  let process = NO_PROCESS;
  while (r.next()) {
    if (r.field === 1) spans.push(readSpan(r, processes));
    else if (r.field === 2) process = readProcess(r, processes);
    else r.skip();
  }
  r.leave(outer);
  for (const each of spans) into.add(each.process ?? process, each.span, each.bytes);
}

/** Processes of the same bytes are one object. */
function readProcess(r: ProtobufReader, processes: Map<string, JaegerProcess>): JaegerProcess {
  const bytes = r.slice();
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  let process = processes.get(key);
  if (process === undefined) {
    const inner = new ProtobufReader(r.bytes, r.pos - bytes.length, r.pos);
    const tags: KeyValue[] = [];
    let serviceName = '';
    while (inner.next()) {
      if (inner.field === 1) serviceName = inner.text();
      else if (inner.field === 2) tags.push(readTag(inner));
      else inner.skip();
    }
    process = { serviceName, tags };
    processes.set(key, process);
  }
  return process;
}

function readSpan(r: ProtobufReader, processes: Map<string, JaegerProcess>): PostedSpan {
  const outer = r.enter();
  const bytes = r.end - r.pos;
  const references: JaegerReference[] = [];
  const tags: KeyValue[] = [];
  const logs: JaegerLog[] = [];
  let [traceId, spanId, name, flags, startNs, durationNs] = [NO_ID, NO_ID, '', 0, 0n, 0n];
  let process: JaegerProcess | undefined;
  while (r.next()) {
    switch (r.field) {
      case 1:
        traceId = paddedTraceId(r.slice());
        break;
      case 2:
        spanId = r.slice();
        break;
      case 3:
        name = r.text();
        break;
      case 4:
        references.push(readReference(r));
        break;
      case 5:
        flags = r.uint();
        break;
      case 6:
        startNs = readTime(r);
        break;
      case 7:
        durationNs = readTime(r);
        break;
      case 8:
        tags.push(readTag(r));
        break;
      case 9:
        logs.push(readLog(r));
        break;
      case 10:
        process = readProcess(r, processes);
        break;
      default:
        r.skip();
    }
  }
  r.leave(outer);
  return { span: { traceId, spanId, parentId: NO_ID, name, references, flags, startNs, durationNs, tags, logs }, process, bytes };
}

function readReference(r: ProtobufReader): JaegerReference {
  const outer = r.enter();
  let [traceId, spanId, type] = [NO_ID, NO_ID, 0];
  while (r.next()) {
    if (r.field === 1) traceId = paddedTraceId(r.slice());
    else if (r.field === 2) spanId = r.slice();
    else if (r.field === 3) type = r.int();
    else r.skip();
  }
  r.leave(outer);
  if (traceId.length !== TRACE_ID_BYTES || spanId.length !== SPAN_ID_BYTES)
    r.fail(`a reference to ids of ${traceId.length} and ${spanId.length} bytes`);
  return { kind: type === 0 ? 'childOf' : 'followsFrom', traceId, spanId };
}

function readLog(r: ProtobufReader): JaegerLog {
  const outer = r.enter();
  const fields: KeyValue[] = [];
  let timeNs = 0n;
  while (r.next()) {
    if (r.field === 1) timeNs = readTime(r);
    else if (r.field === 2) fields.push(readTag(r));
    else r.skip();
  }
  r.leave(outer);
  return { timeNs, fields };
}

/** A `Timestamp` or `Duration`: seconds and nanoseconds. */
function readTime(r: ProtobufReader): bigint {
  const outer = r.enter();
  let [seconds, nanos] = [0n, 0n];
  while (r.next()) {
    if (r.field === 1) seconds = readInt64(r);
    else if (r.field === 2) nanos = readInt64(r);
    else r.skip();
  }
  r.leave(outer);
  return seconds * NS_PER_S + nanos;
}

function readTag(r: ProtobufReader): KeyValue {
  const outer = r.enter();
  let [key, type] = ['', 0];
  // What is not sent is the default of its type.
  const values: AnyValue[] = ['', false, 0n, 0, NO_ID];
  while (r.next()) {
    if (r.field === 1) key = r.text();
    else if (r.field === 2) type = r.int();
    else if (r.field === 3) values[0] = r.text();
    else if (r.field === 4) values[1] = r.bool();
    else if (r.field === 5) values[2] = readInt64(r);
    else if (r.field === 6) values[3] = r.double();
    else if (r.field === 7) values[4] = r.slice();
    else r.skip();
  }
  const value = values[type] ?? r.fail(`tag ${JSON.stringify(key.slice(0, 80))}: v_type ${type}`);
  r.leave(outer);
  return { key, value };
}

function readInt64(r: ProtobufReader): bigint {
  r.int();
  return BigInt.asIntN(64, (BigInt(r.high) << 32n) | BigInt(r.low));
}
