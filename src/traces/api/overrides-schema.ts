// The overrides that a tenant may set, in Tempo's words: those that have a counterpart here. Others are refused by name rather than kept without effect.
//
// Source: Tempo `modules/overrides/userconfigurable/client/limits.go`, `cmd/tempo/app/overrides_validation.go`.

import { z } from 'zod';
import { RequestError } from '../../base/request-error.ts';

const NAMES_MAX = 100;
const BUCKETS_MAX = 200;

const names = z.array(z.string().min(1).max(1024)).max(NAMES_MAX);

const buckets = z
  .array(z.number().positive())
  .min(1)
  .max(BUCKETS_MAX)
  .refine((bounds) => bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] ?? 0)), 'bounds must rise');

/** Span metrics come whole: the parts of them only say that they are wanted. `local-blocks` stands for metrics queries, which always work. */
const PROCESSORS = [
  'service-graphs',
  'span-metrics',
  'span-metrics-latency',
  'span-metrics-count',
  'span-metrics-size',
  'local-blocks',
] as const;

const serviceGraphs = z.strictObject({
  dimensions: names.optional(),
  peer_attributes: names.optional(),
  histogram_buckets: buckets.optional(),
  // Dimensions have the prefixes of both sides always.
  enable_client_server_prefix: z.literal(true).optional(),
});

const spanMetrics = z.strictObject({
  dimensions: names.optional(),
  histogram_buckets: buckets.optional(),
  enable_target_info: z.boolean().optional(),
});

const metricsGenerator = z.strictObject({
  processors: z.array(z.enum(PROCESSORS)).optional(),
  disable_collection: z.boolean().optional(),
  generate_native_histograms: z.enum(['classic', 'native', 'both']).optional(),
  processor: z.strictObject({ service_graphs: serviceGraphs.optional(), span_metrics: spanMetrics.optional() }).optional(),
});

export const overridesSchema = z.strictObject({
  // None can be configured, so none can be named.
  forwarders: z.array(z.never('is not a known forwarder: there are none here')).optional(),
  metrics_generator: metricsGenerator.optional(),
});

export type Overrides = Readonly<z.infer<typeof overridesSchema>>;

/** Overrides of a body. Throws `bad_data` with the place and the reason of the first mistake. */
export function parseOverrides(value: unknown): Overrides {
  const result = overridesSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw new RequestError('bad_data', `overrides: ${place}${issue?.message ?? 'not understood'}`);
}
