// From matchers to streams, over all tenants of a read, and the conditions that pick their lines from the table.

import { type Sql, and, int, ints, NOTHING, sql, text } from '../base/sql.ts';
import {
  indexView,
  type ReadContext,
  type Selection,
  type TimeRange,
  ownMatchers,
  seriesCondition,
  selectSeries,
  withinRetention,
} from '../metrics/read.ts';
import { type Labels, labelValue } from '../query/labels.ts';
import type { Matcher } from '../query/matchers.ts';
import type { NsRange, Streams } from './line-block.ts';
import { findPlaces, type KnownPlaces } from './needle/find-needles.ts';
import { type AskedValue, type LinePlan, valueCondition } from './plan.ts';
import { BLOCK_OF_TIME, HOUR_NS } from './table.ts';

/** Beyond so many, streams of a statement are asked for by a sub-select instead of by a list. */
const LISTED_STREAMS_MAX = 5000;
const NS_PER_MS = 1_000_000n;

/** The streams of one tenant, numbered from `first` among all that were selected. */
export interface TenantPart {
  readonly tenant: string;
  readonly first: number;
  readonly selection: Selection;
  /** Picks the lines of these streams within a range. Rows of other streams may come with them; `find` of the selection tells. */
  readonly condition: (range: NsRange) => Sql;
  /** What lines are read from: the table, or what gives each of its lines once (late-lines.ts). */
  readonly from: Sql;
  /** The condition names the places where the lines may be, of which there are few. */
  readonly isPlaced?: true;
}

export interface StreamSet extends Streams {
  readonly size: number;
  readonly parts: readonly TenantPart[];
}

/**
 * The streams that match and may have lines in the range. Where they are all of a tenant's they need not be named in conditions, unless `isNamed`: lines of
 * a stream that begins meanwhile are then not picked either.
 */
export async function selectStreams(
  context: ReadContext,
  matchers: readonly Matcher[],
  range: NsRange,
  isNamed = false,
): Promise<StreamSet> {
  const days = { fromMs: Number(range.fromNs / NS_PER_MS) - 1, toMs: Number(range.toNs / NS_PER_MS) + 1 };
  const selections = await selectSeries(context, matchers, days);
  const parts: TenantPart[] = [];
  let size = 0;
  for (const selection of selections) {
    const { tenant } = selection;
    const matched = seriesCondition(tenant, ownMatchers(context, matchers), withinRetention(context, tenant, days));
    const streams = !isNamed && (await isEveryStream(context, selection, days)) ? NOTHING : streamCondition(selection, matched);
    const condition = (asked: NsRange): Sql => sql`tenant = ${text(tenant)}${timeCondition(context, tenant, asked)}${streams}`;
    parts.push({ tenant, first: size, selection, condition, from: sql`logs` });
    size += selection.size;
  }
  return { size, parts, labels: (number) => labelsAmong(parts, number) };
}

/** The same streams with what a plan says of their lines: values that they have, and places where the needle index says that they may be. */
export async function narrowedTo(context: ReadContext, streams: StreamSet, { needles, values }: Asked, range: NsRange): Promise<StreamSet> {
  const parts: TenantPart[] = [];
  for (const part of streams.parts) {
    const own = values.filter(({ name }) => !someStreamHas(part, name));
    const whole = own.filter(({ isParsed }) => !isParsed).map(({ value }) => [{ text: value, isOpen: false }]);
    const places = await findPlaces(context, part.tenant, [...needles, ...whole], keptOf(context, part.tenant, range));
    if (places.kind !== 'nowhere') parts.push(withValues(places.kind === 'places' ? placed(part, places) : part, own));
  }
  return { ...streams, parts };
}

type Asked = Pick<LinePlan, 'needles' | 'values'>;

function withValues(part: TenantPart, values: readonly AskedValue[]): TenantPart {
  const conditions = values.map(valueCondition).filter((condition) => condition !== undefined);
  return conditions.length === 0 ? part : { ...part, condition: (range) => sql`${part.condition(range)}${and(conditions)}` };
}

/** Streams are told apart as the lines come in: places name few lines, and a list of streams takes longer to read than they do. */
function placed(part: TenantPart, { range, condition }: KnownPlaces): TenantPart {
  const where = sql`tenant = ${text(part.tenant)} AND ${hoursOf(range)} AND ${condition}`;
  return { ...part, isPlaced: true, condition: () => where };
}

function someStreamHas({ selection }: TenantPart, label: string): boolean {
  for (let number = 0; number < selection.size; number++) if (labelValue(selection.labels(number), label) !== '') return true;
  return false;
}

function labelsAmong(parts: readonly TenantPart[], number: number): Labels {
  const part = parts.findLast(({ first }) => first <= number);
  return part === undefined ? [] : part.selection.labels(number - part.first);
}

function timeCondition(context: ReadContext, tenant: string, asked: NsRange): Sql {
  const range = keptOf(context, tenant, asked);
  return sql` AND ${hoursOf(range)} AND ts >= ${int(range.fromNs)} AND ts < ${int(range.toNs)}`;
}

/** The part of a range that the tenant's retention shows. */
function keptOf(context: ReadContext, tenant: string, range: NsRange): NsRange {
  const oldest = context.oldestMs(tenant);
  const kept = Number.isFinite(oldest) ? BigInt(Math.ceil(oldest)) * NS_PER_MS : range.fromNs;
  return kept > range.fromNs ? { ...range, fromNs: kept } : range;
}

/** The hours are named as the sorting key has them: ClickHouse does not see by itself that times within an hour are one block. */
function hoursOf({ fromNs, toNs }: NsRange): Sql {
  return sql`${BLOCK_OF_TIME} BETWEEN ${int(fromNs / HOUR_NS)} AND ${int((toNs - 1n) / HOUR_NS)}`;
}

/** True where all streams that may have lines in the range are selected: they then need not be named. */
async function isEveryStream(context: ReadContext, { tenant, size }: Selection, days: TimeRange): Promise<boolean> {
  const view = await indexView(context, tenant, days);
  return view !== undefined && view.active.count(view.index.size) === size;
}

function streamCondition(selection: Selection, matched: Sql): Sql {
  if (selection.size > LISTED_STREAMS_MAX) return sql` AND stream GLOBAL IN (SELECT series FROM streams WHERE ${matched})`;
  return sql` AND stream IN ${ints(Array.from({ length: selection.size }, (_, number) => selection.id(number)))}`;
}
