// Samples of a selection out of the store, series by series.
//
//   series in groups ──(a statement each, two at a time)──▶ blocks of columns ──▶ runs of rows per series ──▶ one series after another
//
// The table keeps a metric's samples in blocks of two hours, so a series comes in pieces; what is not yet merged comes in more of them. So
// nothing is asked to be sorted: pieces are noted where they lie and joined when their series is shown. A group is as many series as fit the
// memory of one, whatever the query reads. The same sample may stand in several parts; of one time one sample is shown: rather a value than a
// stale marker, and of two values the larger.

import { type Sql, int, sql } from '../base/sql.ts';
import { type ReadContext, type Selection, guarded, statementOptions } from './read.ts';
import { GroupRuns, Joiner, type VisitSamples } from './sample-runs.ts';
import { type Window, windowCondition } from './window.ts';
import { Turns } from './turns.ts';

const TWO_32 = 4294967296;
const TWO_64 = 2n ** 64n;

/** Rows that a group of series is meant to have, and those at which a group is given up and halved. */
const GROUP_ROWS = 3_000_000;
const GROUP_ROWS_MAX = 9_000_000;
/** Fewer rows than this are not worth a second statement. */
const SPLIT_ROWS_MIN = 300_000;
const GROUPS_AT_ONCE = 2;
/** How many rows a series is taken to have before it is known: a sample every 15 s. */
const USUAL_INTERVAL_MS = 15_000;

/** What each series' run begins with: samples from before the window that are known already. */
export type Begin = (number: number, joiner: Joiner) => void;

export interface StoredRead {
  readonly window: Window;
  readonly begin?: Begin;
  readonly visit: VisitSamples;
}

/** Streams the float samples of a selection in a window, in no order of series. */
export async function readStored(context: ReadContext, selection: Selection, { window, begin, visit }: StoredRead): Promise<void> {
  const usualRows = selection.size * usualSamples(window);
  const least = usualRows < SPLIT_ROWS_MIN || selection.size < GROUPS_AT_ONCE ? 1 : GROUPS_AT_ONCE;
  const count = Math.min(selection.size, Math.max(least, Math.ceil(usualRows / GROUP_ROWS)));
  const groups = Array.from({ length: count }, (_, i): Group => ({ from: share(i, count), to: share(i + 1, count) - 1n }));
  const condition = selection.condition;
  const joiner = new Joiner(context.limits.samplesMax);
  const read: GroupRead = { context, selection, window, condition, visit, joiner, ...(begin && { begin }) };
  const workers = Array.from({ length: Math.min(count, GROUPS_AT_ONCE) }, async () => {
    const gathered = new GroupRuns(selection);
    for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
      const next = group;
      groups.push(...(await guarded(context, () => readGroup(read, next, gathered))));
    }
  });
  const outcomes = await Promise.allSettled(workers);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** How many samples a series is taken to have in a window, before it is known. */
function usualSamples({ afterMs, toMs }: Window): number {
  return Math.max(1, Math.min((toMs - afterMs) / USUAL_INTERVAL_MS, GROUP_ROWS_MAX));
}

/** The ids of a group's series, both ends included: ids are hashes, so that equal shares of their range hold about as many series. */
interface Group {
  readonly from: bigint;
  readonly to: bigint;
}

function share(index: number, count: number): bigint {
  return (TWO_64 * BigInt(index)) / BigInt(count);
}

interface GroupRead {
  readonly context: ReadContext;
  readonly selection: Selection;
  readonly window: Window;
  readonly condition: Sql;
  readonly visit: VisitSamples;
  readonly joiner: Joiner;
  readonly begin?: Begin;
}

/** Reads a group and shows its series; gives the halves that must be read instead where it has too many rows. */
async function readGroup(
  { context, selection, window, condition, visit, joiner, begin }: GroupRead,
  group: Group,
  runs: GroupRuns,
): Promise<readonly Group[]> {
  const isWhole = group.from === 0n && group.to === TWO_64 - 1n;
  const within = isWhole ? condition : sql`${condition} AND series >= ${int(group.from)} AND series <= ${int(group.to)}`;
  const { column, baseMs } = timeColumn(window);
  // Names of these lengths let the columns of a block begin at multiples of their width, so that they are read where they lie.
  const statement = sql`SELECT series AS hash, code AS c, ${column} FROM samples WHERE ${within} AND ${windowCondition(window)}`;
  const canHalve = selection.size > 1 && group.to > group.from;
  runs.begin(baseMs);
  const options = { ...statementOptions(context), threadsMax: 1, isPlain: true };
  for await (const block of context.client.stream(statement, options)) {
    if (block.rows > 0) runs.take(block);
    if (canHalve && runs.rows > GROUP_ROWS_MAX) break;
  }
  if (canHalve && runs.rows > GROUP_ROWS_MAX) {
    const middle = (group.from + group.to) / 2n;
    return [
      { from: group.from, to: middle },
      { from: middle + 1n, to: group.to },
    ];
  }
  const turns = new Turns(context);
  for (const number of runs.series()) {
    joiner.start();
    begin?.(number, joiner);
    joiner.append(runs, number);
    visit(number, joiner.run());
    if (turns.isDue) await turns.pass();
  }
  return [];
}

/** Times within a window as 32 bits from its start, where they fit: fewer bytes to hand over. */
function timeColumn({ afterMs, toMs }: Window): { readonly column: Sql; readonly baseMs: number } {
  const baseMs = Math.floor(afterMs);
  if (Number.isFinite(baseMs) && toMs - baseMs < TWO_32) return { column: sql`toUInt32(ts - ${int(BigInt(baseMs))}) AS time`, baseMs };
  return { column: sql`ts AS t`, baseMs: 0 };
}
