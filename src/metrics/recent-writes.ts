// Which times were written to since when: by this what is kept of stored samples knows whether it still holds.
//
//   commit ──(after its rows are on disk, before its answer)──▶ note(tenant, times)      reader ──▶ asOf() … is a block as of then still right?
//
// Time is kept in the blocks by which the table is sorted. A write is noted after its rows are on disk: whoever took `asOf` before
// has read without them, and sees that the block has changed since; whoever takes it later reads with them.

/** The length of a block of time: as in the sorting key of `samples`. */
export const BLOCK_MS = 7_200_000;

/** Tenants that are remembered; beyond, all blocks of all tenants count as written. */
const TENANTS_MAX = 10_000;
/** Blocks that are remembered of one tenant; beyond, all of its blocks count as written. */
const BLOCKS_MAX = 4096;

interface Written {
  readonly order: number;
  readonly ms: number;
}

interface TenantWrites {
  readonly blocks: Map<number, Written>;
  /** The last write that counts for every block. */
  all: Written;
}

const NEVER: Written = { order: 0, ms: Number.NEGATIVE_INFINITY };

export class RecentWrites {
  readonly #now: () => number;
  readonly #blockMs: number;
  readonly #tenants = new Map<string, TenantWrites>();
  /** The last write that counts for every tenant. */
  #all = NEVER;
  #order = 0;

  /** `blockMs`: the length of a block of time. */
  constructor(now: () => number, blockMs = BLOCK_MS) {
    this.#now = now;
    this.#blockMs = blockMs;
  }

  /** Notes rows of a time span, in milliseconds, both ends included. */
  note(tenant: string, fromMs: number, toMs: number): void {
    const writes = this.#of(tenant);
    const written = { order: ++this.#order, ms: this.#now() };
    const from = Math.floor(fromMs / this.#blockMs);
    const to = Math.floor(toMs / this.#blockMs);
    if (to - from + writes.blocks.size >= BLOCKS_MAX) {
      writes.blocks.clear();
      writes.all = written;
      return;
    }
    for (let block = from; block <= to; block++) writes.blocks.set(block, written);
  }

  /** Notes that anything of a tenant may have changed: samples were deleted. */
  noteAll(tenant: string): void {
    this.#of(tenant).all = { order: ++this.#order, ms: this.#now() };
  }

  /** The present moment in the order of writes. */
  asOf(): number {
    return this.#order;
  }

  /** True when nothing was written to a tenant's block of time since a moment. */
  isUnchanged(tenant: string, block: number, asOf: number): boolean {
    return this.#last(tenant, block).order <= asOf;
  }

  /** Milliseconds since a tenant's block of time was last written to; infinite where it was not since the program's start. */
  idleMs(tenant: string, block: number): number {
    return this.#now() - this.#last(tenant, block).ms;
  }

  #last(tenant: string, block: number): Written {
    const writes = this.#tenants.get(tenant);
    const own = writes?.blocks.get(block) ?? NEVER;
    const ofTenant = writes?.all ?? NEVER;
    const later = own.order > ofTenant.order ? own : ofTenant;
    return later.order > this.#all.order ? later : this.#all;
  }

  #of(tenant: string): TenantWrites {
    const known = this.#tenants.get(tenant);
    if (known !== undefined) return known;
    if (this.#tenants.size >= TENANTS_MAX) {
      this.#tenants.clear();
      this.#all = { order: ++this.#order, ms: this.#now() };
    }
    const writes = { blocks: new Map<number, Written>(), all: NEVER };
    this.#tenants.set(tenant, writes);
    return writes;
  }
}

/** The number of the block of time in which a time lies. */
export function blockOf(ms: number): number {
  return Math.floor(ms / BLOCK_MS);
}
