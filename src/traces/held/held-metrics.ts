// Metrics queries over spans in memory: which spans, which group, which step, and how many.
//
//   filter ─▶ spans of a block ─▶ group × step (× bucket) ─▶ cells of flat arrays ─▶ Accumulator; some of the spans ─▶ exemplars

import type { Catalogue, NsRange } from '../catalogue.ts';
import { Turns } from '../../metrics/turns.ts';
import { shownFields, type ExemplarsWanted } from '../metrics/metrics-exemplars.ts';
import { spanFilter } from '../plan/span-filter.ts';
import type { SpanReadContext } from '../read.ts';
import type { Field, Pipeline, RangeAggregate } from '../traceql/ast.ts';
import type { Accumulator, Cell } from '../traceql/metrics/accumulator.ts';
import { bucketBound, bucketOf, isSpanDuration, measuredNumber } from '../traceql/metrics/measured.ts';
import type { Steps } from '../traceql/metrics/steps.ts';
import { printField } from '../traceql/print.ts';
import { NIL, type Value } from '../traceql/value.ts';
import { Combinations } from './combinations.ts';
import { type HeldBlock, traceOfRow } from './held-block.ts';
import { fieldsReader, type HeldField, HeldFields } from './held-fields.ts';
import { heldFilter, type HeldTest } from './held-filter.ts';
import { HeldRow } from './held-rows.ts';
import { within } from './within.ts';

export interface HeldMetricsOptions {
  readonly context: SpanReadContext;
  readonly catalogue: Catalogue;
  readonly steps: Steps;
  readonly wanted: ExemplarsWanted;
}

export interface HeldCount {
  readonly spans: number;
  /** Spans from here on are not in memory, and not counted. */
  readonly fromNs: bigint;
}

/** Counts those spans of a query that are in memory; undefined where none are, or the query is not for them. */
export async function countHeld(
  pipeline: Pipeline,
  aggregate: RangeAggregate,
  options: HeldMetricsOptions,
  into: Accumulator,
): Promise<HeldCount | undefined> {
  const { context, catalogue, steps, wanted } = options;
  if (context.held === undefined || steps.stepNs > STEP_MAX) return undefined;
  const fields = new HeldFields(catalogue);
  const query = heldQuery(pipeline, aggregate, fields);
  if (query === undefined) return undefined;
  const shown = wanted.limit === 0 ? [] : shownFields(wanted.fields);
  for (const field of shown) fields.of(field);
  const held = await context.held.range(context, { fromNs: fromOf(context, steps), toNs: steps.toNs }, fields.columns);
  if (held === undefined) return undefined;
  const counts = new Counts(query, steps);
  const selected: Selected[] = [];
  let spans = 0;
  const turns = new Turns(context);
  for (const block of held.blocks) {
    if (turns.isDue) await turns.pass();
    const met = within(block, query.test(block), { fromNs: fromOf(context, steps), toNs: held.toNs });
    const found = counts.add(block, met);
    if (found === undefined) return undefined;
    if (found > 0) selected.push({ block, met });
    spans += found;
  }
  await counts.mergeInto(into, turns);
  await addExemplars(selected, { query, spans, range: steps, shown, fields, wanted, turns }, into);
  return { spans, fromNs: held.toNs };
}

/** A hundred days: sums of steps and offsets are exact below. */
const STEP_MAX = 8_640_000_000_000_000n;

function fromOf({ oldestNs }: SpanReadContext, { fromNs }: NsRange): bigint {
  return oldestNs !== undefined && oldestNs > fromNs ? oldestNs : fromNs;
}

interface HeldQuery {
  readonly test: HeldTest;
  readonly aggregate: RangeAggregate;
  readonly groups: readonly HeldField[];
  /** What is measured, where it is not the duration. */
  readonly measured: HeldField | undefined;
}

function heldQuery(pipeline: Pipeline, aggregate: RangeAggregate, fields: HeldFields): HeldQuery | undefined {
  const filter = spanFilter(pipeline);
  const test = filter && heldFilter(filter, fields);
  const groups = aggregate.by.flatMap((field) => fields.of(field) ?? []);
  if (test === undefined || groups.length < aggregate.by.length) return undefined;
  const { field } = aggregate;
  if (field === undefined || isSpanDuration(field)) return { test, aggregate, groups, measured: undefined };
  const measured = fields.of(field);
  return measured && { test, aggregate, groups, measured };
}

/** Exponents of two that a 64-bit number may have. */
const BUCKETS = 65;
/** Cells of all groups, steps and buckets: more are counted by the store. */
const CELLS_MAX = 8_000_000;

/** Cells of groups, steps and buckets, as they are counted. */
class Counts {
  readonly #steps: Steps;
  readonly #groups: readonly (readonly Value[])[];
  readonly #groupOf: Combinations;
  readonly #measures: Measures;
  /** Cells of one group. */
  readonly #width: number;
  readonly #isBucketed: boolean;
  readonly #sums: Sums | undefined;
  #spans = new Float64Array(0);
  /** Of each span of a block; used again for the next. */
  #cells = new Int32Array(0);

