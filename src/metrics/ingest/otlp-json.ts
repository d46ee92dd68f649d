// An OTLP `ExportMetricsServiceRequest` out of JSON into the same sink and the same shapes as the protobuf reader.

import {
  attributesField,
  boolField,
  doubleField,
  doubleOf,
  enumField,
  idField,
  intField,
  listField,
  messageField,
  messagesField,
  parseOtlpJson,
  resourceField,
  scopeField,
  textField,
  timestampField,
  uintField,
  uintOf,
} from '../../otlp/json.ts';
import type { JsonObject } from '../../otlp/json.ts';
import { NO_BUCKETS, NO_DATA } from './otlp-points.ts';
import type {
  ExponentialBuckets,
  ExponentialPoint,
  HistogramPoint,
  MetricData,
  MetricsSink,
  NumberPoint,
  OtlpExemplar,
  OtlpPoint,
  SummaryPoint,
} from './otlp-points.ts';

const TEMPORALITIES = {
  AGGREGATION_TEMPORALITY_UNSPECIFIED: 0,
  AGGREGATION_TEMPORALITY_DELTA: 1,
  AGGREGATION_TEMPORALITY_CUMULATIVE: 2,
} as const;

/** Reads a request into the sink. Throws `bad_data` that names the field when it is malformed. */
export function readMetricsJson(body: Uint8Array, sink: MetricsSink): void {
  for (const resourceMetrics of messagesField(parseOtlpJson(body), 'resourceMetrics')) {
    sink.beginResource(resourceField(resourceMetrics));
    for (const scopeMetrics of messagesField(resourceMetrics, 'scopeMetrics')) {
      sink.beginScope(scopeField(scopeMetrics));
      for (const metric of messagesField(scopeMetrics, 'metrics')) {
        sink.metric({
          name: textField(metric, 'name'),
          unit: textField(metric, 'unit'),
          description: textField(metric, 'description'),
          data: dataOf(metric),
        });
      }
    }
    sink.endResource();
  }
}

function dataOf(metric: JsonObject): MetricData {
  const gauge = messageField(metric, 'gauge');
  if (gauge !== undefined) return { kind: 'gauge', points: messagesField(gauge, 'dataPoints').map(numberPoint) };
  const sum = messageField(metric, 'sum');
  if (sum !== undefined) {
    const monotonic = boolField(sum, 'isMonotonic');
    return { kind: 'sum', points: messagesField(sum, 'dataPoints').map(numberPoint), temporality: temporality(sum), monotonic };
  }
  const histogram = messageField(metric, 'histogram');
  if (histogram !== undefined) {
    return { kind: 'histogram', points: messagesField(histogram, 'dataPoints').map(histogramPoint), temporality: temporality(histogram) };
  }
  const exponential = messageField(metric, 'exponentialHistogram');
  if (exponential !== undefined) {
    const points = messagesField(exponential, 'dataPoints').map(exponentialPoint);
    return { kind: 'exponential', points, temporality: temporality(exponential) };
  }
  const summary = messageField(metric, 'summary');
  return summary === undefined ? NO_DATA : { kind: 'summary', points: messagesField(summary, 'dataPoints').map(summaryPoint) };
}

function temporality(data: JsonObject): number {
  return enumField(data, 'aggregationTemporality', TEMPORALITIES);
}

function pointOf(point: JsonObject): OtlpPoint {
  return {
    attributes: attributesField(point),
    start: timestampField(point, 'startTimeUnixNano'),
    time: timestampField(point, 'timeUnixNano'),
    flags: uintField(point, 'flags'),
  };
}

/** `asDouble` or `asInt`, or undefined when there is neither. */
function numberOf(message: JsonObject): number | undefined {
  return doubleField(message, 'asDouble') ?? intField(message, 'asInt');
}

function numberPoint(point: JsonObject): NumberPoint {
  return { ...pointOf(point), value: numberOf(point) ?? 0, exemplars: exemplarsOf(point) };
}

function histogramPoint(point: JsonObject): HistogramPoint {
  return {
    ...pointOf(point),
    count: uintField(point, 'count'),
    sum: doubleField(point, 'sum'),
    bucketCounts: countsOf(point),
    explicitBounds: listField(point, 'explicitBounds').map((bound) => doubleOf(bound, 'explicitBounds')),
    exemplars: exemplarsOf(point),
  };
}

function exponentialPoint(point: JsonObject): ExponentialPoint {
  return {
    ...pointOf(point),
    count: uintField(point, 'count'),
    sum: doubleField(point, 'sum'),
    scale: intField(point, 'scale') ?? 0,
    zeroCount: uintField(point, 'zeroCount'),
    zeroThreshold: doubleField(point, 'zeroThreshold') ?? 0,
    positive: bucketsOf(messageField(point, 'positive')),
    negative: bucketsOf(messageField(point, 'negative')),
    exemplars: exemplarsOf(point),
  };
}

function bucketsOf(buckets: JsonObject | undefined): ExponentialBuckets {
  return buckets === undefined ? NO_BUCKETS : { offset: intField(buckets, 'offset') ?? 0, counts: countsOf(buckets) };
}

function countsOf(message: JsonObject): number[] {
  return listField(message, 'bucketCounts').map((count) => uintOf(count, 'bucketCounts'));
}

function summaryPoint(point: JsonObject): SummaryPoint {
  return {
    ...pointOf(point),
    count: uintField(point, 'count'),
    sum: doubleField(point, 'sum') ?? 0,
    quantiles: messagesField(point, 'quantileValues').map((quantile) => ({
      quantile: doubleField(quantile, 'quantile') ?? 0,
      value: doubleField(quantile, 'value') ?? 0,
    })),
  };
}

function exemplarsOf(point: JsonObject): OtlpExemplar[] {
  return messagesField(point, 'exemplars').map((exemplar) => ({
    attributes: attributesField(exemplar, 'filteredAttributes'),
    time: timestampField(exemplar, 'timeUnixNano'),
    value: numberOf(exemplar),
    traceId: idField(exemplar, 'traceId', 16),
    spanId: idField(exemplar, 'spanId', 8),
  }));
}
