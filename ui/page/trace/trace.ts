// A trace as the pages see it: spans whose times are distances from the trace's start, so that plain numbers hold them exactly.

export type ValueKind = 'string' | 'int' | 'double' | 'bool' | 'bytes' | 'list' | 'map' | 'empty';

export interface Attribute {
  readonly key: string;
  readonly kind: ValueKind;
  /** As a person reads it; lists and maps as JSON, bytes in base64. */
  readonly text: string;
}

export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
export type SpanStatus = 'unset' | 'ok' | 'error';

/** Who sent a span. All spans of one sender hold the same object. */
export interface Source {
  readonly resource: readonly Attribute[];
  readonly scopeName: string;
  readonly scopeVersion: string;
  readonly scope: readonly Attribute[];
  /** `service.name`; empty where it is not said. */
  readonly service: string;
}

export interface SpanEvent {
  /** Nanoseconds from the trace's start. */
  readonly at: number;
  readonly name: string;
  readonly attributes: readonly Attribute[];
}

export interface SpanLink {
  /** Lower-case hex. */
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: readonly Attribute[];
}

export interface Span {
  /** Lower-case hex, 16 digits. */
  readonly id: string;
  /** Empty where the span has no parent. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly status: SpanStatus;
  readonly statusMessage: string;
  /** Nanoseconds from the trace's start. */
  readonly start: number;
  /** Never before the start. */
  readonly end: number;
  readonly attributes: readonly Attribute[];
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  /** Attributes, events and links that the sender left out. */
  readonly dropped: number;
  readonly traceState: string;
  readonly source: Source;
}

export interface Trace {
  /** Nanoseconds since the epoch: the start of the earliest span. */
  readonly startNs: bigint;
  /** Nanoseconds from the first start to the last end. */
  readonly length: number;
  readonly spans: readonly Span[];
}

/** Nanoseconds since the epoch of a distance from the trace's start. */
export function absoluteNs(trace: Pick<Trace, 'startNs'>, at: number): bigint {
  return trace.startNs + BigInt(Math.round(at));
}

/** Milliseconds since the epoch of a distance from the trace's start. */
export function absoluteMs(trace: Pick<Trace, 'startNs'>, at: number): number {
  return Number(absoluteNs(trace, at) / 1_000_000n);
}

export function attributeText(attributes: readonly Attribute[], key: string): string | undefined {
  return attributes.find((attribute) => attribute.key === key)?.text;
}

/** Why a span failed: what its status says, or else the first exception among its events. */
export function failureOf({ statusMessage, events }: Pick<Span, 'statusMessage' | 'events'>): string {
  if (statusMessage !== '') return statusMessage;
  const told = events.flatMap(
    ({ attributes }) => attributeText(attributes, 'exception.message') ?? attributeText(attributes, 'exception.type') ?? [],
  );
  return told[0] ?? 'This span failed, and does not say why.';
}

/** A service's name as it is shown. */
export function serviceText(service: string): string {
  return service === '' ? 'no service name' : service;
}
