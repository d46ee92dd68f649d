// The spans of a block in memory, counted for a metrics query: by group, step and bucket. A block does not change, so that a query that comes again finds
// its counts (HeldBlock.counts).
//
//   filter ─▶ spans ─▶ group × step of the block (× bucket) ─▶ cells that have any; some of the spans, for exemplars

import type { Field } from '../traceql/ast.ts';
import { bucketOf, measuredNumber } from '../traceql/metrics/measured.ts';
import { NIL, type Value } from '../traceql/value.ts';
import { Combinations } from './combinations.ts';
import type { HeldBlock } from './held-block.ts';
import { fieldsReader, type HeldField } from './held-fields.ts';
import type { HeldTest } from './held-filter.ts';

/** Cells of a block: `(group × steps + step) × BUCKETS + bucket`. */
export interface BlockCount {
  readonly spans: number;
  /** Values of the groups, by their numbers. */
  readonly groups: readonly (readonly Value[])[];
  /** Steps that touch the block. */
  readonly steps: number;
  /** Cells that have spans, and how many. */
  readonly cells: Uint32Array;
  readonly counts: Float64Array;
  /** Of what is measured; empty where nothing is summed. */
  readonly sums: Float64Array;
  readonly mins: Float64Array;
  readonly maxs: Float64Array;
  /** Rows of some of the spans, in even distances. */
  readonly samples: Uint32Array;
}

/** How a query measures spans: the exponent of the bucket, a number, or nothing. */
export type Measuring = 'buckets' | 'numbers' | 'nothing';

export interface Counting {
  readonly test: HeldTest;
  readonly groups: readonly HeldField[];
  readonly measuring: Measuring;
  /** What is measured; undefined for the duration of the span. */
  readonly measured: { readonly field: Field; readonly held: HeldField } | undefined;
}

/** Steps as a block sees them: the first begins `restNs` before it. */
export interface BlockSteps {
  readonly restNs: number;
  /** Infinite where there is one step for all. */
  readonly stepNs: number;
  readonly count: number;
}

/** Exponents of two that a 64-bit number may have. */
export const BUCKETS = 65;
const NO_BUCKET = 255;
/** Cells of a block: more are counted by the store. */
const CELLS_MAX = 4_000_000;
/** Rows that are kept for exemplars, at most. */
const SAMPLES_MAX = 512;
const WORD = 4_294_967_296;

/** Counts the blocks of one query, one after another. */
export class BlockCounter {
  readonly #counting: Counting;
  readonly #groups: (readonly Value[])[] = [];
  readonly #groupOf: Combinations;
  readonly #exponentOf: Combinations;
  readonly #numberOf: Combinations;
  readonly #numbers: number[] = [];
  #tally = new Tally(0, false);

