// A query for lines: the first or the last of a range that pass its stages.
//
//   range ─▶ slices of time, the nearest to where the answer begins first, each larger than the one before ─▶ conditions in ClickHouse ─▶ stages ─▶ entries
//
// It ends with the slice in which the limit is reached, so what is read depends on how many lines match and not on how long the range is.
// The same line of the same stream at the same nanosecond, with the same metadata, is shown once.

import { printByteSize } from '../base/byte-size.ts';
import { RequestError } from '../base/request-error.ts';
import type { ReadContext } from '../metrics/read.ts';
import { type Labels, labelsKey, NO_LABELS } from '../query/labels.ts';
import type { LineBlock, NsRange } from './line-block.ts';
import { textAt } from './line-block.ts';
import { LookedAt } from './looked-at.ts';
import type { LogExpr } from './logql/ast.ts';
import { compilePipeline } from './logql/compile-pipeline.ts';
import { LineLabels } from './logql/line-labels.ts';
import type { Line, Pipeline } from './logql/pipeline.ts';
import { planLines } from './plan.ts';
import type { LogQuery, QueryCosts, ResultEntry } from './query-result.ts';
import { metadataBytes, readLines } from './read-lines.ts';
import { narrowedTo, selectStreams, type StreamSet } from './select-streams.ts';

/** The first slice is this part of the range, and each is so many times as large as the one before. */
const FIRST_SLICE = 64n;
const SLICE_GROWTH = 4n;
const SLICE_NS_MIN = 10_000_000_000n;

interface Reading {
  readonly context: ReadContext;
  readonly streams: StreamSet;
  readonly query: LogQuery;
  readonly plan: ReturnType<typeof planLines>;
  readonly pipeline: Pipeline;
  readonly costs: QueryCosts;
  /** The needle index has said where the lines are. */
  readonly isNarrowed: boolean;
  readonly looked: LookedAt;
}

/** An entry, with what tells it from the same line sent again. */
interface Found extends ResultEntry {
  readonly stream: number;
  /** The line as it is stored: stages may make the same text of two. Lines with other metadata are others. */
  readonly stored: string;
  readonly metadata: Labels;
}

/** The entries of a query for lines, in its direction. */
export async function queryLines(context: ReadContext, expr: LogExpr, query: LogQuery, costs: QueryCosts): Promise<readonly ResultEntry[]> {
  const range = { fromNs: query.startNs, toNs: query.endNs };
  if (range.fromNs >= range.toNs) return [];
  const plan = planLines(expr.stages);
  const selected = await selectStreams(context, expr.matchers, range);
  costs.streams = selected.size;
  const streams = await narrowedTo(context, selected, plan, range);
  if (streams.parts.length === 0) return [];
  const looked = new LookedAt(context, costs);
  const isNarrowed = streams.parts.every(({ isPlaced }) => isPlaced === true);
  const reading = { context, streams, query, plan, pipeline: compilePipeline(plan.stages), costs, isNarrowed, looked };
  const entries: Found[] = [];
  // Where the index says where the lines are, the range need not be cut.
  for (const slice of isNarrowed ? [range] : slices(range, query.direction)) {
    if (plan.conditions.length > 0) for (const part of streams.parts) looked.add(part, slice);
    entries.push(...(await readSlice(reading, slice, query.limit - entries.length)));
    if (entries.length >= query.limit) break;
  }
  costs.linesMatched += entries.length;
  await looked.done();
  return entries;
}

/** The range in pieces, from where the answer begins. */
function* slices({ fromNs, toNs }: NsRange, direction: LogQuery['direction']): Generator<NsRange> {
  let size = (toNs - fromNs) / FIRST_SLICE;
  if (size < SLICE_NS_MIN) size = SLICE_NS_MIN;
  let [from, to] = [fromNs, toNs];
  for (; from < to; size *= SLICE_GROWTH) {
    const isLast = to - from <= size;
    if (direction === 'backward') {
      const begin = isLast ? from : to - size;
      yield { fromNs: begin, toNs: to };
      to = begin;
    } else {
      const end = isLast ? to : from + size;
      yield { fromNs: from, toNs: end };
      from = end;
    }
  }
}

