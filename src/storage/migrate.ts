// Numbered migrations: each runs once, in order, before anything is written or read.

import { int, type Sql, sql, text } from '../base/sql.ts';
import type { Client } from './client.ts';
import { createTable, type Form, type Table } from './schema.ts';

export interface Migration {
  /** Ascending over the whole program; never used again for anything else. */
  readonly id: number;
  readonly name: string;
  readonly statements: (form: Form) => readonly Sql[];
}

const MIGRATIONS: Table = {
  name: 'migrations',
  columns: [
    { name: 'id', definition: sql`UInt32` },
    { name: 'name', definition: sql`String` },
    { name: 'at', definition: sql`DateTime64(3) DEFAULT now64(3)` },
  ],
  engine: 'replacing',
  orderBy: sql`id`,
  partitionBy: sql`tuple()`,
  shardBy: sql`id`,
};

/** Runs what has not run yet. A store made by a newer program is refused: its tables may mean something else. */
export async function migrate(client: Client, form: Form, migrations: readonly Migration[]): Promise<void> {
  for (const statement of createTable(MIGRATIONS, form)) await client.exec(statement);
  const rows = await client.query(sql`SELECT id FROM migrations`);
  const done = new Set(rows.map((row) => Number(row['id'])));
  const ordered = [...migrations].sort((a, b) => a.id - b.id);
  const newest = ordered.at(-1)?.id ?? 0;
  const unknown = [...done].find((id) => id > newest);
  if (unknown !== undefined)
    throw new Error(`the store has migration ${unknown}, and this program knows them up to ${newest}: start a newer version`);
  for (const { id, name, statements } of ordered) {
    if (done.has(id)) continue;
    for (const statement of statements(form)) await client.exec(statement);
    await client.exec(sql`INSERT INTO migrations (id, name) VALUES (${int(id)}, ${text(name)})`);
  }
}
