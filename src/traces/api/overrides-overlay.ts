// Overrides in Tempo's words laid over our settings, and our settings in Tempo's words.

import type { Overrides } from './overrides-schema.ts';

/** The settings of metrics from spans that overrides change. */
export interface SpanMetricsLimits {
  readonly spanMetrics: {
    readonly enabled: boolean;
    readonly dimensions: readonly string[];
    readonly buckets: readonly string[];
    readonly histograms: 'both' | 'classic' | 'native';
    readonly size: boolean;
    readonly targetInfo: boolean;
  };
  readonly serviceGraph: {
    readonly enabled: boolean;
    readonly dimensions: readonly string[];
    readonly peerAttributes: readonly string[];
    readonly buckets: readonly string[];
  };
}

/** What a tenant has set, over what the settings say. */
export function overlaid<T extends SpanMetricsLimits>(
  { spanMetrics, serviceGraph }: T,
  { metrics_generator: generator = {} }: Overrides,
): Pick<T, 'spanMetrics' | 'serviceGraph'> {
  const { processors, processor: { span_metrics: spans = {}, service_graphs: graphs = {} } = {} } = generator;
  const isOff = generator.disable_collection === true;
  const size =
    processors === undefined ? spanMetrics.size : processors.some((name) => name === 'span-metrics' || name === 'span-metrics-size');
  return {
    spanMetrics: {
      ...spanMetrics,
      enabled: !isOff && (processors?.some((name) => name.startsWith('span-metrics')) ?? spanMetrics.enabled),
      dimensions: spans.dimensions ?? spanMetrics.dimensions,
      buckets: spans.histogram_buckets?.map(String) ?? spanMetrics.buckets,
      histograms: generator.generate_native_histograms ?? spanMetrics.histograms,
      size,
      targetInfo: spans.enable_target_info ?? spanMetrics.targetInfo,
    },
    serviceGraph: {
      ...serviceGraph,
      enabled: !isOff && (processors?.includes('service-graphs') ?? serviceGraph.enabled),
      dimensions: graphs.dimensions ?? serviceGraph.dimensions,
      peerAttributes: graphs.peer_attributes ?? serviceGraph.peerAttributes,
      buckets: graphs.histogram_buckets?.map(String) ?? serviceGraph.buckets,
    },
  };
}

/** Settings as Tempo writes them: what is in force where nothing is set. */
export function asOverrides({ spanMetrics, serviceGraph }: SpanMetricsLimits): Overrides {
  return {
    metrics_generator: {
      processors: [
        ...(serviceGraph.enabled ? (['service-graphs'] as const) : []),
        ...(spanMetrics.enabled ? (['span-metrics'] as const) : []),
      ],
      disable_collection: !spanMetrics.enabled && !serviceGraph.enabled,
      generate_native_histograms: spanMetrics.histograms,
      processor: {
        service_graphs: {
          dimensions: [...serviceGraph.dimensions],
          peer_attributes: [...serviceGraph.peerAttributes],
          histogram_buckets: serviceGraph.buckets.map(Number),
        },
        span_metrics: {
          dimensions: [...spanMetrics.dimensions],
          histogram_buckets: spanMetrics.buckets.map(Number),
          enable_target_info: spanMetrics.targetInfo,
        },
      },
    },
  };
}
