// Zipkin's version 1 in Thrift: a list of spans, without a message around it.
//
// Source: zipkin-api `zipkinCore.thrift`.

import { decodeUtf8 } from '../../base/protobuf.ts';
import type { AnyValue } from '../../otlp/any-value.ts';
import { NO_ID, spanIdOfInteger, traceIdOfIntegers } from './span-ids.ts';
import { BinaryThriftReader, THRIFT } from './thrift-reader.ts';
import type { ThriftReader } from './thrift-reader.ts';
import { ipv6Text } from './zipkin-protobuf.ts';
import type { ZipkinEndpoint, ZipkinTranslation } from './zipkin-span.ts';
import { spansOfV1 } from './zipkin-v1.ts';
import type { V1Annotation, V1BinaryAnnotation, V1Span } from './zipkin-v1.ts';

/** `AnnotationType`, by number. */
const [BOOL, BYTES, I16, I32, I64, DOUBLE] = [0, 1, 2, 3, 4, 5];

/** Reads a list of spans in the binary protocol. Throws `bad_data` with the byte where it is malformed. */
export function readZipkinThrift(body: Uint8Array, into: ZipkinTranslation): void {
  const r = new BinaryThriftReader(body);
  r.type = THRIFT.list;
  r.list(THRIFT.struct, () => {
    const from = r.pos;
    const span = spanOf(r);
    const bytes = r.pos - from;
    for (const each of spansOfV1(span)) into.add(each, bytes);
  });
}

function spanOf(r: ThriftReader): V1Span {
  const annotations: V1Annotation[] = [];
  const binaryAnnotations: V1BinaryAnnotation[] = [];
  let [low, high, id, parent, startUs, durationUs] = [0n, 0n, 0n, 0n, 0n, 0n];
  let name = '';
  let debug = false;
  r.struct((field) => {
    if (field === 1) low = r.integer();
    else if (field === 3) name = r.text();
    else if (field === 4) id = r.integer();
    else if (field === 5) parent = r.integer();
    else if (field === 6) r.list(THRIFT.struct, () => annotations.push(annotationOf(r)));
    else if (field === 8) r.list(THRIFT.struct, () => binaryAnnotations.push(binaryAnnotationOf(r)));
    else if (field === 9) debug = r.bool();
    else if (field === 10) startUs = r.integer();
    else if (field === 11) durationUs = r.integer();
    else if (field === 12) high = r.integer();
    else r.skip();
  });
  return {
    traceId: traceIdOfIntegers(high, low),
    id: spanIdOfInteger(id),
    parentId: parent === 0n ? NO_ID : spanIdOfInteger(parent),
    name,
    startUs: startUs === 0n ? undefined : startUs,
    durationUs: durationUs === 0n ? undefined : durationUs,
    debug,
    annotations,
    binaryAnnotations,
  };
}

function annotationOf(r: ThriftReader): V1Annotation {
  let [timeUs, value] = [0n, ''];
  let endpoint: ZipkinEndpoint | undefined;
  r.struct((field) => {
    if (field === 1) timeUs = r.integer();
    else if (field === 2) value = r.text();
    else if (field === 3) endpoint = endpointOf(r);
    else r.skip();
  });
  return { timeUs, value, endpoint };
}

function binaryAnnotationOf(r: ThriftReader): V1BinaryAnnotation {
  let [key, type] = ['', 0];
  let value = NO_ID;
  let endpoint: ZipkinEndpoint | undefined;
  r.struct((field) => {
    if (field === 1) key = r.text();
    else if (field === 2) value = r.binary();
    else if (field === 3) type = Number(r.integer());
    else if (field === 4) endpoint = endpointOf(r);
    else r.skip();
  });
  return { key, value: valueOf(r, value, type), endpoint };
}

/** A value's bytes by its type; bytes that are not as long as the type says are bytes. */
function valueOf(r: ThriftReader, bytes: Uint8Array, type: number): AnyValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === BOOL && bytes.length === 1) return bytes[0] !== 0;
  if (type === I16 && bytes.length === 2) return BigInt(view.getInt16(0));
  if (type === I32 && bytes.length === 4) return BigInt(view.getInt32(0));
  if (type === I64 && bytes.length === 8) return view.getBigInt64(0);
  if (type === DOUBLE && bytes.length === 8) return view.getFloat64(0);
  if (type > DOUBLE) return decodeUtf8(bytes, 0, bytes.length);
  if (type < BOOL) return r.fail(`annotation_type ${type}`);
  return type === BYTES || bytes.length > 0 ? bytes : '';
}

function endpointOf(r: ThriftReader): ZipkinEndpoint {
  let [serviceName, ipv4, ipv6, port] = ['', '', '', 0];
  r.struct((field) => {
    if (field === 1) ipv4 = ipv4Text(Number(BigInt.asUintN(32, r.integer())));
    else if (field === 2) port = Number(BigInt.asUintN(16, r.integer()));
    else if (field === 3) serviceName = r.text();
    else if (field === 4) {
      const address = r.binary();
      ipv6 = address.length === 16 ? ipv6Text(address) : '';
    } else r.skip();
  });
  return { serviceName, ipv4, ipv6, port };
}

function ipv4Text(address: number): string {
  return address === 0 ? '' : [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
}
