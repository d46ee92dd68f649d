// Spans in memory, as columns: what a second question about the same time is answered from.
//
//   range ─▶ blocks of time that nobody writes to, from its begin on ─▶ held already, or read now ─▶ HeldRange      the rest is asked of the store
//
// A statement costs 4 to 8 ms before its first row; from here a filter over a million spans takes a few. A block is read when it is asked for a second
// time, so that a question that is asked once drives nothing out. What has been written to since is read anew (RecentWrites), and the blocks that were
// used least recently leave when all together are over their bound.

import type { Sql } from '../../base/sql.ts';
import { guarded } from '../../metrics/read.ts';
import type { RecentWrites } from '../../metrics/recent-writes.ts';
import type { NsRange } from '../catalogue.ts';
import type { SpanReadContext } from '../read.ts';
import { BLOCK_NS } from '../table.ts';
import { bytesOf, bytesOfSpans, type HeldBlock } from './held-block.ts';
import { countBlocks, type Dictionaries, loadBlocks, loadColumn, OWN_COLUMNS } from './load-blocks.ts';

export interface HeldSpansOptions {
  readonly writes: RecentWrites;
  /** `query.spanCacheBytes`. */
  readonly bytesMax: () => number;
  /** Makes all that was acknowledged visible; false when the store could not take it now. */
  readonly flush: () => Promise<boolean>;
}

/** The first part of a range, as far as it is in memory. */
export interface HeldRange {
  /** In the order of time. */
  readonly blocks: readonly HeldBlock[];
  /** What starts before is in `blocks`. */
  readonly toNs: bigint;
  /** A block of the same tenant, of any time, if it is in memory as it is now. */
  block(number: number): HeldBlock | undefined;
}

interface Tenant {
  readonly name: string;
  readonly blocks: Map<number, HeldBlock>;
  readonly dictionaries: Dictionaries;
  /** What was asked for once: blocks by their numbers, columns by their expressions. */
  readonly asked: Set<number | string>;
  /** Columns of too many different values. */
  readonly unfit: Set<string>;
  /** How many spans a block has, as of when. */
  readonly counts: Map<number, { readonly spans: number; readonly asOf: number }>;
  /** Blocks that were read and could not be held, how often, and as of when. */
  readonly failed: Map<number, { readonly times: number; readonly asOf: number }>;
  loading: Promise<void>;
}

/** A block that was written to so recently is read from the store. */
const IDLE_MS = 30_000;
/** Blocks of one question: a week, whenever it begins. */
const BLOCKS_MAX = 1009;
const TENANTS_MAX = 1000;
const ASKED_MAX = 10_000;
/** How often a block is read that cannot be held. */
const TRIES_MAX = 2;
/** What one question may take of the memory: less than all, so that it does not drive out what it has just read. */
const QUESTION_SHARE = 0.5;

export class HeldSpans {
  readonly #options: HeldSpansOptions;
  readonly #tenants = new Map<string, Tenant>();

  constructor(options: HeldSpansOptions) {
    this.#options = options;
  }

  /** About what all of it takes. */
  get bytes(): number {
    let bytes = 0;
    for (const { blocks, dictionaries } of this.#tenants.values()) {
      for (const block of blocks.values()) bytes += bytesOf(block);
      for (const dictionary of dictionaries.values()) bytes += dictionary.bytes;
    }
    return bytes;
  }

