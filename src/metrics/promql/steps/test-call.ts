// A call for tests: its text, its vector in lines of series notation, and its result in lines.
//
//   clamp_min(x, 2)   x{a="b"} 1 2 _ 4   ──▶  {a="b"} 2 2 _ 4

import { assert } from '../../../base/assert.ts';
import { printLabels } from '../../../query/labels.ts';
import { Annotations } from './annotations.ts';
import type { Call, Expr } from '../ast.ts';
import { unwrap } from './call-arguments.ts';
import type { CallContext, Evaluation, EvaluationSettings } from './evaluation.ts';
import { formatG } from './go-float.ts';
import { mergeSameLabels } from './merge-series.ts';
import { parseExpr } from '../parse.ts';
import { SERIES_FUNCTIONS } from '../instant/series-functions.ts';
import { parseSeriesDescription } from '../series-notation.ts';
import { getAt, putAt, StepArrays, type StepSeries } from './step-series.ts';
import { VECTOR_FUNCTIONS } from '../instant/vector-functions.ts';

export const TEST_STEP_MS = 60_000;
const STEPS = 5;
const SAMPLES_MAX = 1_000_000;

const SETTINGS: EvaluationSettings = {
  lookbackMs: 300_000,
  subqueryStepMs: 60_000,
  delayedNameRemoval: false,
  typeAndUnitLabels: false,
  useStartTimestamps: false,
};

export interface TestOptions {
  readonly steps?: number;
  readonly delayedNameRemoval?: boolean;
  /** Values of the scalar argument at an index, for those that are no literal. */
  readonly scalars?: Readonly<Record<number, readonly number[]>>;
}

export interface TestCall extends CallContext {
  readonly series: readonly StepSeries[];
  readonly held: { samples: number };
}

/** A call over series, at steps a minute apart from 1970 on. */
export function testCall(
  query: string,
  lines: readonly string[],
  { steps = STEPS, scalars = {}, ...settings }: TestOptions = {},
): TestCall {
  const call = callOf(parseExpr(query));
  const held = { samples: 0 };
  const evaluation: Evaluation = {
    steps: { startMs: 0, endMs: (steps - 1) * TEST_STEP_MS, stepMs: steps === 1 ? 0 : TEST_STEP_MS, count: steps },
    settings: { ...SETTINGS, ...settings },
    arrays: new StepArrays(steps, held, SAMPLES_MAX),
    annotations: new Annotations(query),
  };
  const series = lines.map((line) => readSeries(line, evaluation));
  const given = call.args.map((argument, i) => scalars[i] ?? literalOf(argument));
  return { evaluation, call, series, held, scalars: given.map((values) => values && perStep(values, steps)) };
}

/** The result's series in lines, in the function's order, then its warnings and infos. */
export function runCall(query: string, lines: readonly string[], options?: TestOptions): readonly string[] {
  const context = testCall(query, lines, options);
  const annotations = () => [...context.evaluation.annotations.lines('warning'), ...context.evaluation.annotations.lines('info')];
  return [...apply(context).map(printSeries), ...annotations()];
}

function apply(context: TestCall): readonly StepSeries[] {
  const ofVector = VECTOR_FUNCTIONS.get(context.call.name);
  if (ofVector !== undefined) return ofVector(context.series, context);
  const ofSeries = SERIES_FUNCTIONS.get(context.call.name);
  assert(ofSeries !== undefined, `a function ${context.call.name}`);
  return mergeSameLabels(
    context.series.flatMap((one) => ofSeries(one, context) ?? []),
    context.evaluation,
  );
}

function callOf(expr: Expr): Call {
  const call = unwrap(expr);
  assert(call.kind === 'call', 'a call');
  return call;
}

function literalOf(argument: Expr): readonly number[] | undefined {
  const expr = unwrap(argument);
  if (expr.kind === 'number') return [expr.value];
  if (expr.kind !== 'unary') return undefined;
  return literalOf(expr.inner)?.map((value) => (expr.op === '-' ? -value : value));
}

function perStep(values: readonly number[], steps: number): Float64Array {
  return Float64Array.from({ length: steps }, (_, step) => values[step % values.length] ?? Number.NaN);
}

/** A series of one line: what its notation says for each step. */
export function readSeries(line: string, { arrays }: Evaluation): StepSeries {
  const { labels, values } = parseSeriesDescription(line);
  let series = arrays.take(labels);
  for (const [step, value] of values.entries()) {
    if (value.kind === 'number') series = putAt(series, step, value.value);
    else if (value.kind === 'histogram') series = putAt(series, step, value.histogram);
  }
  return series;
}

/** Labels and values, `_` for a gap, `h` and the count for a histogram; `~` before a name that is to be dropped at the end. */
export function printSeries(series: StepSeries): string {
  const values = [...series.has.keys()].map((step) => {
    const value = getAt(series, step);
    if (value === undefined) return '_';
    return typeof value === 'number' ? formatG(value) : `h${value.count}`;
  });
  return `${series.dropName ? '~' : ''}${printLabels(series.labels)} ${values.join(' ')}`;
}
