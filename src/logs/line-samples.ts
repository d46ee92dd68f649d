// The reference source of samples: lines through the stages of the query, each that is left a sample of its series.
//
//   LineBlock ─▶ pipeline ─▶ unwrap ─▶ filters behind it ─▶ number of the series by its labels ─▶ SampleBlock
//
// Source: Loki `pkg/logql/log/metrics_extraction.go`.

import { type Labels, NO_LABELS } from '../query/labels.ts';
import type { Matcher } from '../query/matchers.ts';
import { Slices } from '../metrics/slices.ts';
import { FieldSampler, LONG_WAY } from './fields/field-sampler.ts';
import { type LineBlock, type NsRange, type Streams, textAt } from './line-block.ts';
import type { LabelFilter, LogExpr, Stage, Unwrap } from './logql/ast.ts';
import { compilePipeline } from './logql/compile-pipeline.ts';
import { LineLabels } from './logql/line-labels.ts';
import type { Line, Pipeline } from './logql/pipeline.ts';
import { compileUnwrap } from './logql/unwrap.ts';
import type { RangeBlocks, RangeRequest, RangeSource, SampleBlock } from './range-source.ts';
import { relativeTimes } from './relative-times.ts';
import { type SampleGrouping, sampleGrouping } from './sample-grouping.ts';
import { SeriesNumbers } from './series-numbers.ts';
import { bucketNumbering } from './window-grid.ts';

/** Lines of the streams that match, in any order. */
export type ReadLineBlocks = (matchers: readonly Matcher[], range: NsRange, log: LogExpr) => AsyncIterable<LineBlock>;

