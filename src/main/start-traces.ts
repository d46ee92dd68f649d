// Traces as a part of the program: their store, the roads in, what is made of spans, and the APIs that answer about them.

import { join, resolve } from 'node:path';
import { systemClock } from '../base/clock.ts';
import type { BeginWrite } from '../metrics/write.ts';
import { gated, gatedStreams } from '../server/gated.ts';
import { tracesApiRoutes, tracesOpenRoutes } from '../traces/api.ts';
import type { TracesApiOptions } from '../traces/api/context.ts';
import { tracesGrpcRoutes } from '../traces/api/grpc.ts';
import { traceqlParseRoutes } from '../traces/api/parse.ts';
import { jaegerRoutes } from '../traces/ingest/jaeger-routes.ts';
import { otlpTracesRoutes } from '../traces/ingest/otlp-traces.ts';
import { zipkinRoutes } from '../traces/ingest/zipkin-routes.ts';
import { jaegerQueryRoutes } from '../traces/jaeger/query-routes.ts';
import { HeldSpans } from '../traces/held/held-spans.ts';
import { openSpanStore } from '../traces/store/open-span-store.ts';
import { TraceOverrides } from '../traces/api/overrides.ts';
import { spanRead } from '../traces/read-context.ts';
import { SpanMetrics } from '../traces/span-metrics/span-metrics.ts';
import type { SpanStore } from '../traces/store/span-store.ts';
import { TRACE_TABLES } from '../traces/table.ts';
import { type Core, type Signal, version } from './core.ts';

/** `beginMetrics` writes samples: metrics made from spans are ordinary ones. */
export async function startTraces(core: Core, stack: AsyncDisposableStack, beginMetrics: BeginWrite): Promise<Signal> {
  const { settings, limits, metrics, store, log } = core;
  const spanStore = stack.use(await openSpanStore({ store, limitsOf: limits.of, clock: systemClock, metrics }));
  const overrides = await TraceOverrides.open(join(resolve(settings.current.dataDir), 'trace-overrides.json'));
  const spanMetrics = new SpanMetrics({ limitsOf: overrides.over(limits.of), beginWrite: beginMetrics, clock: systemClock, metrics, log });
  spanStore.follow(stack.use(spanMetrics).follow);
  const beginWrite = spanStore.begin;
  const otlp = otlpTracesRoutes({ beginWrite });
  const jaeger = jaegerRoutes({ beginWrite });
  const held = store.isEmbedded ? heldSpans(core, spanStore) : undefined;
  const api = apiOptions(core, { spanStore, held, overrides });
  const enter = (tenants: readonly string[], signal: AbortSignal): Promise<() => void> => core.gate.enter(tenants, signal);
  return {
    kind: 'traces',
    tables: TRACE_TABLES,
    routes: [
      ...otlp.http,
      ...zipkinRoutes({ beginWrite, clock: systemClock }),
      ...jaeger.http,
      ...tracesOpenRoutes(api),
      ...traceqlParseRoutes(),
      ...gated([...tracesApiRoutes(api), ...jaegerQueryRoutes(api)], enter),
    ],
    grpcRoutes: [...otlp.grpc, ...jaeger.grpc, ...gatedStreams(tracesGrpcRoutes(api), enter)],
    socketRoutes: [],
    begin: () => undefined,
    retentionApplied: (nowMs, retentionMsOf) => spanStore.options.catalogues.retain(nowMs, retentionMsOf),
  };
}

function heldSpans({ settings, metrics }: Core, spanStore: SpanStore): HeldSpans {
  const bytesMax = (): number => settings.current.query.spanCacheBytes;
  const held = new HeldSpans({ writes: spanStore.options.writes, bytesMax, flush: () => spanStore.flush() });
  const bytes = metrics.gauge('sightline_traces_held_bytes', 'Memory of spans that queries have asked for, as columns.', []);
  metrics.onCollect(() => bytes.set(held.bytes));
  return held;
}

interface ReadParts {
  readonly spanStore: SpanStore;
  readonly held: HeldSpans | undefined;
  readonly overrides: TraceOverrides;
}

function apiOptions({ settings, limits, store, log }: Core, { spanStore, held, overrides }: ReadParts): TracesApiOptions {
  const { catalogues } = spanStore.options;
  const reads = { client: store.client, catalogues, held, clock: systemClock, limitsOf: limits.of, flush: () => spanStore.flush() };
  return {
    clock: systemClock,
    log,
    slowQueryMs: () => settings.current.query.slowLog,
    status: { version: version(), revision: '' },
    limitsOf: limits.of,
    readContext: (reader) => spanRead(reads, reader),
    overrides,
  };
}
