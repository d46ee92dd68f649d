// The values that TraceQL compares: of fields, and of literals.

export type StatusName = 'error' | 'ok' | 'unset';
export type KindName = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** `duration` is in nanoseconds. An int has 64 bits. */
export type Value =
  | { readonly type: 'nil' }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'duration'; readonly value: bigint }
  | { readonly type: 'status'; readonly value: StatusName }
  | { readonly type: 'kind'; readonly value: KindName }
  | { readonly type: 'string[]'; readonly value: readonly string[] }
  | { readonly type: 'int[]'; readonly value: readonly bigint[] }
  | { readonly type: 'float[]'; readonly value: readonly number[] }
  | { readonly type: 'bool[]'; readonly value: readonly boolean[] };

export type ValueType = Value['type'];

export const NIL: Value = { type: 'nil' };

/** By OTLP's number. Source: opentelemetry-proto `trace.proto`, `Status.StatusCode` and `Span.SpanKind`. */
export const STATUS_NAMES: readonly StatusName[] = ['unset', 'ok', 'error'];
export const KIND_NAMES: readonly KindName[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
