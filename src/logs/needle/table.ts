// The needle index: where pieces of ids stand. One row says that some line of some streams, within half a minute, holds a gram.
//
//   gram ─▶ part (the first byte of the stream's id), slot (34 s of time) ─▶ the lines themselves, which are then looked at
//
// Sorted by gram, so a look-up reads one granule of each part however many lines are stored. Rows are small (2.2 bytes on disk) because they say where
// only roughly: what is looked at in vain costs less than what would be stored to avoid it.

import { sql } from '../../base/sql.ts';
import type { Table } from '../../storage/schema.ts';

/** A slot is 2^35 ns. */
export const SLOT_BITS = 35n;

export const NEEDLES_TABLE: Table = {
  name: 'needles',
  columns: [
    { name: 'tenant', definition: sql`LowCardinality(String)` },
    { name: 'gram', definition: sql`UInt32 CODEC(Delta, T64, ZSTD(1))` },
    { name: 'part', definition: sql`UInt8 CODEC(ZSTD(1))` },
    { name: 'slot', definition: sql`Int32 CODEC(T64, ZSTD(1))` },
  ],
  engine: 'merge',
  orderBy: sql`(tenant, gram, part, slot)`,
  partitionBy: sql`intDiv(toInt64(slot) * 34359738368, 604800000000000)`,
  time: sql`intDiv((toInt64(slot) + 1) * 34359738368, 1000000)`,
  shardBy: sql`gram`,
  // Every part is looked into for every needle: fewer of them are quicker, and are merged less.
  patience: 5,
};
