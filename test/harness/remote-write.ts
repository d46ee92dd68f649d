// Remote write as a sender speaks it, for tests: objects in, a request's bytes out.
//
// Source: Prometheus remote write specifications 1.0 and 2.0, prometheus/prompb/remote.proto and io/prometheus/write/v2/types.proto.

import { compressSync } from 'snappy';

import { ProtobufWriter } from '../../src/base/protobuf-writer.ts';

/** The bits of Prometheus's stale marker, which is one NaN among many. */
export const STALE_NAN_BITS = 0x7ff0000000000002n;

export type LabelPairs = Readonly<Record<string, string>>;

/** A value as a double, or as the bits of one. */
export type SentValue = number | bigint;

export interface SentSample {
  readonly ts: number;
  readonly value: SentValue;
  readonly startTs?: number;
}

export interface SentExemplar {
  readonly labels: LabelPairs;
  readonly value: number;
  readonly ts: number;
}

export interface SentSpan {
  readonly offset: number;
  readonly length: number;
}

/** A native histogram on the wire: integer counts with bucket deltas, or float counts with absolute ones. */
export interface SentHistogram {
  readonly ts: number;
  readonly startTs?: number;
  readonly kind: 'integer' | 'float';
  readonly count: number;
  readonly sum: SentValue;
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number | undefined;
  readonly positiveSpans: readonly SentSpan[];
  readonly positive: readonly number[];
  readonly negativeSpans: readonly SentSpan[];
  readonly negative: readonly number[];
  readonly customValues: readonly number[];
  readonly resetHint?: number;
}

export interface SentMetadata {
  /** `MetricType` of the 2.0 specification: 1 counter, 2 gauge, 3 histogram, 4 gauge histogram, 5 summary, 6 info, 7 state set. */
  readonly type: number;
  readonly help: string;
  readonly unit: string;
}

export interface SentSeries {
  readonly labels: LabelPairs;
  readonly samples?: readonly SentSample[];
  readonly histograms?: readonly SentHistogram[];
  readonly exemplars?: readonly SentExemplar[];
  readonly metadata?: SentMetadata;
}

export interface Sent {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request of version 1.0. Labels go out sorted by name, as that version asks. */
export function encodeRemoteWrite1(series: readonly SentSeries[]): Sent {
  const request = new ProtobufWriter();
  for (const each of series) {
    request.message(1, (timeSeries) => {
      for (const [name, value] of sorted(each.labels)) timeSeries.message(1, (label) => label.text(1, name).text(2, value));
      for (const { ts, value } of each.samples ?? []) timeSeries.message(2, (sample) => writeDouble(sample, 1, value).varint(2, ts));
      for (const { labels, value, ts } of each.exemplars ?? []) {
        timeSeries.message(3, (exemplar) => {
          for (const [name, text] of sorted(labels)) exemplar.message(1, (label) => label.text(1, name).text(2, text));
          exemplar.double(2, value).varint(3, ts);
        });
      }
      for (const histogram of each.histograms ?? []) timeSeries.message(4, (inner) => writeHistogram(inner, histogram, undefined));
    });
  }
  return {
    body: compressSync(request.bytes()),
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
  };
}

/** A request of version 2.0. Labels go out in the order given. */
export function encodeRemoteWrite2(series: readonly SentSeries[]): Sent {
  const symbols = new Map([['', 0]]);
  const refOf = (text: string): number => {
    const ref = symbols.get(text) ?? symbols.size;
    symbols.set(text, ref);
    return ref;
  };
  const refsOf = (labels: LabelPairs): number[] => Object.entries(labels).flatMap(([name, value]) => [refOf(name), refOf(value)]);

  const timeSeries = new ProtobufWriter();
  for (const each of series) {
    timeSeries.message(5, (inner) => {
      inner.packed(1, refsOf(each.labels));
      for (const sample of each.samples ?? []) {
        inner.message(2, (message) => {
          writeDouble(message, 1, sample.value).varint(2, sample.ts);
          if (sample.startTs !== undefined) message.varint(3, sample.startTs);
        });
      }
      for (const histogram of each.histograms ?? []) inner.message(3, (message) => writeHistogram(message, histogram, 17));
      for (const { labels, value, ts } of each.exemplars ?? []) {
        inner.message(4, (exemplar) => exemplar.packed(1, refsOf(labels)).double(2, value).varint(3, ts));
      }
      const { metadata } = each;
      if (metadata !== undefined) {
        inner.message(5, (message) => message.varint(1, metadata.type).varint(3, refOf(metadata.help)).varint(4, refOf(metadata.unit)));
      }
    });
  }
  const request = new ProtobufWriter();
  for (const symbol of symbols.keys()) request.text(4, symbol);
  return {
    body: compressSync(request.raw(timeSeries.bytes()).bytes()),
    headers: {
      'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '2.0.0',
    },
  };
}

/** The histogram message is the same in both versions but for the number of the start timestamp's field. */
function writeHistogram(message: ProtobufWriter, histogram: SentHistogram, startField: number | undefined): void {
  const { kind, count, zeroCount } = histogram;
  if (kind === 'integer') message.varint(1, count);
  else message.double(2, count);
  writeDouble(message, 3, histogram.sum).sint(4, histogram.schema).double(5, histogram.zeroThreshold);
  if (zeroCount !== undefined) {
    if (kind === 'integer') message.varint(6, zeroCount);
    else message.double(7, zeroCount);
  }
  writeSpans(message, 8, histogram.negativeSpans);
  if (kind === 'integer') message.packedSint(9, histogram.negative);
  else message.packedDouble(10, histogram.negative);
  writeSpans(message, 11, histogram.positiveSpans);
  if (kind === 'integer') message.packedSint(12, histogram.positive);
  else message.packedDouble(13, histogram.positive);
  message
    .varint(14, histogram.resetHint ?? 0)
    .varint(15, histogram.ts)
    .packedDouble(16, histogram.customValues);
  if (startField !== undefined && histogram.startTs !== undefined) message.varint(startField, histogram.startTs);
}

function writeSpans(message: ProtobufWriter, field: number, spans: readonly SentSpan[]): void {
  for (const { offset, length } of spans) message.message(field, (span) => span.sint(1, offset).varint(2, length));
}

function writeDouble(message: ProtobufWriter, field: number, value: SentValue): ProtobufWriter {
  return typeof value === 'bigint' ? message.fixed64(field, value) : message.double(field, value);
}

function sorted(labels: LabelPairs): [string, string][] {
  return Object.entries(labels).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