  /** The first part of a range with some columns beside those that every block has; undefined where the store is to be asked for all of it. */
  async range(context: SpanReadContext, { fromNs, toNs }: NsRange, columns: readonly Sql[]): Promise<HeldRange | undefined> {
    const [first, last] = [Number(fromNs / BLOCK_NS), Number((toNs - 1n) / BLOCK_NS)];
    if (this.#options.bytesMax() === 0) this.#tenants.clear();
    if (this.#options.bytesMax() === 0 || toNs <= fromNs || last - first >= BLOCKS_MAX) return undefined;
    const tenant = this.#tenant(context.tenant);
    if (columns.some(({ source }) => tenant.unfit.has(source))) return undefined;
    const wanted = { first, last, columns };
    if (this.#isRepeated(tenant, wanted)) {
      // One reads at a time: who comes later finds what it needs.
      const loading = tenant.loading.then(() => guarded(context, () => this.#load(context, tenant, wanted)));
      tenant.loading = loading.catch(() => undefined);
      await loading;
    }
    const blocks: HeldBlock[] = [];
    for (let number = first; number <= last; number++) {
      const block = this.#current(tenant, number);
      if (block === undefined || columns.some(({ source }) => !block.columns.has(source))) break;
      blocks.push(block);
    }
    if (blocks.length === 0) return undefined;
    const endNs = BigInt(first + blocks.length) * BLOCK_NS;
    return { blocks, toNs: endNs < toNs ? endNs : toNs, block: (number) => this.#current(tenant, number) };
  }

  /** A block as it is now, which counts as used. */
  #current(tenant: Tenant, number: number): HeldBlock | undefined {
    const block = tenant.blocks.get(number);
    if (block === undefined) return undefined;
    tenant.blocks.delete(number);
    if (!this.#options.writes.isUnchanged(tenant.name, number, block.asOf)) return undefined;
    tenant.blocks.set(number, block);
    return block;
  }

  /** What of a question is not in memory and could be. */
  #missing(tenant: Tenant, { first, last, columns }: Wanted): Missing {
    const { writes } = this.#options;
    const blocks: number[] = [];
    const lacking: HeldBlock[] = [];
    let bytes = 0;
    for (let number = first; number <= last && writes.idleMs(tenant.name, number) >= IDLE_MS; number++) {
      // Behind a block that cannot be held nothing is of use to the question.
      if (this.#isHopeless(tenant, number)) break;
      const block = this.#current(tenant, number);
      if (block === undefined) blocks.push(number);
      else if (columns.some(({ source }) => !block.columns.has(source))) lacking.push(block);
      bytes += block === undefined ? 0 : bytesOf(block);
    }
    return { blocks, lacking, bytes };
  }

  /** Whether a block was read in vain, and is what it was then. */
  #isHopeless({ name, failed }: Tenant, number: number): boolean {
    const { times, asOf } = failed.get(number) ?? { times: 0, asOf: -1 };
    return times >= TRIES_MAX && this.#options.writes.isUnchanged(name, number, asOf);
  }

  /** Whether something is missing that was asked for before. What is missing counts as asked for. */
  #isRepeated(tenant: Tenant, wanted: Wanted): boolean {
    const { blocks, lacking } = this.#missing(tenant, wanted);
    const absent = lacking.length === 0 ? [] : wanted.columns.map(({ source }) => source);
    const asked = [...blocks, ...absent].map((what) => this.#wasAsked(tenant, what));
    for (const { source } of wanted.columns) this.#wasAsked(tenant, source);
    return asked.includes(true);
  }

  async #load(context: SpanReadContext, tenant: Tenant, wanted: Wanted): Promise<void> {
    const missing = this.#missing(tenant, wanted);
    const lacking = [...missing.lacking];
    try {
      if (missing.blocks.length > 0) lacking.push(...(await this.#loadBlocks(context, tenant, missing)));
      lacking.sort((a, b) => a.block - b.block);
      for (const column of wanted.columns) await this.#loadColumn(context, { tenant, column, blocks: lacking });
    } finally {
      this.#trim(tenant);
    }
  }

  async #loadColumn(context: SpanReadContext, { tenant, column, blocks }: Lacking): Promise<void> {
    const without = blocks.filter(({ columns }) => !columns.has(column.source));
    const loaded = without.length === 0 ? 'held' : await loadColumn(context, without, column, tenant.dictionaries);
    // What the store has lost or got without a write, as a merge of rows that are there twice, is read anew.
    if (loaded === 'changed') for (const { block } of without) tenant.blocks.delete(block);
    if (loaded !== 'overfull') return;
    if (tenant.unfit.size >= ASKED_MAX) tenant.unfit.clear();
    tenant.unfit.add(column.source);
  }

  async #loadBlocks(context: SpanReadContext, tenant: Tenant, { blocks: missing, bytes }: Missing): Promise<readonly HeldBlock[]> {
    const { writes, flush } = this.#options;
    const asOf = writes.asOf();
    // What was written before `asOf` must be there to be read.
    if (!(await flush())) return [];
    const counts = await this.#counts(context, tenant, { missing, asOf });
    let room = this.#options.bytesMax() * QUESTION_SHARE - bytes;
    const fitting = missing.filter((number) => (room -= bytesOfSpans(counts.get(number) ?? 0, OWN_COLUMNS.length)) >= 0);
    if (fitting.length === 0) return [];
    const loaded = await loadBlocks(context, fitting, { counts, asOf, dictionaries: tenant.dictionaries });
    for (const block of loaded) tenant.blocks.set(block.block, block);
    for (const number of fitting) if (!tenant.blocks.has(number)) this.#noteFailure(tenant, number, asOf);
    return loaded;
  }

  #noteFailure({ name, failed, counts }: Tenant, number: number, asOf: number): void {
    const before = failed.get(number);
    const isSame = before !== undefined && this.#options.writes.isUnchanged(name, number, before.asOf);
    if (failed.size >= ASKED_MAX) failed.clear();
    failed.set(number, { times: isSame ? before.times + 1 : 1, asOf });
    counts.delete(number);
  }

  /** How many spans there are in each block: what does not fit is counted once. */
  async #counts(context: SpanReadContext, tenant: Tenant, { missing, asOf }: Counting): Promise<ReadonlyMap<number, number>> {
    const { writes } = this.#options;
    const isKnown = (number: number): boolean => writes.isUnchanged(tenant.name, number, tenant.counts.get(number)?.asOf ?? -1);
    const unknown = missing.filter((number) => !isKnown(number));
    if (tenant.counts.size + unknown.length > ASKED_MAX) tenant.counts.clear();
    const counted = unknown.length === 0 ? new Map<number, number>() : await countBlocks(context, unknown);
    for (const number of unknown) tenant.counts.set(number, { spans: counted.get(number) ?? 0, asOf });
    return new Map(missing.map((number) => [number, tenant.counts.get(number)?.spans ?? 0]));
  }

  #wasAsked({ asked }: Tenant, what: number | string): boolean {
    if (asked.has(what)) return true;
    if (asked.size >= ASKED_MAX) asked.clear();
    asked.add(what);
    return false;
  }

