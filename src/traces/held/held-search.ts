// A search over spans in memory: the newest traces, and all spans of those.
//
//   filter │ needs of a pipeline ─▶ traces of a block, newest first ─▶ the blocks that each has spans in ─▶ rows      others are read from the store

import { guarded } from '../../metrics/read.ts';
import { Turns } from '../../metrics/turns.ts';
import { ints, sql, text } from '../../base/sql.ts';
import type { Catalogue, NsRange } from '../catalogue.ts';
import { spanFilter } from '../plan/span-filter.ts';
import { type SpanReadContext, pointOptions } from '../read.ts';
import { NAME } from '../search/found-trace.ts';
import type { TraceFacts } from '../search/trace-facts.ts';
import { type TraceKey, traceIdText } from '../search/trace-ids.ts';
import type { RowSpan } from '../search/span-rows.ts';
import type { Field, Pipeline } from '../traceql/ast.ts';
import { type HeldBlock, traceAt } from './held-block.ts';
import { heldFacts, type TracePart } from './held-facts.ts';
import { HeldFields } from './held-fields.ts';
import { heldFilter } from './held-filter.ts';
import { HeldNeeds } from './held-needs.ts';
import { HeldRow, isHeld } from './held-rows.ts';
import type { HeldRange } from './held-spans.ts';

export interface HeldSearchOptions {
  readonly context: SpanReadContext;
  readonly catalogue: Catalogue;
  /** Of the question, and after what is past its retention. */
  readonly range: NsRange;
  readonly pipeline: Pipeline;
  /** Fields that the pipeline and the answer ask spans for. */
  readonly fields: readonly Field[];
  /** Whether each span decides by itself. */
  readonly isOfSpans: boolean;
}

/** Undefined where the store is to be asked for all. What depends on several spans of a trace is searched only where all of the range is in memory. */
export async function heldSearch(options: HeldSearchOptions): Promise<HeldSearch | undefined> {
  const { context, catalogue, range, pipeline, isOfSpans } = options;
  if (context.held === undefined) return undefined;
  const fields = new HeldFields(catalogue);
  if (![...options.fields, NAME].every((field) => isHeld(field, fields))) return undefined;
  const met = isOfSpans ? spansMet(pipeline, fields) : new HeldNeeds(pipeline, fields);
  if (met === undefined) return undefined;
  const held = await context.held.range(context, range, fields.columns);
  if (held === undefined || (!isOfSpans && held.toNs < range.toNs)) return undefined;
  return new HeldSearch({ ...options, held, heldFields: fields, met });
}

/** What decides of the spans of a block, and of traces by their spans. */
interface Met extends Pick<HeldNeeds, 'isMet'> {
  /** Bits of each span. */
  met(block: HeldBlock): Uint8Array | Int32Array;
}

function spansMet(pipeline: Pipeline, fields: HeldFields): Met | undefined {
  const filter = spanFilter(pipeline);
  const test = filter && heldFilter(filter, fields);
  if (test === undefined) return undefined;
  const met = (block: HeldBlock): Uint8Array => test(block) ?? new Uint8Array(block.rows).fill(1);
  return { met, isMet: (bits) => bits !== 0 };
}

interface Searched extends HeldSearchOptions {
  readonly held: HeldRange;
  readonly heldFields: HeldFields;
  readonly met: Met;
}

/** Traces that are wholly in memory, by id in hex. */
interface HeldTraces {
  /** In the order of time. Where each span decides by itself only those that match, and of these the first. */
  readonly spans: ReadonlyMap<string, readonly RowSpan[]>;
  readonly facts: ReadonlyMap<string, TraceFacts>;
  /** How many spans the traces have. */
  readonly count: number;
  /** Traces that have spans elsewhere. */
  readonly others: readonly TraceKey[];
}

interface WholeOptions {
  /** Spans of all traces together. */
  readonly spansMax: number;
  /** Spans of a trace that an answer shows. */
  readonly shownMax: number;
}

export class HeldSearch {
  readonly #of: Searched;
  /** Of the blocks of the range: the bits of each span. */
  readonly #met = new Map<HeldBlock, Uint8Array | Int32Array>();

  constructor(searched: Searched) {
    this.#of = searched;
  }

  /** What starts before is in memory. */
  get toNs(): bigint {
    return this.#of.held.toNs;
  }

  /** The newest traces that match, or may, each once and at most so many. */
  async newest(most: number): Promise<readonly TraceKey[]> {
    const found = new Map<string, TraceKey>();
    for await (const traces of this.byBlock(most)) {
      for (const trace of traces) if (found.size < most) found.set(traceIdText(trace), trace);
      if (found.size >= most) break;
    }
    return [...found.values()];
  }

