// An OTLP `ExportMetricsServiceRequest` out of protobuf bytes into the sink, metric by metric, without generated classes.
//
// A resource and its scope may stand after what they describe: fields come in any order. So each of these messages is passed over twice, first
// for the description (all else is skipped by its length, which is cheap), then for the content.
//
// Source: opentelemetry-proto `collector/metrics/v1/metrics_service.proto`, `metrics/v1/metrics.proto`.

import { Buffer } from 'node:buffer';
import { ProtobufReader, WIRE_BYTES, WIRE_VARINT } from '../../base/protobuf.ts';
import type { Attributes, KeyValue } from '../../otlp/any-value.ts';
import { NO_ATTRIBUTES } from '../../otlp/any-value.ts';
import type { AttributeMemory } from '../../otlp/attribute-memory.ts';
import type { ScopeParts } from '../../otlp/protobuf.ts';
import { readId, readKeyValue, readResource, readScope, readTimestamp } from '../../otlp/protobuf.ts';
import { NO_TIME } from '../../otlp/timestamp.ts';
import { NO_DATA } from './otlp-points.ts';
import type { ExponentialPoint, HistogramPoint, MetricData, MetricsSink, NumberPoint, OtlpExemplar, SummaryPoint } from './otlp-points.ts';

const NO_EXEMPLARS: OtlpExemplar[] = [];

/** A reader that knows the attribute lists of earlier requests. */
class PointReader extends ProtobufReader {
  readonly #memory: AttributeMemory;
  readonly #buffer: Buffer;
  #merged: KeyValue[] = [];

  constructor(bytes: Uint8Array, memory: AttributeMemory) {
    super(bytes);
    this.#memory = memory;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The attributes read `before` and those of the field at whose tag the reader stands; nearly always they are all in one run. */
  attributes(before: Attributes): Attributes {
    const run = this.#memory.read(this, this.#buffer);
    if (before === NO_ATTRIBUTES) return run;
    if (before !== this.#merged) this.#merged = [...before];
    for (const entry of run) this.#merged.push(entry);
    return this.#merged;
  }
}

/** Reads a request into the sink. Throws `bad_data` with the byte position when it is malformed. */
export function readMetricsProtobuf(body: Uint8Array, sink: MetricsSink, memory: AttributeMemory): void {
  const r = new PointReader(body, memory);
  while (r.next()) {
    if (r.field === 1) readResourceMetrics(r, sink);
    else r.skip();
  }
}

function readResourceMetrics(r: PointReader, sink: MetricsSink): void {
  const outer = r.enter();
  const from = r.pos;
  const attributes: KeyValue[] = [];
  while (r.next()) {
    if (r.field === 1) readResource(r, attributes);
    else r.skip();
  }
  sink.beginResource({ attributes });
  r.pos = from;
  while (r.next()) {
    if (r.field === 2) readScopeMetrics(r, sink);
    else r.skip();
  }
  sink.endResource();
  r.leave(outer);
}

function readScopeMetrics(r: PointReader, sink: MetricsSink): void {
  const outer = r.enter();
  const from = r.pos;
  const scope: ScopeParts = { name: '', version: '', schemaUrl: '', attributes: [] };
  while (r.next()) {
    if (r.field === 1) readScope(r, scope);
    else if (r.field === 3) scope.schemaUrl = r.text();
    else r.skip();
  }
  sink.beginScope(scope);
  r.pos = from;
  while (r.next()) {
    if (r.field === 2) readMetric(r, sink);
    else r.skip();
  }
  r.leave(outer);
}

function readMetric(r: PointReader, sink: MetricsSink): void {
  const outer = r.enter();
  let name = '';
  let description = '';
  let unit = '';
  let data: MetricData = NO_DATA;
  while (r.next()) {
    switch (r.field) {
      case 1:
        name = r.text();
        break;
      case 2:
        description = r.text();
        break;
      case 3:
        unit = r.text();
        break;
      case 5:
        data = { kind: 'gauge', points: readData(r, readNumberPoint).points };
        break;
      case 7:
        data = { kind: 'sum', ...readData(r, readNumberPoint) };
        break;
      case 9:
        data = { kind: 'histogram', ...readData(r, readHistogramPoint) };
        break;
      case 10:
        data = { kind: 'exponential', ...readData(r, readExponentialPoint) };
        break;
      case 11:
        data = { kind: 'summary', points: readData(r, readSummaryPoint).points };
        break;
      default:
        r.skip();
    }
  }
  r.leave(outer);
  sink.metric({ name, unit, description, data });
}

interface Data<Point> {
  points: Point[];
  temporality: number;
  monotonic: boolean;
}

/** `Gauge`, `Sum`, `Histogram`, `ExponentialHistogram` and `Summary` number their fields alike. */
function readData<Point>(r: PointReader, readPoint: (r: PointReader) => Point): Data<Point> {
  const data: Data<Point> = { points: [], temporality: 0, monotonic: false };
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) data.points.push(readPoint(r));
    else if (r.field === 2) data.temporality = r.uint();
    else if (r.field === 3) data.monotonic = r.bool();
    else r.skip();
  }
  r.leave(outer);
  return data;
}

