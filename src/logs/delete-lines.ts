// Deletes the lines that a query selects: in one statement where ClickHouse can decide which, else line by line as they are found here.
//
// A line is named by all that it is: others of its time, with the same text and other labels or metadata, may not pass the query.

import { type Sql, and, int, ints, join, sql, text } from '../base/sql.ts';
import type { ReadContext } from '../metrics/read.ts';
import { type Labels, labelPairs, labelValue, NO_LABELS } from '../query/labels.ts';
import { type Form, physicalTable } from '../storage/schema.ts';
import type { LineBlock, NsRange } from './line-block.ts';
import { LEVELS } from './ingest/label-level.ts';
import { textAt } from './line-block.ts';
import { DETECTED_LEVEL } from './line-columns.ts';
import type { LogExpr } from './logql/ast.ts';
import { compilePipeline } from './logql/compile-pipeline.ts';
import { LineLabels } from './logql/line-labels.ts';
import { planLines } from './plan.ts';
import { readLines } from './read-lines.ts';
import { selectStreams, type StreamSet } from './select-streams.ts';

/** Lines that one statement names, and their bytes: each stands in it as it is. */
const NAMED_LINES_MAX = 1000;
const NAMED_BYTES_MAX = 16 * 1024 * 1024;

/** A line as a query sees it: the level that was detected among its metadata. */
interface NamedLine {
  readonly stream: bigint;
  readonly tsNs: bigint;
  readonly line: string;
  readonly metadata: Labels;
}

const DETECTED: Sql = sql`if(level = 0, metadata[${text(DETECTED_LEVEL)}], [${join(LEVELS.map(text), sql`, `)}][level])`;
/** The other metadata as one text, in which each name and value stands behind its length in bytes. */
const METADATA: Sql = sql`arrayStringConcat(arrayMap((name, value) -> if(name = ${text(DETECTED_LEVEL)}, '', concat(toString(length(name)), ':', name, toString(length(value)), ':', value)), mapKeys(metadata), mapValues(metadata)))`;

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
  let named: NamedLine[] = [];
  let bytes = 0;
  for await (const block of readLines(context, streams, { range, conditions: plan.conditions, withLevel: true })) {
    for (const line of selectedLines(streams, block, pipeline)) {
      named.push(line);
      bytes += line.line.length;
      if (named.length < NAMED_LINES_MAX && bytes < NAMED_BYTES_MAX) continue;
      deleted += await deleteNamed(deleting, named);
      named = [];
      bytes = 0;
    }
  }
  if (named.length > 0) deleted += await deleteNamed(deleting, named);
  return deleted;
}

function* selectedLines(streams: StreamSet, block: LineBlock, pipeline: ReturnType<typeof compilePipeline>): Generator<NamedLine> {
  const labels = new LineLabels();
  for (let row = 0; row < block.rows; row++) {
    const number = block.stream[row] as number;
    const metadata = block.metadata?.[row] ?? NO_LABELS;
    labels.reset(block.streams.labels(number), metadata);
    const line = textAt(block.lines, row);
    const tsNs = block.ts[row] ?? 0n;
    if (pipeline.process({ tsNs, text: line, labels })) yield { stream: idOf(streams, number), tsNs, line, metadata };
  }
}

function idOf({ parts }: StreamSet, number: number): bigint {
  const part = parts.findLast(({ first }) => first <= number);
  return part === undefined ? 0n : part.selection.id(number - part.first);
}

function deleteNamed(deleting: Deleting, lines: readonly NamedLine[]): Promise<number> {
  const times = sql`ts IN ${ints(new Set(lines.map(({ tsNs }) => tsNs)))}`;
  const rows = lines.map(
    ({ stream, tsNs, line, metadata }) =>
      sql`(${int(stream)}, ${int(tsNs)}, ${text(line)}, ${text(labelValue(metadata, DETECTED_LEVEL))}, ${text(metadataText(metadata))})`,
  );
  return deleteWhere(deleting, and([times, sql`(stream, ts, line, ${DETECTED}, ${METADATA}) IN (${join(rows, sql`, `)})`]));
}

/** What the expression `METADATA` makes of it. */
function metadataText(metadata: Labels): string {
  const lengthened = (part: string): string => `${Buffer.byteLength(part)}:${part}`;
  return [...labelPairs(metadata)]
    .filter(([name]) => name !== DETECTED_LEVEL)
    .map(([name, value]) => lengthened(name) + lengthened(value))
    .join('');
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
