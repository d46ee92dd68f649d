// Which spans have been stored before, so that a span that is sent twice is stored once and counted once.
//
//   in memory ─▶ seen      ends after all that is forgotten ─▶ new      else ─▶ the store is asked
//
// What came lately is in memory (recent-ids.ts). An earlier copy of a span that ended after everything that was forgotten would be there; so only
// spans that come long after their end, or again after a restart, cost a question, and those of a request share one.
//
// A span may come before its end, for clocks differ. Those are in a memory of their own: one wrong clock does not make the spans of all others old.
// Of those that an earlier run took in, the ids are read when the tenant writes first: when they come again, their end may lie after this run's begin.

import { RequestError } from '../../base/request-error.ts';
import { type Sql, int, join, sql, text } from '../../base/sql.ts';
import type { Clock } from '../../base/clock.ts';
import type { Client, Row } from '../../storage/client.ts';
import { RecentIds } from './recent-ids.ts';
import { endMs, idBytes, idNumber, identityOf } from '../span-identity.ts';
import { BLOCK_NS } from '../table.ts';
import type { Span } from '../write.ts';

export interface SeenSpansOptions {
  readonly client: Client;
  readonly tenant: string;
  /** Spans that ended up to that time may be in the store without being in memory; milliseconds since the epoch. */
  readonly storedUpToMs: number;
  readonly clock: Clock;
  /** Ids that one of the two generations in memory may hold, now. */
  readonly generationMax: () => number;
  /** Makes all spans that were acknowledged visible to questions; false when the store could not take them now. */
  readonly flush: () => Promise<boolean>;
}

/** A request's spans among which it is known which are new. */
export interface Admission {
  /** By position: whether the span is new. */
  readonly isNew: Uint8Array;
  readonly newCount: number;
  /** To be called when the new ones are on disk, or could not be stored. */
  readonly end: (isStored: boolean) => void;
}

/** Spans of one question. */
const ASKED_MAX = 5000;
/** A span that began longer before this run, and came before its end, is asked about. */
const AHEAD_MS = 3_600_000;
/** Ids of spans ahead of the clock that are read at the beginning; what ends before them counts as forgotten. */
const AHEAD_IDS_MAX = 1 << 17;
const NS_PER_MS = 1_000_000n;

export class SeenSpans {
  readonly #options: SeenSpansOptions;
  readonly #recent: RecentIds;
  /** Spans that came before their end, with their end. */
  #ahead: RecentIds;
  /** Of those that began before, the ids are not read. */
  readonly #aheadFromNs: bigint;
  #begun: Promise<void> | undefined;
  /** What had been forgotten when all was made visible last. */
  #timesForgotten = 0;
  /** Spans of requests under way, by 53 bits of their hash, with what resolves when their request has ended. */
  readonly #underWay = new Map<number, { readonly span: Span; readonly ended: Promise<void> }>();

  constructor(options: SeenSpansOptions) {
    this.#options = options;
    this.#recent = new RecentIds(options.storedUpToMs, options.generationMax);
    this.#ahead = new RecentIds(Number.NEGATIVE_INFINITY, options.generationMax);
    const isFirst = options.storedUpToMs === Number.NEGATIVE_INFINITY;
    this.#aheadFromNs = isFirst ? 0n : BigInt(Math.floor(options.storedUpToMs) - AHEAD_MS) * NS_PER_MS;
  }