  constructor(counting: Counting) {
    const { groups, measured } = counting;
    this.#counting = counting;
    const grouped = fieldsReader(groups);
    this.#groupOf = new Combinations(grouped.keys, (cells) => this.#groups.push(grouped.values(cells)) - 1);
    const { keys, values } = fieldsReader(measured === undefined ? [] : [measured.held]);
    const valueOf = (cells: readonly string[]): Value => values(cells)[0] ?? NIL;
    this.#exponentOf = new Combinations(keys, (cells) => {
      const bound = bucketOf(valueOf(cells));
      return bound === undefined ? NO_BUCKET : Math.log2(bound);
    });
    this.#numberOf = new Combinations(keys, (cells) => this.#numbers.push(measuredNumber(measured?.field, valueOf(cells))) - 1);
  }

  /** Undefined where there are too many cells. `met`: 1 for the spans that count, undefined where all do. */
  count(block: HeldBlock, met: Uint8Array | undefined, steps: BlockSteps): BlockCount | undefined {
    const { measuring } = this.#counting;
    const groups = new Int32Array(block.rows);
    this.#groupOf.fill(block, groups);
    const size = this.#groups.length * steps.count * (measuring === 'buckets' ? BUCKETS : 1);
    if (size > CELLS_MAX) return undefined;
    const isSummed = measuring === 'numbers';
    if (this.#tally.counts.length < size || this.#tally.isSummed !== isSummed) this.#tally = new Tally(size, isSummed);
    const exponents = measuring === 'buckets' ? this.#exponents(block) : undefined;
    const { spans, samples } = tallySpans(
      { block, met, steps, groups, exponents, numbers: isSummed ? this.#values(block) : undefined },
      this.#tally,
    );
    return { spans, groups: this.#groups, steps: steps.count, ...this.#tally.take(size, exponents === undefined ? BUCKETS : 1), samples };
  }

  /** The exponent of the bucket of each span. */
  #exponents(block: HeldBlock): Uint8Array {
    const exponents = new Uint8Array(block.rows);
    if (this.#counting.measured === undefined) durationExponents(block.durations, exponents);
    else this.#exponentOf.fill(block, exponents);
    return exponents;
  }

  /** What is measured of each span; of durations nanoseconds. */
  #values(block: HeldBlock): Float64Array {
    if (this.#counting.measured === undefined) return block.durations;
    const places = new Int32Array(block.rows);
    this.#numberOf.fill(block, places);
    const values = new Float64Array(block.rows);
    for (let row = 0; row < values.length; row++) values[row] = this.#numbers[places[row] as number] as number;
    return values;
  }
}

/** The least power of two that is not below the duration; durations under 2 ns are in no bucket. */
function durationExponents(durations: Float64Array, into: Uint8Array): void {
  for (let row = 0; row < durations.length; row++) {
    const below = (durations[row] as number) - 1;
    if (below < 1) into[row] = NO_BUCKET;
    else if (below < WORD) into[row] = 32 - Math.clz32(below);
    else into[row] = 64 - Math.clz32(Math.floor(below / WORD));
  }
}

/** Cells while a block is counted; empty in between. */
class Tally {
  readonly counts: Float64Array;
  readonly isSummed: boolean;
  readonly sums: Float64Array;
  readonly mins: Float64Array;
  readonly maxs: Float64Array;

  constructor(size: number, isSummed: boolean) {
    const summed = isSummed ? size : 0;
    this.isSummed = isSummed;
    this.counts = new Float64Array(size);
    this.sums = new Float64Array(summed);
    this.mins = new Float64Array(summed).fill(Infinity);
    this.maxs = new Float64Array(summed).fill(-Infinity);
  }

  /** What was counted, and empties the cells. A cell gets its number times `stride`. */
  take(size: number, stride: number): Pick<BlockCount, 'cells' | 'counts' | 'sums' | 'mins' | 'maxs'> {
    const { counts, sums, mins, maxs } = this;
    const found: number[] = [];
    for (let cell = 0; cell < size; cell++) if (counts[cell] !== 0) found.push(cell);
    const of = (values: Float64Array, empty: number): Float64Array => {
      if (values.length === 0) return values;
      const taken = Float64Array.from(found, (cell) => values[cell] as number);
      for (const cell of found) values[cell] = empty;
      return taken;
    };
    return {
      cells: Uint32Array.from(found, (cell) => cell * stride),
      counts: of(counts, 0),
      sums: of(sums, 0),
      mins: of(mins, Infinity),
      maxs: of(maxs, -Infinity),
    };
  }
}

interface Tallied {
  readonly block: HeldBlock;
  readonly met: Uint8Array | undefined;
  readonly steps: BlockSteps;
  /** Of each span the number of its group, and the exponent of its bucket or what is measured of it. */
  readonly groups: Int32Array;
  readonly exponents: Uint8Array | undefined;
  readonly numbers: Float64Array | undefined;
}

/** hot: once per span, with everything that is asked of it. The spans of a trace follow one another, and mostly stand in one step. */
function tallySpans(
  { block: { offsets, rows }, met, steps: { restNs, stepNs, count }, groups, exponents, numbers }: Tallied,
  { counts, sums, mins, maxs }: Tally,
): { readonly spans: number; readonly samples: Uint32Array } {
  const samples = new Samples();
  const stride = exponents === undefined ? 1 : BUCKETS;
  const width = count * stride;
  let [spans, place, from, to] = [0, 0, 0, 0];
  for (let row = 0; row < rows; row++) {
    if (met !== undefined && met[row] === 0) continue;
    spans++;
    if (--samples.until === 0) samples.add(row);
    const offset = offsets[row] as number;
    if (offset < from || offset >= to) {
      const step = stepNs === Infinity ? 0 : Math.floor((restNs + offset) / stepNs);
      from = stepNs === Infinity ? 0 : step * stepNs - restNs;
      to = from + stepNs;
      place = step * stride;
    }
    let cell = (groups[row] as number) * width + place;
    if (exponents !== undefined) {
      const exponent = exponents[row] as number;
      if (exponent === NO_BUCKET) continue;
      cell += exponent;
    } else if (numbers !== undefined) {
      const number = numbers[row] as number;
      if (Number.isNaN(number)) continue;
      sums[cell] = (sums[cell] as number) + number;
      if (number < (mins[cell] as number)) mins[cell] = number;
      if (number > (maxs[cell] as number)) maxs[cell] = number;
    }
    counts[cell] = (counts[cell] as number) + 1;
  }
  return { spans, samples: samples.taken };
}

/** Some of the rows that come by, in even distances: where there are too many, every other one goes. */
class Samples {
  readonly #rows = new Uint32Array(SAMPLES_MAX);
  #size = 0;
  #distance = 1;
  /** How many rows to the next that is taken. */
  until = 1;

  add(row: number): void {
    this.#rows[this.#size++] = row;
    if (this.#size === SAMPLES_MAX) {
      this.#size /= 2;
      for (let i = 0; i < this.#size; i++) this.#rows[i] = this.#rows[2 * i] as number;
      this.#distance *= 2;
    }
    this.until = this.#distance;
  }

  get taken(): Uint32Array {
    return this.#rows.slice(0, this.#size);
  }
}