  /** The same block by block, of each at most so many; a trace may come again. */
  async *byBlock(most = Infinity): AsyncGenerator<readonly TraceKey[]> {
    const partial = new Map<number, number>();
    const turns = new Turns(this.#of.context);
    for (const block of this.#of.held.blocks.toReversed()) {
      if (turns.isDue) await turns.pass();
      yield this.#newestOf(block, partial, most);
    }
  }

  /** What some traces are; undefined where they have more spans than may be looked at. */
  async whole(traces: readonly TraceKey[], { spansMax, shownMax }: WholeOptions): Promise<HeldTraces | undefined> {
    const { catalogue, context, isOfSpans } = this.#of;
    const blocks = await this.#blocksOf(traces);
    const factsOf = heldFacts({
      catalogue,
      oldestNs: context.oldestNs,
      isMatched: (block, row) => isOfSpans && this.#isMatched(block, row),
    });
    const spans = new Map<string, readonly RowSpan[]>();
    const facts = new Map<string, TraceFacts>();
    const others: TraceKey[] = [];
    let count = 0;
    for (const trace of traces) {
      const traceId = traceIdText(trace);
      const parts = partsOf(trace, blocks.get(traceId));
      const own = parts && factsOf(parts);
      if (parts === undefined || own === undefined) {
        others.push(trace);
        continue;
      }
      count += own.spans;
      if (count > spansMax) return undefined;
      facts.set(traceId, own);
      spans.set(traceId, this.#rows(parts, shownMax));
    }
    return { spans, facts, count, others };
  }

  #newestOf(block: HeldBlock, partial: Map<number, number>, most: number): readonly TraceKey[] {
    const { range, met } = this.#of;
    const bits = this.#metOf(block);
    const { traceStarts, offsets, traceHighs, traceLows } = block;
    const [first, end] = [Number(range.fromNs - block.startNs), Number(this.toNs - block.startNs)];
    const keys = new Uint32Array(traceLows.buffer);
    const lasts = new Float64Array(traceHighs.length);
    const found: number[] = [];
    for (let trace = 0; trace < traceHighs.length; trace++) {
      let [all, last] = [0, -1];
      for (let row = traceStarts[trace] as number; row < (traceStarts[trace + 1] as number); row++) {
        const offset = offsets[row] as number;
        if (bits[row] === 0 || offset < first || offset >= end) continue;
        all |= bits[row] as number;
        if (offset > last) last = offset;
      }
      if (all === 0) continue;
      // Half of an id: where two traces share it, one too many is looked at.
      const key = ((keys[2 * trace + 1] as number) & 0x1f_ffff) * 4_294_967_296 + (keys[2 * trace] as number);
      const together = partial.size === 0 ? all : all | (partial.get(key) ?? 0);
      if (!met.isMet(together)) {
        partial.set(key, together);
        continue;
      }
      lasts[trace] = last;
      found.push(trace);
    }
    return newestFirst(found, lasts, most).map((trace) => ({ high: traceHighs[trace] as bigint, low: traceLows[trace] as bigint }));
  }

  #metOf(block: HeldBlock): Uint8Array | Int32Array {
    const known = this.#met.get(block) ?? this.#of.met.met(block);
    this.#met.set(block, known);
    return known;
  }

  /** The blocks of each trace, undefined for one that is not in memory with all that is asked for. */
  async #blocksOf(traces: readonly TraceKey[]): Promise<ReadonlyMap<string, readonly (HeldBlock | undefined)[]>> {
    const { context, held, heldFields } = this.#of;
    // Two lists of numbers are read faster than pairs; what else has these halves is passed over.
    const halves = sql`trace_high IN ${ints(traces.map(({ high }) => high))} AND trace_low IN ${ints(traces.map(({ low }) => low))}`;
    const where = sql`tenant = ${text(context.tenant)} AND ${halves}`;
    const statement = sql`SELECT DISTINCT trace_high, trace_low, block FROM trace_blocks WHERE ${where}`;
    const blocks = new Map<string, (HeldBlock | undefined)[]>();
    const sources = heldFields.columns.map(({ source }) => source);
    await guarded(context, async () => {
      for await (const { rows, columns } of context.client.stream(statement, pointOptions(context))) {
        const { trace_high: highs, trace_low: lows, block: numbers = [] } = columns;
        if (!(highs instanceof BigUint64Array) || !(lows instanceof BigUint64Array)) continue;
        for (let row = 0; row < rows; row++) {
          const traceId = traceIdText({ high: highs[row] as bigint, low: lows[row] as bigint });
          const own = blocks.get(traceId) ?? [];
          blocks.set(traceId, own);
          const block = held.block(Number(numbers[row]));
          own.push(block !== undefined && sources.every((source) => block.columns.has(source)) ? block : undefined);
        }
      }
    });
    return blocks;
  }

  #rows(parts: readonly TracePart[], shownMax: number): readonly RowSpan[] {
    const { range, context, heldFields: fields, isOfSpans } = this.#of;
    const rows: RowSpan[] = [];
    for (const { block, trace } of parts) {
      for (let row = block.traceStarts[trace] as number; row < (block.traceStarts[trace + 1] as number); row++) {
        if (isOfSpans && (rows.length >= shownMax || !this.#isMatched(block, row))) continue;
        const span = new HeldRow({ block, trace, row }, { fields, range });
        if (context.oldestNs === undefined || span.startNs >= context.oldestNs) rows.push(span);
      }
    }
    return rows;
  }

  #isMatched(block: HeldBlock, row: number): boolean {
    const { range } = this.#of;
    const offset = block.offsets[row] as number;
    return this.#metOf(block)[row] !== 0 && offset >= Number(range.fromNs - block.startNs) && offset < Number(range.toNs - block.startNs);
  }
}

/** A trace in its blocks, in the order of time; undefined where one is not in memory, or none is known. */
function partsOf({ high, low }: TraceKey, blocks: readonly (HeldBlock | undefined)[] = []): readonly TracePart[] | undefined {
  const known = blocks.flatMap((block) => block ?? []).sort((a, b) => a.block - b.block);
  if (known.length === 0 || known.length < blocks.length) return undefined;
  return known.map((block) => ({ block, trace: traceAt(block, high, low) })).filter(({ trace }) => trace >= 0);
}

/** Traces by the last of their spans that count, the latest first. */
function newestFirst(traces: number[], lasts: Float64Array, most: number): readonly number[] {
  let kept = traces;
  if (traces.length > most) {
    const least = Float64Array.from(traces, (trace) => lasts[trace] as number).sort()[traces.length - most] as number;
    kept = traces.filter((trace) => (lasts[trace] as number) >= least);
  }
  return kept.sort((a, b) => (lasts[b] as number) - (lasts[a] as number));
}
