// The Prometheus protobuf exposition: length-delimited `io.prometheus.client.MetricFamily` messages to an `ExpositionSink`.
//
//   family ─▶ name, help, type, unit (first pass) ─▶ each metric (second pass): counter, gauge, untyped │ summary │ histogram, classic and native
//
// Source: prometheus/client_model `metrics.proto`; what becomes of a message is what Prometheus 3 makes of it.

import { RequestError } from '../../base/request-error.ts';
import { ProtobufReader, WIRE_FIXED64, WIRE_VARINT } from '../../base/protobuf.ts';
import type { Labels } from '../../query/labels.ts';
import { compareText, METRIC_NAME } from '../../query/labels.ts';
import type { NativeHistogram, Span } from '../native-histogram.ts';
import type { MetricType } from '../write.ts';
import type { ExposedExemplar, ExpositionOptions, ExpositionSink, Series } from './exposition.ts';
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

interface Bucket {
  readonly upperBound: number;
  readonly count: number;
  readonly exemplar: ExposedExemplar | undefined;
}

/** What a `Metric` holds, whatever its type. */
interface Value {
  value: number;
  count: number;
  countFloat: number;
  sum: number;
  startTs: number;
  readonly quantiles: { readonly quantile: number; readonly value: number }[];
  readonly buckets: Bucket[];
  readonly exemplars: ExposedExemplar[];
  schema: number;
  zeroThreshold: number;
  zeroCount: number;
  zeroCountFloat: number;
  readonly positiveSpans: Span[];
  readonly positiveDeltas: number[];
  readonly positiveCounts: number[];
  readonly negativeSpans: Span[];
  readonly negativeDeltas: number[];
  readonly negativeCounts: number[];
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

function emptyValue(): Value {
  return {
    value: 0,
    count: 0,
    countFloat: 0,
    sum: 0,
    startTs: 0,
    quantiles: [],
    buckets: [],
    exemplars: [],
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    zeroCountFloat: 0,
    positiveSpans: [],
    positiveDeltas: [],
    positiveCounts: [],
    negativeSpans: [],
    negativeDeltas: [],
    negativeCounts: [],
  };
}

function readValue(r: ProtobufReader, type: MetricType, value: Value): void {
  switch (type) {
    case 'summary':
      return readSummary(r, value);
    case 'histogram':
    case 'gaugehistogram':
      while (r.next()) if (!readHistogramField(r, value) && !readNativeField(r, value)) r.skip();
      return;
    default:
      while (r.next()) {
        if (r.field === 1) value.value = r.double();
        else if (r.field === 2 && type === 'counter') value.exemplars.push(readExemplar(r));
        else if (r.field === 3 && type === 'counter') value.startTs = readTimestamp(r);
        else r.skip();
      }
  }
}

function readSummary(r: ProtobufReader, value: Value): void {
  while (r.next()) {
    if (r.field === 1) value.count = r.uint();
    else if (r.field === 2) value.sum = r.double();
    else if (r.field === 3) value.quantiles.push(readQuantile(r));
    else if (r.field === 4) value.startTs = readTimestamp(r);
    else r.skip();
  }
}

function readQuantile(r: ProtobufReader): { readonly quantile: number; readonly value: number } {
  const outer = r.enter();
  let quantile = 0;
  let value = 0;
  while (r.next()) {
    if (r.field === 1) quantile = r.double();
    else if (r.field === 2) value = r.double();
    else r.skip();
  }
  r.leave(outer);
  return { quantile, value };
}

function readHistogramField(r: ProtobufReader, value: Value): boolean {
  switch (r.field) {
    case 1:
      value.count = r.uint();
      return true;
    case 2:
      value.sum = r.double();
      return true;
    case 3:
      value.buckets.push(readBucket(r));
      return true;
    case 4:
      value.countFloat = r.double();
      return true;
    case 15:
      value.startTs = readTimestamp(r);
      return true;
    case 16:
      value.exemplars.push(readExemplar(r));
      return true;
    default:
      return false;
  }
}

function readNativeField(r: ProtobufReader, value: Value): boolean {
  switch (r.field) {
    case 5:
      value.schema = r.sint();
      return true;
    case 6:
      value.zeroThreshold = r.double();
      return true;
    case 7:
      value.zeroCount = r.uint();
      return true;
    case 8:
      value.zeroCountFloat = r.double();
      return true;
    case 9:
      value.negativeSpans.push(readSpan(r));
      return true;
    case 10:
      r.repeated(WIRE_VARINT, () => value.negativeDeltas.push(r.sint()));
      return true;
    case 11:
      r.repeated(WIRE_FIXED64, () => value.negativeCounts.push(r.double()));
      return true;
    case 12:
      value.positiveSpans.push(readSpan(r));
      return true;
    case 13:
      r.repeated(WIRE_VARINT, () => value.positiveDeltas.push(r.sint()));
      return true;
    case 14:
      r.repeated(WIRE_FIXED64, () => value.positiveCounts.push(r.double()));
      return true;
    default:
      return false;
  }
}

function readBucket(r: ProtobufReader): Bucket {
  const outer = r.enter();
  let upperBound = 0;
  let count = 0;
  let countFloat = 0;
  let exemplar: ExposedExemplar | undefined;
  while (r.next()) {
    if (r.field === 1) count = r.uint();
    else if (r.field === 2) upperBound = r.double();
    else if (r.field === 3) exemplar = readExemplar(r);
    else if (r.field === 4) countFloat = r.double();
    else r.skip();
  }
  r.leave(outer);
  return { upperBound, count: countFloat > 0 ? countFloat : count, exemplar };
}

function readSpan(r: ProtobufReader): Span {
  const outer = r.enter();
  let offset = 0;
  let length = 0;
  while (r.next()) {
    if (r.field === 1) offset = r.sint();
    else if (r.field === 2) length = r.uint();
    else r.skip();
  }
  r.leave(outer);
  return { offset, length };
}

function readExemplar(r: ProtobufReader): ExposedExemplar {
  const outer = r.enter();
  const pairs: [string, string][] = [];
  let value = 0;
  let ts: number | undefined;
  while (r.next()) {
    if (r.field === 1) pairs.push(readLabel(r));
    else if (r.field === 2) value = r.double();
    else if (r.field === 3) ts = readTimestamp(r);
    else r.skip();
  }
  r.leave(outer);
  return { labels: sortedLabels(pairs), value, ts };
}

/** A `google.protobuf.Timestamp` in milliseconds. */
function readTimestamp(r: ProtobufReader): number {
  const outer = r.enter();
  let seconds = 0;
  let nanos = 0;
  while (r.next()) {
    if (r.field === 1) seconds = r.int();
    else if (r.field === 2) nanos = r.int();
    else r.skip();
  }
  r.leave(outer);
  return seconds * 1000 + Math.trunc(nanos / 1e6);
}

function readLabel(r: ProtobufReader): [string, string] {
  const outer = r.enter();
  let name = '';
  let value = '';
  while (r.next()) {
    if (r.field === 1) name = r.text();
    else if (r.field === 2) value = r.text();
    else r.skip();
  }
  r.leave(outer);
  return [name, value];
}

function sortedLabels(pairs: [string, string][]): Labels {
  pairs.sort(([a], [b]) => compareText(a, b));
  const labels: string[] = [];
  for (let i = 0; i < pairs.length; i++) {
    const [name, value] = pairs[i] ?? ['', ''];
    if (name === '') throw new RequestError('bad_data', 'empty label name');
    if (i > 0 && pairs[i - 1]?.[0] === name) throw new RequestError('bad_data', `label name "${name}" is not unique`);
    if (value !== '') labels.push(name, value);
  }
  return labels;
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
    let name = '';
    let value = '';
    while (r.next()) {
      if (r.field === 1) name = r.text();
      else if (r.field === 2) value = r.text();
      else r.skip();
    }
    return [name, value];
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
