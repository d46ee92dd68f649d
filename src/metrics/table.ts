// What a row of each metrics table is.
//
//   series      who has samples on which day: one row per series and day
//   samples     float samples          histograms  native histograms
//   starts      start timestamps of counters, where they are known
//   exemplars   metadata
//
// A series is named by `metric`, a hash of its name that keeps a metric's series together on disk, and `series`, a hash of its whole label set.

import { type Sql, sql } from '../base/sql.ts';
import { createTable, type Table } from '../storage/schema.ts';
import type { Migration } from '../storage/migrate.ts';

const TENANT = { name: 'tenant', definition: sql`LowCardinality(String)` };
const METRIC = { name: 'metric', definition: sql`UInt32 CODEC(ZSTD(1))` };
const SERIES = { name: 'series', definition: sql`UInt64 CODEC(ZSTD(1))` };
const TS = { name: 'ts', definition: sql`Int64 CODEC(Delta, ZSTD(1))` };
const LABELS = { name: 'labels', definition: sql`Map(LowCardinality(String), String) CODEC(ZSTD(1))` };

// `ts` is in milliseconds since the epoch. Weeks as partitions: few parts to merge on reading, and old data leaves a week at a time.
const BY_WEEK: Sql = sql`intDiv(ts, 604800000)`;
// Blocks of two hours, as Prometheus keeps them: a question about the last minutes reads one or two blocks of each metric, not its whole week,
// which would be 8 times as much at 6 hours of data (78 ms against 10 for 4,000 series) and more with every day. It costs 4 % on disk.
const KEY: Sql = sql`(tenant, metric, intDiv(ts, 7200000), series, ts)`;
// Small granules: one series of one block is found by reading 2,048 rows instead of 8,192.
const GRANULES: Sql = sql`index_granularity = 2048`;

// A value of `code` as the Float64 it stands for; `decodeValue` in value-code.ts is the same in this process.
const VALUE_OF_CODE: Sql = sql`multiIf(
  code >= 0 AND code < 1125899906842624, (code - 562949953421312) / 1000,
  code >= 1125899906842624 AND code < 4503599627370496, toFloat64(code - 2251799813685248),
  code > -4503599627370496 AND code < 0, reinterpretAsFloat64(bitAnd(code, 4503599627370495)),
  reinterpretAsFloat64(code))`;

export const SERIES_TABLE: Table = {
  name: 'series',
  columns: [
    TENANT,
    // Days since the epoch, in UTC.
    { name: 'day', definition: sql`Int32` },
    { name: 'name', definition: sql`LowCardinality(String)` },
    METRIC,
    SERIES,
    LABELS,
  ],
  engine: 'replacing',
  orderBy: sql`(tenant, day, name, series)`,
  partitionBy: sql`intDiv(day, 7)`,
  time: sql`(day + 1) * 86400000`,
  shardBy: sql`series`,
};

export const SAMPLES_TABLE: Table = {
  name: 'samples',
  columns: [
    TENANT,
    METRIC,
    SERIES,
    TS,
    { name: 'code', definition: sql`Int64 CODEC(Delta, T64, ZSTD(1))` },
    { name: 'value', definition: sql`Float64 ALIAS ${VALUE_OF_CODE}`, computed: true },
  ],
  engine: 'merge',
  orderBy: KEY,
  settings: GRANULES,
  partitionBy: BY_WEEK,
  time: sql`ts`,
  shardBy: sql`series`,
};

export const HISTOGRAMS_TABLE: Table = {
  name: 'histograms',
  columns: [
    TENANT,
    METRIC,
    SERIES,
    TS,
    { name: 'schema', definition: sql`Int8` },
    // 0 unknown, 1 reset, 2 no reset, 3 gauge: as on the wire of remote write.
    { name: 'reset_hint', definition: sql`UInt8` },
    { name: 'count', definition: sql`Float64 CODEC(Gorilla, ZSTD(1))` },
    { name: 'sum', definition: sql`Float64 CODEC(Gorilla, ZSTD(1))` },
    { name: 'zero_threshold', definition: sql`Float64 CODEC(ZSTD(1))` },
    { name: 'zero_count', definition: sql`Float64 CODEC(ZSTD(1))` },
    // Offset and length of each span in turn.
    { name: 'positive_spans', definition: sql`Array(Int32) CODEC(ZSTD(1))` },
    { name: 'positive_buckets', definition: sql`Array(Float64) CODEC(ZSTD(1))` },
    { name: 'negative_spans', definition: sql`Array(Int32) CODEC(ZSTD(1))` },
    { name: 'negative_buckets', definition: sql`Array(Float64) CODEC(ZSTD(1))` },
    { name: 'custom_values', definition: sql`Array(Float64) CODEC(ZSTD(1))` },
  ],
  engine: 'merge',
  orderBy: KEY,
  settings: GRANULES,
  partitionBy: BY_WEEK,
  time: sql`ts`,
  shardBy: sql`series`,
};

// One row where a series' start timestamp changes: it holds for the samples from `ts` on.
export const STARTS_TABLE: Table = {
  name: 'starts',
  columns: [TENANT, METRIC, SERIES, TS, { name: 'start', definition: sql`Int64 CODEC(Delta, ZSTD(1))` }],
  engine: 'replacing',
  orderBy: sql`(tenant, metric, series, start, ts)`,
  partitionBy: BY_WEEK,
  time: sql`ts`,
  shardBy: sql`series`,
};

export const EXEMPLARS_TABLE: Table = {
  name: 'exemplars',
  columns: [TENANT, METRIC, SERIES, TS, { name: 'value', definition: sql`Float64` }, LABELS],
  engine: 'replacing',
  orderBy: sql`(tenant, metric, series, ts, value, labels)`,
  partitionBy: BY_WEEK,
  time: sql`ts`,
  shardBy: sql`series`,
};

export const METADATA_TABLE: Table = {
  name: 'metadata',
  columns: [
    TENANT,
    { name: 'metric_family', definition: sql`String` },
    { name: 'type', definition: sql`LowCardinality(String)` },
    { name: 'unit', definition: sql`LowCardinality(String)` },
    { name: 'help', definition: sql`String` },
  ],
  engine: 'replacing',
  orderBy: sql`(tenant, metric_family, type, unit, help)`,
  partitionBy: sql`tuple()`,
  shardBy: sql`cityHash64(metric_family)`,
};

export const METRIC_TABLES: readonly Table[] = [
  SERIES_TABLE,
  SAMPLES_TABLE,
  HISTOGRAMS_TABLE,
  STARTS_TABLE,
  EXEMPLARS_TABLE,
  METADATA_TABLE,
];

export const METRIC_MIGRATIONS: readonly Migration[] = [
  { id: 1, name: 'metrics', statements: (form) => METRIC_TABLES.flatMap((table) => createTable(table, form)) },
];