  /** Lets go of the blocks that were used least recently, of other tenants first. */
  #trim(used: Tenant): void {
    let left = this.bytes - this.#options.bytesMax();
    for (const tenant of [...this.#tenants.values()].filter((each) => each !== used).concat(used)) {
      for (const [number, block] of tenant.blocks) {
        if (left <= 0) return;
        left -= bytesOf(block);
        tenant.blocks.delete(number);
      }
      for (const { bytes } of tenant.dictionaries.values()) left -= bytes;
      tenant.dictionaries.clear();
    }
  }

  #tenant(name: string): Tenant {
    const known = this.#tenants.get(name);
    if (known !== undefined) {
      this.#tenants.delete(name);
      this.#tenants.set(name, known);
      return known;
    }
    const [oldest] = this.#tenants.keys();
    if (this.#tenants.size >= TENANTS_MAX && oldest !== undefined) this.#tenants.delete(oldest);
    const tenant: Tenant = {
      name,
      blocks: new Map(),
      dictionaries: new Map(),
      asked: new Set(),
      unfit: new Set(),
      counts: new Map(),
      failed: new Map(),
      loading: Promise.resolve(),
    };
    this.#tenants.set(name, tenant);
    return tenant;
  }
}

interface Wanted {
  readonly first: number;
  readonly last: number;
  readonly columns: readonly Sql[];
}

interface Missing {
  readonly blocks: readonly number[];
  /** Blocks without some of the columns. */
  readonly lacking: readonly HeldBlock[];
  /** What those take that are in memory. */
  readonly bytes: number;
}

interface Lacking {
  readonly tenant: Tenant;
  readonly column: Sql;
  readonly blocks: readonly HeldBlock[];
}

interface Counting {
  readonly missing: readonly number[];
  readonly asOf: number;
}
