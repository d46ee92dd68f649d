// Metrics queries over spans in memory: which spans, which group, which step, and how many.
//
//   blocks ─▶ counts of each (block-count.ts), kept for the next time ─▶ Accumulator; some of the spans ─▶ exemplars

import type { Catalogue, NsRange } from '../catalogue.ts';
import { Turns } from '../../metrics/turns.ts';
import { shownFields, type ExemplarsWanted } from '../metrics/metrics-exemplars.ts';
import { spanFilter } from '../plan/span-filter.ts';
import type { SpanReadContext } from '../read.ts';
import type { Field, Pipeline, RangeAggregate } from '../traceql/ast.ts';
import type { Accumulator } from '../traceql/metrics/accumulator.ts';
import { bucketBound, isSpanDuration } from '../traceql/metrics/measured.ts';
import type { Steps } from '../traceql/metrics/steps.ts';
import { printField } from '../traceql/print.ts';
import { treeText } from '../traceql/tree-text.ts';
import { NIL } from '../traceql/value.ts';
import { BLOCK_NS } from '../table.ts';
import { type BlockCount, BlockCounter, type BlockSteps, BUCKETS, type Counting, type Measuring } from './block-count.ts';
import { type HeldBlock, keepCount, traceOfRow } from './held-block.ts';
import { fieldsReader, HeldFields } from './held-fields.ts';
import { heldFilter } from './held-filter.ts';
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
  const counted: Counted[] = [];
  const turns = new Turns(context);
  const counter = new BlockCounter(query);
  const range = { fromNs: fromOf(context, steps), toNs: held.toNs };
  const name = countName(pipeline, aggregate, fields);
  for (const block of held.blocks) {
    if (turns.isDue) await turns.pass();
    const count = countBlock(block, { query, counter, range, steps, name });
    if (count === undefined) return undefined;
    counted.push({ block, count });
  }
  for (const each of counted) {
    if (turns.isDue) await turns.pass();
    mergeCount(each, { query, steps }, into);
  }
  const spans = counted.reduce((sum, { count }) => sum + count.spans, 0);
  await addExemplars(counted, { query, spans, range: steps, shown, fields, wanted, turns }, into);
  return { spans, fromNs: held.toNs };
}

/** A hundred days: sums of steps and offsets are exact below. */
const STEP_MAX = 8_640_000_000_000_000n;

function fromOf({ oldestNs }: SpanReadContext, { fromNs }: NsRange): bigint {
  return oldestNs !== undefined && oldestNs > fromNs ? oldestNs : fromNs;
}

interface HeldQuery extends Counting {
  readonly aggregate: RangeAggregate;
}

function heldQuery(pipeline: Pipeline, aggregate: RangeAggregate, fields: HeldFields): HeldQuery | undefined {
  const filter = spanFilter(pipeline);
  const test = filter && heldFilter(filter, fields);
  const groups = aggregate.by.flatMap((field) => fields.of(field) ?? []);
  if (test === undefined || groups.length < aggregate.by.length) return undefined;
  const query = { test, groups, aggregate, measuring: MEASURING[aggregate.fn] ?? 'numbers' };
  const { field } = aggregate;
  if (field === undefined || isSpanDuration(field)) return { ...query, measured: undefined };
  const held = fields.of(field);
  return held && { ...query, measured: { field, held } };
}

const MEASURING: Readonly<Partial<Record<RangeAggregate['fn'], Measuring>>> = {
  rate: 'nothing',
  count_over_time: 'nothing',
  quantile_over_time: 'buckets',
  histogram_over_time: 'buckets',
};

/** The same for queries that count the same. Columns stand for what is known of attributes now. */
function countName(pipeline: Pipeline, { fn, field, by }: RangeAggregate, fields: HeldFields): string {
  const columns = fields.columns.map(({ source }) => source);
  return treeText([pipeline, MEASURING[fn], field, by, columns]);
}

