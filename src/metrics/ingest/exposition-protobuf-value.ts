// Reading the value of an `io.prometheus.client.Metric` message, whatever its type, from the protobuf exposition.
//
// Source: prometheus/client_model `metrics.proto`.

import { RequestError } from '../../base/request-error.ts';
import type { ProtobufReader } from '../../base/protobuf.ts';
import { WIRE_FIXED64, WIRE_VARINT } from '../../base/protobuf.ts';
import type { Labels } from '../../query/labels.ts';
import { compareText } from '../../query/labels.ts';
import type { Span } from '../native-histogram.ts';
import type { MetricType } from '../write.ts';
import type { ExposedExemplar } from './exposition.ts';

export interface Bucket {
  readonly upperBound: number;
  readonly count: number;
  readonly exemplar: ExposedExemplar | undefined;
}

/** What a `Metric` holds, whatever its type. */
export interface Value {
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

export function emptyValue(): Value {
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

/** Reads the value message that the reader has entered. */
export function readValue(r: ProtobufReader, type: MetricType, value: Value): void {
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

/** Reads the fields of a `LabelPair` up to the reader's end. */
export function readLabelFields(r: ProtobufReader): [string, string] {
  let name = '';
  let value = '';
  while (r.next()) {
    if (r.field === 1) name = r.text();
    else if (r.field === 2) value = r.text();
    else r.skip();
  }
  return [name, value];
}

function readLabel(r: ProtobufReader): [string, string] {
  const outer = r.enter();
  const pair = readLabelFields(r);
  r.leave(outer);
  return pair;
}

/** Pairs as a label set. Throws `bad_data` for an empty name and for one that stands twice. */
export function sortedLabels(pairs: [string, string][]): Labels {
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
