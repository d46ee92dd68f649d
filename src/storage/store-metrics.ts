// How the store fares, among the program's own metrics.

import type { SelfMetrics } from '../base/self-metrics.ts';
import type { Store } from './store.ts';
import type { TableWriter, WriterState } from './writer.ts';

/** Registers what each table's writer counts. */
export function watchStore(store: Store, metrics: SelfMetrics): void {
  const counters: readonly (readonly [name: string, help: string, of: (state: WriterState) => number])[] = [
    ['sightline_store_rows_inserted_total', 'Rows that became parts of a table.', (state) => state.rowsInserted],
    ['sightline_store_inserts_total', 'Statements that inserted them.', (state) => state.inserts],
    ['sightline_store_insert_errors_total', 'Inserts that failed and were tried again.', (state) => state.insertErrors],
    ['sightline_store_insert_seconds_total', 'Time that inserts took.', (state) => state.insertSeconds],
  ];
  const pending = metrics.gauge('sightline_store_pending_bytes', 'Rows that are on disk in the log and wait to be inserted.', ['table']);
  const watched = counters.map(([name, help, of]) => ({
    counter: metrics.counter(name, help, ['table']),
    of,
    seen: new Map<TableWriter, number>(),
  }));
  metrics.onCollect(() => {
    for (const [table, writer] of store.writers) {
      pending.set(writer.state.pendingBytes, table);
      for (const { counter, of, seen } of watched) {
        const now = of(writer.state);
        counter.add(now - (seen.get(writer) ?? 0), table);
        seen.set(writer, now);
      }
    }
  });
}