  constructor(query: HeldQuery, steps: Steps) {
    const { fn } = query.aggregate;
    this.#steps = steps;
    this.#isBucketed = fn === 'quantile_over_time' || fn === 'histogram_over_time';
    this.#width = steps.count * (this.#isBucketed ? BUCKETS : 1);
    this.#measures = new Measures(query);
    this.#sums = this.#isBucketed || fn === 'rate' || fn === 'count_over_time' ? undefined : new Sums();
    const { keys, values } = fieldsReader(query.groups);
    const groups: (readonly Value[])[] = [];
    this.#groups = groups;
    this.#groupOf = new Combinations(keys, (cells) => groups.push(values(cells)) - 1);
  }

  /** The number of spans; undefined where there are too many groups. */
  add(block: HeldBlock, met: Uint8Array | undefined): number | undefined {
    if (this.#cells.length < block.rows) this.#cells = new Int32Array(block.rows);
    const cells = this.#cells.subarray(0, block.rows);
    this.#groupOf.fill(block, cells);
    const size = this.#groups.length * this.#width;
    if (size > CELLS_MAX) return undefined;
    this.#spans = grown(this.#spans, size, 0);
    const found = this.#placeSpans(block, met, cells);
    if (this.#isBucketed) this.#addBuckets(this.#measures.exponents(block), cells);
    else if (this.#sums === undefined) this.#addSpans(cells);
    else this.#addSums(this.#measures.numbers(block), this.#sums.grown(size), cells);
    return found;
  }

  /**
   * Makes of the group of each span its cell, -1 for one that does not count; the number of those that do.
   * Hot: once per span. The spans of a trace follow one another, and mostly stand in one step.
   */
  #placeSpans({ startNs, offsets, rows }: HeldBlock, met: Uint8Array | undefined, cells: Int32Array): number {
    const { base, rest, stepNs } = stepsFrom(startNs, this.#steps);
    const width = this.#width;
    const stride = this.#isBucketed ? BUCKETS : 1;
    let [found, place, from, to] = [0, 0, 0, 0];
    for (let row = 0; row < rows; row++) {
      if (met !== undefined && met[row] === 0) {
        cells[row] = -1;
        continue;
      }
      found++;
      const offset = offsets[row] as number;
      if (offset < from || offset >= to) {
        const step = stepNs === Infinity ? 0 : Math.floor((rest + offset) / stepNs);
        from = stepNs === Infinity ? 0 : step * stepNs - rest;
        to = from + stepNs;
        place = (base + step) * stride;
      }
      cells[row] = (cells[row] as number) * width + place;
    }
    return found;
  }

  /** Hot: once per span. */
  #addSpans(cells: Int32Array): void {
    const spans = this.#spans;
    for (let row = 0; row < cells.length; row++) {
      const cell = cells[row] as number;
      if (cell >= 0) spans[cell] = (spans[cell] as number) + 1;
    }
  }

  /** The same by buckets. */
  #addBuckets(exponents: Uint8Array, cells: Int32Array): void {
    const spans = this.#spans;
    for (let row = 0; row < cells.length; row++) {
      const exponent = exponents[row] as number;
      const cell = (cells[row] as number) + exponent;
      if (exponent !== NO_BUCKET && (cells[row] as number) >= 0) spans[cell] = (spans[cell] as number) + 1;
    }
  }

  /** The same with sums, least and greatest values. */
  #addSums(numbers: Float64Array, { sum, min, max }: Sums, cells: Int32Array): void {
    const spans = this.#spans;
    for (let row = 0; row < cells.length; row++) {
      const cell = cells[row] as number;
      const number = numbers[row] as number;
      if (cell < 0 || Number.isNaN(number)) continue;
      spans[cell] = (spans[cell] as number) + 1;
      sum[cell] = (sum[cell] as number) + number;
      if (number < (min[cell] as number)) min[cell] = number;
      if (number > (max[cell] as number)) max[cell] = number;
    }
  }