export interface LineSamplesOptions {
  readonly read: ReadLineBlocks;
  /** Told how many lines of a block passed every filter. */
  readonly onMatched?: (lines: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Samples made of lines. Reading throws `bad_data` where a stage cannot be compiled. */
export function lineSamples(options: LineSamplesOptions): RangeSource {
  return {
    read(request): RangeBlocks {
      const sampler = new LineSampler(request);
      return { kind: 'samples', labels: (series) => sampler.labels(series), blocks: sampleBlocks(sampler, request, options) };
    },
  };
}

/** Lines between two questions whether others are to have their turn. */
const ROWS_PER_LOOK = 32;

/** The samples of a range's lines. */
export async function* sampleBlocks(
  sampler: LineSampler,
  { range, grid }: RangeRequest,
  { read, onMatched, signal }: LineSamplesOptions,
): AsyncGenerator<SampleBlock> {
  const { originNs, lastNs } = bucketNumbering(grid);
  const slices = new Slices(signal);
  for await (const block of read(range.log.matchers, { fromNs: originNs + 1n, toNs: lastNs + 1n }, range.log)) {
    const samples = new SampleRows(block.rows);
    const times = relativeTimes(block.ts, originNs);
    for (let row = 0; row < block.rows; row += ROWS_PER_LOOK) {
      sampler.add(block, { from: row, to: Math.min(row + ROWS_PER_LOOK, block.rows) }, times, samples);
      if (slices.isOver()) await slices.pause();
    }
    onMatched?.(samples.rows);
    yield samples;
  }
}

/** A block under construction. */
class SampleRows implements SampleBlock {
  readonly series: Uint32Array;
  readonly ts: Float64Array;
  readonly values: Float64Array;
  rows = 0;

  constructor(capacity: number) {
    this.series = new Uint32Array(capacity);
    this.ts = new Float64Array(capacity);
    this.values = new Float64Array(capacity);
  }

  push(series: number, time: number, value: number): void {
    this.series[this.rows] = series;
    this.ts[this.rows] = time;
    this.values[this.rows++] = value;
  }
}

/** A line on its way through the stages of one query. */
class SampledLine {
  readonly labels = new LineLabels();
  tsNs = 0n;
  text = '';
}

/** Makes samples of the lines of one request. */
export class LineSampler {
  readonly #pipeline: Pipeline;
  readonly #hasStages: boolean;
  readonly #value: RangeRequest['value'];
  readonly #unwrap: ((line: Line) => number | undefined) | undefined;
  readonly #series: SeriesNumbers;
  readonly #ofStream: StreamSeries;
  readonly #line = new SampledLine();
  /** A shorter way for lines of which only a few fields matter. */
  readonly fields: FieldSampler | undefined;

  constructor(request: RangeRequest) {
    const { log, unwrap } = request.range;
    const grouping = sampleGrouping(request);
    this.#pipeline = compilePipeline(log.stages, { needed: neededLabels(grouping, unwrap) });
    this.#hasStages = log.stages.length > 0;
    this.#value = request.value;
    this.#unwrap = unwrap === undefined ? undefined : compileUnwrap(unwrap);
    this.#series = new SeriesNumbers(grouping);
    this.fields = FieldSampler.of(request, grouping, this.#series);
    this.#ofStream = new StreamSeries(unwrap === undefined && log.stages.every(leavesLabels));
  }

  labels(series: number): Labels {
    return this.#series.labels(series);
  }

  add(block: LineBlock, rows: { readonly from: number; readonly to: number }, times: Float64Array, into: SampleRows): void {
    const { fields } = this;
    for (let row = rows.from; row < rows.to; row++) {
      const series = fields === undefined ? LONG_WAY : fields.sample(block, row);
      if (series >= 0) into.push(series, times[row] as number, fields?.value ?? 1);
      else if (series === LONG_WAY) this.#add(block, row, times[row] as number, into);
    }
  }

  /** hot: once per line. */
  #add(block: LineBlock, row: number, time: number, into: SampleRows): void {
    const stream = block.stream[row] as number;
    const metadata = block.metadata?.[row] ?? NO_LABELS;
    const known = metadata.length === 0 ? this.#ofStream.get(block.streams, stream) : undefined;
    if (known !== undefined && !this.#hasStages) {
      into.push(known, time, this.#value === 'bytes' ? lengthAt(block, row) : 1);
      return;
    }
    const { labels } = this.#line;
    labels.reset(block.streams.labels(stream), metadata);
    const value = this.#process(block, row);
    if (value === undefined) return;
    if (metadata.length > 0 || labels.error !== '') into.push(this.#series.of(labels), time, value);
    else into.push(known ?? this.#ofStream.set(stream, this.#series.of(labels)), time, value);
  }

  /** The value of a line after its stages, or nothing where it is dropped. */
  #process(block: LineBlock, row: number): number | undefined {
    const line = this.#line;
    if (this.#hasStages) {
      const text = textAt(block.lines, row);
      line.text = text;
      line.tsNs = block.ts[row] as bigint;
      if (!this.#pipeline.process(line)) return undefined;
      if (this.#value === 'bytes' && line.text !== text) return Buffer.byteLength(line.text);
    }
    if (this.#unwrap !== undefined) return this.#unwrap(line);
    return this.#value === 'bytes' ? lengthAt(block, row) : 1;
  }
}

/** Where only the stream decides: the series of each stream, of those that were asked for last. */
class StreamSeries {
  readonly #decides: boolean;
  #streams: Streams | undefined;
  #series: (number | undefined)[] = [];

  constructor(decides: boolean) {
    this.#decides = decides;
  }

  get(streams: Streams, stream: number): number | undefined {
    if (streams !== this.#streams) {
      this.#streams = streams;
      this.#series = [];
    }
    return this.#decides ? this.#series[stream] : undefined;
  }

  set(stream: number, series: number): number {
    if (this.#decides) this.#series[stream] = series;
    return series;
  }
}

function lengthAt({ lines: { starts, ends } }: LineBlock, row: number): number {
  return (ends[row] as number) - (starts[row] as number);
}

/** What parsing stages may not pass over; undefined where all labels are kept. */
function neededLabels(grouping: SampleGrouping, unwrap: Unwrap | undefined): ReadonlySet<string> | undefined {
  if (grouping.kind === 'without') return undefined;
  const needed = new Set(grouping.labels);
  if (unwrap === undefined) return needed;
  needed.add(unwrap.label);
  for (const filter of unwrap.filters) addNames(filter, needed);
  return needed;
}

function addNames(filter: LabelFilter, into: Set<string>): void {
  if (filter.kind === 'and' || filter.kind === 'or') {
    addNames(filter.left, into);
    addNames(filter.right, into);
  } else into.add(filter.name);
}

/** True for stages after which a line has the labels that it had, unless one of them failed. */
function leavesLabels({ kind }: Stage): boolean {
  return kind === 'line_filter' || kind === 'label_filter' || kind === 'line_format' || kind === 'decolorize' || kind === 'distinct';
}
