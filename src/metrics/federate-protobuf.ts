// A federation page as protobuf: families one after another, each with its length before it; native histograms are in it.
//
// Source: prometheus/client_model, io/prometheus/client/metrics.proto. Counts of histograms are floats, as they are in the store.

import { ProtobufWriter } from '../base/protobuf-writer.ts';
import { METRIC_NAME, labelPairs, labelValue } from '../query/labels.ts';
import { CUSTOM_BUCKETS_SCHEMA, type NativeHistogram, type Span } from './native-histogram.ts';
import type { Series } from './series.ts';

const UNTYPED = 3;
const HISTOGRAM = 4;
const GAUGE_HISTOGRAM = 5;

const PIECE_BYTES = 64 * 1024;

/** The page of series that are sorted by name, each with its newest sample. Custom buckets have no form here and are left out. */
export async function* protobufPages(all: readonly Series[]): AsyncGenerator<Uint8Array> {
  const page = new ProtobufWriter();
  let metrics: Series[] = [];
  for (const series of all) {
    if (series.histograms[0]?.histogram.schema === CUSTOM_BUCKETS_SCHEMA) continue;
    const [first] = metrics;
    if (first !== undefined && !isSameFamily(first, series)) {
      writeFamily(page, metrics);
      metrics = [];
      if (page.length > PIECE_BYTES) {
        yield page.bytes();
        page.clear();
      }
    }
    metrics.push(series);
  }
  if (metrics.length > 0) writeFamily(page, metrics);
  yield page.bytes();
}

/** A family is of one name and one type. */
function isSameFamily(a: Series, b: Series): boolean {
  return labelValue(a.labels, METRIC_NAME) === labelValue(b.labels, METRIC_NAME) && typeOf(a) === typeOf(b);
}

function typeOf({ histograms: [point] }: Series): number {
  if (point === undefined) return UNTYPED;
  return point.histogram.counterResetHint === 'gauge' ? GAUGE_HISTOGRAM : HISTOGRAM;
}

function writeFamily(page: ProtobufWriter, all: readonly Series[]): void {
  const [first] = all;
  if (first === undefined) return;
  const family = new ProtobufWriter();
  family.text(1, labelValue(first.labels, METRIC_NAME)).varint(3, typeOf(first));
  for (const series of all) family.message(4, (metric) => writeMetric(metric, series));
  page.delimited(family.view());
}

function writeMetric(metric: ProtobufWriter, { labels, times, values, histograms: [point] }: Series): void {
  for (const [name, value] of labelPairs(labels)) if (name !== METRIC_NAME) metric.message(1, (pair) => pair.text(1, name).text(2, value));
  if (point === undefined) metric.message(5, (untyped) => untyped.double(1, values[0] ?? Number.NaN));
  metric.varint(6, point?.ms ?? times[0] ?? 0);
  if (point !== undefined) metric.message(7, (histogram) => writeHistogram(histogram, point.histogram));
}

function writeHistogram(out: ProtobufWriter, histogram: NativeHistogram): void {
  out.double(2, histogram.sum).double(4, histogram.count).sint(5, histogram.schema);
  out.double(6, histogram.zeroThreshold).double(8, histogram.zeroCount);
  writeSpans(out, 9, histogram.negativeSpans);
  out.packedDouble(11, histogram.negativeBuckets);
  writeSpans(out, 12, histogram.positiveSpans);
  // A span of nothing tells a native histogram without buckets from a classic one.
  if (histogram.positiveSpans.length === 0) writeSpans(out, 12, [{ offset: 0, length: 0 }]);
  out.packedDouble(14, histogram.positiveBuckets);
}

function writeSpans(out: ProtobufWriter, field: number, spans: readonly Span[]): void {
  for (const { offset, length } of spans) out.message(field, (span) => span.sint(1, offset).varint(2, length));
}