function readNumberPoint(r: PointReader): NumberPoint {
  let attributes = NO_ATTRIBUTES;
  let exemplars = NO_EXEMPLARS;
  let start = NO_TIME;
  let time = NO_TIME;
  let value = 0;
  let flags = 0;
  const outer = r.enter();
  while (r.next()) {
    switch (r.field) {
      case 2:
        start = readTimestamp(r);
        break;
      case 3:
        time = readTimestamp(r);
        break;
      case 4:
        value = r.double();
        break;
      case 5:
        if (exemplars.length === 0) exemplars = [];
        exemplars.push(readExemplar(r));
        break;
      case 6:
        value = r.sfixed64();
        break;
      case 7:
        attributes = r.attributes(attributes);
        break;
      case 8:
        flags = r.uint();
        break;
      default:
        r.skip();
    }
  }
  r.leave(outer);
  return { attributes, start, time, flags, value, exemplars };
}

function readHistogramPoint(r: PointReader): HistogramPoint {
  let attributes = NO_ATTRIBUTES;
  const exemplars: OtlpExemplar[] = [];
  const bucketCounts: number[] = [];
  const explicitBounds: number[] = [];
  let start = NO_TIME;
  let time = NO_TIME;
  let count = 0;
  let sum: number | undefined;
  let flags = 0;
  const outer = r.enter();
  while (r.next()) {
    switch (r.field) {
      case 2:
        start = readTimestamp(r);
        break;
      case 3:
        time = readTimestamp(r);
        break;
      case 4:
        count = r.fixed64();
        break;
      case 5:
        sum = r.double();
        break;
      case 6:
        readFixed64s(r, bucketCounts);
        break;
      case 7:
        readDoubles(r, explicitBounds);
        break;
      case 8:
        exemplars.push(readExemplar(r));
        break;
      case 9:
        attributes = r.attributes(attributes);
        break;
      case 10:
        flags = r.uint();
        break;
      default:
        r.skip();
    }
  }
  r.leave(outer);
  return { attributes, start, time, flags, count, sum, bucketCounts, explicitBounds, exemplars };
}

