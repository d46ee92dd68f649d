// Retention per tenant: what goes, what stays, and that a shorter one applies to what is there already.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from '../base/sql.ts';
import { ChdbClient } from './chdb.ts';
import { applyRetention } from './retention.ts';
import { createTable, type Table } from './schema.ts';

const DAY_MS = 86_400_000;
const ROWS: Table = {
  name: 'rows',
  columns: [
    { name: 'tenant', definition: sql`LowCardinality(String)` },
    { name: 'ts', definition: sql`Int64` },
  ],
  engine: 'merge',
  orderBy: sql`(tenant, ts)`,
  partitionBy: sql`intDiv(ts, 604800000)`,
  time: sql`ts`,
  shardBy: sql`ts`,
};

test('retention', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-retention-'));
  const defaults = { timeoutMs: 600_000, memoryBytesMax: 1 << 30, rowsReadMax: 1e9 };
  await using client = await ChdbClient.open({
    directory: join(directory, 'store'),
    readers: 1,
    inserters: 1,
    defaults,
    engineArguments: [],
  });
  const store = { client, form: { kind: 'single' } as const };
  for (const statement of createTable(ROWS, store.form)) await client.exec(statement);
  await client.exec(sql`INSERT INTO rows SELECT arrayJoin(['a', 'b']), number * 86400000 FROM numbers(100)`);
  const now = 100 * DAY_MS;
  const left = async () => {
    const rows = await client.query(sql`SELECT tenant, count() AS n FROM rows GROUP BY tenant ORDER BY tenant`);
    return Object.fromEntries(rows.map((row) => [row['tenant'], Number(row['n'])]));
  };
  const settled = async (expected: Record<string, number>) => {
    for (let i = 0; i < 5000 && JSON.stringify(await left()) !== JSON.stringify(expected); i++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(await left(), expected);
  };

  assert.equal(await applyRetention(store, [ROWS], { defaultMs: 0, tenants: new Map() }, now), 0);
  await settled({ a: 100, b: 100 });
  await applyRetention(store, [ROWS], { defaultMs: 0, tenants: new Map([['b', 30 * DAY_MS]]) }, now);
  await settled({ a: 100, b: 30 });
  await applyRetention(store, [ROWS], { defaultMs: 50 * DAY_MS, tenants: new Map([['b', 10 * DAY_MS]]) }, now);
  await settled({ a: 50, b: 10 });
  assert.equal(await applyRetention(store, [ROWS], { defaultMs: 50 * DAY_MS, tenants: new Map([['b', 10 * DAY_MS]]) }, now), 0);
  await rm(directory, { recursive: true });
});
