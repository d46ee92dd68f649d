// The write side of logs as one thing: a writer for each table, and the counters of what came in.

import type { Clock } from '../base/clock.ts';
import type { SelfMetrics } from '../base/self-metrics.ts';
import type { TenantLimits } from '../config.ts';
import type { Store } from '../storage/store.ts';
import { LateLines } from './late-lines.ts';
import { LogStore, type LogStoreOptions } from './log-store.ts';
import { NEEDLES_TABLE } from './needle/table.ts';
import { LATE_TABLE, LOGS_TABLE, STREAMS_TABLE } from './table.ts';

export interface OpenLogStoreOptions {
  readonly store: Store;
  readonly limitsOf: (tenant: string) => Pick<TenantLimits, 'logs' | 'retention'>;
  readonly clock: Clock;
  readonly metrics: SelfMetrics;
  /** `query.indexSeriesMax`: streams of all tenants whose labels are kept in memory; 0 keeps none. */
  readonly indexSeriesMax: () => number;
  /** Told when the label index could not be loaded from the store; questions are then answered by SQL. */
  readonly onIndexError: (tenant: string, error: unknown) => void;
}

export async function openLogStore(options: OpenLogStoreOptions): Promise<LogStore> {
  const { store, limitsOf, clock, metrics } = options;
  const lines = metrics.counter('sightline_logs_lines_total', 'Log lines stored.', ['tenant']);
  const bytes = metrics.counter('sightline_logs_bytes_total', 'Bytes of log lines and structured metadata stored.', ['tenant']);
  const refused = metrics.counter('sightline_logs_refused_total', 'Log lines refused.', ['tenant', 'reason']);
  const active = metrics.gauge('sightline_logs_active_streams', 'Streams that have received lines in the last hour.', ['tenant']);
  const indexed = metrics.gauge('sightline_logs_indexed_streams', 'Streams whose labels are in memory for readers.');
  const writers = {
    streams: await store.writer(STREAMS_TABLE),
    logs: await store.writer(LOGS_TABLE),
    needles: await store.writer(NEEDLES_TABLE),
    late: await store.writer(LATE_TABLE),
  };
  const logStore = new LogStore({
    writers,
    late: await LateLines.open(store.client, writers.late),
    limitsOf,
    clock,
    index: indexOptions(options),
    onCommit: (tenant, stored, refusals) => {
      lines.add(stored.lines, tenant);
      bytes.add(stored.bytes, tenant);
      for (const { reason, count } of refusals) refused.add(count, tenant, reason);
    },
  });
  metrics.onCollect(() => {
    for (const [tenant, count] of logStore.activeStreams()) active.set(count, tenant);
    indexed.set(logStore.index?.size ?? 0);
  });
  return logStore;
}

/** The label index is right only where no other process writes: in the embedded form. */
function indexOptions({ store, indexSeriesMax, onIndexError, metrics }: OpenLogStoreOptions): LogStoreOptions['index'] {
  if (!store.isEmbedded) return undefined;
  const failed = metrics.counter('sightline_logs_index_load_errors_total', 'Loads of labels of streams into memory that failed.');
  return {
    client: store.client,
    seriesMax: indexSeriesMax,
    onLoadError: (tenant, error) => {
      failed.add(1);
      onIndexError(tenant, error);
    },
  };
}