  /** Finds out which spans are new. A span of another request that has not ended is waited for. */
  async admit(spans: readonly Span[]): Promise<Admission> {
    this.#begun ??= this.#begin().catch((error: unknown) => {
      this.#begun = undefined;
      throw error;
    });
    await this.#begun;
    const hashes = hashesOf(spans);
    for (;;) {
      const other = this.#otherRequest(hashes);
      if (other === undefined) break;
      await other;
    }
    return this.#admit(spans, hashes);
  }

  #otherRequest(hashes: Uint32Array): Promise<void> | undefined {
    if (this.#underWay.size === 0) return undefined;
    for (let at = 0; at < hashes.length; at += 2) {
      const other = this.#underWay.get(shortOf(hashes[at] as number, hashes[at + 1] as number));
      if (other !== undefined) return other.ended;
    }
    return undefined;
  }

  async #admit(spans: readonly Span[], hashes: Uint32Array): Promise<Admission> {
    const ended = Promise.withResolvers<void>();
    const isNew = new Uint8Array(spans.length);
    const ends = Float64Array.from(spans, endMs);
    const now = this.#options.clock.now();
    const unsure: number[] = [];
    // All are noted before anything is waited for: the next request sees them.
    for (let at = 0; at < spans.length; at++) {
      const [high, low] = [hashes[2 * at] as number, hashes[2 * at + 1] as number];
      if (this.#recent.has(high, low) || this.#ahead.has(high, low)) continue;
      const span = spans[at] as Span;
      // Other requests were waited for: what is under way is of this one.
      const earlier = this.#underWay.get(shortOf(high, low));
      if (earlier !== undefined && isSame(earlier.span, span)) continue;
      this.#underWay.set(shortOf(high, low), { span, ended: ended.promise });
      isNew[at] = 1;
      if (this.#isUnsure(span, ends[at] as number)) unsure.push(at);
    }
    const noted = isNew.slice();
    const end = (isStored: boolean): void => {
      for (let at = 0; at < noted.length; at++) {
        if (noted[at] === 0) continue;
        const [high, low] = [hashes[2 * at] as number, hashes[2 * at + 1] as number];
        this.#underWay.delete(shortOf(high, low));
        const endedMs = ends[at] as number;
        if (isStored) (endedMs > now ? this.#ahead : this.#recent).add(high, low, endedMs);
      }
      ended.resolve();
    };
    try {
      for (let from = 0; from < unsure.length; from += ASKED_MAX) await this.#ask(spans, unsure.slice(from, from + ASKED_MAX), isNew);
    } catch (error) {
      end(false);
      throw error;
    }
    return { isNew, newCount: isNew.reduce((sum, each) => sum + each, 0), end };
  }

  /** Whether the span may be in the store without being in memory. */
  #isUnsure({ startNs }: Span, endedMs: number): boolean {
    return endedMs <= this.#forgottenUpTo() || startNs < this.#aheadFromNs;
  }

  #forgottenUpTo(): number {
    return Math.max(this.#recent.forgottenUpTo, this.#ahead.forgottenUpTo);
  }

  /** Reads the ids of spans that an earlier run took in before their end. */
  async #begin(): Promise<void> {
    const { client, tenant, storedUpToMs, generationMax } = this.#options;
    if (storedUpToMs === Number.NEGATIVE_INFINITY) return;
    const [fromNs, endNs] = [this.#aheadFromNs, BigInt(Math.floor(storedUpToMs)) * NS_PER_MS];
    const rows = await client.query(sql`SELECT trace_high, trace_low, ts, span_id, kind, ts + duration AS end FROM spans WHERE
      tenant = ${text(tenant)} AND intDiv(ts, ${int(BLOCK_NS)}) >= ${int(fromNs / BLOCK_NS)} AND ts >= ${int(fromNs)} AND end >= ${int(endNs)}
      ORDER BY end DESC LIMIT ${int(AHEAD_IDS_MAX)}`);
    const oldest = rows.at(-1);
    const forgotten = oldest === undefined || rows.length < AHEAD_IDS_MAX ? Number.NEGATIVE_INFINITY : endOf(oldest);
    this.#ahead = new RecentIds(forgotten, generationMax);
    for (const row of rows.toReversed()) {
      const { high, low } = identityOf(spanOfRow(row));
      this.#ahead.add(high, low, endOf(row));
    }
  }

  async #ask(spans: readonly Span[], unsure: readonly number[], isNew: Uint8Array): Promise<void> {
    const { client, tenant, flush } = this.#options;
    // What was forgotten since may still wait to become a part of the table.
    const timesForgotten = this.#recent.timesForgotten + this.#ahead.timesForgotten;
    if (timesForgotten > this.#timesForgotten) {
      if (!(await flush()))
        throw new RequestError('unavailable', 'spans cannot be compared with those that wait to be stored', { retryAfterS: 5 });
      this.#timesForgotten = timesForgotten;
    }
    const named = new Map(unsure.map((at) => [rowKey(spans[at] as Span), at]));
    const rows = await client.query(sql`SELECT trace_high, trace_low, ts, span_id, kind FROM spans WHERE tenant = ${text(tenant)} AND
      (intDiv(ts, ${int(BLOCK_NS)}), trace_high, trace_low) IN (${placesOf(unsure.map((at) => spans[at] as Span))})`);
    for (const { trace_high: high, trace_low: low, ts, span_id: id, kind } of rows) {
      const at = named.get([high, low, ts, id, kind].map(String).join(' '));
      if (at !== undefined) isNew[at] = 0;
    }
  }
}

/** The parts of a stored span that make it the same as another. */
function spanOfRow({ trace_high: high, trace_low: low, ts, span_id: id, kind }: Row): Parameters<typeof identityOf>[0] {
  return {
    traceId: Buffer.concat([numberBytes(high), numberBytes(low)]),
    spanId: numberBytes(id),
    kind: Number(kind),
    startNs: BigInt(String(ts)),
  };
}

function numberBytes(value: unknown): Uint8Array {
  return idBytes(BigInt(String(value)));
}

/** Milliseconds since the epoch, as `endMs` gives them. */
function endOf(row: Row): number {
  return Number(BigInt(String(row['end'])) / NS_PER_MS);
}

/** The blocks and traces of spans, each once. */
function placesOf(spans: readonly Span[]): Sql {
  const places = new Map<string, Sql>();
  for (const { traceId, startNs } of spans) {
    const [block, high, low] = [startNs / BLOCK_NS, idNumber(hex(traceId, 0)), idNumber(hex(traceId, 8))];
    places.set(`${block} ${high} ${low}`, sql`(${int(block)}, ${int(high)}, ${int(low)})`);
  }
  return join([...places.values()], sql`, `);
}

function rowKey({ traceId, spanId, startNs, kind }: Span): string {
  return [idNumber(hex(traceId, 0)), idNumber(hex(traceId, 8)), startNs, idNumber(hex(spanId, 0)), kind].join(' ');
}

function hex(id: Uint8Array, from: number): string {
  return Buffer.from(id.buffer, id.byteOffset + from, 8).toString('hex');
}

function isSame(a: Span, b: Span): boolean {
  return (
    a.kind === b.kind && a.startNs === b.startNs && Buffer.compare(a.spanId, b.spanId) === 0 && Buffer.compare(a.traceId, b.traceId) === 0
  );
}

/** The halves of each span's hash, in turn. */
function hashesOf(spans: readonly Span[]): Uint32Array {
  const hashes = new Uint32Array(2 * spans.length);
  for (let at = 0; at < spans.length; at++) {
    const { high, low } = identityOf(spans[at] as Span);
    hashes[2 * at] = high;
    hashes[2 * at + 1] = low;
  }
  return hashes;
}

function shortOf(high: number, low: number): number {
  return (high & 0x1fffff) * 4_294_967_296 + low;
}
