// `/api/v1/read`: remote read, by which another Prometheus asks for raw samples.
//
//   POST, snappy ─▶ ReadRequest ─▶ selections ─▶ raw samples ─┬─▶ ReadResponse, snappy             (SAMPLES)
//                                                             └─▶ frames of chunks, series by series (STREAMED_XOR_CHUNKS)
//
// A client says which answers it takes; the first that is known here is given. Series come in the order of their labels.
// Source: Prometheus documentation, "Remote Read API".

import { compareLabels } from '../query/labels.ts';
import { RequestError } from '../base/request-error.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { plainError } from '../server/route.ts';
import { type MetricsApiOptions, readContext } from './api-context.ts';
import { chunksOf } from './chunk/series-chunks.ts';
import { rawSeries } from './raw-series.ts';
import { type ReadContext } from './read.ts';
import { type ReadQuery, decodeReadRequest, encodeReadResponse, encodeTimeSeries } from './remote-read-codec.ts';
import { CHUNKED_CONTENT_TYPE, framesOf } from './remote-read-frames.ts';
import { sortedSeries } from './sorted-series.ts';

/** The largest answer of samples before compression; Prometheus bounds its own by samples. Chunks are streamed and need no bound. */
const RESPONSE_BYTES_MAX = 256 * 1024 * 1024;

/** The route of remote read. */
export function remoteReadRoutes(options: MetricsApiOptions): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/read',
      summary: 'Raw samples for another Prometheus (remote read).',
      access: 'read',
      onlyEncoding: 'snappy',
      error: plainError,
      handle: (request) => remoteRead(options, request),
    },
  ];
}

async function remoteRead(options: MetricsApiOptions, request: Request): Promise<Reply> {
  const { queries, accepts } = decodeReadRequest(request.body);
  const read = await readContext(options, request);
  switch (accepts.find((type) => type !== 'unknown')) {
    case 'chunks':
      return { status: 200, headers: { 'content-type': CHUNKED_CONTENT_TYPE }, body: frames(read, queries) };
    case 'samples':
      return { status: 200, headers: SAMPLES_HEADERS, body: await samples(read, queries) };
    default:
      throw new RequestError('bad_data', 'none of the accepted response types is known: SAMPLES, STREAMED_XOR_CHUNKS');
  }
}

const SAMPLES_HEADERS = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };

async function* frames(read: ReadContext, queries: readonly ReadQuery[]): AsyncGenerator<Uint8Array> {
  for (const [index, { matchers, fromMs, toMs }] of queries.entries()) {
    // Both ends are included.
    yield* sortedSeries(read, matchers, { afterMs: fromMs - 1, toMs }, (labels, floats, histograms) => [
      ...framesOf(labels, chunksOf(floats, histograms), index),
    ]);
  }
}

async function samples(read: ReadContext, queries: readonly ReadQuery[]): Promise<Uint8Array> {
  const results: (readonly Uint8Array[])[] = [];
  let left = RESPONSE_BYTES_MAX;
  for (const query of queries) {
    const series = await encodedSeries(read, query, left);
    for (const one of series) left -= one.length;
    results.push(series);
  }
  // Loaded with the first remote read: few programs ever see one.
  const { compress } = await import('snappy');
  return compress(encodeReadResponse(results));
}

async function encodedSeries(read: ReadContext, { matchers, fromMs, toMs }: ReadQuery, bytesMax: number): Promise<readonly Uint8Array[]> {
  const all: { readonly labels: readonly string[]; readonly bytes: Uint8Array }[] = [];
  let bytes = 0;
  await rawSeries(read, matchers, { afterMs: fromMs - 1, toMs }, (labels, floats, histograms) => {
    const encoded = encodeTimeSeries(labels, floats, histograms);
    if ((bytes += encoded.length) > bytesMax)
      throw new RequestError(
        'execution',
        `a remote read of more than ${RESPONSE_BYTES_MAX} bytes: accept STREAMED_XOR_CHUNKS, or ask for fewer series or less time`,
      );
    all.push({ labels, bytes: encoded });
  });
  return all.sort((a, b) => compareLabels(a.labels, b.labels)).map((series) => series.bytes);
}
