// `/api/v1/read`: remote read, by which another Prometheus asks for raw samples.
//
//   POST, snappy ─▶ ReadRequest ─▶ selections ─▶ raw samples ─▶ ReadResponse, snappy
//
// The answer is of the kind SAMPLES, which every client takes. Source: Prometheus documentation, "Remote Read API".

import { RequestError } from '../base/request-error.ts';
import { type Labels } from '../query/labels.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { plainError } from '../server/route.ts';
import { type MetricsApiOptions, readContext } from './api-context.ts';
import { compareLabels, rawSeries } from './promql/select.ts';
import { type ReadContext } from './read.ts';
import { type ReadQuery, decodeReadRequest, encodeReadResponse, encodeTimeSeries } from './remote-read-codec.ts';

/** The largest answer before compression; Prometheus bounds its own by samples. */
const RESPONSE_BYTES_MAX = 256 * 1024 * 1024;

/** The route of remote read. */
export function remoteReadRoutes(options: MetricsApiOptions): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/read',
      summary: 'Raw samples for another Prometheus (remote read).',
      access: 'read',
      error: plainError,
      handle: (request) => remoteRead(options, request),
    },
  ];
}

async function remoteRead(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const { queries, accepts } = decodeReadRequest(request.body);
  if (!accepts.includes('samples')) throw new RequestError('bad_data', 'only the response type SAMPLES is supported by this version');
  const read = await readContext(options, request);
  const results: (readonly Uint8Array[])[] = [];
  let bytes = 0;
  for (const query of queries) {
    const series = await readSeries(read, query, RESPONSE_BYTES_MAX - bytes);
    for (const one of series) bytes += one.length;
    results.push(series);
  }
  // Loaded with the first remote read: few programs ever see one.
  const { compress } = await import('snappy');
  const body = await compress(encodeReadResponse(results));
  return { status: 200, headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' }, body };
}

interface EncodedSeries {
  readonly labels: Labels;
  readonly bytes: Uint8Array;
}

async function readSeries(read: ReadContext, { matchers, fromMs, toMs }: ReadQuery, bytesMax: number): Promise<readonly Uint8Array[]> {
  const all: EncodedSeries[] = [];
  let bytes = 0;
  // Both ends are included.
  await rawSeries(read, matchers, { afterMs: fromMs - 1, toMs }, (labels, floats, histograms) => {
    const encoded = encodeTimeSeries(labels, floats, histograms);
    if ((bytes += encoded.length) > bytesMax)
      throw new RequestError('execution', `a remote read of more than ${RESPONSE_BYTES_MAX} bytes: ask for fewer series or less time`);
    all.push({ labels, bytes: encoded });
  });
  return all.sort((a, b) => compareLabels(a.labels, b.labels)).map((series) => series.bytes);
}
