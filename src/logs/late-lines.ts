// Lines that may be there twice: a sender that got no answer sends again, and both times the lines are stored. What counts lines counts each once.
//
//   write ─▶ stream-times.ts: lines that are not newer than their stream's newest ─▶ mark (tenant, stream, hour), on disk before the lines are
//   count ─▶ hours of its range that are marked ─▶ are there really two of a line? (asked once for each) ─▶ where there are, lines are told apart
//
// In the road that lines usually take nothing is marked, and counting adds up what is stored. After a start, streams count as written up to the newest
// line of the store. Writers that share a store over the network know of their own lines only.

import { type Sql, and, int, ints, join, sql, text } from '../base/sql.ts';
import { type ReadContext, guarded, statementOptions } from '../metrics/read.ts';
import type { SeriesRegistry } from '../metrics/series-registry.ts';
import { tenantColumn } from '../metrics/series-registration.ts';
import type { Client } from '../storage/client.ts';
import { encodeBlock } from '../storage/native.ts';
import type { TableWriter } from '../storage/writer.ts';
import type { NsRange } from './line-block.ts';
import type { StreamSet, TenantPart } from './select-streams.ts';
import { type LateMark, NO_LINES, TIME_ERROR_NS } from './stream-times.ts';
import { HOUR_NS } from './table.ts';

/** More streams of one hour are not told apart: all of the hour's are looked at. */
const STREAMS_MAX = 1000;
/** Streams of all hours and tenants that are told apart: 50 bytes each. */
const ALL_STREAMS_MAX = 500_000;
/** Stands in the table for all streams of the hour. */
const ALL_STREAMS = 0n;
const HOUR_MS = 3_600_000;
/** Spans of an hour that are told apart. */
const SPANS_MAX = 64;
const LOW_HALF = 0xffffffffn;

/** What a read of logs is given besides: which lines may be there twice, as of a moment up to which it sees everything. */
export type LogReadContext = ReadContext & { readonly late?: { readonly lines: LateLines; readonly asOf: number } | undefined };

/** A span of time; `toNs` does not belong to it. */
interface Span {
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

interface Pending extends Span {
  /** The write after which the lines can be read. */
  readonly order: number;
}

interface Twice extends Span {
  readonly streams: readonly bigint[];
}

interface Hour {
  /** Ids of the streams that are marked; undefined for all. */
  streams: Set<bigint> | undefined;
  /** Spans of lines that may be there twice, of which nobody has asked yet, in the order of their writes. */
  pending: Pending[];
  /** Where lines are there twice. */
  twice: readonly Twice[];
}

/** Marks of one write that is under way. */
export interface LateWrite {
  readonly tenant: string;
  readonly marks: readonly ({ readonly id: bigint; readonly hour: number } & Span)[];
}

export class LateLines {
  /** The newest line of the store at the start. */
  readonly floorNs: bigint;
  readonly #writer: TableWriter;
  readonly #tenants = new Map<string, Map<number, Hour>>();
  #order = 1;
  /** Ids in all hours. */
  #ids = 0;

  private constructor(writer: TableWriter, floorNs: bigint) {
    this.#writer = writer;
    this.floorNs = floorNs;
  }

  /** After the writers of the tables have stored what an earlier run left. */
  static async open(client: Client, writer: TableWriter): Promise<LateLines> {
    const [row] = await client.query(sql`SELECT count() AS lines, max(ts) AS newest FROM logs`);
    const late = new LateLines(writer, Number(row?.['lines'] ?? 0) === 0 ? NO_LINES : BigInt(String(row?.['newest'])));
    for await (const { rows, columns } of client.stream(sql`SELECT DISTINCT tenant, hour, stream FROM late_lines`)) {
      const { tenant: tenants = [], hour: hours = [], stream: streams = [] } = columns;
      for (let i = 0; i < rows; i++) {
        const hour = Number(hours[i]);
        late.#mark(String(tenants[i]), { hour, id: BigInt(String(streams[i])), ...hourSpan(hour) });
      }
    }
    return late;
  }

  /** The moment up to which writes are acknowledged; taken before a flush it says what the read behind it sees. */
  get order(): number {
    return this.#order;
  }

