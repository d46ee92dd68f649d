// Spans as the columns of the table, one block for each request.
//
// A dictionary column looks up values as they come, so the text of one is made once per block, not once per span. A column in which no span has
// anything is said in a few words.

import { Buffer } from 'node:buffer';
import type { AnyValue, Attributes } from '../../otlp/any-value.ts';
import { type Allocate, type Column, type ColumnData, encodeBlock } from '../../storage/native.ts';
import { ATTRIBUTE_COLUMNS } from '../attribute-columns.ts';
import { type TextColumn, LowColumn, TextsColumn } from './value-columns.ts';
import { restText } from '../rest-text.ts';
import { word } from '../span-identity.ts';
import { typedText } from '../typed-text.ts';
import type { Span, SpanEvent, SpanLink } from '../write.ts';

/** A span and what is known of it by now. */
export interface PlacedSpan {
  readonly span: Span;
  /** Of who sent it, as in `sources`. */
  readonly sourceId: bigint;
  /** Of its start, since the epoch. */
  readonly day: number;
}

export interface BlockOptions {
  readonly tenant: string;
  /** Whose choice of columns it is. */
  readonly lineage: number;
  /** Where a span attribute goes: the position of its column, or -1 for the map. Called once for each attribute of each span. */
  readonly placeOf: (key: string, value: AnyValue, day: number) => number;
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
  const [ts, duration, source] = [new BigInt64Array(rows), new BigInt64Array(rows), new BigUint64Array(rows)];
  const [kind, status] = [new Uint8Array(rows), new Uint8Array(rows)];
  for (let row = 0; row < rows; row++) {
    const { span, sourceId } = spans[row] as PlacedSpan;
    ts[row] = span.startNs;
    duration[row] = span.endNs - span.startNs;
    source[row] = sourceId;
    kind[row] = span.kind;
    status[row] = span.status;
  }
  return [
    { name: 'tenant', data: { kind: 'constant LowCardinality(String)', value: tenant, rows } },
    { name: 'trace_high', data: idColumn(spans, ({ traceId }) => traceId) },
    { name: 'trace_low', data: idColumn(spans, ({ traceId }) => traceId, 8) },
    { name: 'ts', data: { kind: 'Int64', values: ts } },
    { name: 'span_id', data: idColumn(spans, ({ spanId }) => spanId) },
    { name: 'parent_id', data: idColumn(spans, ({ parentId }) => parentId) },
    { name: 'duration', data: { kind: 'Int64', values: duration } },
    { name: 'source', data: { kind: 'UInt64', values: source } },
    { name: 'name', data: low(({ name }) => name) },
    { name: 'kind', data: { kind: 'UInt8', values: kind } },
    { name: 'status', data: { kind: 'UInt8', values: status } },
    { name: 'status_message', data: low(({ statusMessage }) => statusMessage) },
    { name: 'rest', data: low(restText) },
    { name: 'lineage', data: { kind: 'UInt32', values: new Uint32Array(rows).fill(lineage) } },
  ];
}

function textColumn(column: TextColumn, spans: readonly PlacedSpan[], text: (span: Span) => string): ColumnData {
  for (let row = 0; row < spans.length; row++) column.setText(row, text((spans[row] as PlacedSpan).span));
  return column.data();
}

/** The 8 bytes of an id at an offset, in the byte order of the wire, as numbers; 0 where there is none. */
function idColumn(spans: readonly PlacedSpan[], bytesOf: (span: Span) => Uint8Array, at = 0): ColumnData {
  // The low half first, as the numbers lie in memory.
  const words = new Uint32Array(spans.length * 2);
  for (let row = 0; row < spans.length; row++) {
    const id = bytesOf((spans[row] as PlacedSpan).span);
    if (id.length === 0) continue;
    words[2 * row] = word(id, at + 4);
    words[2 * row + 1] = word(id, at);
  }
  return { kind: 'UInt64', values: new BigUint64Array(words.buffer) };
}

/** Hot: once per attribute of every span. */
function attributeColumns(spans: readonly PlacedSpan[], { placeOf }: BlockOptions): Column[] {
  const rows = spans.length;
  const columns: TextColumn[] = ATTRIBUTE_COLUMNS.map(({ kind }) => (kind === 'low' ? new LowColumn(rows) : new TextsColumn(rows)));
  const map: (readonly string[])[] = [];
  for (let row = 0; row < rows; row++) {
    const { span, day } = spans[row] as PlacedSpan;
    const { attributes } = span;
    let rest: string[] | undefined;
    for (let i = 0; i < attributes.length; i++) {
      const { key, value } = attributes[i] as Attributes[number];
      const place = placeOf(key, value, day);
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
