// What the readers of OTLP logs, protobuf and JSON, hand on: one shape for both.
//
// Source: opentelemetry-proto `logs/v1/logs.proto`.

import type { AnyValue, Attributes, Resource } from '../../otlp/any-value.ts';

export interface OtlpLogRecord {
  /** Nanoseconds since the epoch, unsigned 64-bit numbers; 0 when the time is not known. */
  readonly timeNs: bigint;
  readonly observedNs: bigint;
  /** 0 when there is none. */
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: AnyValue;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
  readonly flags: number;
  /** Lower-case hex; empty for none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly eventName: string;
}

export interface OtlpLogScope {
  readonly name: string;
  readonly version: string;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
}

export interface LogsSink {
  beginResource(resource: Resource): void;
  beginScope(scope: OtlpLogScope): void;
  record(record: OtlpLogRecord): void;
}