  /** Stores the marks of a write; resolves when its lines may be stored. */
  async begin(tenant: string, marks: readonly LateMark[], registry: SeriesRegistry): Promise<LateWrite> {
    const write = { tenant, marks: marks.map((mark) => ({ id: registry.id(mark.stream), hour: mark.hour, ...spanOf(mark) })) };
    const fresh = write.marks.filter(({ id, hour }) => !this.#isMarked(tenant, hour, id)).map((mark) => this.#stored(tenant, mark));
    if (fresh.length > 0) await this.#writer.append(encodeMarks(tenant, fresh), fresh.length);
    return write;
  }

  /** After the lines of a write are on disk, before its answer. */
  end({ tenant, marks }: LateWrite): void {
    this.#order++;
    for (const mark of marks) this.#mark(tenant, mark);
  }

  /** Forgets hours that a tenant's retention shows no more. */
  retain(nowMs: number, retentionMsOf: (tenant: string) => number): void {
    for (const [tenant, hours] of this.#tenants) {
      const kept = retentionMsOf(tenant);
      if (kept === 0) continue;
      for (const [hour, { streams }] of hours) {
        if ((hour + 1) * HOUR_MS >= nowMs - kept) continue;
        this.#ids -= streams?.size ?? 0;
        hours.delete(hour);
      }
      if (hours.size === 0) this.#tenants.delete(tenant);
    }
  }

  /** A condition on lines of some streams within a range: where some are there twice; undefined where none are. Others may meet it too. */
  async twice(context: ReadContext, { tenant, selection }: TenantPart, { fromNs, toNs }: NsRange, asOf: number): Promise<Sql | undefined> {
    const conditions: Sql[] = [];
    for (const [number, hour] of this.#tenants.get(tenant) ?? []) {
      const span = hourSpan(number);
      if (span.fromNs >= toNs || span.toNs <= fromNs) continue;
      await ask(context, tenant, hour, asOf);
      for (const { streams, ...found } of hour.twice) {
        if (found.fromNs >= toNs || found.toNs <= fromNs) continue;
        const ids = streams.filter((id) => selection.find(Number(id & LOW_HALF), Number(id >> 32n)) >= 0);
        if (ids.length > 0) conditions.push(sql`(${spanCondition(found, ids)})`);
      }
    }
    return conditions.length === 0 ? undefined : sql`(${join(conditions, sql` OR `)})`;
  }

  #stored(tenant: string, mark: LateWrite['marks'][number]): LateWrite['marks'][number] {
    return this.#isFull(this.#tenants.get(tenant)?.get(mark.hour)) ? { ...mark, id: ALL_STREAMS } : mark;
  }

  #isFull(hour: Hour | undefined): boolean {
    return this.#ids >= ALL_STREAMS_MAX || (hour?.streams?.size ?? 0) >= STREAMS_MAX;
  }

  #isMarked(tenant: string, number: number, id: bigint): boolean {
    const hour = this.#tenants.get(tenant)?.get(number);
    return hour !== undefined && (hour.streams === undefined || hour.streams.has(id));
  }

  #mark(tenant: string, { id, hour: number, fromNs, toNs }: LateWrite['marks'][number]): void {
    const hours = this.#tenants.get(tenant) ?? new Map<number, Hour>();
    this.#tenants.set(tenant, hours);
    const hour = hours.get(number) ?? { streams: new Set(), pending: [], twice: [] };
    hours.set(number, hour);
    addPending(hour.pending, { order: this.#order, fromNs, toNs });
    if (hour.streams === undefined || hour.streams.has(id)) return;
    if (id === ALL_STREAMS || this.#isFull(hour)) {
      this.#ids -= hour.streams.size;
      hour.streams = undefined;
    } else {
      this.#ids++;
      hour.streams.add(id);
    }
  }
}

/** Those of one write are one span; beyond a number the oldest are. */
function addPending(pending: Pending[], added: Pending): void {
  const last = pending.at(-1);
  if (last?.order === added.order) pending[pending.length - 1] = { order: added.order, ...hull([last, added]) };
  else pending.push(added);
  const [first, second] = pending;
  if (pending.length > SPANS_MAX && first !== undefined && second !== undefined)
    pending.splice(0, 2, { order: second.order, ...hull([first, second]) });
}

/** Finds out what of an hour is there twice, of all that a read as of some write sees. */
async function ask(context: ReadContext, tenant: string, hour: Hour, asOf: number): Promise<void> {
  const asked = hour.pending.filter(({ order }) => order <= asOf);
  if (asked.length === 0) return;
  const span = hull(asked);
  const found = await streamsTwice(context, tenant, span, hour.streams === undefined ? undefined : [...hour.streams]);
  hour.pending = hour.pending.filter((each) => !asked.includes(each));
  if (found.length > 0) hour.twice = withTwice(hour.twice, { ...span, streams: found });
}

