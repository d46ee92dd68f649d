// Zipkin's road into traces: the paths, the choice of the body's form by its media type, and the answer.
//
//   POST ─▶ reader ─▶ ZipkinTranslation ─▶ SpanWrite ─▶ commit ─▶ 202, or what was refused and why
//
// Source: zipkin-api `zipkin2-api.yaml`; Zipkin server `ZipkinHttpCollector`: what is not protobuf or Thrift is JSON, whatever it is called.

import type { Clock } from '../../base/clock.ts';
import type { Request, Reply, Route } from '../../server/route.ts';
import { plainError } from '../../server/route.ts';
import type { BeginSpanWrite } from '../write.ts';
import { checkRefusals } from './refused-spans.ts';
import { readZipkinJson } from './zipkin-json.ts';
import { readZipkinProtobuf } from './zipkin-protobuf.ts';
import { ZipkinTranslation } from './zipkin-span.ts';
import { readZipkinThrift } from './zipkin-thrift.ts';
import { readZipkinV1Json } from './zipkin-v1-json.ts';

const PROTOBUF_TYPES: ReadonlySet<string> = new Set(['application/x-protobuf', 'application/protobuf']);
const THRIFT_TYPES: ReadonlySet<string> = new Set(['application/x-thrift', 'application/vnd.apache.thrift.binary']);
const NS_PER_MS = 1_000_000n;
const ACCEPTED: Reply = { status: 202 };

export interface ZipkinOptions {
  readonly beginWrite: BeginSpanWrite;
  /** The time of spans that come without one. */
  readonly clock: Clock;
}

type Reader = (body: Uint8Array, into: ZipkinTranslation) => void;

/** The routes that take Zipkin's spans. */
export function zipkinRoutes(options: ZipkinOptions): readonly Route[] {
  const version2 = (type: string): Reader => (PROTOBUF_TYPES.has(type) ? readZipkinProtobuf : readZipkinJson);
  const version1 = (type: string): Reader => (THRIFT_TYPES.has(type) ? readZipkinThrift : readZipkinV1Json);
  return [
    zipkinRoute(options, '/api/v2/spans', version2, 'Takes spans in the form of Zipkin 2: JSON or protobuf.'),
    zipkinRoute(options, '/api/v1/spans', version1, 'Takes spans in the form of Zipkin 1: JSON or Thrift.'),
  ];
}

function zipkinRoute(options: ZipkinOptions, path: string, readerOf: (type: string) => Reader, summary: string): Route {
  const handle = (request: Request): Promise<Reply> => receive(options, request, readerOf(request.contentType.type));
  return { method: 'POST', path, summary, access: 'write', error: plainError, handle };
}

async function receive({ beginWrite, clock }: ZipkinOptions, { tenants, body }: Request, read: Reader): Promise<Reply> {
  const write = beginWrite(tenants[0] ?? '');
  read(body, new ZipkinTranslation(write, BigInt(clock.now()) * NS_PER_MS));
  checkRefusals(await write.commit());
  return ACCEPTED;
}
