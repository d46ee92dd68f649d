// Float samples of a selection in a window, series by series: what is in memory from there, the rest from the store.
//
//   window ├──── blocks of time that nobody writes to ────┼── blocks that are written to ──┤
//            sample-cache.ts, filled from the store once         stored-samples.ts
//
// Where the cache is too small for the question, or there is none, all of it comes from the store.

import type { ReadContext, Selection } from './read.ts';
import { guarded } from './read.ts';
import { BLOCK_MS, blockOf } from './recent-writes.ts';
import { BlockShares, CACHED_SAMPLE_BYTES, type SampleCache } from './sample-cache.ts';
import { Joiner, type SampleRun, type VisitSamples } from './sample-runs.ts';
import { readStored } from './stored-samples.ts';
import { Turns } from './turns.ts';
import type { Window } from './window.ts';

/** A block of time that has been written to within this time is taken to be written to again soon. */
const QUIET_MS = 30_000;
/** Blocks of time of one question; one over more is not kept. */
const BLOCKS_MAX = 1000;

/** Shows the float samples of a selection in a window, in no order of series. */
export async function readSamples(context: ReadContext, selection: Selection, asked: Window, visit: VisitSamples): Promise<void> {
  const window = { afterMs: Math.max(asked.afterMs, context.oldestMs(selection.tenant) - 1), toMs: asked.toMs };
  if (window.toMs <= window.afterMs) return;
  const part = quietPart(context, selection, window);
  if (part === undefined) return readStored(context, selection, { window, visit });
  const blocks = await knownBlocks(context, selection, part);
  if (blocks === undefined) return readStored(context, selection, { window, visit });
  const begin = (number: number, joiner: Joiner): void => {
    for (const block of blocks) {
      const place = block.places[number] ?? -1;
      if (place >= 0) joiner.copy(block.shares.of(selection.low(number)), place, window);
    }
  };
  const seen = new Uint8Array(selection.size);
  if (part.toMs < window.toMs) {
    const rest = { afterMs: part.toMs, toMs: window.toMs };
    await readStored(context, selection, {
      window: rest,
      begin,
      visit: (number, run) => {
        seen[number] = 1;
        visit(number, run);
      },
    });
  }
  await guarded(context, () => showUnseen(context, { seen, begin, visit }));
}

interface Unseen {
  readonly seen: Uint8Array;
  readonly begin: (number: number, joiner: Joiner) => void;
  readonly visit: VisitSamples;
}

async function showUnseen(context: ReadContext, { seen, begin, visit }: Unseen): Promise<void> {
  const joiner = new Joiner(context.limits.samplesMax);
  const turns = new Turns(context);
  for (let number = 0; number < seen.length; number++) {
    if (seen[number] === 1) continue;
    joiner.start();
    begin(number, joiner);
    const run = joiner.run();
    if (run.length > 0) visit(number, run);
    if (turns.isDue) await turns.pass();
  }
}

/** The blocks of time at a window's beginning that nobody writes to. */
interface QuietPart {
  readonly cache: SampleCache;
  readonly asOf: number;
  readonly first: number;
  readonly last: number;
  /** The end of the last block, or of the window. */
  readonly toMs: number;
}

function quietPart({ kept }: ReadContext, { tenant, size }: Selection, window: Window): QuietPart | undefined {
  if (kept === undefined || !Number.isFinite(window.toMs - window.afterMs)) return undefined;
  const { cache, asOf } = kept;
  const first = blockOf(window.afterMs + 1);
  const end = blockOf(window.toMs) + 1;
  if (end - first > BLOCKS_MAX) return undefined;
  let next = first;
  while (next < end && cache.writes.idleMs(tenant, next) > QUIET_MS) next++;
  const bytes = size * (next - first) * cache.samplesPerBlock(tenant) * CACHED_SAMPLE_BYTES;
  if (next === first || bytes > cache.shareBytes) return undefined;
  return { cache, asOf, first, last: next - 1, toMs: Math.min(window.toMs, next * BLOCK_MS - 1) };
}

/** A block of time in memory. */
interface KnownBlock {
  readonly shares: BlockShares;
  /** Where each series of the selection stands in its share. */
  readonly places: Int32Array;
}

/** The blocks of the quiet part with all series of the selection in them; undefined where their samples are too many to be kept. */
async function knownBlocks(context: ReadContext, selection: Selection, part: QuietPart): Promise<readonly KnownBlock[] | undefined> {
  const { cache, asOf, first, last } = part;
  const blocks: KnownBlock[] = [];
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (let block = first; block <= last; block++) {
    const shares = new BlockShares(cache, selection.tenant, { block, asOf });
    const places = new Int32Array(selection.size);
    blocks.push({ shares, places });
    if (place(selection, shares, places)) continue;
    from = Math.min(from, block);
    to = Math.max(to, block);
  }
  if (from > to) return blocks;
  const unknown = blocks.slice(from - first, to + 1 - first);
  try {
    await fill(context, selection, { cache, from, to, blocks: unknown });
  } catch (error) {
    if (!(error instanceof TooDense)) throw error;
    cache.noteDensity(selection.tenant, error.samplesPerBlock);
    cache.trim();
    return undefined;
  }
  for (const { shares, places } of unknown) place(selection, shares, places);
  cache.trim();
  return blocks;
}

/** Looks all series of a selection up in a block; true where nothing is missing. */
function place(selection: Selection, shares: BlockShares, places: Int32Array): boolean {
  let isKnown = true;
  for (let number = 0; number < places.length; number++) {
    const low = selection.low(number);
    const found = shares.of(low).find(low, selection.high(number));
    places[number] = found;
    if (found < 0) isKnown = false;
  }
  return isKnown;
}

/** Ends the filling of blocks that have more samples than was thought. */
class TooDense extends Error {
  readonly samplesPerBlock: number;

  constructor(samplesPerBlock: number) {
    super('more samples than are kept');
    this.samplesPerBlock = samplesPerBlock;
  }
}

interface Filling {
  readonly cache: SampleCache;
  readonly from: number;
  readonly to: number;
  readonly blocks: readonly KnownBlock[];
}

const NO_SAMPLES: SampleRun = {
  times: new Float64Array(0),
  values: new Float64Array(0),
  words: new Uint32Array(0),
  length: 0,
  mayBeStale: false,
};

/** Reads blocks of time whole, for all series of a selection. */
async function fill(context: ReadContext, selection: Selection, { cache, from, to, blocks }: Filling): Promise<void> {
  const window = { afterMs: from * BLOCK_MS - 1, toMs: (to + 1) * BLOCK_MS - 1 };
  let samples = 0;
  let series = 0;
  await readStored(context, selection, {
    window,
    visit: (number, run) => {
      samples += run.length;
      series++;
      if (samples * CACHED_SAMPLE_BYTES > 2 * cache.shareBytes) throw new TooDense(Math.ceil(samples / series / blocks.length));
      const low = selection.low(number);
      const high = selection.high(number);
      let at = 0;
      for (const [i, { shares }] of blocks.entries()) {
        const endMs = (from + i + 1) * BLOCK_MS;
        const begin = at;
        while (at < run.length && (run.times[at] as number) < endMs) at++;
        shares.of(low).add(low, high, run, { from: begin, to: at });
      }
    },
  });
  // Those of which nothing came have nothing.
  for (const { shares } of blocks) {
    for (let number = 0; number < selection.size; number++) {
      const low = selection.low(number);
      shares.of(low).add(low, selection.high(number), NO_SAMPLES, { from: 0, to: 0 });
    }
  }
}