/** Joined with those that it meets; beyond a number all are one. */
function withTwice(known: readonly Twice[], added: Twice): readonly Twice[] {
  const meets = (each: Twice): boolean => known.length >= SPANS_MAX || (each.fromNs < added.toNs && added.fromNs < each.toNs);
  const met = known.filter(meets);
  const streams = new Set([...met, added].flatMap((each) => each.streams));
  return [...known.filter((each) => !meets(each)), { ...hull([...met, added]), streams: [...streams] }];
}

function hull(spans: readonly Span[]): Span {
  let [fromNs, toNs] = [spans[0]?.fromNs ?? 0n, spans[0]?.toNs ?? 0n];
  for (const span of spans) {
    if (span.fromNs < fromNs) fromNs = span.fromNs;
    if (span.toNs > toNs) toNs = span.toNs;
  }
  return { fromNs, toNs };
}

function hourSpan(hour: number): Span {
  const fromNs = BigInt(hour) * HOUR_NS;
  return { fromNs, toNs: fromNs + HOUR_NS };
}

function spanOf({ fromNs, toNs }: LateMark): Span {
  return { fromNs: BigInt(fromNs) - TIME_ERROR_NS, toNs: BigInt(toNs) + TIME_ERROR_NS };
}

/** Which streams have lines twice. The times come first, from two small columns; lines are read only where a time is there twice. */
async function streamsTwice(
  context: ReadContext,
  tenant: string,
  span: Span,
  streams: readonly bigint[] | undefined,
): Promise<readonly bigint[]> {
  const place = sql`tenant = ${text(tenant)} AND ${spanCondition(span, streams)}`;
  const times = sql`SELECT stream, ts FROM logs WHERE ${place} GROUP BY tenant, intDiv(ts, ${int(HOUR_NS)}), stream, ts HAVING count() > 1 SETTINGS optimize_aggregation_in_order = 1`;
  const statement = sql`SELECT DISTINCT stream FROM (SELECT stream FROM logs WHERE ${place} AND (stream, ts) IN (${times}) GROUP BY stream, ts, cityHash64(line), metadata HAVING count() > 1)`;
  const found: bigint[] = [];
  await guarded(context, async () => {
    for await (const { rows, columns } of context.client.stream(statement, statementOptions(context)))
      for (let row = 0; row < rows; row++) found.push(BigInt(String(columns['stream']?.[row])));
  });
  return found;
}

function spanCondition({ fromNs, toNs }: Span, streams: readonly bigint[] | undefined): Sql {
  const within = sql`ts >= ${int(fromNs)} AND ts < ${int(toNs)}`;
  return streams === undefined || streams.length > STREAMS_MAX ? within : sql`${within}${and([sql`stream IN ${ints(streams)}`])}`;
}

function encodeMarks(tenant: string, marks: LateWrite['marks']): Uint8Array {
  return encodeBlock([
    tenantColumn(tenant, marks.length),
    { name: 'hour', data: { kind: 'Int32', values: Int32Array.from(marks, ({ hour }) => hour) } },
    { name: 'stream', data: { kind: 'UInt64', values: BigUint64Array.from(marks, ({ id }) => id) } },
  ]);
}

/** A read that sees all that was acknowledged, and knows which of it may be there twice. */
export async function withLateLines<C extends ReadContext>(lines: LateLines, read: () => Promise<C>): Promise<C & LogReadContext> {
  const asOf = lines.order;
  return { ...(await read()), late: { lines, asOf } };
}

/** The same streams, their lines read so that each comes once. */
export async function countedOnce(context: LogReadContext, streams: StreamSet, range: NsRange): Promise<StreamSet> {
  const { late } = context;
  if (late === undefined) return streams;
  const parts: TenantPart[] = [];
  for (const part of streams.parts) {
    const twice = await late.lines.twice(context, part, range, late.asOf);
    parts.push(twice === undefined ? part : { ...part, from: eachOnce(part.condition(range), twice) });
  }
  return { ...streams, parts };
}

/** In place of the table. Of copies of a line any may stand for it, as where lines are shown. */
function eachOnce(condition: Sql, twice: Sql): Sql {
  const columns = sql`SELECT tenant, stream, ts, line, level, metadata FROM logs WHERE ${condition}`;
  return sql`(${columns} AND NOT ${twice} UNION ALL SELECT * FROM (${columns} AND ${twice} LIMIT 1 BY stream, ts, line, metadata))`;
}