  async mergeInto(into: Accumulator, turns: Turns): Promise<void> {
    const spans = this.#spans;
    const { unit } = this.#measures;
    for (const [group, values] of this.#groups.entries()) {
      if (turns.isDue) await turns.pass();
      for (let i = 0; i < this.#width; i++) {
        const cell = group * this.#width + i;
        const count = spans[cell] as number;
        if (count === 0) continue;
        if (this.#isBucketed) {
          const bucket = bucketBound(i % BUCKETS, this.#measures.isDuration);
          into.merge(values, Math.floor(i / BUCKETS), { count, bucket });
        } else into.merge(values, i, this.#sums === undefined ? { count } : this.#sums.cell(cell, count, unit));
      }
    }
  }
}

class Sums {
  sum = new Float64Array(0);
  min = new Float64Array(0);
  max = new Float64Array(0);

  grown(cells: number): this {
    this.sum = grown(this.sum, cells, 0);
    this.min = grown(this.min, cells, Infinity);
    this.max = grown(this.max, cells, -Infinity);
    return this;
  }

  cell(cell: number, count: number, unit: number): Cell {
    const of = (numbers: Float64Array): number => (numbers[cell] as number) / unit;
    return { count, sum: of(this.sum), min: of(this.min), max: of(this.max) };
  }
}

function grown(cells: Float64Array, size: number, empty: number): Float64Array<ArrayBuffer> {
  if (size <= cells.length) return cells as Float64Array<ArrayBuffer>;
  const larger = new Float64Array(Math.max(size, Math.min(2 * cells.length, CELLS_MAX))).fill(empty, cells.length);
  larger.set(cells);
  return larger;
}

/** The step of a span is `base` and as often as `stepNs` goes into `rest` and its offset. */
function stepsFrom(startNs: bigint, { isInstant, fromNs, stepNs }: Steps): { base: number; rest: number; stepNs: number } {
  if (isInstant) return { base: 0, rest: 0, stepNs: Infinity };
  const since = startNs - fromNs;
  const rest = ((since % stepNs) + stepNs) % stepNs;
  return { base: Number((since - rest) / stepNs), rest: Number(rest), stepNs: Number(stepNs) };
}

const NO_BUCKET = 255;
const WORD = 4_294_967_296;
const NO_NUMBER = NaN;

/** What is measured of the spans of a block. */
class Measures {
  readonly isDuration: boolean;
  /** What numbers are divided by for the answer. */
  readonly unit: number;
  readonly #numbers: number[] = [];
  readonly #exponents: Combinations;
  readonly #numberOf: Combinations;

  constructor({ aggregate: { field }, measured }: HeldQuery) {
    this.isDuration = measured === undefined;
    this.unit = this.isDuration ? 1e9 : 1;
    const { keys, values } = fieldsReader(measured === undefined ? [] : [measured]);
    const valueOf = (cells: readonly string[]): Value => values(cells)[0] ?? NIL;
    this.#exponents = new Combinations(keys, (cells) => {
      const bound = bucketOf(valueOf(cells));
      return bound === undefined ? NO_BUCKET : Math.log2(bound);
    });
    this.#numberOf = new Combinations(keys, (cells) => this.#numbers.push(measuredNumber(field, valueOf(cells))) - 1);
  }

  /** The exponent of each span's bucket. */
  exponents(block: HeldBlock): Uint8Array {
    const exponents = new Uint8Array(block.rows);
    if (this.isDuration) durationExponents(block.durations, exponents);
    else this.#exponents.fill(block, exponents);
    return exponents;
  }

  /** Nanoseconds of durations. */
  numbers(block: HeldBlock): Float64Array {
    if (this.isDuration) return block.durations;
    const places = new Int32Array(block.rows);
    this.#numberOf.fill(block, places);
    return Float64Array.from(places, (place) => this.#numbers[place] ?? NO_NUMBER);
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

interface Selected {
  readonly block: HeldBlock;
  readonly met: Uint8Array | undefined;
}

interface ExemplarsOf {
  readonly query: HeldQuery;
  readonly spans: number;
  readonly range: NsRange;
  readonly shown: readonly Field[];
  readonly fields: HeldFields;
  readonly wanted: ExemplarsWanted;
  readonly turns: Turns;
}

/** Spans that are looked at for an exemplar. */
const CANDIDATES_PER_EXEMPLAR = 8;

/** Some of the spans, as many from one to the next. */
async function addExemplars(selected: readonly Selected[], of: ExemplarsOf, into: Accumulator): Promise<void> {
  const { query, spans, range, shown, fields, wanted, turns } = of;
  if (wanted.choice.isFull) return;
  const stride = Math.max(1, Math.floor(spans / (wanted.limit * CANDIDATES_PER_EXEMPLAR)));
  const { keys, values } = fieldsReader(query.groups);
  const labels = shown.map(printField);
  const measuredField = query.aggregate.field;
  const options = { fields, range };
  for (const { block, row } of everyOf(selected, stride)) {
    if (wanted.choice.isFull) return;
    if (turns.isDue) await turns.pass();
    const span = new HeldRow({ block, trace: traceOfRow(block, row), row }, options);
    const { traceId } = span;
    const tsMs = Number(span.startNs / 1_000_000n);
    if (!wanted.choice.take(traceId, tsMs)) continue;
    const attributes = shown.map((field, i) => [labels[i] ?? '', span.value(field)] as const).filter(([, value]) => value.type !== 'nil');
    const measured = measuredField === undefined ? NIL : span.value(measuredField);
    into.exemplar(values(keys.map((key) => span.text(key))), { tsMs, traceId, attributes }, measured);
  }
}

/** One of so many of the spans that count. */
function* everyOf(selected: readonly Selected[], stride: number): Generator<{ readonly block: HeldBlock; readonly row: number }> {
  let until = stride - 1;
  for (const { block, met } of selected) {
    if (met === undefined) {
      let row = until;
      for (; row < block.rows; row += stride) yield { block, row };
      until = row - block.rows;
      continue;
    }
    for (let row = 0; row < block.rows; row++) {
      if (met[row] === 0 || until-- > 0) continue;
      yield { block, row };
      until = stride - 1;
    }
  }
}
