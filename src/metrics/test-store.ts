// An embedded store in a directory of its own, for tests of what stands on it: rows wait in the log until a reader asks.

import assert from 'node:assert/strict';

import type { Migration } from '../storage/migrate.ts';
import { Store } from '../storage/store.ts';
import { METRIC_MIGRATIONS } from './table.ts';

/** Opens a store with the tables of metrics, or of whatever is given; an insert that fails fails the test. */
export function openTestStore(dataDir: string, migrations: readonly Migration[] = METRIC_MIGRATIONS): Promise<Store> {
  return Store.open({
    dataDir,
    url: undefined,
    cluster: '',
    readers: 2,
    insertDelayMs: 60_000,
    batchRowsMax: 100_000,
    pendingBytesMax: 64 << 20,
    defaults: { timeoutMs: 60_000, memoryBytesMax: 1 << 30, rowsReadMax: 1e9 },
    engineArguments: [],
    migrations,
    onInsertError: (_table, error) => assert.fail(String(error)),
  });
}
