// A table as data, and the statements that make it on one server (the embedded one or another) or on a cluster.
//
//   single    CREATE TABLE samples                                   ENGINE = MergeTree
//   cluster   CREATE TABLE samples_local ON CLUSTER c                ENGINE = ReplicatedMergeTree(…)
//             CREATE TABLE samples       ON CLUSTER c AS samples_local ENGINE = Distributed(…, key)

import { identifier, join, NOTHING, type Sql, sql, text } from '../base/sql.ts';

export interface TableColumn {
  readonly name: string;
  /** Type, and codec or alias where it has one. */
  readonly definition: Sql;
  /** Computed on reading: not part of an INSERT. */
  readonly computed?: true;
}

export interface Table {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  /** `replacing`: of rows with the same sorting key one is kept. */
  readonly engine: 'merge' | 'replacing';
  readonly orderBy: Sql;
  readonly partitionBy: Sql;
  /** When a row's data ends, in milliseconds since the epoch; the table is then partitioned by weeks since the epoch, and subject to retention. */
  readonly time?: Sql;
  /** Spreads rows over the shards of a cluster. */
  readonly shardBy: Sql;
  readonly settings?: Sql;
  /** Of small rows so many times as many gather, for so many times as long, before they become a part; 1 where it is not given. */
  readonly patience?: number;
}

/** Where the tables stand. */
export type Form = { readonly kind: 'single' } | { readonly kind: 'cluster'; readonly cluster: string };

// A part is on disk before its INSERT ends; so is a merged one, and therefore the parts that it was made of need not be kept for long.
// Without its bound the clean-up backs off for minutes while there is nothing to clean, and the disk holds everything twice meanwhile.
const DURABLE = sql`fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
  old_parts_lifetime = 10, cleanup_delay_period = 5, cleanup_delay_period_random_add = 1, max_cleanup_delay_period = 10`;

/** The statements that create the table where it is not yet. */
export function createTable(table: Table, form: Form): readonly Sql[] {
  const columns = join(
    table.columns.map((column) => sql`${identifier(column.name)} ${column.definition}`),
    sql`, `,
  );
  const settings = table.settings === undefined ? DURABLE : sql`${DURABLE}, ${table.settings}`;
  const layout = sql`PARTITION BY ${table.partitionBy} ORDER BY ${table.orderBy}`;
  if (form.kind === 'single') {
    const engine = table.engine === 'merge' ? sql`MergeTree` : sql`ReplacingMergeTree`;
    const window = sql`non_replicated_deduplication_window = 1000`;
    return [
      sql`CREATE TABLE IF NOT EXISTS ${identifier(table.name)} (${columns}) ENGINE = ${engine} ${layout} SETTINGS ${settings}, ${window}`,
    ];
  }
  const local = identifier(`${table.name}_local`);
  const on = sql`ON CLUSTER ${identifier(form.cluster)}`;
  const path = text(`/clickhouse/tables/{shard}/{database}/${table.name}`);
  const engine = table.engine === 'merge' ? sql`ReplicatedMergeTree` : sql`ReplicatedReplacingMergeTree`;
  const place = sql`Distributed(${text(form.cluster)}, currentDatabase(), ${text(`${table.name}_local`)}, ${table.shardBy})`;
  return [
    sql`CREATE TABLE IF NOT EXISTS ${local} ${on} (${columns}) ENGINE = ${engine}(${path}, '{replica}') ${layout} SETTINGS ${settings}`,
    sql`CREATE TABLE IF NOT EXISTS ${identifier(table.name)} ${on} AS ${local} ENGINE = ${place}`,
  ];
}

/** The table that holds the rows of this form, for ALTER and system tables, and its ` ON CLUSTER` clause. */
export function physicalTable(name: string, form: Form): { readonly table: Sql; readonly on: Sql } {
  if (form.kind === 'single') return { table: identifier(name), on: NOTHING };
  return { table: identifier(`${name}_local`), on: sql`ON CLUSTER ${identifier(form.cluster)}` };
}

/** Names of the columns that an INSERT gives. */
export function insertColumns(table: Table): readonly string[] {
  return table.columns.filter((column) => column.computed !== true).map((column) => column.name);
}
