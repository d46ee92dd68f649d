// The write side of metrics as one thing: a writer for each table, and the counters of what came in.

import type { Clock } from '../base/clock.ts';
import type { SelfMetrics } from '../base/self-metrics.ts';
import type { TenantLimits } from '../config.ts';
import type { Store } from '../storage/store.ts';
import { HistogramMetrics } from './histogram-metrics.ts';
import { MetricStore, type MetricStoreOptions } from './metric-store.ts';
import { RecentWrites } from './recent-writes.ts';
import { type KeptSamples, SampleCache } from './sample-cache.ts';
import { EXEMPLARS_TABLE, HISTOGRAMS_TABLE, METADATA_TABLE, SAMPLES_TABLE, SERIES_TABLE, STARTS_TABLE } from './table.ts';

export interface OpenMetricStoreOptions {
  readonly store: Store;
  readonly limitsOf: (tenant: string) => Pick<TenantLimits, 'metrics' | 'retention'>;
  readonly clock: Clock;
  readonly metrics: SelfMetrics;
  /** `query.indexSeriesMax`: series of all tenants whose labels are kept in memory; 0 keeps none. */
  readonly indexSeriesMax?: () => number;
  /** `query.cacheBytes`: memory for samples of all tenants that questions have read. */
  readonly cacheBytesMax?: () => number;
  /** Told when the label index could not be loaded from the store; questions are then answered by SQL. */
  readonly onIndexError?: (tenant: string, error: unknown) => void;
}

/** Default of `query.cacheBytes`. */
const CACHE_BYTES_MAX = 256 * 1024 * 1024;
/** Default of `query.indexSeriesMax`. */
const INDEX_SERIES_MAX = 2_000_000;

export async function openMetricStore(options: OpenMetricStoreOptions): Promise<MetricStore> {
  const { store, limitsOf, clock, metrics } = options;
  const writers = {
    series: await store.writer(SERIES_TABLE),
    samples: await store.writer(SAMPLES_TABLE),
    histograms: await store.writer(HISTOGRAMS_TABLE),
    starts: await store.writer(STARTS_TABLE),
    exemplars: await store.writer(EXEMPLARS_TABLE),
    metadata: await store.writer(METADATA_TABLE),
  };
  const samples = metrics.counter('sightline_metrics_samples_total', 'Float samples stored.', ['tenant']);
  const histograms = metrics.counter('sightline_metrics_histograms_total', 'Native histogram samples stored.', ['tenant']);
  const exemplars = metrics.counter('sightline_metrics_exemplars_total', 'Exemplars stored.', ['tenant']);
  const refused = metrics.counter('sightline_metrics_refused_total', 'Samples, histograms, exemplars and metadata refused.', [
    'tenant',
    'reason',
  ]);
  const active = metrics.gauge('sightline_metrics_active_series', 'Series that have received samples in the last hour.', ['tenant']);
  const indexed = metrics.gauge('sightline_metrics_indexed_series', 'Series whose labels are in memory for readers.');
  const cached = metrics.gauge('sightline_metrics_cached_sample_bytes', 'Memory of samples that questions have read.');
  const metricStore = new MetricStore({
    writers,
    limitsOf,
    clock,
    index: indexOptions(options),
    kept: keptSamples(options),
    onCommit: (tenant, stored, refusals) => {
      samples.add(stored.samples, tenant);
      histograms.add(stored.histograms, tenant);
      exemplars.add(stored.exemplars, tenant);
      for (const { reason, count } of refusals) refused.add(count, tenant, reason);
    },
  });
  metrics.onCollect(() => {
    for (const [tenant, count] of metricStore.activeSeries()) active.set(count, tenant);
    indexed.set(metricStore.index?.size ?? 0);
    cached.set(metricStore.options.kept?.cache.bytes ?? 0);
  });
  return metricStore;
}

/** Samples are kept in memory only where no other process writes, as labels are. */
function keptSamples({ store, clock, cacheBytesMax }: OpenMetricStoreOptions): KeptSamples | undefined {
  if (!store.isEmbedded) return undefined;
  const writes = new RecentWrites(() => clock.now());
  return { cache: new SampleCache(writes, cacheBytesMax ?? (() => CACHE_BYTES_MAX)), histograms: new HistogramMetrics(store.client) };
}

/** The label index is right only where no other process writes: in the embedded form. */
function indexOptions({ store, indexSeriesMax, onIndexError, metrics }: OpenMetricStoreOptions): MetricStoreOptions['index'] {
  if (!store.isEmbedded) return undefined;
  const failed = metrics.counter('sightline_metrics_index_load_errors_total', 'Loads of labels into memory that failed.');
  return {
    client: store.client,
    seriesMax: indexSeriesMax ?? (() => INDEX_SERIES_MAX),
    onLoadError: (tenant, error) => {
      failed.add(1);
      onIndexError?.(tenant, error);
    },
  };
}
