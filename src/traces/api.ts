// All routes by which traces are asked for, at the paths of Tempo.

import type { Route } from '../server/route.ts';
import type { TracesApiOptions } from './api/context.ts';
import { metricsRoutes } from './api/metrics.ts';
import { overridesRoutes } from './api/overrides-routes.ts';
import { searchRoutes } from './api/search.ts';
import { statusRoutes } from './api/status.ts';
import { tagRoutes } from './api/tags.ts';
import { traceRoutes } from './api/trace.ts';

/** The read side of traces, as routes that wait for their turn (`gated.ts`). */
export function tracesApiRoutes(options: TracesApiOptions): readonly Route[] {
  return [...traceRoutes(options), ...searchRoutes(options), ...tagRoutes(options), ...metricsRoutes(options)];
}

/** Routes that answer at once. */
export function tracesOpenRoutes(options: TracesApiOptions): readonly Route[] {
  return [...statusRoutes(options), ...overridesRoutes(options)];
}
