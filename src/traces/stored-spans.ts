// Rows of the table `spans`, all columns, as spans.

import type { KeyValue } from '../otlp/any-value.ts';
import type { Block } from '../storage/native.ts';
import type { AttributeNames } from './attribute-names.ts';
import { restOf } from './rest-text.ts';
import { idBytes } from './span-identity.ts';
import { valueOfTypedText } from './typed-text.ts';
import type { Span, SpanEvent, SpanLink } from './write.ts';

/** The columns that a span is made of, beside those of its attributes, events and links. */
export const SPAN_COLUMNS: readonly string[] = [
  'trace_high',
  'trace_low',
  'ts',
  'span_id',
  'parent_id',
  'duration',
  'source',
  'name',
  'kind',
  'status',
  'status_message',
  'rest',
  'lineage',
  'attrs',
];

/** How many events and links a span has; read first, because most have none. */
export const NESTED_COUNT = 'nested';

/** The columns of events and links. */
export const NESTED_COLUMNS: readonly string[] = [
  'event_ts',
  'event_name',
  'event_attrs',
  'event_attr_counts',
  'event_dropped',
  'link_trace_id',
  'link_span_id',
  'link_trace_state',
  'link_attrs',
  'link_attr_counts',
  'link_dropped',
  'link_flags',
];

const NO_ID = new Uint8Array(0);

/** A row of a block. */
export interface StoredRow {
  readonly block: Block;
  readonly row: number;
}

/** Names a span within its trace. */
export function rowKey({ block: { columns }, row }: StoredRow): string {
  return `${String(columns['span_id']?.[row])} ${String(columns['kind']?.[row])} ${String(columns['ts']?.[row])}`;
}

export function sourceOf({ block: { columns }, row }: StoredRow): bigint {
  return big(columns['source']?.[row]);
}

/** The span of a row; `nested` is the row of its events and links, where it has any. */
export function spanOf(stored: StoredRow, nested: StoredRow | undefined, names: AttributeNames): Span {
  const at = cellsOf(stored);
  const nestedAt = nested === undefined ? undefined : cellsOf(nested);
  const startNs = big(at('ts'));
  const parent = big(at('parent_id'));
  return {
    ...restOf(String(at('rest'))),
    traceId: Buffer.concat([idBytes(big(at('trace_high'))), idBytes(big(at('trace_low')))]),
    spanId: idBytes(big(at('span_id'))),
    parentId: parent === 0n ? NO_ID : idBytes(parent),
    name: String(at('name')),
    kind: Number(at('kind')),
    startNs,
    endNs: startNs + big(at('duration')),
    attributes: attributesOf(at, names),
    events: nestedAt === undefined ? [] : eventsOf(nestedAt),
    links: nestedAt === undefined ? [] : linksOf(nestedAt),
    status: Number(at('status')),
    statusMessage: String(at('status_message')),
  };
}

/** The value of a column; undefined in a column of maps that are all empty. */
type Cell = (column: string) => unknown;

function cellsOf({ block: { columns }, row }: StoredRow): Cell {
  return (name) => columns[name]?.[row];
}

function attributesOf(at: Cell, { columns, keyOf }: AttributeNames): readonly KeyValue[] {
  const lineage = Number(at('lineage'));
  const attributes: KeyValue[] = [];
  for (const column of columns) {
    const value = valueOfTypedText(String(at(column)));
    const key = value === undefined ? undefined : keyOf(column, lineage);
    if (value !== undefined && key !== undefined) attributes.push({ key, value });
  }
  return [...attributes, ...firstOfEach(pairs(list(at('attrs'))))];
}

function eventsOf(at: Cell): readonly SpanEvent[] {
  const names = list(at('event_name'));
  if (names.length === 0) return [];
  const [times, dropped] = [list(at('event_ts')), list(at('event_dropped'))];
  const attributes = shares(at('event_attrs'), at('event_attr_counts'));
  return names.map((name, i) => ({
    timeNs: big(times[i]),
    name: String(name),
    attributes: attributes[i] ?? [],
    droppedAttributes: Number(dropped[i]) >>> 0,
  }));
}

function linksOf(at: Cell): readonly SpanLink[] {
  const ids = list(at('link_trace_id'));
  if (ids.length === 0) return [];
  const [spans, states] = [list(at('link_span_id')), list(at('link_trace_state'))];
  const [dropped, flags] = [list(at('link_dropped')), list(at('link_flags'))];
  const attributes = shares(at('link_attrs'), at('link_attr_counts'));
  return ids.map((id, i) => ({
    traceId: Buffer.from(String(id), 'hex'),
    spanId: Buffer.from(String(spans[i]), 'hex'),
    traceState: String(states[i]),
    attributes: attributes[i] ?? [],
    droppedAttributes: Number(dropped[i]) >>> 0,
    flags: Number(flags[i]) >>> 0,
  }));
}

/** Attributes that stand behind one another, as each event or link has them. */
function shares(flat: unknown, counts: unknown): readonly (readonly KeyValue[])[] {
  const all = pairs(list(flat));
  let from = 0;
  return list(counts).map((count) => firstOfEach(all.slice(from, (from += Number(count)))));
}

/** Of a key that is there twice the first value counts. */
function firstOfEach(attributes: readonly KeyValue[]): readonly KeyValue[] {
  const keys = new Set<string>();
  for (const { key } of attributes) keys.add(key);
  return keys.size === attributes.length ? attributes : attributes.filter(({ key }) => keys.delete(key));
}

function pairs(flat: readonly unknown[]): readonly KeyValue[] {
  return Array.from({ length: flat.length >> 1 }, (_, i) => ({
    key: String(flat[2 * i]),
    value: valueOfTypedText(String(flat[2 * i + 1])) ?? null,
  }));
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value instanceof BigInt64Array || value instanceof Int32Array ? Array.from<unknown>(value) : [];
}

function big(value: unknown): bigint {
  return typeof value === 'bigint' ? value : 0n;
}
