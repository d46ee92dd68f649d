// Loki's push: the paths, the choice of the body's form by its media type, and the answer.
//
//   POST ─(gzip, deflate, zstd; snappy under protobuf)─▶ reader ─▶ LogWrite ─▶ commit ─▶ 204, or what was refused and why
//
// Source: Loki `pkg/loghttp/push/push.go`, `pkg/distributor/http.go`.

import { RequestError } from '../../base/request-error.ts';
import type { Reply, Request, Route } from '../../server/route.ts';
import { noContent } from '../../server/route.ts';
import { lokiError } from '../loki-error.ts';
import { FOR_LATER, type LogWrite, type LogWriteSummary } from '../write.ts';
import { readLegacyPushJson, readPushJson } from './loki-json.ts';

const PATH = '/loki/api/v1/push';
const LEGACY_PATH = '/api/prom/push';
const JSON_TYPE = 'application/json';
/** A media type as Go's `mime.ParseMediaType` takes it. Source: RFC 9110, section 8.3.1. */
const MEDIA_TYPE = /^\s*[^\s;/]+(?:\/[^\s;/]+)?\s*(?:;\s*[^\s;=]+=(?:[^\s;"]+|"(?:[^"\\]|\\.)*")\s*)*;?\s*$/;
const MESSAGE_LENGTH_MAX = 4096;

export interface LokiPushOptions<Write extends LogWrite> {
  readonly open: (tenant: string) => Write;
  /** Reads a protobuf body into a write that `open` gave. */
  readonly readProtobuf: (body: Uint8Array, write: Write) => void;
}

/** The routes of Loki's push. */
export function lokiPushRoutes<Write extends LogWrite>(options: LokiPushOptions<Write>): readonly Route[] {
  return [PATH, LEGACY_PATH].map((path) => ({
    method: 'POST',
    path,
    summary: 'Stores log lines sent in the form of Loki: JSON, or protobuf with snappy.',
    access: 'write',
    headers: ['content-type'],
    innerEncoding: (mediaType) => (mediaType === JSON_TYPE ? undefined : 'snappy'),
    error: lokiError,
    handle: (request) => receive(request, options),
  }));
}

async function receive<Write extends LogWrite>(request: Request, options: LokiPushOptions<Write>): Promise<Reply> {
  const read = readerOf(request, options);
  const write = options.open(request.tenants[0] ?? '');
  read(request.body, write);
  const summary = await write.commit();
  if (summary.refusals.length === 0) return noContent;
  throw refusedInPart(summary);
}

function readerOf<Write extends LogWrite>(
  { contentType, headers, path }: Request,
  { readProtobuf }: LokiPushOptions<Write>,
): (body: Uint8Array, write: Write) => void {
  const given = headers['content-type'] ?? '';
  if (given !== '' && !MEDIA_TYPE.test(given))
    throw new RequestError('bad_data', `mime: invalid media parameter in Content-Type ${JSON.stringify(given.slice(0, 100))}`);
  if (contentType.type !== JSON_TYPE) return readProtobuf;
  return path.endsWith(LEGACY_PATH) ? readLegacyPushJson : readPushJson;
}

/** What was refused, as the error that Loki answers with; all else of the request is stored. */
export function refusedInPart({ lines, refusals }: LogWriteSummary): RequestError {
  const count = refusals.reduce((sum, refusal) => sum + refusal.count, 0);
  const reasons = refusals.map((refusal) => `${refusal.reason} (${refusal.count}): ${refusal.message}`);
  const message = `${count} lines were refused, ${lines} are stored; ${reasons.join('; ')}`;
  const code = refusals.some(({ reason }) => FOR_LATER.has(reason)) ? 'rate_limited' : 'bad_data';
  return new RequestError(code, message.slice(0, MESSAGE_LENGTH_MAX).toWellFormed());
}
