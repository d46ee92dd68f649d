// Remote read as a stream of chunks: series become frames, each with its length and checksum.
//
//   frame:  varint length ─ CRC-32C of the message, big-endian ─ ChunkedReadResponse
//
// Source: Prometheus documentation, "Remote Read API", `STREAMED_XOR_CHUNKS`; prompb/remote.proto. A frame holds chunks of one series;
// a series of many chunks goes over several frames, its labels in each.

import { crc32c } from '../base/crc32c.ts';
import { ProtobufWriter } from '../base/protobuf-writer.ts';
import type { Labels } from '../query/labels.ts';
import type { Chunk } from './chunk/series-chunks.ts';

/** The content type of the stream. */
export const CHUNKED_CONTENT_TYPE = 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse';

/** A frame takes no further chunk from here on; Prometheus bounds its own at the same size. */
export const FRAME_BYTES = 1024 * 1024;

/** The frames of one series, as answer to the query at `queryIndex`. */
export function* framesOf(labels: Labels, chunks: Iterable<Chunk>, queryIndex: number): Generator<Uint8Array> {
  const head = encodeLabels(labels);
  const series = new ProtobufWriter();
  series.raw(head);
  for (const chunk of chunks) {
    if (series.length > head.length && series.length + chunk.data.length > FRAME_BYTES) {
      yield frameOf(series.view(), queryIndex);
      series.clear();
      series.raw(head);
    }
    series.message(2, (message) => {
      message.varint(1, chunk.fromMs).varint(2, chunk.toMs).varint(3, chunk.encoding).blob(4, chunk.data);
    });
  }
  if (series.length > head.length) yield frameOf(series.view(), queryIndex);
}

function encodeLabels(labels: Labels): Uint8Array {
  const out = new ProtobufWriter();
  for (let i = 0; i < labels.length; i += 2) {
    out.message(1, (pair) => {
      pair.text(1, labels[i] ?? '');
      pair.text(2, labels[i + 1] ?? '');
    });
  }
  return out.bytes();
}

function frameOf(series: Uint8Array, queryIndex: number): Uint8Array {
  const message = new ProtobufWriter().blob(1, series);
  if (queryIndex > 0) message.varint(2, queryIndex);
  const body = message.view();
  const head: number[] = [];
  let rest = body.length;
  for (; rest > 127; rest = Math.floor(rest / 128)) head.push((rest & 127) | 128);
  head.push(rest);
  const frame = Buffer.allocUnsafe(head.length + 4 + body.length);
  frame.set(head);
  frame.writeUInt32BE(crc32c(body), head.length);
  frame.set(body, head.length + 4);
  return frame;
}
