// Zipkin's protobuf (`zipkin.proto3.ListOfSpans`) into spans.
//
// Source: zipkin-api `zipkin.proto`.

import { isIPv6 } from 'node:net';
import { ProtobufReader, readPair } from '../../base/protobuf.ts';
import { NO_ID, paddedTraceId } from './span-ids.ts';
import type { ZipkinAnnotation, ZipkinEndpoint, ZipkinKind, ZipkinSpan, ZipkinTranslation } from './zipkin-span.ts';

const KINDS: readonly ZipkinKind[] = ['', 'CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'];
const IPV4_BYTES = 4;
const IPV6_BYTES = 16;

/** Reads a list of spans. Throws `bad_data` that names the span, or the byte, where it is malformed. */
export function readZipkinProtobuf(body: Uint8Array, into: ZipkinTranslation): void {
  const r = new ProtobufReader(body);
  for (let index = 0; r.next();) {
    if (r.field !== 1) {
      r.skip();
      continue;
    }
    const outer = r.enter();
    const bytes = r.end - r.pos;
    into.add(spanOf(r, index++), bytes);
    r.leave(outer);
  }
}

function spanOf(r: ProtobufReader, index: number): ZipkinSpan {
  const tags = new Map<string, string>();
  const annotations: ZipkinAnnotation[] = [];
  let [traceId, parentId, id, kind, name] = [NO_ID, NO_ID, NO_ID, 0, ''];
  let startUs = 0n;
  let durationUs = 0n;
  let local: ZipkinEndpoint | undefined;
  let remote: ZipkinEndpoint | undefined;
  let [debug, shared] = [false, false];
  while (r.next()) {
    switch (r.field) {
      case 1:
        traceId = paddedTraceId(r.slice());
        break;
      case 2:
        parentId = r.slice();
        break;
      case 3:
        id = r.slice();
        break;
      case 4:
        kind = r.int();
        break;
      case 5:
        name = r.text();
        break;
      case 6:
        r.fixed64();
        startUs = (BigInt(r.high) << 32n) | BigInt(r.low);
        break;
      case 7:
        r.uint();
        durationUs = (BigInt(r.high) << 32n) | BigInt(r.low);
        break;
      case 8:
        local = endpointOf(r, `span ${index}: local_endpoint`);
        break;
      case 9:
        remote = endpointOf(r, `span ${index}: remote_endpoint`);
        break;
      case 10:
        annotations.push(annotationOf(r));
        break;
      case 11:
        tags.set(...readPair(r));
        break;
      case 12:
        debug = r.bool();
        break;
      case 13:
        shared = r.bool();
        break;
      default:
        r.skip();
    }
  }
  const times = { startUs: startUs === 0n ? undefined : startUs, durationUs };
  return { traceId, id, parentId, kind: KINDS[kind] ?? '', name, ...times, local, remote, annotations, tags, debug, shared };
}

function endpointOf(r: ProtobufReader, where: string): ZipkinEndpoint {
  const outer = r.enter();
  let [serviceName, ipv4, ipv6, port] = ['', '', '', 0];
  while (r.next()) {
    if (r.field === 1) serviceName = r.text();
    else if (r.field === 2) ipv4 = addressOf(r, IPV4_BYTES, where);
    else if (r.field === 3) ipv6 = addressOf(r, IPV6_BYTES, where);
    else if (r.field === 4) port = r.int() & 0xffff;
    else r.skip();
  }
  r.leave(outer);
  return { serviceName, ipv4, ipv6, port };
}

function addressOf(r: ProtobufReader, bytes: number, where: string): string {
  const address = r.slice();
  if (address.length === 0) return '';
  if (address.length !== bytes) r.fail(`${where}: an address of ${address.length} bytes where ${bytes} belong`);
  return bytes === IPV4_BYTES ? address.join('.') : ipv6Text(address);
}

/** An address of 16 bytes as text, the longest run of zeros as `::`. Source: RFC 5952. */
export function ipv6Text(address: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0)).toString(16));
  const runs = [...groups.join(':').matchAll(/\b0(?::0)+\b/g)].sort((a, b) => b[0].length - a[0].length);
  const longest = runs[0]?.[0];
  const text = groups.join(':');
  if (longest === undefined) return text;
  const at = runs[0]?.index ?? 0;
  const short = `${text.slice(0, at).replace(/:$/, '')}::${text.slice(at + longest.length).replace(/^:/, '')}`;
  return isIPv6(short) ? short : text;
}

function annotationOf(r: ProtobufReader): ZipkinAnnotation {
  const outer = r.enter();
  let timeUs = 0n;
  let value = '';
  while (r.next()) {
    if (r.field === 1) {
      r.fixed64();
      timeUs = (BigInt(r.high) << 32n) | BigInt(r.low);
    } else if (r.field === 2) value = r.text();
    else r.skip();
  }
  r.leave(outer);
  return { timeUs, value };
}
