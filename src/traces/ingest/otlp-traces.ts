// The OTLP road into traces: a request's bytes in, what was stored and what was refused out, over HTTP and gRPC alike.
//
//   body ─▶ reader (protobuf or JSON) ─▶ SpanWrite ─▶ commit ─▶ Export response

import { encodeExportResponse, encodingOf, exportReply, otlpError } from '../../otlp/export-answer.ts';
import type { Encoding, PartialSuccess } from '../../otlp/export-answer.ts';
import type { GrpcRoute, Route } from '../../server/route.ts';
import type { BeginSpanWrite, SpanRefusal } from '../write.ts';
import { readTracesJson } from './otlp-traces-json.ts';
import { readTracesProtobuf } from './otlp-traces-protobuf.ts';
import { TraceMemory } from './trace-memory.ts';

const PATHS = ['/v1/traces', '/otlp/v1/traces'];
const GRPC_PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
/** The text of a partial success is cut there. */
const MESSAGE_LENGTH_MAX = 4096;

export interface OtlpTracesOptions {
  readonly beginWrite: BeginSpanWrite;
}

export interface OtlpTracesRoutes {
  readonly http: readonly Route[];
  readonly grpc: readonly GrpcRoute[];
}

/** The routes that take OTLP traces. */
export function otlpTracesRoutes({ beginWrite }: OtlpTracesOptions): OtlpTracesRoutes {
  const memory = new TraceMemory();
  const exportTo = (tenants: readonly string[], body: Uint8Array, encoding: Encoding): Promise<PartialSuccess> =>
    exportTraces({ beginWrite, memory }, tenants[0] ?? '', body, encoding);
  const http = PATHS.map((path): Route => ({
    method: 'POST',
    path,
    summary: 'Takes OTLP traces as protobuf or JSON.',
    access: 'write',
    error: otlpError,
    handle: async ({ contentType, tenants, body }) => {
      const encoding = encodingOf(contentType.type);
      return exportReply(await exportTo(tenants, body, encoding), encoding);
    },
  }));
  const grpc: GrpcRoute = {
    path: GRPC_PATH,
    summary: 'Takes OTLP traces over gRPC.',
    access: 'write',
    handle: async ({ tenants, message }) => encodeExportResponse(await exportTo(tenants, message, 'protobuf'), 'protobuf'),
  };
  return { http, grpc: [grpc] };
}

interface ExportOptions extends OtlpTracesOptions {
  readonly memory: TraceMemory;
}

/** Stores a request's spans. Throws `bad_data` for what is malformed, and what `commit` throws; nothing is stored then. */
export async function exportTraces(
  { beginWrite, memory }: ExportOptions,
  tenant: string,
  body: Uint8Array,
  encoding: Encoding,
): Promise<PartialSuccess> {
  const write = beginWrite(tenant);
  if (encoding === 'json') readTracesJson(body, write);
  else readTracesProtobuf(body, write, memory);
  return partialSuccess((await write.commit()).refusals);
}

function partialSuccess(refusals: readonly SpanRefusal[]): PartialSuccess {
  const rejected = refusals.reduce((sum, { count }) => sum + count, 0);
  const message = refusals.map((each) =>
    each.count === 1 ? each.message : `${each.message} (and ${each.count - 1} more for the same reason)`,
  );
  return { field: 'rejectedSpans', rejected, message: message.join('; ').slice(0, MESSAGE_LENGTH_MAX).toWellFormed() };
}
