// For the tests of OTLP: a write that keeps what it was given as lines of text, and the protobuf form of an OTLP/JSON message.

import { Buffer } from 'node:buffer';
import { ProtobufWriter } from '../../base/protobuf-writer.ts';
import { printLabels } from '../../query/labels.ts';
import type { Labels } from '../../query/labels.ts';
import type { NativeHistogram } from '../native-histogram.ts';
import type { Exemplar, Metadata, MetricWrite, Refusal, RefusalReason, WriteSummary } from '../write.ts';

/** Lines such as `http_total{job="a"} 3 @5 from 1`, in the order of the calls. */
export class RecordingWrite implements MetricWrite {
  readonly lines: string[] = [];
  readonly metadataLines: string[] = [];
  readonly refusals: Refusal[] = [];
  /** What `commit` rejects with, if anything. */
  failure: Error | undefined;

  sample(labels: Labels, ts: number, value: number, startTs = 0): void {
    this.lines.push(`${printLabels(labels)} ${value} @${ts}${from(startTs)}`);
  }

  stale(labels: Labels, ts: number): void {
    this.lines.push(`${printLabels(labels)} stale @${ts}`);
  }

  histogram(labels: Labels, ts: number, histogram: NativeHistogram, startTs = 0): void {
    this.lines.push(`${printLabels(labels)} ${printHistogram(histogram)} @${ts}${from(startTs)}`);
  }

  exemplar(labels: Labels, { labels: own, value, ts }: Exemplar): void {
    this.lines.push(`${printLabels(labels)} # ${printLabels(own)} ${value} @${ts}`);
  }

  metadata({ metric, type, unit, help }: Metadata): void {
    this.metadataLines.push(`${metric} ${type} ${JSON.stringify(unit)} ${JSON.stringify(help)}`);
  }

  refuse(reason: RefusalReason, message: string): void {
    this.refusals.push({ reason, message, count: 1 });
  }

  async commit(): Promise<WriteSummary> {
    if (this.failure !== undefined) throw this.failure;
    return { samples: this.lines.length, histograms: 0, exemplars: 0, metadata: this.metadataLines.length, refusals: this.refusals };
  }
}

function from(startTs: number): string {
  return startTs === 0 ? '' : ` from ${startTs}`;
}

function printHistogram(h: NativeHistogram): string {
  const side = (spans: NativeHistogram['positiveSpans'], buckets: readonly number[]): string =>
    `${spans.map(({ offset, length }) => `${offset}+${length}`).join(',')}[${buckets.join(' ')}]`;
  const custom = h.customValues.length === 0 ? '' : ` bounds=${h.customValues.join(',')}`;
  const hint = h.counterResetHint === 'unknown' ? '' : ` ${h.counterResetHint}`;
  const zero = h.zeroThreshold === 0 ? '' : ` zero=${h.zeroCount}/${h.zeroThreshold}`;
  const negative = h.negativeBuckets.length === 0 ? '' : ` neg=${side(h.negativeSpans, h.negativeBuckets)}`;
  return `{schema=${h.schema} count=${h.count} sum=${h.sum}${zero} pos=${side(h.positiveSpans, h.positiveBuckets)}${negative}${custom}${hint}}`;
}

type Kind = 'text' | 'varint' | 'sint' | 'fixed32' | 'fixed64' | 'double' | 'bool' | 'bytes' | 'id' | Schema;

/** A message's fields by their JSON name: number and kind. */
interface Schema {
  readonly [name: string]: readonly [field: number, kind: () => Kind];
}

