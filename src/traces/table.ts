// What a row of each traces table is.
//
//   spans            the spans, those of a trace together
//   sources          who sent them: a resource and the instrumentation scope in it, one row per day
//   attribute_keys   which attributes there are, of which types, and the column of each
//   trace_blocks     in which blocks of time a trace has spans
//
// Ids stand as 64-bit numbers in the byte order of the wire, a trace id as two: `hex(trace_high) || hex(trace_low)`.
// Attribute values are typed texts (typed-text.ts).

import { type Sql, sql } from '../base/sql.ts';
import type { Migration } from '../storage/migrate.ts';
import { createTable, type Table, type TableColumn } from '../storage/schema.ts';
import { ATTRIBUTE_COLUMNS } from './attribute-columns.ts';

/** Spans stand in blocks of so much time, by their start. */
export const BLOCK_NS = 600_000_000_000n;

// Weeks as partitions: few parts to merge on reading, and old data leaves a week at a time.
const BY_WEEK: Sql = sql`intDiv(ts, 604800000000000)`;
/** The block of a span. Within it the spans of a trace lie together, which makes them small, and found by reading one granule. */
export const BLOCK_OF_TIME: Sql = sql`intDiv(ts, 600000000000)`;

const TENANT: TableColumn = { name: 'tenant', definition: sql`LowCardinality(String)` };
const LOW: Sql = sql`LowCardinality(String) CODEC(ZSTD(1))`;
const ANY: Sql = sql`String CODEC(ZSTD(1))`;
const ATTRIBUTES: Sql = sql`Map(LowCardinality(String), String) CODEC(ZSTD(1))`;
const TEXTS: Sql = sql`Array(String) CODEC(ZSTD(1))`;
const COUNTS: Sql = sql`Array(Int32) CODEC(ZSTD(1))`;

export const SPANS_TABLE: Table = {
  name: 'spans',
  columns: [
    TENANT,
    // What every question reads is unpacked three times as fast by LZ4, and T64 makes it as small as ZSTD does.
    { name: 'trace_high', definition: sql`UInt64 CODEC(LZ4)` },
    { name: 'trace_low', definition: sql`UInt64 CODEC(LZ4)` },
    // The start, in nanoseconds since the epoch.
    { name: 'ts', definition: sql`Int64 CODEC(T64, LZ4)` },
    { name: 'span_id', definition: sql`UInt64 CODEC(NONE)` },
    // 0 where there is none.
    { name: 'parent_id', definition: sql`UInt64 CODEC(LZ4)` },
    // Nanoseconds.
    { name: 'duration', definition: sql`Int64 CODEC(T64, LZ4)` },
    { name: 'source', definition: sql`LowCardinality(UInt64) CODEC(ZSTD(1))` },
    { name: 'name', definition: LOW },
    // OTLP's numbers.
    { name: 'kind', definition: sql`UInt8 CODEC(ZSTD(1))` },
    { name: 'status', definition: sql`UInt8 CODEC(ZSTD(1))` },
    { name: 'status_message', definition: LOW },
    // What is shown and never asked about, in one text (rest-text.ts).
    { name: 'rest', definition: LOW },
    // Whose choice of columns the row follows (attribute-keys.ts); 0 in the embedded form.
    { name: 'lineage', definition: sql`UInt32 CODEC(ZSTD(1))` },
    ...ATTRIBUTE_COLUMNS.map(({ name, kind }) => ({ name, definition: kind === 'low' ? LOW : ANY })),
    { name: 'attrs', definition: ATTRIBUTES },
    { name: 'event_ts', definition: sql`Array(Int64) CODEC(ZSTD(1))` },
    { name: 'event_name', definition: sql`Array(LowCardinality(String)) CODEC(ZSTD(1))` },
    // The attributes of all events behind one another, and how many each has.
    { name: 'event_attrs', definition: ATTRIBUTES },
    { name: 'event_attr_counts', definition: COUNTS },
    { name: 'event_dropped', definition: COUNTS },
    // Ids in lower-case hex.
    { name: 'link_trace_id', definition: TEXTS },
    { name: 'link_span_id', definition: TEXTS },
    { name: 'link_trace_state', definition: TEXTS },
    { name: 'link_attrs', definition: ATTRIBUTES },
    { name: 'link_attr_counts', definition: COUNTS },
    { name: 'link_dropped', definition: COUNTS },
    { name: 'link_flags', definition: COUNTS },
  ],
  // A span that is sent twice is found out when it comes (seen-spans.ts); where several processes write, a merge keeps one of two rows.
  engine: 'replacing',
  orderBy: sql`(tenant, ${BLOCK_OF_TIME}, trace_high, trace_low, ts, span_id, kind)`,
  // Small granules and blocks of compression: a trace by its id reads one of each column.
  settings: sql`index_granularity = 2048, min_compress_block_size = 16384, max_compress_block_size = 131072,
    allow_suspicious_low_cardinality_types = 1`,
  partitionBy: BY_WEEK,
  time: sql`intDiv(ts, 1000000)`,
  shardBy: sql`trace_low`,
};

