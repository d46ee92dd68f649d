// Jaeger's Thrift batches into spans.
//
// Source: jaeger-idl `thrift/jaeger.thrift`.

import { RequestError } from '../../base/request-error.ts';
import type { AnyValue, KeyValue } from '../../otlp/any-value.ts';
import { NO_ATTRIBUTES } from '../../otlp/any-value.ts';
import type { JaegerLog, JaegerProcess, JaegerReference, JaegerSpan, JaegerTranslation } from './jaeger-span.ts';
import { NO_ID, spanIdOfInteger, traceIdOfIntegers } from './span-ids.ts';
import { BinaryThriftReader, CompactThriftReader, THRIFT } from './thrift-reader.ts';
import type { ThriftReader } from './thrift-reader.ts';

/** The fields of values stand in the order of `TagType`, which says which it is. */
const VALUE_FIELD_FIRST = 3;
const NS_PER_US = 1000n;

/** Reads a `Batch`. Throws `bad_data` that names the byte, and the span, where it is malformed. */
export function readJaegerThrift(body: Uint8Array, into: JaegerTranslation, protocol: 'binary' | 'compact'): void {
  const r = protocol === 'binary' ? new BinaryThriftReader(body) : new CompactThriftReader(body);
  const spans: { readonly span: JaegerSpan; readonly bytes: number }[] = [];
  let process: JaegerProcess = { serviceName: '', tags: NO_ATTRIBUTES };
  r.struct((field) => {
    if (field === 1) process = processOf(r);
    else if (field === 2) {
      r.list(THRIFT.struct, () => {
        const from = r.pos;
        spans.push({ span: placed(`span ${spans.length}`, () => spanOf(r)), bytes: r.pos - from });
      });
    } else r.skip();
  });
  // The process may stand behind the spans.
  for (const { span, bytes } of spans) into.add(process, span, bytes);
}

function placed<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    throw new RequestError(error.code, `${where}: ${error.message}`, { cause: error });
  }
}

function processOf(r: ThriftReader): JaegerProcess {
  const tags: KeyValue[] = [];
  let serviceName = '';
  r.struct((field) => {
    if (field === 1) serviceName = r.text();
    else if (field === 2) r.list(THRIFT.struct, () => tags.push(tagOf(r)));
    else r.skip();
  });
  return { serviceName, tags };
}

function spanOf(r: ThriftReader): JaegerSpan {
  const references: JaegerReference[] = [];
  const tags: KeyValue[] = [];
  const logs: JaegerLog[] = [];
  let [low, high, spanId, parentId, flags, startUs, durationUs] = [0n, 0n, 0n, 0n, 0n, 0n, 0n];
  let name = '';
  r.struct((field) => {
    if (field === 1) low = r.integer();
    else if (field === 2) high = r.integer();
    else if (field === 3) spanId = r.integer();
    else if (field === 4) parentId = r.integer();
    else if (field === 5) name = r.text();
    else if (field === 6) r.list(THRIFT.struct, () => references.push(referenceOf(r)));
    else if (field === 7) flags = r.integer();
    else if (field === 8) startUs = r.integer();
    else if (field === 9) durationUs = r.integer();
    else if (field === 10) r.list(THRIFT.struct, () => tags.push(tagOf(r)));
    else if (field === 11) r.list(THRIFT.struct, () => logs.push(logOf(r)));
    else r.skip();
  });
  return {
    traceId: traceIdOfIntegers(high, low),
    spanId: spanIdOfInteger(spanId),
    parentId: parentId === 0n ? NO_ID : spanIdOfInteger(parentId),
    name,
    references,
    flags: Number(BigInt.asUintN(32, flags)),
    startNs: startUs * NS_PER_US,
    durationNs: durationUs * NS_PER_US,
    tags,
    logs,
  };
}

function referenceOf(r: ThriftReader): JaegerReference {
  let [type, low, high, spanId] = [0n, 0n, 0n, 0n];
  r.struct((field) => {
    if (field === 1) type = r.integer();
    else if (field === 2) low = r.integer();
    else if (field === 3) high = r.integer();
    else if (field === 4) spanId = r.integer();
    else r.skip();
  });
  return { kind: type === 0n ? 'childOf' : 'followsFrom', traceId: traceIdOfIntegers(high, low), spanId: spanIdOfInteger(spanId) };
}

function logOf(r: ThriftReader): JaegerLog {
  const fields: KeyValue[] = [];
  let timeUs = 0n;
  r.struct((field) => {
    if (field === 1) timeUs = r.integer();
    else if (field === 2) r.list(THRIFT.struct, () => fields.push(tagOf(r)));
    else r.skip();
  });
  return { timeNs: timeUs * NS_PER_US, fields };
}

/** The field that the type names holds the value, though some clients send all of them; one that is not there is null. */
function tagOf(r: ThriftReader): KeyValue {
  let [key, type] = ['', 0];
  const values: AnyValue[] = [null, null, null, null, null];
  r.struct((field) => {
    if (field === 1) key = r.text();
    else if (field === 2) type = Number(r.integer());
    else if (field >= VALUE_FIELD_FIRST && field < VALUE_FIELD_FIRST + values.length) values[field - VALUE_FIELD_FIRST] = valueOf(r, field);
    else r.skip();
  });
  const value = values[type];
  if (value === undefined) r.fail(`tag ${JSON.stringify(key.slice(0, 80))}: vType ${type}`);
  return { key, value };
}

function valueOf(r: ThriftReader, field: number): AnyValue {
  if (field === 3) return r.text();
  if (field === 4) return r.double();
  if (field === 5) return r.bool();
  return field === 6 ? r.integer() : r.binary();
}
