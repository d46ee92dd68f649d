// Calls of functions: which of the tables of functions a name stands in, and what it is given.

import { AssertionError, assert } from '../../../base/assert.ts';
import { RequestError } from '../../../base/request-error.ts';
import type { Labels } from '../../../query/labels.ts';
import type { Matcher } from '../../../query/matchers.ts';
import type { Window } from '../../window.ts';
import { absentLabels } from '../instant/absent.ts';
import type { Call, Expr, VectorSelector } from '../ast.ts';
import { argumentAt, unwrap } from '../steps/call-arguments.ts';
import { typeOf } from '../check.ts';
import { type CallContext, dropName, stepTime } from '../steps/evaluation.ts';
import { checkExtension } from '../range/extended-window.ts';
import { evaluateInfo, infoAnchor } from '../instant/info.ts';
import { mergeSameLabels } from '../steps/merge-series.ts';
import { namesMayDiffer } from './plan.ts';
import { type QueryEvaluation, looksOf } from './query-evaluation.ts';
import { RANGE_FUNCTIONS } from '../range/range-functions.ts';
import { overRanges, rangeVector, windowsOf } from './ranges.ts';
import { type Sink, selectWithTimes } from './select.ts';
import { readStarts } from './series-starts.ts';
import { SERIES_FUNCTIONS } from '../instant/series-functions.ts';
import { scalarOf } from '../instant/sorting.ts';
import { FLOAT_AT, NOTHING_AT, type StepSeries } from '../steps/step-series.ts';
import { VECTOR_FUNCTIONS } from '../instant/vector-functions.ts';

/** The evaluator, as a call's arguments need it. */
export interface Evaluator {
  readonly eachSeries: (expr: Expr, evaluation: QueryEvaluation, sink: Sink) => Promise<void>;
  readonly eachOfMany: (
    expr: Expr,
    evaluation: QueryEvaluation,
    sink: Sink,
    change: (series: StepSeries) => StepSeries | undefined,
  ) => Promise<void>;
  readonly scalarValues: (expr: Expr, evaluation: QueryEvaluation) => Promise<Float64Array>;
  readonly gatherSeries: (expr: Expr, evaluation: QueryEvaluation) => Promise<readonly StepSeries[]>;
}

const COUNT_OR_SUM: ReadonlySet<string> = new Set(['histogram_count', 'histogram_sum', 'histogram_avg']);
const BUCKETS: ReadonlySet<string> = new Set(['histogram_quantile', 'histogram_quantiles', 'histogram_fraction']);

type Context = CallContext & { readonly evaluation: QueryEvaluation };

/** Gives the series of a call that returns an instant vector. */
export async function eachOfCall(call: Call, outer: QueryEvaluation, evaluator: Evaluator, sink: Sink): Promise<void> {
  const evaluation = COUNT_OR_SUM.has(call.name)
    ? { ...outer, marksResets: true }
    : BUCKETS.has(call.name)
      ? { ...outer, marksResets: false }
      : outer;
  const context: Context = { evaluation, call, scalars: await scalarsOf(call, evaluation, evaluator) };
  const range = call.args.find((arg) => typeOf(arg) === 'matrix');
  if (call.name === 'absent_over_time') return absentOverTime(context, evaluator, sink);
  if (range !== undefined) return ofRange(range, context, evaluator, sink);
  if (call.name === 'start_timestamp') return eachStart(context, sink);
  if (call.name === 'vector') return sink(vectorOf(context));
  if (call.name === 'info') return ofInfo(context, evaluator, sink);
  const ofEach = SERIES_FUNCTIONS.get(call.name);
  if (ofEach !== undefined) return ofEachSeries(ofEach, context, evaluator, sink);
  const ofAll = VECTOR_FUNCTIONS.get(call.name);
  assert(ofAll !== undefined, `function ${call.name} is evaluated`);
  const vector = call.args.find((arg) => typeOf(arg) === 'vector');
  const series = vector === undefined ? [] : await evaluator.gatherSeries(vector, evaluation);
  for (const one of ofAll(series, context)) sink(one);
}

/** The values of a call that returns a scalar. */
export async function scalarOfCall(
  call: Call,
  evaluation: QueryEvaluation,
  { gatherSeries, scalarValues }: Pick<Evaluator, 'gatherSeries' | 'scalarValues'>,
): Promise<Float64Array> {
  const { steps, query } = evaluation;
  const constant = (value: number): Float64Array => new Float64Array(steps.count).fill(value);
  switch (call.name) {
    case 'time':
      return new Float64Array(steps.count).map((_, step) => stepTime(steps, step) / 1000);
    case 'pi':
      return constant(Math.PI);
    case 'start':
      return constant(query.startMs / 1000);
    case 'end':
      return constant(query.endMs / 1000);
    case 'step':
      return constant(query.stepMs / 1000);
    case 'range':
      return constant((query.endMs - query.startMs) / 1000);
    case 'scalar':
      return scalarOf(await gatherSeries(argumentAt(call.args, 0), evaluation), evaluation);
    case 'min_of':
    case 'max_of': {
      const pick = call.name === 'min_of' ? Math.min : Math.max;
      const right = await scalarValues(argumentAt(call.args, 1), evaluation);
      return (await scalarValues(argumentAt(call.args, 0), evaluation)).map((left, step) => pick(left, right[step] ?? Number.NaN));
    }
    default:
      throw new AssertionError(`function ${call.name} is evaluated`);
  }
}

async function scalarsOf(call: Call, evaluation: QueryEvaluation, { scalarValues }: Evaluator): Promise<CallContext['scalars']> {
  const scalars: (Float64Array | undefined)[] = [];
  for (const arg of call.args) scalars.push(typeOf(arg) === 'scalar' ? await scalarValues(arg, evaluation) : undefined);
  return scalars;
}

