// An embedded store in a directory of its own, for tests of what stands on it: rows wait in the log until a reader asks.

import assert from 'node:assert/strict';

import { Store } from '../storage/store.ts';
import { METRIC_MIGRATIONS } from './table.ts';

/** Opens a store with the tables of metrics; an insert that fails fails the test. */
export function openTestStore(dataDir: string): Promise<Store> {
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
    migrations: METRIC_MIGRATIONS,
    onInsertError: (_table, error) => assert.fail(String(error)),
  });
}
