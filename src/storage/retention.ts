// What is older than its tenant's retention leaves the disk: whole weeks at once, and within a week what single tenants keep for shorter.
//
// Readers do not wait for it: a query sees nothing older than the retention in force (see the signals' readers), so a change applies to old data at once.

import { int, sql, type Sql, text, texts } from '../base/sql.ts';
import type { Client } from './client.ts';
import { type Form, physicalTable, type Table } from './schema.ts';

const WEEK_MS = 7 * 86_400_000;

export interface Retention {
  /** Milliseconds; 0 keeps for ever. */
  readonly defaultMs: number;
  /** Of the tenants that have their own. */
  readonly tenants: ReadonlyMap<string, number>;
}

export interface RetentionStore {
  readonly client: Client;
  readonly form: Form;
}

/** Deletes what has gone over its time. Returns the statements' number: 0 when nothing was to be done. */
export async function applyRetention(
  store: RetentionStore,
  tables: readonly Table[],
  retention: Retention,
  nowMs: number,
): Promise<number> {
  let statements = 0;
  for (const table of tables) {
    if (table.time === undefined) continue;
    statements += await dropWeeks(store, table, oldestKept(retention, nowMs));
    for (const condition of conditions(table.time, retention, nowMs)) statements += await deleteRows(store, table, condition);
  }
  return statements;
}

/** The time before which no tenant keeps anything; -Infinity when one keeps for ever. */
function oldestKept({ defaultMs, tenants }: Retention, nowMs: number): number {
  const all = [defaultMs, ...tenants.values()];
  return all.includes(0) ? Number.NEGATIVE_INFINITY : nowMs - Math.max(...all);
}

async function dropWeeks({ client, form }: RetentionStore, table: Table, before: number): Promise<number> {
  if (before === Number.NEGATIVE_INFINITY) return 0;
  const physical = form.kind === 'single' ? table.name : `${table.name}_local`;
  const rows = await client.query(
    sql`SELECT DISTINCT partition FROM system.parts WHERE active AND database = currentDatabase() AND table = ${text(physical)}`,
  );
  const ended = rows.map((row) => Number(row['partition'])).filter((week) => (week + 1) * WEEK_MS <= before);
  const { table: name, on } = physicalTable(table.name, form);
  for (const week of ended) await client.exec(sql`ALTER TABLE ${name} ${on} DROP PARTITION ${int(week)}`);
  return ended.length;
}

// One condition per tenant with its own retention, and one for all the others.
function conditions(time: Sql, { defaultMs, tenants }: Retention, nowMs: number): readonly Sql[] {
  const own = [...tenants].filter(([, ms]) => ms > 0).map(([tenant, ms]) => sql`tenant = ${text(tenant)} AND ${time} < ${int(nowMs - ms)}`);
  if (defaultMs === 0) return own;
  const others = tenants.size === 0 ? sql`1` : sql`tenant NOT IN ${texts([...tenants.keys()])}`;
  return [...own, sql`${others} AND ${time} < ${int(nowMs - defaultMs)}`];
}

// A mutation rewrites whole parts: it is worth it only where something goes.
async function deleteRows({ client, form }: RetentionStore, table: Table, condition: Sql): Promise<number> {
  const { table: name, on } = physicalTable(table.name, form);
  const found = await client.query(sql`SELECT 1 AS found FROM ${name} WHERE ${condition} LIMIT 1`);
  if (found.length === 0) return 0;
  await client.exec(sql`ALTER TABLE ${name} ${on} DELETE WHERE ${condition}`);
  return 1;
}
