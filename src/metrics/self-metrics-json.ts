// The program's own metrics as `/api/v1/status/self_metrics` gives them: Prometheus's `MetricFamily` messages in the JSON form of protobuf.
//
// Source: prometheus/client_model, `metrics.proto`; Protocol Buffers, "ProtoJSON format": 64-bit numbers are strings, as are floats that JSON has not.

import type { SelfMetricFamily, SelfMetricSeries } from '../base/self-metrics.ts';
import { compareText } from '../query/labels.ts';

/** The families by name, and the series of each by their labels. */
export function selfMetricsJson(families: readonly SelfMetricFamily[]): unknown {
  return families
    .filter(({ series }) => series.length > 0)
    .toSorted((a, b) => compareText(a.name, b.name))
    .map((family) => ({
      name: family.name,
      help: family.help,
      type: family.kind.toUpperCase(),
      metric: family.series.toSorted(compareSeries).map((series) => metricJson(family, series)),
    }));
}

function compareSeries(a: SelfMetricSeries, b: SelfMetricSeries): number {
  for (const [i, [, value]] of a.labels.entries()) {
    const order = compareText(value, b.labels[i]?.[1] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

function metricJson({ kind, bounds }: SelfMetricFamily, { labels, value, buckets }: SelfMetricSeries): unknown {
  const label = labels.length === 0 ? {} : { label: labels.map(([name, own]) => ({ name, value: own })) };
  if (kind !== 'histogram') return { ...label, [kind]: { value: floatJson(value) } };
  let count = 0;
  const cumulative = buckets.map((own) => (count += own));
  return {
    ...label,
    histogram: {
      sampleCount: String(count),
      sampleSum: floatJson(value),
      // The bucket of +Inf is the count.
      bucket: bounds.map((bound, i) => ({ cumulativeCount: String(cumulative[i] ?? 0), upperBound: floatJson(bound) })),
    },
  };
}

function floatJson(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}
