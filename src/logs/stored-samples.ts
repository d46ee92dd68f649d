// Where a query's range aggregations get their samples from: added up in ClickHouse where it can decide everything, else made of lines here.
//
//   request ─▶ plan ─┬─ nothing is left to run, and sums serve ─▶ GROUP BY stream, bucket ─▶ buckets
//                    ├─ fields of logfmt lines decide ─▶ their values (fields/) ─▶ samples
//                    └─ else ─▶ lines that the conditions let pass ─▶ line-samples.ts ─▶ samples
//
// All give the same result; a test compares them over generated queries.

import { type Sql, and, identifier, int, join, NOTHING, sql, text } from '../base/sql.ts';
import { guarded, statementOptions } from '../metrics/read.ts';
import { labelValue, type Labels, NO_LABELS, setLabel } from '../query/labels.ts';
import type { Block, Values } from '../storage/native.ts';
import { type FieldSamples, type OtherLines, readFieldSamples } from './fields/field-samples.ts';
import { countedOnce, type LogReadContext } from './late-lines.ts';
import type { LineBlock } from './line-block.ts';
import { DETECTED_LEVEL, withLevel } from './line-columns.ts';
import { LookedAt } from './looked-at.ts';
import { LineSampler, sampleBlocks } from './line-samples.ts';
import { LineLabels } from './logql/line-labels.ts';
import { type LinePlan, planLines } from './plan.ts';
import type { QueryCosts } from './query-result.ts';
import type { BucketBlock, RangeBlocks, RangeRequest, RangeSource, SampleBlock } from './range-source.ts';
import { labelsOfMap, metadataBytes, readPart } from './read-lines.ts';
import { type SampleGrouping, sampleGrouping } from './sample-grouping.ts';
import { narrowedTo, selectStreams, type StreamSet, type TenantPart } from './select-streams.ts';
import { SeriesNumbers } from './series-numbers.ts';
import { type BucketNumbering, bucketNumbering } from './window-grid.ts';

export function storedSamples(context: LogReadContext, costs: QueryCosts): RangeSource {
  return {
    read(request, use): RangeBlocks {
      const plan = planLines(request.range.log.stages);
      if (use === 'sums' && plan.stages.length === 0 && request.value !== 'unwrap') return countedSamples(context, costs, request, plan);
      return readSamples({ context, costs, plan, request });
    },
  };
}

interface Sampling {
  readonly context: LogReadContext;
  readonly costs: QueryCosts;
  readonly plan: LinePlan;
  readonly request: RangeRequest;
}

function readSamples(sampling: Sampling): RangeBlocks {
  const { plan, request } = sampling;
  const { range } = request;
  // What ClickHouse decides is decided when the lines come.
  const left = { ...request, range: { ...range, log: { ...range.log, stages: plan.stages } } };
  const sampler = new LineSampler(left);
  return { kind: 'samples', labels: (series) => sampler.labels(series), blocks: samplesOf({ ...sampling, request: left }, sampler) };
}

async function* samplesOf(sampling: Sampling, sampler: LineSampler): AsyncGenerator<SampleBlock> {
  const { context, costs, plan, request } = sampling;
  const { originNs, lastNs } = bucketNumbering(request.grid);
  const range = { fromNs: originNs + 1n, toNs: lastNs + 1n };
  const selected = await selectStreams(context, request.range.log.matchers, range);
  costs.streams += selected.size;
  const streams = await countedOnce(context, await narrowedTo(context, selected, plan, range), range);
  const looked = new LookedAt(context, costs);
  for (const part of streams.parts) {
    if (plan.conditions.length > 0) looked.add(part, range);
    const found = await fieldSamples(sampling, sampler, { streams, part });
    if (found !== undefined) {
      addCosts(costs, found);
      yield* found.samples;
      if (found.others === undefined) continue;
    }
    yield* sampleBlocks(sampler, request, {
      read: () => linesOf(sampling, { streams, part }, found?.others),
      onMatched: (lines) => (costs.linesMatched += lines),
      signal: context.signal,
    });
  }
  await looked.done();
}

/** Samples that ClickHouse can group by the fields that matter; undefined where the lines themselves are needed. */
async function fieldSamples({ context, plan, request }: Sampling, { fields }: LineSampler, { streams, part }: Where) {
  if (fields === undefined) return undefined;
  const numbering = bucketNumbering(request.grid);
  const range = { fromNs: numbering.originNs + 1n, toNs: numbering.lastNs + 1n };
  const reading = { context, sampler: fields, streams, part, range, conditions: plan.conditions, originNs: numbering.originNs };
  return readFieldSamples(reading);
}

