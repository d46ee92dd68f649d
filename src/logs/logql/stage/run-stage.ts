// A stage of a query, compiled: what `compile-pipeline.ts` makes of each node of the tree and runs for each line.

import type { Line } from '../pipeline.ts';

/** Changes a line in place; false drops it. */
export type RunStage = (line: Line) => boolean;
