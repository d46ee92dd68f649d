// The Prometheus protobuf exposition: length-delimited `io.prometheus.client.MetricFamily` messages to an `ExpositionSink`.
//
//   family ─▶ name, help, type, unit (first pass) ─▶ each metric (second pass): counter, gauge, untyped │ summary │ histogram, classic and native
//
// Source: prometheus/client_model `metrics.proto`; what becomes of a message is what Prometheus 3 makes of it.

import { ProtobufReader } from '../../base/protobuf.ts';
import type { Labels } from '../../query/labels.ts';
import { METRIC_NAME } from '../../query/labels.ts';
import type { NativeHistogram } from '../native-histogram.ts';
import type { MetricType } from '../write.ts';
import type { ExpositionOptions, ExpositionSink, Series } from './exposition.ts';
import { emptyValue, readLabelFields, readValue, sortedLabels, type Value } from './exposition-protobuf-value.ts';
import { formatOpenMetricsFloat } from './go-float.ts';
import { compactBuckets } from './histogram-buckets.ts';

/** `io.prometheus.client.MetricType`, by number. */
const TYPES: readonly MetricType[] = ['counter', 'gauge', 'summary', 'unknown', 'histogram', 'gaugehistogram'];

/** Field of `Metric` that holds the value of a type. */
const VALUE_FIELD: Readonly<Partial<Record<MetricType, number>>> = {
  counter: 3,
  gauge: 2,
  summary: 4,
  unknown: 5,
  histogram: 7,
  gaugehistogram: 7,
};

interface Family {
  name: string;
  help: string;
  unit: string;
  type: MetricType;
}

/** Parses a delimited protobuf page into `sink`. Throws `bad_data` with the byte of the first error. */
export function parsePrometheusProtobuf(bytes: Uint8Array, sink: ExpositionSink, options: ExpositionOptions = {}): void {
  const r = new ProtobufReader(bytes);
  const series = new ProtobufSeries(r);
  while (r.pos < bytes.length) {
    const length = r.varint();
    if (length > bytes.length - r.pos) r.fail(`metric family of ${length} bytes past the end of the page`);
    const start = r.pos;
    r.end = start + length;
    const { family, metrics } = readFamily(r);
    if (metrics > 0) {
      sink.metadata({ metric: family.name, type: family.type, help: family.help, unit: family.unit });
      r.pos = start;
      while (r.next()) {
        if (r.field !== 4) r.skip();
        else {
          const outer = r.enter();
          readMetric(r, family, series, { sink, options });
          r.leave(outer);
        }
      }
    }
    r.pos = start + length;
    r.end = bytes.length;
  }
}

function readFamily(r: ProtobufReader): { readonly family: Family; readonly metrics: number } {
  const family: Family = { name: '', help: '', unit: '', type: 'counter' };
  let type = 0;
  let metrics = 0;
  while (r.next()) {
    if (r.field === 1) family.name = r.text();
    else if (r.field === 2) family.help = r.text();
    else if (r.field === 3) type = r.uint();
    else if (r.field === 5) family.unit = r.text();
    else {
      if (r.field === 4) metrics++;
      r.skip();
    }
  }
  if (metrics === 0) return { family, metrics };
  if (family.name === '') r.fail('metric family without a name');
  const known = TYPES[type];
  if (known === undefined) r.fail(`unknown metric type ${type} of metric ${JSON.stringify(family.name)}`);
  family.type = known;
  const stem = known === 'counter' && family.name.endsWith('_total') ? family.name.slice(0, -6) : family.name;
  if (family.unit !== '' && !stem.endsWith(`_${family.unit}`)) {
    r.fail(`unit ${JSON.stringify(family.unit)} not a suffix of metric ${JSON.stringify(family.name)}`);
  }
  return { family, metrics };
}

interface Told {
  readonly sink: ExpositionSink;
  readonly options: ExpositionOptions;
}

function readMetric(r: ProtobufReader, family: Family, series: ProtobufSeries, told: Told): void {
  const valueField = VALUE_FIELD[family.type];
  const value = emptyValue();
  let timestamp = 0;
  series.begin();
  while (r.next()) {
    if (r.field === 1) series.addLabel();
    else if (r.field === 6) timestamp = r.int();
    else if (r.field === valueField) {
      const outer = r.enter();
      readValue(r, family.type, value);
      r.leave(outer);
    } else r.skip();
  }
  // The message cannot tell a timestamp of 0 from none.
  const ts = timestamp === 0 ? undefined : timestamp;
  switch (family.type) {
    case 'summary':
      return tellSummary(family, series, value, { ...told, ts });
    case 'histogram':
    case 'gaugehistogram':
      return tellHistogram(family, series, value, { ...told, ts });
    default:
      told.sink.sample(series.as(family.name, '', ''), value.value, ts, value.startTs);
      for (const exemplar of value.exemplars) told.sink.exemplar(series, exemplar);
  }
}

type ToldAt = Told & { readonly ts: number | undefined };

function tellSummary(family: Family, series: ProtobufSeries, value: Value, { sink, ts }: ToldAt): void {
  sink.sample(series.as(`${family.name}_count`, '', ''), value.count, ts, value.startTs);
  sink.sample(series.as(`${family.name}_sum`, '', ''), value.sum, ts, value.startTs);
  for (const quantile of value.quantiles) {
    sink.sample(series.as(family.name, 'quantile', formatOpenMetricsFloat(quantile.quantile)), quantile.value, ts, value.startTs);
  }
}