function readExponentialPoint(r: PointReader): ExponentialPoint {
  let attributes = NO_ATTRIBUTES;
  const exemplars: OtlpExemplar[] = [];
  const point = { start: NO_TIME, time: NO_TIME, count: 0, scale: 0, zeroCount: 0, zeroThreshold: 0, flags: 0 };
  let sum: number | undefined;
  const positive: BucketParts = { offset: 0, counts: [] };
  const negative: BucketParts = { offset: 0, counts: [] };
  const outer = r.enter();
  while (r.next()) {
    switch (r.field) {
      case 1:
        attributes = r.attributes(attributes);
        break;
      case 2:
        point.start = readTimestamp(r);
        break;
      case 3:
        point.time = readTimestamp(r);
        break;
      case 4:
        point.count = r.fixed64();
        break;
      case 5:
        sum = r.double();
        break;
      case 6:
        point.scale = r.sint();
        break;
      case 7:
        point.zeroCount = r.fixed64();
        break;
      case 8:
        readBuckets(r, positive);
        break;
      case 9:
        readBuckets(r, negative);
        break;
      case 10:
        point.flags = r.uint();
        break;
      case 11:
        exemplars.push(readExemplar(r));
        break;
      case 14:
        point.zeroThreshold = r.double();
        break;
      default:
        r.skip();
    }
  }
  r.leave(outer);
  return { ...point, attributes, sum, positive, negative, exemplars };
}

/** Buckets while they are read. */
interface BucketParts {
  offset: number;
  readonly counts: number[];
}

function readBuckets(r: ProtobufReader, into: BucketParts): void {
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) into.offset = r.sint();
    else if (r.field === 2) r.repeated(WIRE_VARINT, () => into.counts.push(r.uint()));
    else r.skip();
  }
  r.leave(outer);
}

function readSummaryPoint(r: PointReader): SummaryPoint {
  let attributes = NO_ATTRIBUTES;
  const quantiles: { quantile: number; value: number }[] = [];
  const point = { start: NO_TIME, time: NO_TIME, count: 0, sum: 0, flags: 0 };
  const outer = r.enter();
  while (r.next()) {
    switch (r.field) {
      case 2:
        point.start = readTimestamp(r);
        break;
      case 3:
        point.time = readTimestamp(r);
        break;
      case 4:
        point.count = r.fixed64();
        break;
      case 5:
        point.sum = r.double();
        break;
      case 6:
        quantiles.push(readQuantile(r));
        break;
      case 7:
        attributes = r.attributes(attributes);
        break;
      case 8:
        point.flags = r.uint();
        break;
      default:
        r.skip();
    }
  }
  r.leave(outer);
  return { ...point, attributes, quantiles };
}

function readQuantile(r: ProtobufReader): { quantile: number; value: number } {
  const read = { quantile: 0, value: 0 };
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) read.quantile = r.double();
    else if (r.field === 2) read.value = r.double();
    else r.skip();
  }
  r.leave(outer);
  return read;
}

function readExemplar(r: ProtobufReader): OtlpExemplar {
  const attributes: KeyValue[] = [];
  const exemplar = { time: NO_TIME, traceId: '', spanId: '' };
  let value: number | undefined;
  const outer = r.enter();
  while (r.next()) {
    switch (r.field) {
      case 2:
        exemplar.time = readTimestamp(r);
        break;
      case 3:
        value = r.double();
        break;
      case 4:
        exemplar.spanId = readId(r);
        break;
      case 5:
        exemplar.traceId = readId(r);
        break;
      case 6:
        value = r.sfixed64();
        break;
      case 7:
        attributes.push(readKeyValue(r));
        break;
      default:
        r.skip();
    }
  }
  r.leave(outer);
  return { ...exemplar, attributes, value };
}

function readFixed64s(r: ProtobufReader, into: number[]): void {
  if (r.wire !== WIRE_BYTES) {
    into.push(r.fixed64());
    return;
  }
  const end = packedEnd(r);
  for (; r.pos < end; r.pos += 8) into.push(r.view.getUint32(r.pos + 4, true) * 4_294_967_296 + r.view.getUint32(r.pos, true));
}

function readDoubles(r: ProtobufReader, into: number[]): void {
  if (r.wire !== WIRE_BYTES) {
    into.push(r.double());
    return;
  }
  const end = packedEnd(r);
  for (; r.pos < end; r.pos += 8) into.push(r.view.getFloat64(r.pos, true));
}

/** Where a packed field of eight-byte values ends. */
function packedEnd(r: ProtobufReader): number {
  const length = r.length();
  if (length % 8 !== 0) r.fail(`${length} bytes of eight-byte values`);
  return r.pos + length;
}
