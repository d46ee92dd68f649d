// Samples in memory, as they were read: what a second question about the same series is answered from.
//
//   (tenant, block of two hours, share of the series) ──▶ CachedBlock: of some series all samples of that time, in columns
//
// A statement costs 3 to 5 ms before its first row, and every row of a wide one is handed over by 20 bytes; from here a narrow question takes
// under a millisecond and a wide one only its arithmetic. A block that is written to is no longer right and is read anew (recent-writes.ts).
// The blocks that were used least recently leave when all together are over their bound.

import type { HistogramMetrics } from './histogram-metrics.ts';
import { IdTable } from './id-table.ts';
import { BLOCK_MS, type RecentWrites } from './recent-writes.ts';
import type { CachedSamples, CopyTarget, SampleRun } from './sample-runs.ts';
import type { Window } from './window.ts';

/** Bytes of a sample: its time within the block and its value. */
export const CACHED_SAMPLE_BYTES = 12;
const SERIES_BYTES = 32;
/** What a share takes with nothing in it. */
const SHARE_BYTES = 2048;
/** Series are shared out by their ids, so that the cache can let go of them by shares. */
const SHARES = 16;

/** Samples of a share of the series in one block of time. */
export class CachedBlock implements CachedSamples {
  readonly startMs: number;
  /** The moment of writing up to which it holds: see RecentWrites. */
  readonly asOf: number;
  readonly #ids = new IdTable();
  /** Where the samples of each series begin, and one more: series by series in the order in which they were added. */
  #starts = new Int32Array(16);
  #times = new Uint32Array(64);
  #values = new Float64Array(64);
  #words = new Uint32Array(this.#values.buffer);
  #nans = new Uint8Array(16);

  constructor(startMs: number, asOf: number) {
    this.startMs = startMs;
    this.asOf = asOf;
  }

  get bytes(): number {
    return SHARE_BYTES + this.#times.length * CACHED_SAMPLE_BYTES + this.#starts.length * SERIES_BYTES;
  }

  /** The number of a series in this block by the halves of its id, or -1 where nothing is known of it. */
  find(low: number, high: number): number {
    return this.#ids.find(low, high);
  }

