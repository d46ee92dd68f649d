// `node bench/fill.ts DIR SERIES SCRAPES SEED END_MS`: the same fleet as the load's, put into the tables of an embedded store that no program has open.
//
//   fleet ─▶ series registry (ids) ─▶ rows of `series`, one per series and day
//         └▶ scrape by scrape ─▶ columns ─(encoded as the program encodes them)─▶ the storage client's insert
//
// For sets that would take remote write too long. It ends with its work: the engine serves one directory per process.

import { join } from 'node:path';

import { labelValue, METRIC_NAME } from '../src/query/labels.ts';
import { SampleColumns } from '../src/metrics/sample-columns.ts';
import { SeriesRegistry } from '../src/metrics/series-registry.ts';
import { METRIC_MIGRATIONS, SAMPLES_TABLE, SERIES_TABLE } from '../src/metrics/table.ts';
import { ChdbClient } from '../src/storage/chdb.ts';
import type { Client } from '../src/storage/client.ts';
import { migrate } from '../src/storage/migrate.ts';
import { encodeBlock, numbered } from '../src/storage/native.ts';
import { insertColumns, type Table } from '../src/storage/schema.ts';
import { ANONYMOUS } from '../src/tenant/tenant.ts';
import { type Fleet, makeFleet } from './fleet.ts';
import { STEP_MS } from './load.ts';

const DAY_MS = 86_400_000;
const SERIES_ROWS = 100_000;
const BLOCK_ROWS = 50_000;
/** Blocks of one insert: large parts leave few merges. */
const BLOCKS_PER_INSERT = 40;
const BOUNDS = { timeoutMs: 600_000, memoryBytesMax: 8 * 1024 ** 3, rowsReadMax: Number.MAX_SAFE_INTEGER };

await main(process.argv.slice(2));

async function main([dir = '', ...numbers]: readonly string[]): Promise<void> {
  const [series = 0, scrapes = 0, seed = 0, endMs = 0] = numbers.map(Number);
  const startMs = endMs - (scrapes - 1) * STEP_MS;
  const client = await ChdbClient.open({ directory: join(dir, 'store'), readers: 1, inserters: 2, defaults: BOUNDS, engineArguments: [] });
  try {
    await migrate(client, { kind: 'single' }, METRIC_MIGRATIONS);
    const fleet = makeFleet(series, seed);
    const registry = new SeriesRegistry();
    for (const labels of fleet.labels) registry.intern(labels);
    for (let day = Math.floor(startMs / DAY_MS); day <= Math.floor(endMs / DAY_MS); day++) await insertSeries(client, registry, day);
    await insertSamples(client, registry, { fleet, scrapes, startMs });
  } finally {
    await client[Symbol.asyncDispose]();
  }
}

async function insertSeries(client: Client, registry: SeriesRegistry, day: number): Promise<void> {
  for (let from = 0; from < registry.size; from += SERIES_ROWS) {
    const rows = Array.from({ length: Math.min(SERIES_ROWS, registry.size - from) }, (_, i) => from + i);
    const names = new Map<string, number>();
    const indexes = Uint32Array.from(rows, (series) => numbered(names, labelValue(registry.labels(series), METRIC_NAME)));
    const block = encodeBlock([
      { name: 'tenant', data: { kind: 'constant LowCardinality(String)', value: ANONYMOUS, rows: rows.length } },
      { name: 'day', data: { kind: 'Int32', values: new Int32Array(rows.length).fill(day) } },
      { name: 'name', data: { kind: 'LowCardinality(String)', dictionary: [...names.keys()], indexes } },
      { name: 'metric', data: { kind: 'UInt32', values: Uint32Array.from(rows, (series) => registry.metric[series] ?? 0) } },
      { name: 'series', data: { kind: 'UInt64', values: BigUint64Array.from(rows, (series) => registry.id(series)) } },
      { name: 'labels', data: { kind: 'Map(LowCardinality(String), String)', values: rows.map((series) => registry.labels(series)) } },
    ]);
    await insert(client, SERIES_TABLE, [block], `${day}-${from}`);
  }
}

interface Samples {
  readonly fleet: Fleet;
  readonly scrapes: number;
  readonly startMs: number;
}

async function insertSamples(client: Client, registry: SeriesRegistry, { fleet, scrapes, startMs }: Samples): Promise<void> {
  const columns = new SampleColumns();
  columns.reserve(BLOCK_ROWS);
  let blocks: Uint8Array[] = [];
  let inserts = 0;
  let underWay = Promise.resolve();
  const endBlock = async (isLast: boolean): Promise<void> => {
    blocks.push(columns.encode(ANONYMOUS, registry));
    columns.count = 0;
    if (blocks.length < BLOCKS_PER_INSERT && !isLast) return;
    const whole = blocks;
    blocks = [];
    // The next blocks are made while the engine takes these in.
    await underWay;
    underWay = insert(client, SAMPLES_TABLE, whole, String(inserts++));
  };
  for (let scrape = 0; scrape < scrapes; scrape++) {
    fleet.advance();
    for (let i = 0; i < fleet.size; i++) {
      columns.series[columns.count] = i;
      columns.ts[columns.count] = startMs + scrape * STEP_MS;
      columns.values[columns.count++] = fleet.values[i] ?? 0;
      if (columns.count === BLOCK_ROWS) await endBlock(false);
    }
  }
  if (columns.count > 0 || blocks.length > 0) await endBlock(true);
  await underWay;
}

function insert(client: Client, table: Table, blocks: readonly Uint8Array[], token: string): Promise<void> {
  return client.insert({ table: table.name, columns: insertColumns(table), blocks, token: `fill-${table.name}-${token}` });
}
