// Remote write 1.0 and 2.0: what Prometheus and its agents send.
//
//   POST, snappy ─▶ media type names the message ─▶ bytes ─▶ columns of a StoreWrite ─▶ commit ─▶ 204 and the -Written headers
//
// Source: Prometheus remote write specifications 1.0 and 2.0; prometheus/prompb/remote.proto, io/prometheus/write/v2/types.proto.

import { RequestError } from '../../base/request-error.ts';
import { plainError, type Reply, type Request, type Route } from '../../server/route.ts';
import type { StoreWrite } from '../store-write.ts';
import type { WriteSummary } from '../write.ts';
import { decodeWriteRequest1 } from './remote-write-1.ts';
import { decodeWriteRequest2 } from './remote-write-2.ts';

export interface RemoteWriteOptions {
  readonly open: (tenant: string) => StoreWrite;
}

const MESSAGE_1 = 'prometheus.WriteRequest';
const MESSAGE_2 = 'io.prometheus.write.v2.Request';

const PATHS = ['/api/v1/push', '/api/v1/write', '/prom/api/v1/write', '/prometheus/api/v1/write'];

/** The routes of remote write. */
export function remoteWriteRoutes(options: RemoteWriteOptions): readonly Route[] {
  return PATHS.map((path) => ({
    method: 'POST',
    path,
    summary: 'Stores samples, histograms, exemplars and metadata sent by Prometheus remote write 1.0 or 2.0.',
    access: 'write',
    onlyEncoding: 'snappy',
    error: plainError,
    handle: (request) => receive(request, options),
  }));
}

async function receive(request: Request, { open }: RemoteWriteOptions): Promise<Reply> {
  const write = open(request.tenants[0] ?? '');
  const decode = decoderOf(request);
  decode(request.body, write);
  const summary = await write.commit();
  const headers = writtenHeaders(summary);
  const refused = summary.refusals.reduce((sum, refusal) => sum + refusal.count, 0);
  if (refused === 0) return { status: 204, headers };
  const reasons = summary.refusals.map(({ reason, count, message }) => `${reason} (${count}): ${message}`);
  throw new RequestError('bad_data', `${refused} of the request's items were refused, the others are stored; ${reasons.join('; ')}`, {
    headers,
  });
}

function decoderOf({ contentType }: Request): (body: Uint8Array, write: StoreWrite) => void {
  const { type, params } = contentType;
  if (type !== '' && type !== 'application/x-protobuf')
    throw new RequestError('unsupported_media', `remote write takes application/x-protobuf, not ${type}`);
  const proto = params['proto'] ?? MESSAGE_1;
  if (proto === MESSAGE_1) return decodeWriteRequest1;
  if (proto === MESSAGE_2) return decodeWriteRequest2;
  throw new RequestError('unsupported_media', `remote write takes the messages ${MESSAGE_1} and ${MESSAGE_2}, not ${proto}`);
}

function writtenHeaders({ samples, histograms, exemplars }: WriteSummary): Record<string, string> {
  return {
    'x-prometheus-remote-write-samples-written': String(samples),
    'x-prometheus-remote-write-histograms-written': String(histograms),
    'x-prometheus-remote-write-exemplars-written': String(exemplars),
  };
}