  /** Adds the samples `from` to `to - 1` of a run, all of this block's time; none says that there are none. A series that is known stays. */
  add(low: number, high: number, run: SampleRun, { from, to }: { readonly from: number; readonly to: number }): void {
    const series = this.#ids.size;
    if (this.#ids.add(low, high) !== series) return;
    const at = series === 0 ? 0 : (this.#starts[series] as number);
    this.#reserve(series + 2, at + to - from);
    this.#starts[series] = at;
    for (let i = from; i < to; i++) {
      this.#times[at + i - from] = (run.times[i] as number) - this.startMs;
      this.#words[2 * (at + i - from)] = run.words[2 * i] as number;
      this.#words[2 * (at + i - from) + 1] = run.words[2 * i + 1] as number;
    }
    this.#nans[series] = run.mayBeStale ? 1 : 0;
    this.#starts[series + 1] = at + to - from;
  }

  /** Copies the samples of a series that lie in a window to memory, from index `at` on; gives how many there are. */
  copy(series: number, { afterMs, toMs }: Window, into: CopyTarget, at: number): number {
    const end = this.#starts[series + 1] as number;
    let from = this.#starts[series] as number;
    let to = end;
    if (afterMs >= this.startMs) from = firstAfter(this.#times, from, end, afterMs - this.startMs);
    if (toMs < this.startMs + BLOCK_MS - 1) to = firstAfter(this.#times, from, end, toMs - this.startMs);
    if (from >= to) return 0;
    into.reserve(at + to - from);
    const { times, words } = into;
    for (let i = from; i < to; i++) times[at + i - from] = this.startMs + (this.#times[i] as number);
    words.set(this.#words.subarray(2 * from, 2 * to), 2 * at);
    if (this.#nans[series] === 1) into.mayBeStale = true;
    return to - from;
  }

  #reserve(series: number, samples: number): void {
    if (series > this.#starts.length) {
      const starts = new Int32Array(Math.max(series, this.#starts.length * 2));
      starts.set(this.#starts);
      this.#starts = starts;
      const nans = new Uint8Array(starts.length);
      nans.set(this.#nans);
      this.#nans = nans;
    }
    if (samples <= this.#times.length) return;
    const capacity = Math.max(samples, Math.ceil(this.#times.length * 1.5));
    const times = new Uint32Array(capacity);
    times.set(this.#times);
    const values = new Float64Array(capacity);
    const words = new Uint32Array(values.buffer);
    words.set(this.#words);
    this.#times = times;
    this.#values = values;
    this.#words = words;
  }
}

/** The first index within from … to whose time is after `ms`. */
function firstAfter(times: Uint32Array, from: number, to: number, ms: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) > ms) high = middle;
    else low = middle + 1;
  }
  return low;
}

const USUAL_SAMPLES = BLOCK_MS / 15_000;
const DENSE_TENANTS_MAX = 10_000;

export class SampleCache {
  readonly writes: RecentWrites;
  readonly #bytesMax: () => number;
  readonly #dense = new Map<string, number>();
  /** In the order of their last use. */
  readonly #blocks = new Map<string, CachedBlock>();

  constructor(writes: RecentWrites, bytesMax: () => number) {
    this.writes = writes;
    this.#bytesMax = bytesMax;
  }

  /** How many samples a series of a tenant is taken to have in a block: as every 15 s, until a question has met more. */
  samplesPerBlock(tenant: string): number {
    return this.#dense.get(tenant) ?? USUAL_SAMPLES;
  }

  /** Notes how many they really were. */
  noteDensity(tenant: string, samples: number): void {
    if (this.#dense.size >= DENSE_TENANTS_MAX) this.#dense.clear();
    if (samples > this.samplesPerBlock(tenant)) this.#dense.set(tenant, samples);
  }

  /** How much one question may take of the cache, in bytes: less than all, so that it does not drive out what it has just put in. */
  get shareBytes(): number {
    return this.#bytesMax() / 2;
  }

  get bytes(): number {
    let bytes = 0;
    for (const block of this.#blocks.values()) bytes += block.bytes;
    return bytes;
  }

  /** What is known of a tenant's block of time of a share of the series; what has been written to since it was read is let go. */
  share(tenant: string, { block, asOf }: BlockTime, share: number): CachedBlock {
    const key = `${share} ${block} ${tenant}`;
    const known = this.#blocks.get(key);
    const kept =
      known !== undefined && this.writes.isUnchanged(tenant, block, known.asOf) ? known : new CachedBlock(block * BLOCK_MS, asOf);
    this.#blocks.delete(key);
    this.#blocks.set(key, kept);
    return kept;
  }

  /** Forgets everything. */
  clear(): void {
    this.#blocks.clear();
  }

  /** Lets the least recently used blocks go until the rest is within the bound. */
  trim(): void {
    let bytes = this.bytes;
    const bytesMax = this.#bytesMax();
    for (const [key, block] of this.#blocks) {
      if (bytes <= bytesMax) return;
      bytes -= block.bytes;
      this.#blocks.delete(key);
    }
  }
}

/** A block of time, and the moment of writing as of which it is read. */
export interface BlockTime {
  readonly block: number;
  readonly asOf: number;
}

/** A tenant's block of time as one question sees it: its shares are looked up once, when the first series of each is asked for. */
export class BlockShares {
  readonly #cache: SampleCache;
  readonly #tenant: string;
  readonly #time: BlockTime;
  readonly #shares: (CachedBlock | undefined)[] = [];

  constructor(cache: SampleCache, tenant: string, time: BlockTime) {
    this.#cache = cache;
    this.#tenant = tenant;
    this.#time = time;
  }

  /** The share that a series stands in, by the low half of its id. */
  of(low: number): CachedBlock {
    const share = low % SHARES;
    return (this.#shares[share] ??= this.#cache.share(this.#tenant, this.#time, share));
  }
}

/** What is kept in memory of stored samples, where no other process writes. */
export interface KeptSamples {
  readonly cache: SampleCache;
  readonly histograms: HistogramMetrics;
}
