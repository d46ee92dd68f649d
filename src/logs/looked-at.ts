// How many lines ClickHouse looks at for a query whose conditions it decides: the truth behind `stats` where only what passed comes here.
//
// Counted by what its index lets it pass over, granule by granule, as it counts the rows that it reads; the statement itself reads nothing.

import { sql } from '../base/sql.ts';
import { type ReadContext, guarded } from '../metrics/read.ts';
import type { Client } from '../storage/client.ts';
import type { NsRange } from './line-block.ts';
import type { QueryCosts } from './query-result.ts';
import type { TenantPart } from './select-streams.ts';

const AVERAGE_MS = 60_000;

/** What is looked at beside what is read; `done` adds it to the costs. */
export class LookedAt {
  readonly #context: ReadContext;
  readonly #costs: QueryCosts;
  readonly #counts: Promise<number>[] = [];

  constructor(context: ReadContext, costs: QueryCosts) {
    this.#context = context;
    this.#costs = costs;
  }

  /** Notes that a statement goes over these lines; it is counted while the statement runs. */
  add({ from, condition, isPlaced }: TenantPart, range: NsRange): void {
    // At a few places there are few lines.
    if (isPlaced === true) return;
    const statement = sql`EXPLAIN ESTIMATE SELECT 1 FROM ${from} WHERE ${condition(range)}`;
    const { client, signal } = this.#context;
    const count = guarded(this.#context, () => client.query(statement, { signal }));
    this.#counts.push(count.then((rows) => rows.reduce((sum, row) => sum + Number(row['rows']), 0)));
    // What it fails with is thrown by `done`.
    this.#counts.at(-1)?.catch(() => undefined);
  }

  /** Adds what was looked at to what was read here. */
  async done(): Promise<void> {
    if (this.#counts.length === 0) return;
    const lines = (await Promise.all(this.#counts)).reduce((sum, count) => sum + count, 0);
    const costs = this.#costs;
    if (lines <= costs.linesProcessed) return;
    const bytes = (lines - costs.linesProcessed) * (await averageLine(this.#context.client));
    costs.bytesProcessed = Math.round(costs.bytesProcessed + bytes);
    costs.linesProcessed = lines;
  }
}

const averages = new WeakMap<Client, { readonly atMs: number; readonly bytes: Promise<number> }>();

/** Bytes of a line, over all that are stored. */
function averageLine(client: Client): Promise<number> {
  const known = averages.get(client);
  const now = performance.now();
  if (known !== undefined && now - known.atMs < AVERAGE_MS) return known.bytes;
  const statement = sql`SELECT sum(column_data_uncompressed_bytes) / greatest(sum(rows), 1) AS bytes FROM system.parts_columns WHERE active AND database = currentDatabase() AND startsWith(table, 'logs') AND column = 'line'`;
  const bytes = client.query(statement).then(([row]) => Number(row?.['bytes'] ?? 0));
  averages.set(client, { atMs: now, bytes });
  bytes.catch(() => averages.delete(client));
  return bytes;
}
