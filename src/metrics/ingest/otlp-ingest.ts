// The OTLP road into metrics: a request's bytes in, what was stored and what was refused out, over HTTP and gRPC alike.
//
//   body ─▶ reader ─▶ OtlpTranslation ─▶ MetricWrite ─▶ commit ─▶ Export response

import type { Clock } from '../../base/clock.ts';
import { encodeExportResponse, encodingOf, exportReply, otlpError } from '../../otlp/export-answer.ts';
import type { Encoding, PartialSuccess } from '../../otlp/export-answer.ts';
import type { GrpcRoute, Route } from '../../server/route.ts';
import type { BeginWrite, Refusal, RefusalReason, WriteSummary } from '../write.ts';
import { AttributeMemory } from '../../otlp/attribute-memory.ts';
import { DeltaStreams } from './otlp-delta.ts';
import { readMetricsJson } from './otlp-json.ts';
import { LabelMemory } from './otlp-label-memory.ts';
import type { LabelNamer } from './otlp-labels.ts';
import { labelNamer } from './otlp-naming.ts';
import { readMetricsProtobuf } from './otlp-protobuf.ts';
import type { OtlpMetricsSettings } from './otlp-settings.ts';
import { OtlpTranslation } from './otlp-translate.ts';

/** Where senders put the path: the specification's, behind Mimir's and Loki's base, and Prometheus's own under each of its bases. */
const PATHS = [
  '/v1/metrics',
  '/otlp/v1/metrics',
  '/api/v1/otlp/v1/metrics',
  '/prom/api/v1/otlp/v1/metrics',
  '/prometheus/api/v1/otlp/v1/metrics',
];
const GRPC_PATH = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';

/** Refusals of what stands beside the data points and is not counted as one. */
const NOT_POINTS: ReadonlySet<RefusalReason> = new Set(['invalid_exemplar', 'invalid_metadata']);

/** The text of a partial success is cut there. */
const MESSAGE_LENGTH_MAX = 4096;

export interface OtlpMetricsOptions {
  readonly beginWrite: BeginWrite;
  /** The settings of a tenant, as they are now. Equal settings should be the same object, for it carries a memory of label names. */
  readonly settingsOf: (tenant: string) => OtlpMetricsSettings;
  readonly clock: Clock;
}

export interface OtlpMetricsRoutes {
  readonly http: readonly Route[];
  readonly grpc: readonly GrpcRoute[];
  /** How many delta streams are summed up, for the program's own metrics. */
  readonly deltaStreams: () => number;
}

/** The routes that take OTLP metrics. */
export function otlpMetricsRoutes(options: OtlpMetricsOptions): OtlpMetricsRoutes {
  const ingest = new OtlpMetricsIngest(options);
  const http = PATHS.map((path): Route => ({
    method: 'POST',
    path,
    summary: 'Takes OTLP metrics as protobuf or JSON.',
    access: 'write',
    error: otlpError,
    handle: async ({ contentType, tenants, body }) => {
      const encoding = encodingOf(contentType.type);
      return exportReply(await ingest.export(tenants[0] ?? '', body, encoding), encoding);
    },
  }));
  const grpc: GrpcRoute = {
    path: GRPC_PATH,
    summary: 'Takes OTLP metrics over gRPC.',
    access: 'write',
    handle: async ({ tenants, message }) => encodeExportResponse(await ingest.export(tenants[0] ?? '', message, 'protobuf'), 'protobuf'),
  };
  return { http, grpc: [grpc], deltaStreams: () => ingest.deltaStreams };
}

/** Takes requests in; holds what must be remembered between them. */
export class OtlpMetricsIngest {
  readonly #options: OtlpMetricsOptions;
  readonly #delta: DeltaStreams;
  readonly #attributes = new AttributeMemory();
  readonly #translators = new WeakMap<OtlpMetricsSettings, { readonly namer: LabelNamer; readonly memory: LabelMemory }>();

  constructor(options: OtlpMetricsOptions) {
    this.#options = options;
    this.#delta = new DeltaStreams(options.clock);
  }

  get deltaStreams(): number {
    return this.#delta.size;
  }

  /** Stores a request's metrics. Throws `bad_data` for what is malformed, and what `commit` throws; nothing is stored then. */
  async export(tenant: string, body: Uint8Array, encoding: Encoding): Promise<PartialSuccess> {
    const settings = this.#options.settingsOf(tenant);
    const write = this.#options.beginWrite(tenant);
    const delta = this.#delta.begin(tenant, settings.deltaStreamsMax);
    try {
      const { namer, memory } = this.#rememberedFor(settings);
      const translation = new OtlpTranslation({ settings, namer, write, delta, memory: encoding === 'json' ? undefined : memory });
      if (encoding === 'json') readMetricsJson(body, translation);
      else readMetricsProtobuf(body, translation, this.#attributes);
      return partialSuccess(await write.commit(), translation.outcome);
    } catch (error) {
      delta.rollback();
      throw error;
    }
  }

  /** What is remembered of names and labels depends on the settings alone, so tenants with the same ones share it. */
  #rememberedFor(settings: OtlpMetricsSettings): { readonly namer: LabelNamer; readonly memory: LabelMemory } {
    let remembered = this.#translators.get(settings);
    if (remembered === undefined) {
      remembered = { namer: labelNamer(settings), memory: new LabelMemory() };
      this.#translators.set(settings, remembered);
    }
    return remembered;
  }
}

/**
 * What the sender is told. One data point may be several samples, which are refused one by one, so the count of refused points is an upper
 * estimate that never exceeds the points that came.
 */
function partialSuccess(summary: WriteSummary, outcome: OtlpTranslation['outcome']): PartialSuccess {
  const refused = summary.refusals.filter(({ reason }) => !NOT_POINTS.has(reason)).reduce((sum, { count }) => sum + count, 0);
  const message = [...summary.refusals.map(refusalText), ...outcome.warnings].join('; ');
  return {
    field: 'rejectedDataPoints',
    rejected: Math.min(refused, outcome.points),
    message: message.slice(0, MESSAGE_LENGTH_MAX).toWellFormed(),
  };
}

function refusalText({ count, message }: Refusal): string {
  return count === 1 ? message : `${message} (and ${count - 1} more for the same reason)`;
}
