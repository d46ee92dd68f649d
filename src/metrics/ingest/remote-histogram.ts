// The message `Histogram` of remote write, the same in 1.0 and 2.0 but for the start timestamp.

import { type ProtobufReader, WIRE_FIXED64, WIRE_VARINT } from '../../base/protobuf.ts';
import type { CounterResetHint, HistogramCounts, NativeHistogram, Span } from '../native-histogram.ts';

export interface RemoteHistogram {
  readonly ts: number;
  readonly startTs: number;
  readonly histogram: NativeHistogram;
  readonly counts: HistogramCounts;
}

const RESET_HINTS: readonly CounterResetHint[] = ['unknown', 'yes', 'no', 'gauge'];

// A histogram while its fields arrive, in any order.
class Parts {
  count = 0;
  counts: HistogramCounts = 'integer';
  sum = 0;
  schema = 0;
  zeroThreshold = 0;
  zeroCount = 0;
  ts = 0;
  startTs = 0;
  counterResetHint: CounterResetHint = 'unknown';
  readonly negativeSpans: Span[] = [];
  readonly positiveSpans: Span[] = [];
  readonly negativeDeltas: number[] = [];
  readonly positiveDeltas: number[] = [];
  readonly negativeCounts: number[] = [];
  readonly positiveCounts: number[] = [];
  readonly customValues: number[] = [];
}

/** Reads the field that the reader came to. Integer histograms carry differences between neighbouring buckets; counts are absolute here. */
export function readHistogram(reader: ProtobufReader): RemoteHistogram {
  const parts = new Parts();
  const outer = reader.enter();
  while (reader.next()) readField(reader, parts);
  reader.leave(outer);
  const { ts, startTs, schema, counterResetHint, count, sum, zeroThreshold, zeroCount } = parts;
  const { positiveSpans, positiveCounts, positiveDeltas, negativeSpans, negativeCounts, negativeDeltas, customValues } = parts;
  const positiveBuckets = positiveCounts.length > 0 ? positiveCounts : summed(positiveDeltas);
  const negativeBuckets = negativeCounts.length > 0 ? negativeCounts : summed(negativeDeltas);
  const buckets = { positiveSpans, positiveBuckets, negativeSpans, negativeBuckets, customValues };
  return { ts, startTs, counts: parts.counts, histogram: { schema, counterResetHint, count, sum, zeroThreshold, zeroCount, ...buckets } };
}

function readField(reader: ProtobufReader, parts: Parts): void {
  switch (reader.field) {
    case 1:
      parts.count = reader.uint();
      return;
    case 2:
      parts.count = reader.double();
      parts.counts = 'float';
      return;
    case 3:
      parts.sum = reader.double();
      return;
    case 4:
      parts.schema = reader.sint();
      return;
    case 5:
      parts.zeroThreshold = reader.double();
      return;
    case 6:
      parts.zeroCount = reader.uint();
      return;
    case 7:
      parts.zeroCount = reader.double();
      return;
    case 14:
      parts.counterResetHint = RESET_HINTS[reader.uint()] ?? 'unknown';
      return;
    case 15:
      parts.ts = reader.int();
      return;
    case 17:
      parts.startTs = reader.int();
      return;
    default:
      readList(reader, parts);
  }
}

function readList(reader: ProtobufReader, parts: Parts): void {
  switch (reader.field) {
    case 8:
      parts.negativeSpans.push(readSpan(reader));
      return;
    case 9:
      readDeltas(reader, parts.negativeDeltas);
      return;
    case 10:
      readDoubles(reader, parts.negativeCounts);
      return;
    case 11:
      parts.positiveSpans.push(readSpan(reader));
      return;
    case 12:
      readDeltas(reader, parts.positiveDeltas);
      return;
    case 13:
      readDoubles(reader, parts.positiveCounts);
      return;
    case 16:
      readDoubles(reader, parts.customValues);
      return;
    default:
      reader.skip();
  }
}

function readSpan(reader: ProtobufReader): Span {
  const outer = reader.enter();
  let offset = 0;
  let length = 0;
  while (reader.next()) {
    if (reader.field === 1) offset = reader.sint();
    else if (reader.field === 2) length = reader.uint();
    else reader.skip();
  }
  reader.leave(outer);
  return { offset, length };
}

function readDeltas(reader: ProtobufReader, into: number[]): void {
  reader.repeated(WIRE_VARINT, () => into.push(reader.sint()));
}

function readDoubles(reader: ProtobufReader, into: number[]): void {
  reader.repeated(WIRE_FIXED64, () => into.push(reader.double()));
}

function summed(deltas: readonly number[]): number[] {
  let count = 0;
  return deltas.map((delta) => (count += delta));
}