export const SOURCES_TABLE: Table = {
  name: 'sources',
  columns: [
    TENANT,
    // Days since the epoch.
    { name: 'day', definition: sql`Int32` },
    { name: 'source', definition: sql`UInt64` },
    { name: 'resource', definition: ATTRIBUTES },
    { name: 'resource_schema', definition: LOW },
    { name: 'scope_name', definition: LOW },
    { name: 'scope_version', definition: LOW },
    { name: 'scope_attrs', definition: ATTRIBUTES },
    { name: 'scope_schema', definition: LOW },
  ],
  engine: 'replacing',
  orderBy: sql`(tenant, day, source)`,
  partitionBy: sql`intDiv(day, 7)`,
  time: sql`(toInt64(day) + 1) * 86400000`,
  shardBy: sql`source`,
};

export const ATTRIBUTE_KEYS_TABLE: Table = {
  name: 'attribute_keys',
  columns: [
    TENANT,
    { name: 'day', definition: sql`Int32` },
    // span, event, link; those of resources and scopes are in `sources`.
    { name: 'scope', definition: sql`LowCardinality(String)` },
    { name: 'key', definition: sql`String` },
    // The first character of the typed text.
    { name: 'type', definition: sql`LowCardinality(String)` },
    { name: 'lineage', definition: sql`UInt32` },
    // The name of the column that holds the key in this lineage, empty for the map.
    { name: 'place', definition: sql`LowCardinality(String)` },
  ],
  engine: 'replacing',
  orderBy: sql`(tenant, day, scope, key, type, lineage, place)`,
  partitionBy: sql`intDiv(day, 7)`,
  time: sql`(toInt64(day) + 1) * 86400000`,
  shardBy: sql`cityHash64(key)`,
};

export const TRACE_BLOCKS_TABLE: Table = {
  name: 'trace_blocks',
  columns: [
    TENANT,
    { name: 'trace_high', definition: sql`UInt64 CODEC(ZSTD(1))` },
    { name: 'trace_low', definition: sql`UInt64 CODEC(ZSTD(1))` },
    { name: 'block', definition: sql`Int32 CODEC(ZSTD(1))` },
  ],
  engine: 'replacing',
  orderBy: sql`(tenant, trace_high, trace_low, block)`,
  settings: sql`index_granularity = 1024`,
  partitionBy: sql`intDiv(block, 1008)`,
  time: sql`(toInt64(block) + 1) * 600000`,
  shardBy: sql`trace_low`,
};

export const TRACE_TABLES: readonly Table[] = [SPANS_TABLE, SOURCES_TABLE, ATTRIBUTE_KEYS_TABLE, TRACE_BLOCKS_TABLE];

export const TRACE_MIGRATIONS: readonly Migration[] = [
  { id: 4, name: 'traces', statements: (form) => TRACE_TABLES.flatMap((table) => createTable(table, form)) },
];