/** Lines that are not plain are counted when they are read. */
function addCosts(costs: QueryCosts, { samples, lines, bytes }: FieldSamples): void {
  costs.linesProcessed += lines;
  costs.bytesProcessed += bytes;
  for (const { rows } of samples) costs.linesMatched += rows;
}

interface Where {
  readonly streams: StreamSet;
  readonly part: TenantPart;
}

async function* linesOf(
  { context, costs, plan, request }: Sampling,
  { streams, part }: Where,
  others: OtherLines | undefined,
): AsyncGenerator<LineBlock> {
  const { originNs, lastNs } = bucketNumbering(request.grid);
  const blocks = readPart(context, streams, part, {
    range: { fromNs: originNs + 1n, toNs: lastNs + 1n },
    definitions: others?.definitions,
    conditions: others === undefined ? plan.conditions : [...plan.conditions, others.condition],
    withLevel: asksForLevel(request, plan),
  });
  for await (const block of blocks) {
    costs.linesProcessed += block.rows;
    const ownBytes = metadataBytes(block);
    costs.metadataBytesProcessed += ownBytes;
    costs.bytesProcessed += ownBytes + (block.lines.ends.at(-1) ?? 0) - (block.lines.starts[0] ?? 0);
    yield block;
  }
}

/** False where nothing of a query can name the detected level: it then need not be read, nor put beside every line. */
function asksForLevel(request: RangeRequest, { stages }: LinePlan): boolean {
  if (sampleGrouping(request).kind === 'without') return true;
  return (
    JSON.stringify([stages, request.grouping, request.range.unwrap]).includes(DETECTED_LEVEL) ||
    stages.some(({ kind }) => FREE_STAGES.has(kind))
  );
}

/** Stages that may name any label, or all of them. */
const FREE_STAGES: ReadonlySet<string> = new Set(['line_format', 'label_format', 'drop', 'keep', 'distinct', 'unpack']);

function countedSamples(context: LogReadContext, costs: QueryCosts, request: RangeRequest, plan: LinePlan): RangeBlocks {
  const series = new SeriesNumbers(sampleGrouping(request));
  const counting = { context, costs, request, plan, series, numbering: bucketNumbering(request.grid) };
  return { kind: 'buckets', labels: (number) => series.labels(number), blocks: countedBlocks(counting) };
}

interface Counting {
  readonly context: LogReadContext;
  readonly costs: QueryCosts;
  readonly request: RangeRequest;
  readonly plan: LinePlan;
  readonly series: SeriesNumbers;
  readonly numbering: BucketNumbering;
}

async function* countedBlocks(counting: Counting): AsyncGenerator<BucketBlock> {
  const { context, request, numbering } = counting;
  const { originNs, lastNs } = numbering;
  const range = { fromNs: originNs + 1n, toNs: lastNs + 1n };
  const selected = await selectStreams(context, request.range.log.matchers, range);
  counting.costs.streams += selected.size;
  const streams = await countedOnce(context, await narrowedTo(context, selected, counting.plan, range), range);
  const looked = new LookedAt(context, counting.costs);
  for (const part of streams.parts) {
    if (counting.plan.conditions.length > 0) looked.add(part, range);
    const labelled = labelledBy(sampleGrouping(request), part);
    const known: number[] = [];
    const rows = sql`SELECT stream, ${bucketExpression(numbering)} AS bucket, count() AS lines${sizeOf(request)}${join(
      labelled.columns.map((column) => sql`, ${column}`),
      NOTHING,
    )} FROM ${part.from} WHERE ${part.condition(range)}${and(counting.plan.conditions)} GROUP BY ${join(
      [sql`stream`, sql`bucket`, ...labelled.names],
      sql`, `,
    )}`;
    const blocks = context.client.stream(rows, statementOptions(context))[Symbol.asyncIterator]();
    try {
      for (let next = await guarded(context, () => blocks.next()); next.done !== true; next = await guarded(context, () => blocks.next()))
        yield bucketBlock(counting, { part, labelled, known }, next.value);
    } finally {
      await blocks.return?.(undefined);
    }
  }
  await looked.done();
}

