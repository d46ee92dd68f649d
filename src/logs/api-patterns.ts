// `/loki/api/v1/patterns`: which texts recur in the lines of a selector, and how often each over time.
//
//   volumes per bucket ─▶ how much of each bucket to read ─▶ lines ─(filters)─▶ PatternMiner ─▶ patterns with counts
//
// A small range is read whole, and its counts are exact. Of a large one each bucket of time is read in part, about the same number of lines
// each, at changing places within the bucket; a line then counts for as many as stand for it, so the counts are estimates, and
// steps are no finer than the buckets. What happens only outside the parts that are read is not seen.
//
// Source: Loki HTTP API documentation, "Patterns detection".

import type { ReadContext } from '../metrics/read.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { json } from '../server/route.ts';
import { labelValue, NO_LABELS } from '../query/labels.ts';
import { type LogsApiOptions, type StreamVolume, getAndPost } from './api-context.ts';
import { badData, parseLogQuery, rangeParams, stepParam } from './api-params.ts';
import { type LineBlock, type NsRange, textAt } from './line-block.ts';
import type { LogExpr } from './logql/ast.ts';
import { compilePipeline } from './logql/compile-pipeline.ts';
import { LineLabels } from './logql/line-labels.ts';
import type { Pipeline } from './logql/pipeline.ts';
import { PatternMiner } from './patterns/pattern-miner.ts';

export interface PatternsApiOptions extends Pick<LogsApiOptions, 'clock' | 'contexts' | 'volumes'> {
  /** The lines of the streams that the matchers select, in any order; the query's filters may have been applied or not. */
  readonly lines: (context: ReadContext, expr: LogExpr, range: NsRange) => AsyncIterable<LineBlock>;
}

/** Lines that one request reads, about. */
export const PATTERN_LINES_MAX = 300_000;
/** Parts that a range is divided into where it is not read whole: each is a statement of its own. */
const BUCKETS_MAX = 60n;
/** Loki counts patterns by ten seconds; finer steps say nothing of a pattern. */
const STEP_NS_MIN = 1_000_000_000n;
const PATTERNS_MAX = 300;
/** Between 0 and 1, evenly spread over any number of buckets. */
const GOLDEN = 0.618_033_988_749_895;

/** The route of patterns. */
export function patternRoutes(options: PatternsApiOptions): readonly Route[] {
  return getAndPost('/loki/api/v1/patterns', 'Patterns of lines, with their counts over time.', (request) => patterns(options, request));
}

async function patterns(options: PatternsApiOptions, request: Request): Promise<Reply> {
  const { query } = request;
  const text = query.get('query') ?? '';
  if (text === '') throw badData('query is required');
  const expr = parseLogQuery(text);
  const range = rangeParams(query, options.clock.now());
  const asked = stepParam(query, range);
  const context = await options.contexts.read(request);
  const source: PatternSource = {
    volumes: (within, stepNs) => options.volumes(context, expr.matchers, within, stepNs),
    lines: (within) => options.lines(context, expr, within),
  };
  const data = await minePatterns(source, { expr, range, stepNs: asked < STEP_NS_MIN ? STEP_NS_MIN : asked });
  return json({ status: 'success', data });
}

/** What patterns are made of. */
export interface PatternSource {
  readonly volumes: (range: NsRange, stepNs: bigint) => Promise<readonly Pick<StreamVolume, 'bucket' | 'lines'>[]>;
  readonly lines: (range: NsRange) => AsyncIterable<LineBlock>;
}

export interface PatternQuery {
  readonly expr: LogExpr;
  readonly range: NsRange;
  readonly stepNs: bigint;
}

/** A pattern as the API draws it. */
export interface PatternAnswer {
  readonly pattern: string;
  readonly level?: string;
  /** `[seconds since the epoch, lines]`. */
  readonly samples: readonly (readonly [number, number])[];
}