const anyValue: Schema = {
  stringValue: [1, () => 'text'],
  boolValue: [2, () => 'bool'],
  intValue: [3, () => 'varint'],
  doubleValue: [4, () => 'double'],
  arrayValue: [5, () => ({ values: [1, () => anyValue] })],
  kvlistValue: [6, () => ({ values: [1, () => keyValue] })],
  bytesValue: [7, () => 'bytes'],
};
const keyValue: Schema = { key: [1, () => 'text'], value: [2, () => anyValue] };
const exemplar: Schema = {
  timeUnixNano: [2, () => 'fixed64'],
  asDouble: [3, () => 'double'],
  spanId: [4, () => 'id'],
  traceId: [5, () => 'id'],
  asInt: [6, () => 'fixed64'],
  filteredAttributes: [7, () => keyValue],
};
const numberPoint: Schema = {
  startTimeUnixNano: [2, () => 'fixed64'],
  timeUnixNano: [3, () => 'fixed64'],
  asDouble: [4, () => 'double'],
  exemplars: [5, () => exemplar],
  asInt: [6, () => 'fixed64'],
  attributes: [7, () => keyValue],
  flags: [8, () => 'varint'],
};
const histogramPoint: Schema = {
  startTimeUnixNano: [2, () => 'fixed64'],
  timeUnixNano: [3, () => 'fixed64'],
  count: [4, () => 'fixed64'],
  sum: [5, () => 'double'],
  bucketCounts: [6, () => 'fixed64'],
  explicitBounds: [7, () => 'double'],
  exemplars: [8, () => exemplar],
  attributes: [9, () => keyValue],
  flags: [10, () => 'varint'],
  min: [11, () => 'double'],
  max: [12, () => 'double'],
};
const buckets: Schema = { offset: [1, () => 'sint'], bucketCounts: [2, () => 'varint'] };
const exponentialPoint: Schema = {
  attributes: [1, () => keyValue],
  startTimeUnixNano: [2, () => 'fixed64'],
  timeUnixNano: [3, () => 'fixed64'],
  count: [4, () => 'fixed64'],
  sum: [5, () => 'double'],
  scale: [6, () => 'sint'],
  zeroCount: [7, () => 'fixed64'],
  positive: [8, () => buckets],
  negative: [9, () => buckets],
  flags: [10, () => 'varint'],
  exemplars: [11, () => exemplar],
  min: [12, () => 'double'],
  max: [13, () => 'double'],
  zeroThreshold: [14, () => 'double'],
};
const summaryPoint: Schema = {
  startTimeUnixNano: [2, () => 'fixed64'],
  timeUnixNano: [3, () => 'fixed64'],
  count: [4, () => 'fixed64'],
  sum: [5, () => 'double'],
  quantileValues: [6, () => ({ quantile: [1, () => 'double'], value: [2, () => 'double'] })],
  attributes: [7, () => keyValue],
  flags: [8, () => 'varint'],
};

function data(point: Schema): readonly [number, () => Kind] {
  return [0, () => ({ dataPoints: [1, () => point], aggregationTemporality: [2, () => 'varint'], isMonotonic: [3, () => 'bool'] })];
}

