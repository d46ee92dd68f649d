// A range aggregation: what a source gives for its windows, folded into series with a value at each step.
//
//   RangeSource ─▶ states of buckets (range-states.ts) ─▶ windows (slide.ts) ─▶ StepSeries
//              └─▶ samples in order (sample-columns.ts), for what cannot be folded as it comes

import { assert } from '../../../base/assert.ts';
import { RequestError } from '../../../base/request-error.ts';
import { type Labels, labelsOf, labelValue } from '../../../query/labels.ts';
import { braced } from '../../../metrics/promql/binary/binary-matching.ts';
import { FLOAT_AT, NOTHING_AT, type StepSeries } from '../../../metrics/promql/steps/step-series.ts';
import type { RangeBlocks, RangeRequest, WindowGrid } from '../../range-source.ts';
import { type BucketNumbering, bucketNumbering, windowBuckets } from '../../window-grid.ts';
import type { LogRange, RangeAggregation } from '../ast.ts';
import { ERROR_LABEL, PRESERVE_ERROR_LABEL } from '../line-labels.ts';
import { type Fold, foldOf, sampleUse, type WindowTimes } from './fold.ts';
import { checkSeries, hold, type MetricEvaluation, type Sink } from './metric-context.ts';
import { slideQuantile } from './quantile.ts';
import { RangeStates } from './range-states.ts';
import { SampleColumns } from './sample-columns.ts';
import { Slider, type TakeValue } from './slide.ts';

const NS_PER_S = 1e9;

type Grouping = RangeRequest['grouping'];

/** The series of an aggregation one by one. `outer` is the grouping of a sum around it, whose labels are all that anybody will see. */
export async function eachOfRange(expr: RangeAggregation, outer: Grouping, evaluation: MetricEvaluation, sink: Sink): Promise<void> {
  const request = requestOf(expr, outer, evaluation);
  const blocks = evaluation.context.source.read(request, sampleUse(expr.op));
  const range = new RangeWindows(request.grid, blocks.labels, evaluation);
  if (expr.op === 'absent_over_time') return eachAbsent(expr, range, blocks, sink);
  const fold = foldOf(expr.op, request.value === 'lines', expr.range.intervalNs / NS_PER_S);
  if (fold !== undefined && !fold.isOrdered) return eachFolded(fold, range, blocks, sink);
  const columns = await gatherSamples(blocks, evaluation);
  const slide = fold === undefined ? range.quantiles(expr.parameter ?? Number.NaN) : range.orderedFold(fold);
  const { rows } = columns;
  for (const samples of columns.drain()) {
    range.finish(samples.series, sink, (take) => slide(samples, take));
    if (evaluation.slices.isOver()) await evaluation.slices.pause();
  }
  evaluation.held.samples -= rows;
}

/** True where a sum may be taken while lines are read: what a sum around an aggregation asks for then is all the source tells apart. */
export function isSummable({ op }: RangeAggregation): boolean {
  switch (op) {
    case 'rate':
    case 'count_over_time':
    case 'bytes_rate':
    case 'bytes_over_time':
    case 'sum_over_time':
      return true;
    default:
      return false;
  }
}

function requestOf({ op, range, grouping }: RangeAggregation, outer: Grouping, { context, steps }: MetricEvaluation): RangeRequest {
  const { startNs, stepNs = 0n } = context;
  const value = range.unwrap !== undefined ? 'unwrap' : op === 'bytes_rate' || op === 'bytes_over_time' ? 'bytes' : 'lines';
  const grid: WindowGrid = {
    startNs,
    stepNs,
    steps: steps.count,
    intervalNs: BigInt(Math.round(range.intervalNs)),
    offsetNs: BigInt(Math.round(range.offsetNs)),
  };
  const own = op === 'absent_over_time' && cannotFail(range) ? NO_LABELS_ASKED : grouping;
  return { range, grid, value, grouping: outer ?? own };
}

const NO_LABELS_ASKED: Grouping = { kind: 'by', labels: [] };

/** True where no line can bring an error, which is the only thing that `absent_over_time` looks for in labels. */
function cannotFail({ log, unwrap }: LogRange): boolean {
  return unwrap === undefined && log.stages.every(({ kind }) => kind === 'line_filter');
}

/** The windows of one aggregation, and what becomes of the values found in them. */
class RangeWindows {
  readonly evaluation: MetricEvaluation;
  readonly numbering: BucketNumbering;
  readonly #grid: WindowGrid;
  readonly #labels: (series: number) => Labels;
  #series = 0;

  constructor(grid: WindowGrid, labels: (series: number) => Labels, evaluation: MetricEvaluation) {
    this.#grid = grid;
    this.#labels = labels;
    this.evaluation = evaluation;
    this.numbering = bucketNumbering(grid);
  }

