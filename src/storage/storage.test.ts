// What every form of the client must do: tables, group commit, streams, limits, cancelling, replay of the log.

import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { int, sql, text } from '../base/sql.ts';
import { ChdbClient } from './chdb.ts';
import type { Client } from './client.ts';
import { ClusterClient } from './cluster.ts';
import { migrate } from './migrate.ts';
import { encodeBlock } from './native.ts';
import { createTable, insertColumns, type Table } from './schema.ts';
import { startTestClickHouse } from './test-clickhouse.ts';
import { TableWriter } from './writer.ts';

const EVENTS: Table = {
  name: 'events',
  columns: [
    { name: 'tenant', definition: sql`LowCardinality(String)` },
    { name: 'id', definition: sql`UInt64` },
    { name: 'labels', definition: sql`Map(LowCardinality(String), String)` },
    { name: 'buckets', definition: sql`Array(Float64)` },
  ],
  engine: 'merge',
  orderBy: sql`(tenant, id)`,
  partitionBy: sql`tuple()`,
  shardBy: sql`id`,
};

function block(ids: readonly number[]): Uint8Array {
  return encodeBlock([
    { name: 'tenant', data: { kind: 'LowCardinality(String)', dictionary: ['a', "b'c"], indexes: Uint32Array.from(ids, (id) => id % 2) } },
    { name: 'id', data: { kind: 'UInt64', values: BigUint64Array.from(ids, BigInt) } },
    {
      name: 'labels',
      data: {
        kind: 'Map(LowCardinality(String), String)',
        values: ids.map((id) => (id % 3 === 0 ? [] : ['k', `v${id}`, 'name', '\n\n\0'])),
      },
    },
    { name: 'buckets', data: { kind: 'Array(Float64)', values: ids.map((id) => Array.from({ length: id % 4 }, (_, i) => i / 2)) } },
  ]);
}

function writer(client: Client, directory: string): Promise<TableWriter> {
  const options = {
    client,
    table: 'events',
    columns: insertColumns(EVENTS),
    directory,
    batchRowsMax: 100_000,
    batchBytesMax: 16 << 20,
    delayMs: 60_000,
    pendingBytesMax: 64 << 20,
  };
  return TableWriter.open({ ...options, onInsertError: (error) => assert.fail(String(error)) });
}

const DEFAULTS = { timeoutMs: 600_000, memoryBytesMax: 1 << 30, rowsReadMax: 1e9 };

test('the store', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-storage-'));
  const path = join(directory, 'store');
  await using embedded = await ChdbClient.open({ directory: path, readers: 2, inserters: 1, defaults: DEFAULTS, engineArguments: [] });
  await using server = await startTestClickHouse(path);
  await using cluster = await ClusterClient.open({ url: server.url, connections: 4, defaults: DEFAULTS });
  await t.test('embedded', (inner) => conforms(inner, embedded, join(directory, 'embedded')));
  await t.test('over HTTP', (inner) => conforms(inner, cluster, join(directory, 'http')));
  await rm(directory, { recursive: true });
});

async function conforms(t: TestContext, client: Client, directory: string): Promise<void> {
  await migrate(client, { kind: 'single' }, [{ id: 1, name: 'events', statements: (form) => createTable(EVENTS, form) }]);
  const count = async () => Number((await client.query(sql`SELECT count() AS n FROM events`))[0]?.['n']);

  await t.test('a migration runs once, and a newer store is refused', async () => {
    await migrate(client, { kind: 'single' }, [{ id: 1, name: 'events', statements: () => assert.fail('ran twice') }]);
    await assert.rejects(migrate(client, { kind: 'single' }, []), /migration 1/);
  });

  await t.test('acknowledged rows are in the log, and seen after a flush', async () => {
    await using events = await writer(client, join(directory, 'log'));
    await Promise.all([events.append(block([1, 2, 3]), 3), events.append(block([4, 5]), 2)]);
    assert.equal(await count(), 0);
    await cp(join(directory, 'log'), join(directory, 'crashed'), { recursive: true });
    assert.equal(await events.flush(), true);
    assert.equal(await count(), 5);
  });

  await t.test('a segment that was inserted before the crash is not inserted again', async () => {
    await using events = await writer(client, join(directory, 'crashed'));
    await events.flush();
    assert.equal(await count(), 5);
  });

  await t.test('every type comes back as it went in', async () => {
    const blocks = await Array.fromAsync(
      client.stream(sql`SELECT tenant, id, labels, buckets FROM events WHERE tenant = ${text("b'c")} ORDER BY id`),
    );
    const rows = blocks.flatMap(({ columns }) =>
      Array.from({ length: columns['id']?.length ?? 0 }, (_, i) => [columns['id']?.[i], columns['labels']?.[i], columns['buckets']?.[i]]),
    );
    assert.deepEqual(
      rows.map(([id, labels, buckets]) => [id, labels, [...(buckets as Float64Array)]]),
      [
        [1n, ['k', 'v1', 'name', '\n\n\0'], [0]],
        [3n, [], [0, 0.5, 1]],
        [5n, ['k', 'v5', 'name', '\n\n\0'], [0]],
      ],
    );
  });

  await t.test('rows that flow while a reader flushes are all there once', async () => {
    await using events = await writer(client, join(directory, 'log2'));
    const before = await count();
    const appends = Array.from({ length: 200 }, async (_, i) => {
      await events.append(block([1000 + i * 2, 1001 + i * 2]), 2);
      if (i % 10 === 0) await events.flush();
    });
    await Promise.all(appends);
    await events.flush();
    assert.equal(await count(), before + 400);
    assert.equal(events.state.pendingBytes, 0);
  });

  await t.test('a statement over its limits, and one whose reader leaves, end', async () => {
    const slow = sql`SELECT sum(sipHash64(number)) AS n FROM numbers(${int(1e12)})`;
    await assert.rejects(client.query(slow, { timeoutMs: 100, rowsReadMax: 1e13 }), { code: 159 });
    const gone = new AbortController();
    setTimeout(() => gone.abort(), 50);
    await assert.rejects(client.query(slow, { signal: gone.signal, rowsReadMax: 1e13 }));
    for await (const { rows } of client.stream(sql`SELECT number FROM numbers(100000000)`)) if (rows > 0) break;
    assert.equal((await client.query(sql`SELECT 1 AS n`))[0]?.['n'], 1);
  });
}

test('the statements for a cluster are ClickHouse’s language', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-statements-'));
  // One process holds one store: the grammar is asked through the client of its own directory, after the other test has closed its.
  await using client = await ChdbClient.open({ directory, readers: 1, inserters: 1, defaults: DEFAULTS, engineArguments: [] });
  for (const statement of createTable(EVENTS, { kind: 'cluster', cluster: 'main' })) {
    const [row] = await client.query(sql`SELECT formatQuerySingleLine(${text(statement.source)}) AS formatted`);
    assert.match(String(row?.['formatted']), /^CREATE TABLE IF NOT EXISTS events(_local)? ON CLUSTER main /);
  }
  await rm(directory, { recursive: true });
});
