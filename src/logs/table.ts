// What a row of each logs table is.
//
//   streams   who has lines on which day: one row per stream and day, shaped as the table `series` of metrics
//   logs      the lines                needles   where pieces of ids stand in them (needle/table.ts)
//   late_lines   where lines may be there twice
//
// A stream is named by the hash of its whole label set.

import { type Sql, sql } from '../base/sql.ts';
import { SERIES_TABLE } from '../metrics/table.ts';
import { createTable, type Table } from '../storage/schema.ts';
import type { Migration } from '../storage/migrate.ts';
import { NEEDLES_TABLE } from './needle/table.ts';

export const HOUR_NS = 3_600_000_000_000n;

// `ts` is in nanoseconds since the epoch. Weeks as partitions: few parts to merge on reading, and old data leaves a week at a time.
const BY_WEEK: Sql = sql`intDiv(ts, 604800000000000)`;
// Blocks of an hour: a question about the last minutes over all streams reads one or two blocks and not their whole week,
// and within a block a stream's lines lie together, which is what makes them small.
export const BLOCK_OF_TIME: Sql = sql`intDiv(ts, 3600000000000)`;
const KEY: Sql = sql`(tenant, ${BLOCK_OF_TIME}, stream, ts)`;

export const STREAMS_TABLE: Table = { ...SERIES_TABLE, name: 'streams' };

export const LOGS_TABLE: Table = {
  name: 'logs',
  columns: [
    { name: 'tenant', definition: sql`LowCardinality(String)` },
    { name: 'stream', definition: sql`UInt64 CODEC(ZSTD(1))` },
    { name: 'ts', definition: sql`Int64 CODEC(Delta, ZSTD(1))` },
    { name: 'line', definition: sql`String CODEC(ZSTD(1))` },
    // The number of the level that was detected, as label-level.ts counts them; 0 where none was looked for.
    { name: 'level', definition: sql`UInt8 CODEC(ZSTD(1))` },
    { name: 'metadata', definition: sql`Map(LowCardinality(String), String) CODEC(ZSTD(1))` },
  ],
  engine: 'merge',
  orderBy: KEY,
  // Small granules: the last lines of a stream are found by reading 2,048 rows instead of 8,192.
  settings: sql`index_granularity = 2048`,
  partitionBy: BY_WEEK,
  time: sql`intDiv(ts, 1000000)`,
  shardBy: sql`stream`,
};

/** Hours of streams in which lines may be there twice (late-lines.ts); `stream` 0 stands for all of the hour. */
export const LATE_TABLE: Table = {
  name: 'late_lines',
  columns: [
    { name: 'tenant', definition: sql`LowCardinality(String)` },
    // Hours since the epoch.
    { name: 'hour', definition: sql`Int32` },
    { name: 'stream', definition: sql`UInt64` },
  ],
  engine: 'replacing',
  orderBy: sql`(tenant, hour, stream)`,
  partitionBy: sql`intDiv(hour, 168)`,
  time: sql`(toInt64(hour) + 1) * 3600000`,
  shardBy: sql`stream`,
};

export const LOG_TABLES: readonly Table[] = [STREAMS_TABLE, LOGS_TABLE, NEEDLES_TABLE, LATE_TABLE];

export const LOG_MIGRATIONS: readonly Migration[] = [
  { id: 2, name: 'logs', statements: (form) => [STREAMS_TABLE, LOGS_TABLE, NEEDLES_TABLE].flatMap((table) => createTable(table, form)) },
  { id: 3, name: 'late log lines', statements: (form) => createTable(LATE_TABLE, form) },
];
