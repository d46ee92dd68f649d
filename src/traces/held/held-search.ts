// A search over spans in memory: the newest traces, and all spans of those.
//
//   filter │ needs of a pipeline ─▶ traces of a block, newest first ─▶ the blocks that each has spans in ─▶ rows      others are read from the store

import { guarded } from '../../metrics/read.ts';
import { Turns } from '../../metrics/turns.ts';
import { sql, text } from '../../base/sql.ts';
import type { Catalogue, NsRange } from '../catalogue.ts';
import { spanFilter } from '../plan/span-filter.ts';
import { type SpanReadContext, plainOptions } from '../read.ts';
import { NAME } from '../search/found-trace.ts';
import { isOneOf, type TraceKey, traceIdText } from '../search/trace-ids.ts';
import type { RowSpan } from '../search/span-rows.ts';
import type { Field, Pipeline } from '../traceql/ast.ts';
import { type HeldBlock, traceAt } from './held-block.ts';
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
type Met = Pick<HeldNeeds, 'met' | 'isMet'>;

function spansMet(pipeline: Pipeline, fields: HeldFields): Met | undefined {
  const filter = spanFilter(pipeline);
  const test = filter && heldFilter(filter, fields);
  if (test === undefined) return undefined;
  const met = (block: HeldBlock): Int32Array => {
    const found = test(block);
    return found === undefined ? new Int32Array(block.rows).fill(1) : new Int32Array(found);
  };
  return { met, isMet: (bits) => bits !== 0 };
}

interface Searched extends HeldSearchOptions {
  readonly held: HeldRange;
  readonly heldFields: HeldFields;
  readonly met: Met;
}

/** Spans of some traces. */
interface TracesInMemory {
  readonly spans: readonly RowSpan[];
  /** Those that have spans elsewhere. */
  readonly others: readonly TraceKey[];
}

export class HeldSearch {
  readonly #of: Searched;
  /** Of the blocks of the range: the bits of each span. */
  readonly #met = new Map<HeldBlock, Int32Array>();

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

  /** All spans of traces that are wholly in memory; undefined where they are more than so many. */
  async whole(traces: readonly TraceKey[], spansMax: number): Promise<TracesInMemory | undefined> {
    const blocks = await this.#blocksOf(traces);
    const spans: RowSpan[] = [];
    const others: TraceKey[] = [];
    for (const trace of traces) {
      const own = blocks.get(traceIdText(trace));
      if (own === undefined || own.includes(undefined)) others.push(trace);
      else for (const block of own) if (block !== undefined) this.#addSpans(block, trace, spans);
      if (spans.length > spansMax) return undefined;
    }
    return { spans, others };
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

  #metOf(block: HeldBlock): Int32Array {
    const known = this.#met.get(block) ?? this.#of.met.met(block);
    this.#met.set(block, known);
    return known;
  }

  /** The blocks of each trace, undefined for one that is not in memory with all that is asked for. */
  async #blocksOf(traces: readonly TraceKey[]): Promise<ReadonlyMap<string, readonly (HeldBlock | undefined)[]>> {
    const { context, held, heldFields } = this.#of;
    const where = sql`tenant = ${text(context.tenant)} AND ${isOneOf(traces)}`;
    const statement = sql`SELECT DISTINCT trace_high, trace_low, block FROM trace_blocks WHERE ${where}`;
    const blocks = new Map<string, (HeldBlock | undefined)[]>();
    const sources = heldFields.columns.map(({ source }) => source);
    await guarded(context, async () => {
      for await (const { rows, columns } of context.client.stream(statement, plainOptions(context))) {
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

  #addSpans(block: HeldBlock, { high, low }: TraceKey, into: RowSpan[]): void {
    const trace = traceAt(block, high, low);
    if (trace < 0) return;
    const { range, context, heldFields: fields, isOfSpans } = this.#of;
    const options = {
      fields,
      range,
      isMatched: ({ row }: { readonly row: number }) => (isOfSpans && this.#isMatched(block, row) ? 1 : 0),
    };
    for (let row = block.traceStarts[trace] as number; row < (block.traceStarts[trace + 1] as number); row++) {
      const span = new HeldRow({ block, trace, row }, options);
      if (context.oldestNs === undefined || span.startNs >= context.oldestNs) into.push(span);
    }
  }

  #isMatched(block: HeldBlock, row: number): boolean {
    const { range } = this.#of;
    const offset = block.offsets[row] as number;
    return this.#metOf(block)[row] !== 0 && offset >= Number(range.fromNs - block.startNs) && offset < Number(range.toNs - block.startNs);
  }
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
