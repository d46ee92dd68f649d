// All routes by which logs are read and deleted, at the paths of Loki.

import type { Route } from '../server/route.ts';
import type { LogsApiOptions } from './api-context.ts';
import { deleteRoutes } from './api-delete.ts';
import { fieldRoutes } from './api-fields.ts';
import { formatRoutes } from './api-format.ts';
import { labelRoutes } from './api-labels.ts';
import { queryRoutes } from './api-query.ts';
import { statsRoutes } from './api-stats.ts';
import { statusRoutes } from './api-status.ts';

/** The read side of logs, as routes. Those that read wait for their turn (`gated.ts`). */
export function logsApiRoutes(options: LogsApiOptions): readonly Route[] {
  return [
    ...queryRoutes(options),
    ...labelRoutes(options),
    ...statsRoutes(options),
    ...fieldRoutes(options),
    ...formatRoutes(options),
    ...statusRoutes(options),
    ...deleteRoutes(options),
  ];
}
