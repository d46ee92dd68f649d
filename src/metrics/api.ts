// All routes by which metrics are read, under the two base paths of the peers: `/prom` is plain Prometheus, `/prometheus` is Mimir's.

import type { Route } from '../server/route.ts';
import { atBase } from '../server/router.ts';
import { QueryGate } from '../tenant/query-gate.ts';
import { adminRoutes } from './api-admin.ts';
import type { MetricsApiOptions } from './api-context.ts';
import { metadataRoutes } from './api-metadata.ts';
import { queryRoutes } from './api-query.ts';
import { seriesRoutes } from './api-series.ts';
import { type Flavour, statusRoutes } from './api-status.ts';
import { federateRoutes } from './federate.ts';

/** Queries of one tenant that may wait for their turn. */
const QUERIES_WAITING_MAX = 1000;

/** The read side of metrics, as routes. */
export function metricsApiRoutes(options: MetricsApiOptions): readonly Route[] {
  const gate = new QueryGate({ concurrencyOf: (tenant) => options.limitsOf(tenant).query.concurrency, waitingMax: QUERIES_WAITING_MAX });
  const all = (flavour: Flavour): readonly Route[] => [
    ...gated(gate, readRoutes(options)),
    ...statusRoutes(options, flavour),
    ...adminRoutes(options),
  ];
  return [...atBase('/prom', all('prometheus')), ...atBase('/prometheus', all('mimir'))];
}

function readRoutes(options: MetricsApiOptions): readonly Route[] {
  return [...queryRoutes(options), ...seriesRoutes(options), ...metadataRoutes(options), ...federateRoutes(options)];
}

/** A read of several tenants takes its turn among those of the first. */
function gated(gate: QueryGate, routes: readonly Route[]): readonly Route[] {
  return routes.map((route) => ({
    ...route,
    handle: (request) => gate.run(request.tenants[0] ?? '', request.signal, () => route.handle(request)),
  }));
}
