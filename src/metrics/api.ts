// All routes by which metrics are read, under the two base paths of the peers: `/prom` is plain Prometheus, `/prometheus` is Mimir's.

import type { Route } from '../server/route.ts';
import { atBase } from '../server/router.ts';
import { adminRoutes } from './api-admin.ts';
import type { MetricsApiOptions } from './api-context.ts';
import { cardinalityRoutes } from './api-cardinality.ts';
import { documentRoute } from './api-document.ts';
import { featureRoutes } from './api-features.ts';
import { metadataRoutes } from './api-metadata.ts';
import { queryRoutes } from './api-query.ts';
import { ruleRoutes } from './api-rules.ts';
import { searchRoutes } from './api-search.ts';
import { seriesRoutes } from './api-series.ts';
import { type Flavour, statusRoutes } from './api-status.ts';
import { federateRoutes } from './federate.ts';
import { remoteReadRoutes } from './remote-read.ts';

/** The read side of metrics, as routes. */
export function metricsApiRoutes(options: MetricsApiOptions): readonly Route[] {
  return [...documented(options, '/prom', 'prometheus'), ...documented(options, '/prometheus', 'mimir')];
}

function documented(options: MetricsApiOptions, base: string, flavour: Flavour): readonly Route[] {
  const routes = routesOf(options, flavour);
  return atBase(base, [...routes, documentRoute(routes, base, options.status.version)]);
}

function routesOf(options: MetricsApiOptions, flavour: Flavour): readonly Route[] {
  return [
    ...queryRoutes(options),
    ...seriesRoutes(options),
    ...searchRoutes(options),
    ...metadataRoutes(options),
    ...statusRoutes(options, flavour),
    ...featureRoutes(options),
    ...ruleRoutes(),
    ...(flavour === 'mimir' ? cardinalityRoutes(options) : []),
    ...federateRoutes(options),
    ...remoteReadRoutes(options),
    ...adminRoutes(options),
  ];
}
