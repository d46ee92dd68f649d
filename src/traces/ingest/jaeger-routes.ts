// Jaeger's roads into traces: Thrift over HTTP as its clients send it, and gRPC as its agents do.
//
//   POST /api/traces ─┐
//   PostSpans ────────┴▶ reader ─▶ JaegerTranslation ─▶ SpanWrite ─▶ commit ─▶ 202 │ PostSpansResponse, or what was refused and why
//
// Source: Jaeger `cmd/collector/app/handler`; jaeger-idl `proto/api_v2/collector.proto`.

import { RequestError } from '../../base/request-error.ts';
import type { GrpcRoute, Reply, Request, Route } from '../../server/route.ts';
import { plainError } from '../../server/route.ts';
import type { BeginSpanWrite } from '../write.ts';
import { readJaegerProtobuf } from './jaeger-protobuf.ts';
import { JaegerTranslation } from './jaeger-span.ts';
import { readJaegerThrift } from './jaeger-thrift.ts';
import { checkRefusals } from './refused-spans.ts';

const PROTOCOLS: ReadonlyMap<string, 'binary' | 'compact'> = new Map([
  ['application/x-thrift', 'binary'],
  ['application/vnd.apache.thrift.binary', 'binary'],
  ['application/vnd.apache.thrift.compact', 'compact'],
]);
const GRPC_PATH = '/jaeger.api_v2.CollectorService/PostSpans';
const ACCEPTED: Reply = { status: 202 };
const POST_SPANS_RESPONSE = new Uint8Array(0);

export interface JaegerOptions {
  readonly beginWrite: BeginSpanWrite;
}

export interface JaegerRoutes {
  readonly http: readonly Route[];
  readonly grpc: readonly GrpcRoute[];
}

/** The routes that take Jaeger's spans. */
export function jaegerRoutes({ beginWrite }: JaegerOptions): JaegerRoutes {
  const thrift: Route = {
    method: 'POST',
    path: '/api/traces',
    summary: "Takes spans in the form of Jaeger's clients: Thrift, binary or compact.",
    access: 'write',
    error: plainError,
    handle: async (request) => {
      const protocol = protocolOf(request);
      await stored(beginWrite, request.tenants, (into) => readJaegerThrift(request.body, into, protocol));
      return ACCEPTED;
    },
  };
  const grpc: GrpcRoute = {
    path: GRPC_PATH,
    summary: "Takes spans in the form of Jaeger's agents.",
    access: 'write',
    handle: async ({ tenants, message }) => {
      await stored(beginWrite, tenants, (into) => readJaegerProtobuf(message, into));
      return POST_SPANS_RESPONSE;
    },
  };
  return { http: [thrift], grpc: [grpc] };
}

async function stored(begin: BeginSpanWrite, tenants: readonly string[], read: (into: JaegerTranslation) => void): Promise<void> {
  const write = begin(tenants[0] ?? '');
  read(new JaegerTranslation(write));
  checkRefusals(await write.commit());
}

/** Throws `unsupported_media` for any other type, since the bytes themselves do not say what they are. */
function protocolOf({ contentType: { type } }: Request): 'binary' | 'compact' {
  const protocol = PROTOCOLS.get(type);
  if (protocol !== undefined) return protocol;
  const shown = JSON.stringify(type.slice(0, 100));
  throw new RequestError('unsupported_media', `Content-Type ${shown} is none of ${[...PROTOCOLS.keys()].join(', ')}`);
}