/** As window-grid.ts numbers them. */
function bucketExpression({ originNs, stepNs, intervalNs, steps, isAligned }: BucketNumbering): Sql {
  const edges = sql`intDiv(ts - ${int(originNs)} + ${int(stepNs - 1n)}, ${int(stepNs)})`;
  if (isAligned) return sql`toUInt32(${edges} - 1)`;
  const ends = sql`greatest(intDiv(ts - ${int(originNs + intervalNs)} + ${int(stepNs - 1n)}, ${int(stepNs)}), 0)`;
  return sql`toUInt32(least(${edges}, ${int(steps)}) - 1 + ${ends})`;
}

function sizeOf({ value }: RangeRequest): Sql {
  return value === 'bytes' ? sql`, sum(length(line)) AS size` : NOTHING;
}

/** Which stored columns tell the series of a stream apart. */
interface Labelled {
  /** With their aliases, and the aliases. */
  readonly columns: readonly Sql[];
  readonly names: readonly Sql[];
  /** The metadata of a row, as far as it matters. */
  readonly metadataAt: (columns: Block['columns'], row: number) => Labels;
}

function labelledBy({ kind, labels }: SampleGrouping, { selection }: TenantPart): Labelled {
  if (kind === 'without' || labels.some(mayBeMoved)) return ALL_METADATA;
  // What every stream has cannot come from the metadata.
  const asked = labels.filter((label) => !everyStreamHas(selection, label));
  const stored = asked.map((label, i) => sql`metadata[${text(label)}] AS ${aliasOf(i)}`);
  const wantsLevel = asked.includes(DETECTED_LEVEL);
  return {
    columns: wantsLevel ? [...stored, sql`level`] : stored,
    names: [...asked.map((_, i) => aliasOf(i)), ...(wantsLevel ? [sql`level`] : [])],
    metadataAt: (columns, row) => {
      let metadata = NO_LABELS;
      asked.forEach((label, i) => (metadata = setLabel(metadata, label, textOf(columns[`m${i}`]?.[row]))));
      return wantsLevel ? withLevel(metadata, Number(columns['level']?.[row])) : metadata;
    },
  };
}

const ALL_METADATA: Labelled = {
  columns: [sql`level`, sql`metadata`],
  names: [sql`level`, sql`metadata`],
  metadataAt: ({ level, metadata }, row) => withLevel(labelsOfMap(metadata?.[row]), Number(level?.[row])),
};

function aliasOf(number: number): Sql {
  return identifier(`m${number}`);
}

/** Metadata under a name that its stream has too shows under another one. */
function mayBeMoved(label: string): boolean {
  return label.endsWith('_extracted');
}

function everyStreamHas(selection: TenantPart['selection'], label: string): boolean {
  for (let number = 0; number < selection.size; number++) if (labelValue(selection.labels(number), label) === '') return false;
  return true;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

interface Place {
  readonly part: TenantPart;
  readonly labelled: Labelled;
  /** By stream its series, where only the stream decides. */
  readonly known: number[];
}

function bucketBlock({ costs, request, series }: Counting, { part, labelled, known }: Place, { rows, columns }: Block): BucketBlock {
  const { stream: ids, bucket } = columns;
  const lines = numbersOf(columns['lines'], rows);
  const sums = request.value === 'bytes' ? numbersOf(columns['size'], rows) : lines;
  const numbers = new Uint32Array(rows);
  const labels = new LineLabels();
  const words = ids instanceof BigUint64Array ? new Uint32Array(ids.buffer, ids.byteOffset, 2 * rows) : new Uint32Array(0);
  const seriesAt = (stream: number, row: number): number => {
    labels.reset(part.selection.labels(stream), labelled.metadataAt(columns, row));
    const number = series.of(labels);
    if (labelled.names.length === 0) known[stream] = number;
    return number;
  };
  for (let row = 0; row < rows; row++) {
    const stream = part.selection.find(words[2 * row] as number, words[2 * row + 1] as number);
    // Rows of streams that were not selected count for nothing.
    if (stream < 0) {
      lines[row] = 0;
      sums[row] = 0;
      continue;
    }
    numbers[row] = known[stream] ?? seriesAt(stream, row);
    costs.linesProcessed += lines[row] as number;
    costs.linesMatched += lines[row] as number;
    if (request.value === 'bytes') costs.bytesProcessed += sums[row] as number;
  }
  return { rows, series: numbers, bucket: bucket instanceof Uint32Array ? bucket : new Uint32Array(rows), sums, counts: lines };
}

function numbersOf(values: Values | undefined, rows: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => Number(values?.[row] ?? 0));
}
