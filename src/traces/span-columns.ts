// Spans as the columns of the table, one block for each request.
//
// A dictionary column looks up values as they come, so the text of one is made once per block, not once per span. A column in which no span has
// anything is said in a few words.

import { Buffer } from 'node:buffer';
import type { AnyValue, Attributes } from '../otlp/any-value.ts';
import { type Allocate, type Column, type ColumnData, encodeBlock } from '../storage/native.ts';
import { ATTRIBUTE_COLUMNS } from './attribute-columns.ts';
import { type TextColumn, LowColumn, TextsColumn } from './value-columns.ts';
import { typedText } from './typed-text.ts';
import type { Span, SpanEvent, SpanLink } from './write.ts';

/** A span and what is known of it by now. */
export interface PlacedSpan {
  readonly span: Span;
  /** Of who sent it, as in `sources`. */
  readonly sourceId: bigint;
}

export interface BlockOptions {
  readonly tenant: string;
  /** Whose choice of columns it is. */
  readonly lineage: number;
  /** Where a span attribute goes: the position of its column, or -1 for the map. Called once for each attribute of each span. */
  readonly placeOf: (key: string, value: AnyValue, span: Span) => number;
  readonly allocate: Allocate;
}

/** One block of the table `spans`. */
export function encodeSpans(spans: readonly PlacedSpan[], options: BlockOptions): Uint8Array {
  const columns = [...fixedColumns(spans, options), ...attributeColumns(spans, options), ...eventColumns(spans), ...linkColumns(spans)];
  return encodeBlock(columns, options.allocate);
}

function fixedColumns(spans: readonly PlacedSpan[], { tenant, lineage }: BlockOptions): Column[] {
  const rows = spans.length;
  const low = (value: (span: Span) => string): ColumnData => textColumn(new LowColumn(rows), spans, value);
  return [
    { name: 'tenant', data: { kind: 'constant LowCardinality(String)', value: tenant, rows } },
    { name: 'trace_high', data: idColumn(rows, (row) => [spans[row]?.span.traceId, 0]) },
    { name: 'trace_low', data: idColumn(rows, (row) => [spans[row]?.span.traceId, 8]) },
    { name: 'ts', data: { kind: 'Int64', values: BigInt64Array.from(spans, ({ span }) => span.startNs) } },
    { name: 'span_id', data: idColumn(rows, (row) => [spans[row]?.span.spanId, 0]) },
    { name: 'parent_id', data: idColumn(rows, (row) => [spans[row]?.span.parentId, 0]) },
    { name: 'duration', data: { kind: 'Int64', values: BigInt64Array.from(spans, ({ span }) => span.endNs - span.startNs) } },
    { name: 'source', data: { kind: 'UInt64', values: BigUint64Array.from(spans, ({ sourceId }) => sourceId) } },
    { name: 'name', data: low(({ name }) => name) },
    { name: 'kind', data: { kind: 'UInt8', values: Uint8Array.from(spans, ({ span }) => span.kind) } },
    { name: 'status', data: { kind: 'UInt8', values: Uint8Array.from(spans, ({ span }) => span.status) } },
    { name: 'status_message', data: low(({ statusMessage }) => statusMessage) },
    { name: 'trace_state', data: textColumn(new TextsColumn(rows), spans, ({ traceState }) => traceState) },
    { name: 'flags', data: counts(spans, ({ flags }) => flags) },
    { name: 'lineage', data: { kind: 'UInt32', values: new Uint32Array(rows).fill(lineage) } },
    { name: 'dropped_attributes', data: counts(spans, ({ droppedAttributes }) => droppedAttributes) },
    { name: 'dropped_events', data: counts(spans, ({ droppedEvents }) => droppedEvents) },
    { name: 'dropped_links', data: counts(spans, ({ droppedLinks }) => droppedLinks) },
  ];
}

function counts(spans: readonly PlacedSpan[], count: (span: Span) => number): ColumnData {
  return { kind: 'UInt32', values: Uint32Array.from(spans, ({ span }) => count(span)) };
}

function textColumn(column: TextColumn, spans: readonly PlacedSpan[], text: (span: Span) => string): ColumnData {
  for (let row = 0; row < spans.length; row++) column.setText(row, text((spans[row] as PlacedSpan).span));
  return column.data();
}

