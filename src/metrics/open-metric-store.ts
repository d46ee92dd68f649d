// The write side of metrics as one thing: a writer for each table, and the counters of what came in.

import type { Clock } from '../base/clock.ts';
import type { SelfMetrics } from '../base/self-metrics.ts';
import type { TenantLimits } from '../config.ts';
import type { Store } from '../storage/store.ts';
import { MetricStore } from './metric-store.ts';
import { EXEMPLARS_TABLE, HISTOGRAMS_TABLE, METADATA_TABLE, SAMPLES_TABLE, SERIES_TABLE, STARTS_TABLE } from './table.ts';

export interface OpenMetricStoreOptions {
  readonly store: Store;
  readonly limitsOf: (tenant: string) => Pick<TenantLimits, 'metrics' | 'retention'>;
  readonly clock: Clock;
  readonly metrics: SelfMetrics;
}

export async function openMetricStore({ store, limitsOf, clock, metrics }: OpenMetricStoreOptions): Promise<MetricStore> {
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
  const metricStore = new MetricStore({
    writers,
    limitsOf,
    clock,
    onCommit: (tenant, stored, refusals) => {
      samples.add(stored.samples, tenant);
      histograms.add(stored.histograms, tenant);
      exemplars.add(stored.exemplars, tenant);
      for (const { reason, count } of refusals) refused.add(count, tenant, reason);
    },
  });
  metrics.onCollect(() => {
    for (const [tenant, count] of metricStore.activeSeries()) active.set(count, tenant);
  });
  return metricStore;
}