/** The patterns of the lines that pass a query's stages, the most frequent first. */
export async function minePatterns(source: PatternSource, query: PatternQuery): Promise<readonly PatternAnswer[]> {
  const parts = await partsOf(source, query);
  const sampled = parts.some(({ weight }) => weight > 1);
  const miner = new PatternMiner({ stepMs: Number((sampled ? bucketNs(query) : query.stepNs) / 1_000_000n) });
  const pipeline = compilePipeline(query.expr.stages);
  for (const part of parts) {
    for await (const block of source.lines(part.range)) addBlock(miner, pipeline, block, part);
  }
  return patternsData(miner);
}

/** A piece of the range that is read; each of its lines stands for `weight`. */
interface Part {
  readonly range: NsRange;
  readonly weight: number;
}

async function partsOf(source: PatternSource, query: PatternQuery): Promise<readonly Part[]> {
  const { range } = query;
  const widthNs = bucketNs(query);
  // Buckets lie as steps do, so that the part of a bucket counts within it.
  const aligned = { fromNs: range.fromNs - (((range.fromNs % widthNs) + widthNs) % widthNs), toNs: range.toNs };
  const lines = new Map<number, number>();
  let total = 0;
  for (const volume of await source.volumes(aligned, widthNs)) {
    lines.set(volume.bucket, (lines.get(volume.bucket) ?? 0) + volume.lines);
    total += volume.lines;
  }
  if (total === 0) return [];
  if (total <= PATTERN_LINES_MAX) return [{ range, weight: 1 }];
  const share = PATTERN_LINES_MAX / lines.size;
  return [...lines]
    .sort(([a], [b]) => a - b)
    .map(([bucket, count]) => partOf(clipped({ aligned, widthNs, bucket }, range), Math.max(count / share, 1), bucket));
}

/** At least a step, and a multiple of it. */
function bucketNs({ range, stepNs }: Pick<PatternQuery, 'range' | 'stepNs'>): bigint {
  return stepNs * ((range.toNs - range.fromNs) / (stepNs * BUCKETS_MAX) + 1n);
}

function clipped(at: { aligned: NsRange; widthNs: bigint; bucket: number }, range: NsRange): NsRange {
  const fromNs = at.aligned.fromNs + at.widthNs * BigInt(at.bucket);
  const toNs = fromNs + at.widthNs;
  return { fromNs: fromNs < range.fromNs ? range.fromNs : fromNs, toNs: toNs > range.toNs ? range.toNs : toNs };
}

/** A part of a bucket, the `weight`th; where in it changes from bucket to bucket, so that what recurs regularly is not always missed. */
function partOf({ fromNs, toNs }: NsRange, weight: number, bucket: number): Part {
  const width = Number(toNs - fromNs);
  const length = Math.max(Math.floor(width / weight), 1);
  const start = fromNs + BigInt(Math.floor(((bucket * GOLDEN) % 1) * (width - length)));
  return { range: { fromNs: start, toNs: start + BigInt(length) }, weight: width / length };
}

function addBlock(miner: PatternMiner, pipeline: Pipeline, block: LineBlock, { weight }: Part): void {
  const labels = new LineLabels();
  for (let row = 0; row < block.rows; row++) {
    const text = textAt(block.lines, row);
    const tsNs = block.ts[row] ?? 0n;
    const stream = block.streams.labels(block.stream[row] ?? 0);
    const metadata = block.metadata?.[row] ?? NO_LABELS;
    labels.reset(stream, metadata);
    // Stages may rewrite the line; the pattern is that of the line as it is stored, which a filter will see.
    if (pipeline.process({ tsNs, text, labels })) miner.add(text, Number(tsNs / 1_000_000n), levelOf(metadata, stream), weight);
  }
}

function levelOf(metadata: readonly string[], stream: readonly string[]): string {
  return labelValue(metadata, 'detected_level') || labelValue(stream, 'detected_level') || labelValue(stream, 'level');
}

function patternsData(miner: PatternMiner): readonly PatternAnswer[] {
  return miner
    .patterns()
    .slice(0, PATTERNS_MAX)
    .map(({ pattern, level, samples }) => ({
      pattern,
      ...(level === '' ? {} : { level }),
      // A count that stands for others is no whole number.
      samples: samples.map(([seconds, count]) => [seconds, Math.max(Math.round(count), 1)] as const),
    }));
}
