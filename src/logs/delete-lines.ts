// Deletes the lines that a query selects: in one statement where ClickHouse can decide which, else line by line as they are found here.

import { type Sql, and, int, join, sql, text } from '../base/sql.ts';
import type { ReadContext } from '../metrics/read.ts';
import { NO_LABELS } from '../query/labels.ts';
import { type Form, physicalTable } from '../storage/schema.ts';
import type { LineBlock, NsRange } from './line-block.ts';
import { textAt } from './line-block.ts';
import type { LogExpr } from './logql/ast.ts';
import { compilePipeline } from './logql/compile-pipeline.ts';
import { LineLabels } from './logql/line-labels.ts';
import { planLines } from './plan.ts';
import { readLines } from './read-lines.ts';
import { selectStreams, type StreamSet } from './select-streams.ts';

/** Lines that one statement names: each is a literal of the line itself. */
const NAMED_LINES_MAX = 1000;

interface Deleting {
  readonly context: ReadContext;
  readonly form: Form;
  readonly streams: StreamSet;
  readonly range: NsRange;
}

/** Returns how many lines were deleted. The context reads one tenant. */
export async function deleteLines(context: ReadContext, form: Form, expr: LogExpr, range: NsRange): Promise<number> {
  const streams = await selectStreams(context, expr.matchers, range, true);
  const plan = planLines(expr.stages);
  const deleting = { context, form, streams, range };
  if (plan.stages.length === 0) return deleteWhere(deleting, and(plan.conditions));
  const pipeline = compilePipeline(plan.stages);
  let deleted = 0;
  const named: Sql[] = [];
  for await (const block of readLines(context, streams, { range, conditions: plan.conditions, withLevel: true })) {
    named.push(...selectedLines(block, pipeline));
    while (named.length >= NAMED_LINES_MAX) deleted += await deleteNamed(deleting, named.splice(0, NAMED_LINES_MAX));
  }
  if (named.length > 0) deleted += await deleteNamed(deleting, named);
  return deleted;
}

function selectedLines(block: LineBlock, pipeline: ReturnType<typeof compilePipeline>): readonly Sql[] {
  const labels = new LineLabels();
  const found: Sql[] = [];
  for (let row = 0; row < block.rows; row++) {
    labels.reset(block.streams.labels(block.stream[row] as number), block.metadata?.[row] ?? NO_LABELS);
    const line = textAt(block.lines, row);
    const tsNs = block.ts[row] ?? 0n;
    if (pipeline.process({ tsNs, text: line, labels })) found.push(sql`(${int(tsNs)}, ${text(line)})`);
  }
  return found;
}

function deleteNamed(deleting: Deleting, lines: readonly Sql[]): Promise<number> {
  return deleteWhere(deleting, sql` AND (ts, line) IN (${join(lines, sql`, `)})`);
}

async function deleteWhere({ context, form, streams, range }: Deleting, more: Sql): Promise<number> {
  const { table, on } = physicalTable('logs', form);
  let deleted = 0;
  for (const part of streams.parts) {
    const condition = sql`${part.condition(range)}${more}`;
    const [row] = await context.client.query(sql`SELECT count() AS lines FROM logs WHERE ${condition}`);
    const lines = Number(row?.['lines'] ?? 0);
    if (lines === 0) continue;
    await context.client.exec(sql`DELETE FROM ${table} ${on} WHERE ${condition}`);
    deleted += lines;
  }
  return deleted;
}