function tellHistogram(family: Family, series: ProtobufSeries, value: Value, told: ToldAt): void {
  const native = told.options.nativeHistograms !== false && isNative(value);
  if (native) {
    told.sink.histogram(series.as(family.name, '', ''), nativeHistogram(family.type, value), told.ts, value.startTs);
    // A native histogram's exemplars without a time are dropped: nothing would tell a new one from an old one.
    const own = value.exemplars.length > 0 ? value.exemplars : value.buckets.map((bucket) => bucket.exemplar);
    for (const exemplar of own) if (exemplar?.ts !== undefined) told.sink.exemplar(series, exemplar);
    if (told.options.classicHistograms !== true || value.buckets.length === 0) return;
  }
  tellClassicHistogram(family, series, value, told);
}

function tellClassicHistogram(family: Family, series: ProtobufSeries, value: Value, { sink, ts }: ToldAt): void {
  const count = value.countFloat > 0 ? value.countFloat : value.count;
  sink.sample(series.as(`${family.name}_count`, '', ''), count, ts, value.startTs);
  sink.sample(series.as(`${family.name}_sum`, '', ''), value.sum, ts, value.startTs);
  const name = `${family.name}_bucket`;
  for (const bucket of value.buckets) {
    sink.sample(series.as(name, 'le', formatOpenMetricsFloat(bucket.upperBound)), bucket.count, ts, value.startTs);
    if (bucket.exemplar !== undefined) sink.exemplar(series, bucket.exemplar);
    if (bucket.upperBound === Infinity) return;
  }
  sink.sample(series.as(name, 'le', '+Inf'), count, ts, value.startTs);
}

/** A histogram without spans, zero bucket and zero threshold counts as classic. */
function isNative(value: Value): boolean {
  return (
    value.positiveSpans.length > 0 ||
    value.negativeSpans.length > 0 ||
    value.zeroThreshold > 0 ||
    value.zeroCount > 0 ||
    value.zeroCountFloat > 0
  );
}

function nativeHistogram(type: MetricType, value: Value): NativeHistogram {
  const isFloat = value.countFloat > 0 || value.zeroCountFloat > 0;
  const positive = compactBuckets(
    { spans: value.positiveSpans, counts: isFloat ? value.positiveCounts : absolute(value.positiveDeltas) },
    0,
  );
  const negative = compactBuckets(
    { spans: value.negativeSpans, counts: isFloat ? value.negativeCounts : absolute(value.negativeDeltas) },
    0,
  );
  return {
    schema: value.schema,
    counterResetHint: type === 'gaugehistogram' ? 'gauge' : 'unknown',
    count: isFloat ? value.countFloat : value.count,
    sum: value.sum,
    zeroThreshold: value.zeroThreshold,
    zeroCount: isFloat ? value.zeroCountFloat : value.zeroCount,
    positiveSpans: positive.spans,
    positiveBuckets: positive.counts,
    negativeSpans: negative.spans,
    negativeBuckets: negative.counts,
    customValues: [],
  };
}

function absolute(deltas: readonly number[]): number[] {
  let count = 0;
  return deltas.map((delta) => (count += delta));
}

/** A `Metric`'s labels as places in the page, under the name and the extra label of one of its series. */
class ProtobufSeries implements Series {
  readonly #r: ProtobufReader;
  readonly #page: Buffer;
  /** Where each label field begins (after its tag and length) and ends. */
  readonly #places: number[] = [];
  #raw: string | undefined;
  #name = '';
  #extraName = '';
  #extraValue = '';

  constructor(r: ProtobufReader) {
    this.#r = r;
    this.#page = Buffer.from(r.bytes.buffer, r.bytes.byteOffset, r.bytes.byteLength);
  }

  begin(): void {
    this.#places.length = 0;
    this.#raw = undefined;
  }

  /** At a label field. */
  addLabel(): void {
    const length = this.#r.length();
    this.#places.push(this.#r.pos, this.#r.pos + length);
    this.#r.pos += length;
  }

  as(name: string, extraName: string, extraValue: string): this {
    this.#name = name;
    this.#extraName = extraName;
    this.#extraValue = extraValue;
    return this;
  }

  key(): string {
    this.#raw ??= this.#rawLabels();
    return `${this.#name.length}:${this.#name}${this.#extraValue},${this.#raw}`;
  }

  labels(): Labels {
    const r = this.#r;
    const { pos, end } = r;
    const pairs: [string, string][] = [[METRIC_NAME, this.#name]];
    if (this.#extraName !== '') pairs.push([this.#extraName, this.#extraValue]);
    try {
      for (let i = 0; i < this.#places.length; i += 2) pairs.push(this.#label(this.#places[i] ?? 0, this.#places[i + 1] ?? 0));
    } finally {
      r.pos = pos;
      r.end = end;
    }
    return sortedLabels(pairs);
  }

  #label(from: number, to: number): [string, string] {
    const r = this.#r;
    r.pos = from;
    r.end = to;
    return readLabelFields(r);
  }

  #rawLabels(): string {
    let raw = '';
    for (let i = 0; i < this.#places.length; i += 2) {
      const from = this.#places[i] ?? 0;
      const to = this.#places[i + 1] ?? 0;
      raw += `${to - from}:${this.#page.toString('latin1', from, to)}`;
    }
    return raw;
  }
}