function vectorOf({ evaluation, scalars }: Context): StepSeries {
  const series = evaluation.arrays.take([]);
  const [values] = scalars;
  if (values !== undefined) series.values.set(values);
  series.has.fill(FLOAT_AT);
  return series;
}

type OfEach = (series: StepSeries, context: CallContext) => StepSeries | undefined;

async function ofEachSeries(ofEach: OfEach, context: Context, { eachOfMany }: Evaluator, sink: Sink): Promise<void> {
  const { call, evaluation } = context;
  const [arg] = call.args;
  const selector = arg === undefined ? undefined : unwrap(arg);
  if (call.name === 'timestamp' && selector?.kind === 'vector' && selector.extension === undefined) return timesOf(context, sink);
  if (arg !== undefined) return eachOfMany(arg, evaluation, sink, (series) => ofEach(series, context));
  // Without an argument the functions of dates are about the time of the step.
  const now = evaluation.arrays.take([]);
  for (let step = 0; step < evaluation.steps.count; step++) now.values[step] = stepTime(evaluation.steps, step) / 1000;
  now.has.fill(FLOAT_AT);
  const result = ofEach(now, context);
  if (result !== undefined) sink(result);
}

// Of a plain selector only, and where start timestamps are looked at; 0 is the start of a sample that has none.
async function eachStart(context: Context, sink: Sink): Promise<void> {
  const { call, evaluation } = context;
  const selector = unwrap(argumentAt(call.args, 0));
  if (selector.kind !== 'vector' || selector.extension !== undefined || !evaluation.settings.useStartTimestamps) return;
  const window = windowOf(selector, evaluation);
  const startsOf = await readStarts(evaluation.read, selector.matchers, window);
  await stampedSeries(selector, evaluation, sink, startsOf);
}

// `timestamp` of a selector tells when each sample was taken.
async function timesOf({ call, evaluation }: Context, sink: Sink): Promise<void> {
  const selector = unwrap(argumentAt(call.args, 0));
  assert(selector.kind === 'vector', 'a selector');
  await stampedSeries(selector, evaluation, sink, () => (ms) => ms);
}

function windowOf(selector: VectorSelector, evaluation: QueryEvaluation): Window {
  const looks = looksOf(selector, evaluation);
  return { afterMs: looks.firstMs - evaluation.settings.lookbackMs, toMs: looks.lastMs };
}

/** A selector's series with a time in seconds in place of each sample; `msOf` makes it of the sample's own time. */
async function stampedSeries(
  selector: VectorSelector,
  evaluation: QueryEvaluation,
  sink: Sink,
  msOf: (labels: Labels) => (ms: number) => number,
): Promise<void> {
  const looks = looksOf(selector, evaluation);
  const found = await selectWithTimes(selector.matchers, { looks, window: windowOf(selector, evaluation) }, evaluation);
  const stamped = found.map(({ series, times }) => {
    const msAt = msOf(series.labels);
    for (let step = 0; step < times.length; step++) {
      if (series.has[step] === NOTHING_AT) continue;
      series.has[step] = FLOAT_AT;
      series.values[step] = msAt(times[step] as number) / 1000;
    }
    const { labels, dropName: drops, has, values } = series;
    return dropName({ labels, dropName: drops, has, values }, evaluation);
  });
  for (const series of mergeSameLabels(stamped, evaluation)) sink(series);
}

async function ofRange(range: Expr, context: Context, evaluator: Evaluator, sink: Sink): Promise<void> {
  const { call, evaluation } = context;
  const entry = RANGE_FUNCTIONS.get(call.name);
  assert(entry !== undefined, `function ${call.name} is evaluated`);
  checkExtension(call);
  const vector = rangeVector(range, evaluation, evaluator.eachSeries);
  if (entry.keepsName || evaluation.settings.delayedNameRemoval || !namesMayDiffer(range)) return overRanges(vector, entry, context, sink);
  const found: StepSeries[] = [];
  await overRanges(vector, entry, context, (series) => found.push(series));
  // Even series that have no step in common: a window is about the metric of its series.
  if (mergeSameLabels(found, evaluation).length < found.length)
    throw new RequestError('execution', 'vector cannot contain metrics with the same labelset');
  for (const series of found) sink(series);
}

async function absentOverTime(context: Context, evaluator: Evaluator, sink: Sink): Promise<void> {
  const { call, evaluation } = context;
  const range = argumentAt(call.args, 0);
  const result = evaluation.arrays.take(absentLabels(range));
  result.has.fill(FLOAT_AT);
  result.values.fill(1);
  const vector = rangeVector(range, evaluation, evaluator.eachSeries);
  await vector.each((series) => {
    for (const { step, from, to, histogramFrom, histogramTo } of windowsOf(series, vector, evaluation.steps.count)) {
      if (from < to || histogramFrom < histogramTo) result.has[step] = NOTHING_AT;
    }
  });
  if (result.has.includes(FLOAT_AT)) sink(result);
  else evaluation.arrays.give(result);
}

async function ofInfo(context: Context, evaluator: Evaluator, sink: Sink): Promise<void> {
  const { call, evaluation } = context;
  const base = await evaluator.gatherSeries(argumentAt(call.args, 0), evaluation);
  const { lookbackMs } = evaluation.settings;
  const looks = looksOf({}, evaluation);
  const anchor = infoAnchor(call);
  const seen = anchor === undefined ? looks : looksOf(anchor, evaluation);
  const window = { afterMs: seen.firstMs - lookbackMs, toMs: seen.lastMs };
  const selectInfo = (matchers: readonly Matcher[]) => selectWithTimes(matchers, { looks, window }, evaluation);
  for (const series of await evaluateInfo(base, call, { ...context, selectInfo })) sink(series);
}
