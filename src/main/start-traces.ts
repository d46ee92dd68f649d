// Traces as a part of the program: their store, the roads in, what is made of spans, and the APIs that answer about them.

import { systemClock } from '../base/clock.ts';
import { jaegerRoutes } from '../traces/ingest/jaeger-routes.ts';
import { otlpTracesRoutes } from '../traces/ingest/otlp-traces.ts';
import { zipkinRoutes } from '../traces/ingest/zipkin-routes.ts';
import { openSpanStore } from '../traces/open-span-store.ts';
import { TRACE_TABLES } from '../traces/table.ts';
import type { Core, Signal } from './core.ts';

export async function startTraces({ limits, metrics, store }: Core, stack: AsyncDisposableStack): Promise<Signal> {
  const spanStore = stack.use(await openSpanStore({ store, limitsOf: limits.of, clock: systemClock, metrics }));
  const beginWrite = spanStore.begin;
  const otlp = otlpTracesRoutes({ beginWrite });
  const jaeger = jaegerRoutes({ beginWrite });
  return {
    kind: 'traces',
    tables: TRACE_TABLES,
    routes: [...otlp.http, ...zipkinRoutes({ beginWrite, clock: systemClock }), ...jaeger.http],
    grpcRoutes: [...otlp.grpc, ...jaeger.grpc],
    socketRoutes: [],
    begin: () => undefined,
    retentionApplied: (nowMs, retentionMsOf) => spanStore.options.catalogues.retain(nowMs, retentionMsOf),
  };
}