/** Ids in the byte order of the wire, as numbers; 0 where there is none. */
function idColumn(rows: number, bytesOf: (row: number) => readonly [Uint8Array | undefined, number]): ColumnData {
  const bytes = Buffer.alloc(rows * 8);
  for (let row = 0; row < rows; row++) {
    const [id, at] = bytesOf(row);
    if (id !== undefined && id.length > 0) bytes.set(at === 0 && id.length === 8 ? id : id.subarray(at, at + 8), row * 8);
  }
  bytes.swap64();
  return { kind: 'UInt64', values: new BigUint64Array(bytes.buffer, bytes.byteOffset, rows) };
}

/** Hot: once per attribute of every span. */
function attributeColumns(spans: readonly PlacedSpan[], { placeOf }: BlockOptions): Column[] {
  const rows = spans.length;
  const columns: TextColumn[] = ATTRIBUTE_COLUMNS.map(({ kind }) => (kind === 'low' ? new LowColumn(rows) : new TextsColumn(rows)));
  const map: (readonly string[])[] = [];
  for (let row = 0; row < rows; row++) {
    const { span } = spans[row] as PlacedSpan;
    const { attributes } = span;
    let rest: string[] | undefined;
    for (let i = 0; i < attributes.length; i++) {
      const { key, value } = attributes[i] as Attributes[number];
      const place = placeOf(key, value, span);
      // Of a key that is there twice the first value counts.
      if (place >= 0) (columns[place] as TextColumn).set(row, value);
      else (rest ??= []).push(key, typedText(value));
    }
    map.push(rest ?? NOTHING);
  }
  const named = columns.map((column, position) => ({ name: ATTRIBUTE_COLUMNS[position]?.name ?? '', data: column.data() }));
  return [...named, { name: 'attrs', data: mapColumn(map) }];
}

const NOTHING: readonly never[] = [];

function mapColumn(values: readonly (readonly string[])[]): ColumnData {
  if (values.every((row) => row.length === 0)) return { kind: 'empty Map(LowCardinality(String), String)', rows: values.length };
  return { kind: 'Map(LowCardinality(String), String)', values };
}

function eventColumns(spans: readonly PlacedSpan[]): Column[] {
  const each = <T>(value: (event: SpanEvent) => T): (readonly T[])[] =>
    spans.map(({ span: { events } }) => (events.length === 0 ? NOTHING : events.map(value)));
  return [
    { name: 'event_ts', data: { kind: 'Array(Int64)', values: each(({ timeNs }) => timeNs) } },
    { name: 'event_name', data: { kind: 'Array(String)', values: each(({ name }) => name) } },
    { name: 'event_attrs', data: mapColumn(spans.map(({ span }) => nestedAttributes(span.events))) },
    { name: 'event_attr_counts', data: { kind: 'Array(Int32)', values: each(({ attributes }) => attributes.length) } },
    { name: 'event_dropped', data: { kind: 'Array(Int32)', values: each(({ droppedAttributes }) => droppedAttributes) } },
  ];
}

function linkColumns(spans: readonly PlacedSpan[]): Column[] {
  const each = <T>(value: (link: SpanLink) => T): (readonly T[])[] =>
    spans.map(({ span: { links } }) => (links.length === 0 ? NOTHING : links.map(value)));
  return [
    { name: 'link_trace_id', data: { kind: 'Array(String)', values: each(({ traceId }) => hex(traceId)) } },
    { name: 'link_span_id', data: { kind: 'Array(String)', values: each(({ spanId }) => hex(spanId)) } },
    { name: 'link_trace_state', data: { kind: 'Array(String)', values: each(({ traceState }) => traceState) } },
    { name: 'link_attrs', data: mapColumn(spans.map(({ span }) => nestedAttributes(span.links))) },
    { name: 'link_attr_counts', data: { kind: 'Array(Int32)', values: each(({ attributes }) => attributes.length) } },
    { name: 'link_dropped', data: { kind: 'Array(Int32)', values: each(({ droppedAttributes }) => droppedAttributes) } },
    { name: 'link_flags', data: { kind: 'Array(Int32)', values: each(({ flags }) => flags | 0) } },
  ];
}

/** The attributes of all events, or links, of a span behind one another: keys and typed texts in turn. */
function nestedAttributes(parts: readonly { readonly attributes: Attributes }[]): readonly string[] {
  return parts.length === 0 ? NOTHING : parts.flatMap(({ attributes }) => attributes.flatMap(({ key, value }) => [key, typedText(value)]));
}

function hex(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('hex');
}
