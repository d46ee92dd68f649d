// OTLP's shared messages out of protobuf bytes: resource, scope, attributes. The signals' decoders call these for their embedded fields.
//
// Source: opentelemetry-proto `common/v1/common.proto` and `resource/v1/resource.proto`.

import { Buffer } from 'node:buffer';
import type { ProtobufReader } from '../base/protobuf.ts';
import type { AnyValue, KeyValue } from './any-value.ts';
import { timestampOfHalves } from './timestamp.ts';
import type { Timestamp } from './timestamp.ts';

/** A `KeyValue` field, at whose tag the reader stands. */
export function readKeyValue(r: ProtobufReader): KeyValue {
  let key = '';
  let value: AnyValue = null;
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) key = r.text();
    else if (r.field === 2) value = readAnyValue(r);
    else r.skip();
  }
  r.leave(outer);
  return { key, value };
}

/** An `AnyValue` field; of several values in it the last counts. */
export function readAnyValue(r: ProtobufReader): AnyValue {
  let value: AnyValue = null;
  const outer = r.enter();
  while (r.next()) {
    switch (r.field) {
      case 1:
        value = r.text();
        break;
      case 2:
        value = r.bool();
        break;
      case 3:
        r.uint();
        value = BigInt.asIntN(64, (BigInt(r.high) << 32n) | BigInt(r.low));
        break;
      case 4:
        value = r.double();
        break;
      case 5:
        value = readArray(r);
        break;
      case 6:
        value = readMap(r);
        break;
      case 7:
        // A copy, because the value outlives the request's buffer; the `slice` of a `Buffer` would be a view.
        value = new Uint8Array(r.slice());
        break;
      default:
        r.skip();
    }
  }
  r.leave(outer);
  return value;
}

function readArray(r: ProtobufReader): AnyValue[] {
  const values: AnyValue[] = [];
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) values.push(readAnyValue(r));
    else r.skip();
  }
  r.leave(outer);
  return values;
}

function readMap(r: ProtobufReader): Map<string, AnyValue> {
  const values = new Map<string, AnyValue>();
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) {
      const { key, value } = readKeyValue(r);
      values.set(key, value);
    } else r.skip();
  }
  r.leave(outer);
  return values;
}

/** Reads a `Resource` field into the attributes; a field that comes in parts is merged so. */
export function readResource(r: ProtobufReader, into: KeyValue[]): void {
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) into.push(readKeyValue(r));
    else r.skip();
  }
  r.leave(outer);
}

/** A scope while it is read. */
export interface ScopeParts {
  name: string;
  version: string;
  schemaUrl: string;
  readonly attributes: KeyValue[];
}

/** Reads an `InstrumentationScope` field; the schema's address stands beside it in its parent. */
export function readScope(r: ProtobufReader, into: ScopeParts): void {
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) into.name = r.text();
    else if (r.field === 2) into.version = r.text();
    else if (r.field === 3) into.attributes.push(readKeyValue(r));
    else r.skip();
  }
  r.leave(outer);
}

/** A `fixed64` field of nanoseconds since the epoch. */
export function readTimestamp(r: ProtobufReader): Timestamp {
  r.fixed64();
  return timestampOfHalves(r.high, r.low);
}

/** A trace or span id field as lower-case hex; empty when it is absent or all zero, which OTLP calls invalid. */
export function readId(r: ProtobufReader): string {
  const bytes = r.slice();
  return bytes.every((byte) => byte === 0) ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