/** The first `limit` entries of a slice. Where ClickHouse decides everything it gives no more; duplicates among them make it be asked again. */
async function readSlice(reading: Reading, slice: NsRange, limit: number): Promise<readonly Found[]> {
  const { plan } = reading;
  if (plan.stages.length > 0 || reading.isNarrowed) return collect(reading, slice, { limit, asked: undefined });
  for (let asked = limit; ; asked *= 2) {
    const before = reading.costs.linesProcessed;
    const found = await collect(reading, slice, { limit, asked });
    if (found.length >= limit || reading.costs.linesProcessed - before < asked) return found;
  }
}

interface Bounds {
  readonly limit: number;
  /** Lines asked of each tenant; undefined for all. */
  readonly asked: number | undefined;
}

async function collect(reading: Reading, range: NsRange, { limit, asked }: Bounds): Promise<Found[]> {
  const { context, streams, plan, query } = reading;
  const first = asked === undefined ? undefined : { direction: query.direction, count: asked };
  let entries: Found[] = [];
  for await (const block of readLines(context, streams, { range, conditions: plan.conditions, first, withLevel: true })) {
    addEntries(reading, block, entries);
    // What cannot be among the first is let go of, so that memory depends on the limit only.
    if (entries.length > 2 * limit + 1000) entries = firstEntries(entries, query.direction, limit);
    checkHeld(context, entries);
  }
  return firstEntries(entries, query.direction, limit);
}

/** Long lines may be too much before the limit of their number is reached. */
function checkHeld({ limits: { memoryBytesMax } }: ReadContext, entries: readonly Found[]): void {
  let bytes = 0;
  for (const { line, stored } of entries) bytes += line.length + (line === stored ? 0 : stored.length);
  if (bytes <= memoryBytesMax) return;
  throw new RequestError(
    'execution',
    `the lines of the answer are more than ${printByteSize(memoryBytesMax)} (limits.query.memoryBytes): ask for fewer of them`,
  );
}

function addEntries({ pipeline, costs }: Reading, block: LineBlock, entries: Found[]): void {
  const { lines, ts, stream, streams, metadata } = block;
  const labels = new LineLabels();
  costs.linesProcessed += block.rows;
  const ownBytes = metadataBytes(block);
  costs.metadataBytesProcessed += ownBytes;
  costs.bytesProcessed += ownBytes;
  for (let row = 0; row < block.rows; row++) {
    costs.bytesProcessed += (lines.ends[row] as number) - (lines.starts[row] as number);
    const number = stream[row] as number;
    const own = metadata?.[row] ?? NO_LABELS;
    labels.reset(streams.labels(number), own);
    const stored = textAt(lines, row);
    const line: Line = { tsNs: ts[row] ?? 0n, text: stored, labels };
    if (!pipeline.process(line)) continue;
    const found = { tsNs: line.tsNs, line: line.text, labels: labels.labels(), categories: labels.categorized() };
    entries.push({ ...found, stream: number, stored, metadata: own });
  }
}

/** In the query's direction; of lines at the same time those of a stream stay in the order in which they came. Each is in it once. */
function firstEntries(entries: readonly Found[], direction: LogQuery['direction'], limit: number): Found[] {
  const sign = direction === 'backward' ? -1 : 1;
  const ordered = entries.toSorted((a, b) => (a.tsNs === b.tsNs ? 0 : a.tsNs < b.tsNs ? -sign : sign));
  const result: Found[] = [];
  const atTime = new Set<string>();
  for (const entry of ordered) {
    if (result.length === limit) break;
    if (result.at(-1)?.tsNs !== entry.tsNs) atTime.clear();
    const key = `${entry.stream} ${labelsKey(entry.metadata)} ${entry.stored}`;
    if (atTime.has(key)) continue;
    atTime.add(key);
    result.push(entry);
  }
  return result;
}