const metric: Schema = {
  name: [1, () => 'text'],
  description: [2, () => 'text'],
  unit: [3, () => 'text'],
  gauge: [5, data(numberPoint)[1]],
  sum: [7, data(numberPoint)[1]],
  histogram: [9, data(histogramPoint)[1]],
  exponentialHistogram: [10, data(exponentialPoint)[1]],
  summary: [11, data(summaryPoint)[1]],
};
const scope: Schema = {
  name: [1, () => 'text'],
  version: [2, () => 'text'],
  attributes: [3, () => keyValue],
  droppedAttributesCount: [4, () => 'varint'],
};
const scopeMetrics: Schema = { scope: [1, () => scope], metrics: [2, () => metric], schemaUrl: [3, () => 'text'] };
const resource: Schema = { attributes: [1, () => keyValue] };
const resourceMetrics: Schema = { resource: [1, () => resource], scopeMetrics: [2, () => scopeMetrics], schemaUrl: [3, () => 'text'] };
const logRecord: Schema = {
  timeUnixNano: [1, () => 'fixed64'],
  severityNumber: [2, () => 'varint'],
  severityText: [3, () => 'text'],
  body: [5, () => anyValue],
  attributes: [6, () => keyValue],
  droppedAttributesCount: [7, () => 'varint'],
  flags: [8, () => 'fixed32'],
  traceId: [9, () => 'id'],
  spanId: [10, () => 'id'],
  observedTimeUnixNano: [11, () => 'fixed64'],
  eventName: [12, () => 'text'],
};
const scopeLogs: Schema = { scope: [1, () => scope], logRecords: [2, () => logRecord] };
const resourceLogs: Schema = { resource: [1, () => resource], scopeLogs: [2, () => scopeLogs] };
const event: Schema = {
  timeUnixNano: [1, () => 'fixed64'],
  name: [2, () => 'text'],
  attributes: [3, () => keyValue],
  droppedAttributesCount: [4, () => 'varint'],
};
const link: Schema = {
  traceId: [1, () => 'id'],
  spanId: [2, () => 'id'],
  traceState: [3, () => 'text'],
  attributes: [4, () => keyValue],
  droppedAttributesCount: [5, () => 'varint'],
  flags: [6, () => 'fixed32'],
};
const span: Schema = {
  traceId: [1, () => 'id'],
  spanId: [2, () => 'id'],
  traceState: [3, () => 'text'],
  parentSpanId: [4, () => 'id'],
  name: [5, () => 'text'],
  kind: [6, () => 'varint'],
  startTimeUnixNano: [7, () => 'fixed64'],
  endTimeUnixNano: [8, () => 'fixed64'],
  attributes: [9, () => keyValue],
  droppedAttributesCount: [10, () => 'varint'],
  events: [11, () => event],
  droppedEventsCount: [12, () => 'varint'],
  links: [13, () => link],
  droppedLinksCount: [14, () => 'varint'],
  status: [15, () => ({ message: [2, () => 'text'], code: [3, () => 'varint'] })],
  flags: [16, () => 'fixed32'],
};
const scopeSpans: Schema = { scope: [1, () => scope], spans: [2, () => span], schemaUrl: [3, () => 'text'] };
const resourceSpans: Schema = { resource: [1, () => resource], scopeSpans: [2, () => scopeSpans], schemaUrl: [3, () => 'text'] };
const request: Schema = { resourceMetrics: [1, () => resourceMetrics] };

/** The protobuf bytes of an `ExportMetricsServiceRequest` in canonical JSON. With `reversed` the fields of each message come last to first. */
export function metricsProtobuf(message: unknown, reversed = false): Uint8Array {
  return encode(message as Record<string, unknown>, request, reversed);
}

/** The same of an `ExportLogsServiceRequest`. */
export function logsProtobuf(message: unknown, reversed = false): Uint8Array {
  return encode(message as Record<string, unknown>, { resourceLogs: [1, () => resourceLogs] }, reversed);
}

/** The same of an `ExportTraceServiceRequest`. */
export function tracesProtobuf(message: unknown, reversed = false): Uint8Array {
  return encode(message as Record<string, unknown>, { resourceSpans: [1, () => resourceSpans] }, reversed);
}

function encode(message: Readonly<Record<string, unknown>>, schema: Schema, reversed: boolean): Uint8Array {
  const writer = new ProtobufWriter();
  const entries = Object.entries(message);
  for (const [name, value] of reversed ? entries.reverse() : entries) {
    const known = schema[name];
    if (known === undefined) throw new Error(`${name} is not in the schema`);
    const [field, kindOf] = known;
    for (const item of Array.isArray(value) ? value : [value]) write(writer, field, item, { kind: kindOf(), reversed });
  }
  return writer.bytes();
}

function write(writer: ProtobufWriter, field: number, value: unknown, { kind, reversed }: { kind: Kind; reversed: boolean }): void {
  if (typeof kind === 'object') writer.blob(field, encode(value as Record<string, unknown>, kind, reversed));
  else if (kind === 'text') writer.text(field, String(value));
  else if (kind === 'bool') writer.varint(field, value === true ? 1 : 0);
  else if (kind === 'varint') writer.varint(field, BigInt(String(value)));
  else if (kind === 'sint') writer.varint(field, Number(value) < 0 ? -2 * Number(value) - 1 : 2 * Number(value));
  else if (kind === 'fixed32') writer.fixed32(field, Number(value));
  else if (kind === 'fixed64') writer.fixed64(field, BigInt(String(value)));
  else if (kind === 'double') writer.double(field, Number(value));
  else writer.blob(field, Buffer.from(String(value), kind === 'id' ? 'hex' : 'base64'));
}