  readonly times = (step: number): WindowTimes => {
    const from = step * Number(this.#grid.stepNs);
    return { from, to: from + Number(this.#grid.intervalNs) };
  };

  slider(fold: Fold): Slider {
    return new Slider(fold, windowBuckets(this.numbering), this.numbering.count, this.times);
  }

  quantiles(quantile: number): (samples: Parameters<typeof slideQuantile>[1], take: TakeValue) => void {
    const { steps, stepNs, intervalNs } = this.#grid;
    const windows = { quantile, steps, times: this.times, overlap: steps > 1 && intervalNs > stepNs };
    return (samples, take) => slideQuantile(windows, samples, take);
  }

  /** A fold of samples that come in order. */
  orderedFold(fold: Fold): (samples: Parameters<typeof slideQuantile>[1], take: TakeValue) => void {
    const slider = this.slider(fold);
    return ({ times, values }, take) => {
      const states = new RangeStates(fold, this.numbering, this.evaluation);
      states.addSamples({ rows: times.length, series: new Uint32Array(times.length), ts: times, values });
      for (const { states: ofSeries } of states.drain()) slider.slide(ofSeries, take);
    };
  }

  /** Makes a series of what `slide` finds; nothing where no window has any sample. Throws `execution` for a line with an error. */
  finish(number: number, sink: Sink, slide: (take: TakeValue) => void): void {
    const labels = this.#labels(number);
    const series = this.evaluation.arrays.take(labels);
    let any = false;
    slide((step, value) => {
      series.has[step] = FLOAT_AT;
      series.values[step] = value;
      any = true;
    });
    if (!any) {
      this.evaluation.arrays.give(series);
      return;
    }
    checkErrors(labels);
    checkSeries(this.evaluation, ++this.#series);
    sink(series);
  }
}

async function eachFolded(fold: Fold, range: RangeWindows, blocks: RangeBlocks, sink: Sink): Promise<void> {
  const { slices } = range.evaluation;
  const states = new RangeStates(fold, range.numbering, range.evaluation);
  if (blocks.kind === 'samples') for await (const block of blocks.blocks) states.addSamples(block);
  else for await (const block of blocks.blocks) states.addBuckets(block);
  const slider = range.slider(fold);
  for (const { series, states: ofSeries } of states.drain()) {
    range.finish(series, sink, (take) => slider.slide(ofSeries, take));
    if (slices.isOver()) await slices.pause();
  }
}

/** One series with a value where no other has any, under the labels that the selector asks for by `=`. */
async function eachAbsent({ range }: RangeAggregation, windows: RangeWindows, blocks: RangeBlocks, sink: Sink): Promise<void> {
  const { evaluation } = windows;
  const absent = evaluation.arrays.take(absentLabels(range));
  absent.has.fill(FLOAT_AT);
  absent.values.fill(1);
  const fold = foldOf('absent_over_time', true, 1);
  assert(fold !== undefined, 'a fold of counts');
  await eachFolded(fold, windows, blocks, (series: StepSeries) => {
    for (let step = 0; step < series.has.length; step++) if (series.has[step] !== NOTHING_AT) absent.has[step] = NOTHING_AT;
    evaluation.arrays.give(series);
  });
  if (absent.has.includes(FLOAT_AT)) sink(absent);
}

/** Labels asked for by `=` once and in no other way. */
function absentLabels({ log: { matchers } }: LogRange): Labels {
  const byName = Map.groupBy(matchers, ({ name }) => name);
  const pairs: [string, string][] = [];
  for (const [name, [first, ...more]] of byName) if (first?.op === '=' && more.length === 0) pairs.push([name, first.value]);
  return labelsOf(pairs);
}

async function gatherSamples(blocks: RangeBlocks, evaluation: MetricEvaluation): Promise<SampleColumns> {
  assert(blocks.kind === 'samples', 'samples where sums do not serve');
  const columns = new SampleColumns();
  for await (const block of blocks.blocks) {
    hold(evaluation, block.rows);
    columns.add(block);
  }
  return columns;
}

/** Source: Loki `logqlmodel.NewPipelineErr`, whose text clients show. */
function checkErrors(labels: Labels): void {
  const error = labelValue(labels, ERROR_LABEL);
  if (error === '' || labelValue(labels, PRESERVE_ERROR_LABEL) === 'true') return;
  throw new RequestError(
    'bad_data',
    `pipeline error: '${error}' for series: '${braced(labels)}'.\n` +
      `Use a label filter to intentionally skip this error. (e.g | __error__!="${error}").\n` +
      'To skip all potential errors you can match empty errors.(e.g __error__="")\n' +
      'The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__="" )\n',
  );
}
