// The message `Histogram` of remote write, the same in 1.0 and 2.0 but for the start timestamp.

import { type ProtobufReader, WIRE_FIXED64, WIRE_VARINT } from '../../base/protobuf.ts';
import type { CounterResetHint, NativeHistogram, Span } from '../native-histogram.ts';

export interface RemoteHistogram {
  readonly ts: number;
  readonly startTs: number;
  readonly histogram: NativeHistogram;
}

const RESET_HINTS: readonly CounterResetHint[] = ['unknown', 'yes', 'no', 'gauge'];

/** Reads the field that the reader came to. Integer histograms carry differences between neighbouring buckets; counts are absolute here. */
export function readHistogram(reader: ProtobufReader): RemoteHistogram {
  const outer = reader.enter();
  let count = 0;
  let sum = 0;
  let schema = 0;
  let zeroThreshold = 0;
  let zeroCount = 0;
  let ts = 0;
  let startTs = 0;
  let counterResetHint: CounterResetHint = 'unknown';
  const negativeSpans: Span[] = [];
  const positiveSpans: Span[] = [];
  const negativeDeltas: number[] = [];
  const positiveDeltas: number[] = [];
  const negativeCounts: number[] = [];
  const positiveCounts: number[] = [];
  const customValues: number[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        count = reader.uint();
        break;
      case 2:
        count = reader.double();
        break;
      case 3:
        sum = reader.double();
        break;
      case 4:
        schema = reader.sint();
        break;
      case 5:
        zeroThreshold = reader.double();
        break;
      case 6:
        zeroCount = reader.uint();
        break;
      case 7:
        zeroCount = reader.double();
        break;
      case 8:
        negativeSpans.push(readSpan(reader));
        break;
      case 9:
        readDeltas(reader, negativeDeltas);
        break;
      case 10:
        readDoubles(reader, negativeCounts);
        break;
      case 11:
        positiveSpans.push(readSpan(reader));
        break;
      case 12:
        readDeltas(reader, positiveDeltas);
        break;
      case 13:
        readDoubles(reader, positiveCounts);
        break;
      case 14:
        counterResetHint = RESET_HINTS[reader.uint()] ?? 'unknown';
        break;
      case 15:
        ts = reader.int();
        break;
      case 16:
        readDoubles(reader, customValues);
        break;
      case 17:
        startTs = reader.int();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  const positiveBuckets = positiveCounts.length > 0 ? positiveCounts : summed(positiveDeltas);
  const negativeBuckets = negativeCounts.length > 0 ? negativeCounts : summed(negativeDeltas);
  const buckets = { positiveSpans, positiveBuckets, negativeSpans, negativeBuckets, customValues };
  return { ts, startTs, histogram: { schema, counterResetHint, count, sum, zeroThreshold, zeroCount, ...buckets } };
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
