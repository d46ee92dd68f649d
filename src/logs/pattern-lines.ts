// The lines that patterns are made of, out of the store: those of a query's streams, with the filters that ClickHouse can apply applied.

import type { ReadContext } from '../metrics/read.ts';
import type { LineBlock, NsRange } from './line-block.ts';
import type { LogExpr } from './logql/ast.ts';
import { planLines } from './plan.ts';
import { readLines } from './read-lines.ts';
import { selectStreams } from './select-streams.ts';

/** Lines that a query may let pass, in no order; its stages are still to be run on them. */
export async function* readPatternLines(context: ReadContext, expr: LogExpr, range: NsRange): AsyncGenerator<LineBlock> {
  const streams = await selectStreams(context, expr.matchers, range);
  if (streams.size === 0 || range.fromNs >= range.toNs) return;
  const { conditions } = planLines(expr.stages);
  yield* readLines(context, streams, { range, conditions, withLevel: true });
}