interface CountOptions {
  readonly query: HeldQuery;
  readonly counter: BlockCounter;
  readonly range: NsRange;
  readonly steps: Steps;
  readonly name: string;
}

/** Of a block that is wholly in the range the counts are kept. Undefined where there are too many. */
function countBlock(block: HeldBlock, { query, counter, range, steps, name }: CountOptions): BlockCount | undefined {
  const isWhole = block.startNs + BigInt(block.first) >= range.fromNs && block.startNs + BigInt(block.last) < range.toNs;
  const { restNs, stepNs, count: stepCount } = stepsFrom(block, steps).steps;
  const key = `${restNs} ${stepNs} ${name}`;
  const known = isWhole ? block.counts.get(key) : undefined;
  if (known !== undefined) return known;
  const met = isWhole ? query.test(block) : within(block, query.test(block), range);
  const count = counter.count(block, met, { restNs, stepNs, count: stepCount });
  if (count !== undefined && isWhole) keepCount(block, key, count);
  return count;
}

interface Counted {
  readonly block: HeldBlock;
  readonly count: BlockCount;
}

function mergeCount({ block, count }: Counted, { query, steps }: Pick<CountOptions, 'query' | 'steps'>, into: Accumulator): void {
  const { base } = stepsFrom(block, steps);
  const { cells, counts, sums, mins, maxs, groups } = count;
  const isDuration = query.measured === undefined;
  const unit = isDuration ? 1e9 : 1;
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i] as number;
    const place = Math.floor(cell / BUCKETS);
    const values = groups[Math.floor(place / count.steps)] ?? [];
    const step = base + (place % count.steps);
    const of = counts[i] as number;
    if (query.measuring === 'nothing') into.merge(values, step, { count: of });
    else if (query.measuring === 'buckets') into.merge(values, step, { count: of, bucket: bucketBound(cell % BUCKETS, isDuration) });
    else
      into.merge(values, step, {
        count: of,
        sum: (sums[i] as number) / unit,
        min: (mins[i] as number) / unit,
        max: (maxs[i] as number) / unit,
      });
  }
}

interface Placed {
  /** The number of the block's first step among those of the query. */
  readonly base: number;
  readonly steps: BlockSteps;
}

/** The steps that a block touches. */
function stepsFrom({ startNs }: HeldBlock, { isInstant, fromNs, stepNs }: Steps): Placed {
  if (isInstant) return { base: 0, steps: { restNs: 0, stepNs: Infinity, count: 1 } };
  const since = startNs - fromNs;
  const rest = ((since % stepNs) + stepNs) % stepNs;
  const count = Number((rest + BLOCK_NS - 1n) / stepNs) + 1;
  return { base: Number((since - rest) / stepNs), steps: { restNs: Number(rest), stepNs: Number(stepNs), count } };
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

/** Some of the spans, of every block as many as it has a share in all. */
async function addExemplars(counted: readonly Counted[], of: ExemplarsOf, into: Accumulator): Promise<void> {
  const { query, spans, range, shown, fields, wanted, turns } = of;
  if (wanted.choice.isFull) return;
  const { keys, values } = fieldsReader(query.groups);
  const labels = shown.map(printField);
  const measuredField = query.aggregate.field;
  const options = { fields, range };
  for (const { block, row } of candidates(counted, spans, wanted.limit * CANDIDATES_PER_EXEMPLAR)) {
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

/** Some of the spans that were kept for it. */
function* candidates(
  counted: readonly Counted[],
  spans: number,
  most: number,
): Generator<{ readonly block: HeldBlock; readonly row: number }> {
  for (const { block, count } of counted) {
    const { samples } = count;
    const distance = Math.max(1, (samples.length * spans) / (count.spans * most));
    for (let at = distance / 2; at < samples.length; at += distance) yield { block, row: samples[Math.floor(at)] as number };
  }
}
