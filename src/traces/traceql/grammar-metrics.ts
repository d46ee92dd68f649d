// The grammar of metrics queries: what spans are counted into, and what is done with the series.
//
// A number beside a metrics query is written like a scalar of the pipeline, so that no rule has to guess what a bracket holds before it ends;
// that it is a number and nothing else is checked when its place is known.

import type { Compare, Field, Hint, LiteralExpression, MetricsExpression, MetricsNumber, Pipeline } from './ast.ts';
import type { RangeAggregate, ScalarExpression, SecondStage, SpansetFilter } from './ast.ts';
import { calculate } from './eval/arithmetic.ts';
import { type Reduction, type Rule, pass, rule } from './grammar-rule.ts';
import { ORDER_OPS } from './grammar-spans.ts';
import type { Value } from './value.ts';

type Fn = RangeAggregate['fn'];
const OF_SPANS: readonly Fn[] = ['rate', 'count_over_time'];
const OF_FIELD: readonly Fn[] = ['min_over_time', 'max_over_time', 'sum_over_time', 'avg_over_time', 'histogram_over_time'];
const METRICS_OPS = ['+', '-', '*', '/'] as const;

/** What `compare` shows of each attribute unless it is told. */
const COMPARE_TOP_DEFAULT = 10;

function rangeAggregate(fn: Fn, head: string, at: { readonly field?: number; readonly quantiles?: number }): Rule[] {
  const make = ({ part, place }: Reduction, by: readonly Field[]): RangeAggregate => ({
    type: 'rangeAggregate',
    fn,
    field: at.field === undefined ? undefined : part<Field>(at.field),
    quantiles: at.quantiles === undefined ? [] : part<number[]>(at.quantiles),
    by,
    place,
  });
  const length = head.split(' ').length;
  return [
    rule('metricsAggregation', head, (reduction) => make(reduction, [])),
    rule('metricsAggregation', `${head} by ( attributeList )`, (reduction) => make(reduction, reduction.part<Field[]>(length + 2))),
  ];
}

function compare({ part, place }: Reduction, topN = BigInt(COMPARE_TOP_DEFAULT), startNs = 0n, endNs = 0n): Compare {
  return { type: 'compare', filter: part<SpansetFilter>(2), topN: Number(topN), startNs, endNs, place };
}

const firstStageRules: readonly Rule[] = [
  ...OF_SPANS.flatMap((fn) => rangeAggregate(fn, `${fn} ( )`, {})),
  ...OF_FIELD.flatMap((fn) => rangeAggregate(fn, `${fn} ( attribute )`, { field: 2 })),
  ...rangeAggregate('quantile_over_time', 'quantile_over_time ( attribute , numericList )', { field: 2, quantiles: 4 }),
  rule('metricsAggregation', 'compare ( spansetFilter )', (reduction) => compare(reduction)),
  rule('metricsAggregation', 'compare ( spansetFilter , INTEGER )', (reduction) => compare(reduction, reduction.part<bigint>(4))),
  rule('metricsAggregation', 'compare ( spansetFilter , INTEGER , INTEGER , INTEGER )', (reduction) =>
    compare(reduction, reduction.part<bigint>(4), reduction.part<bigint>(6), reduction.part<bigint>(8)),
  ),
];

/** Numbers between commas, for quantiles. */
export const NUMERIC_LIST_RULES: readonly Rule[] = [
  rule('numericList', 'FLOAT', ({ part }) => [part(0)]),
  rule('numericList', 'INTEGER', ({ part }) => [Number(part<bigint>(0))]),
  rule('numericList', 'numericList , FLOAT', ({ part }) => [...part<number[]>(0), part(2)]),
  rule('numericList', 'numericList , INTEGER', ({ part }) => [...part<number[]>(0), Number(part<bigint>(2))]),
];

const secondStageRules: readonly Rule[] = [
  ...(['topk', 'bottomk'] as const).map((type) =>
    rule('metricsSecondStage', `${type} ( INTEGER )`, ({ part, place }) => ({ type, limit: Number(part<bigint>(2)), place })),
  ),
  ...ORDER_OPS.map((op) => rule('metricsFilterOperation', op, () => op)),
  rule('metricsFilter', 'metricsFilterOperation scalarExpression', metricsFilter),
  rule('metricsSecondStagePipeline', '| metricsSecondStage', ({ part }) => [part(1)]),
  rule('metricsSecondStagePipeline', 'metricsFilter', ({ part }) => [part(0)]),
  rule('metricsSecondStagePipeline', 'metricsSecondStagePipeline | metricsSecondStage', ({ part }) => [...part<SecondStage[]>(0), part(2)]),
  rule('metricsSecondStagePipeline', 'metricsSecondStagePipeline metricsFilter', ({ part }) => [...part<SecondStage[]>(0), part(1)]),
];

/** A duration is seconds, as the series of durations are. */
function metricsFilter({ part, place, error }: Reduction): SecondStage {
  const scalar = part<ScalarExpression>(1);
  const op = part<'=' | '!=' | '<' | '<=' | '>' | '>='>(0);
  const isDuration = scalar.type === 'literal' && scalar.value.type === 'duration';
  return { type: 'metricsFilter', op, value: plain(isDuration ? secondsOf(scalar.value) : numberOf(scalar, error)), place };
}

function secondsOf(value: Value): Value {
  return value.type === 'duration' ? { type: 'float', value: Number(value.value) / 1e9 } : value;
}

/** The number that a scalar is. What has not been folded is infinite or none: a float divided by zero. */
function numberOf(scalar: ScalarExpression, error: Reduction['error']): Value {
  if (scalar.type === 'literal' && scalar.value.type !== 'duration') return scalar.value;
  if (scalar.type !== 'scalars') throw error('syntax error: only numbers and their sums and products may stand beside a metrics query');
  const [left, right] = [numberOf(scalar.left, error), numberOf(scalar.right, error)];
  const isOfInts = left.type === 'int' && right.type === 'int';
  if ((scalar.op === '/' || scalar.op === '%') && isOfInts && right.value === 0n) throw error('runtime error: integer divide by zero');
  return calculate(scalar.op, left, right);
}

function metricsNumber(scalar: ScalarExpression, error: Reduction['error']): MetricsNumber {
  return { type: 'metricsNumber', value: plain(numberOf(scalar, error)), place: scalar.place };
}

/** Once nothing is left to fold, a whole number is an integer however it came about, as it is printed. */
function plain(value: Value): Value {
  return value.type === 'float' && Number.isSafeInteger(value.value) ? { type: 'int', value: BigInt(value.value) } : value;
}

function operation(
  op: (typeof METRICS_OPS)[number],
  sides: readonly [MetricsExpression, MetricsExpression],
  { place }: Reduction,
): MetricsExpression {
  return { type: 'metricsOperation', op, left: sides[0], right: sides[1], place };
}

const mathRules: readonly Rule[] = [
  pass('metricsExpression', '( metricsExpression )', 1),
  ...METRICS_OPS.map((op) =>
    rule('metricsExpression', `metricsExpression ${op} metricsExpression`, (reduction) =>
      operation(op, [reduction.part<MetricsExpression>(0), reduction.part<MetricsExpression>(2)], reduction),
    ),
  ),
  ...METRICS_OPS.map((op) =>
    rule('metricsExpression', `metricsExpression ${op} scalarExpression`, (reduction) =>
      operation(op, [reduction.part<MetricsExpression>(0), metricsNumber(reduction.part(2), reduction.error)], reduction),
    ),
  ),
  ...METRICS_OPS.map((op) =>
    rule('metricsExpression', `scalarExpression ${op} metricsExpression`, (reduction) =>
      operation(op, [metricsNumber(reduction.part(0), reduction.error), reduction.part<MetricsExpression>(2)], reduction),
    ),
  ),
  pass('metricsExpression', 'wrappedMetricsPipeline'),
  rule('wrappedMetricsPipeline', '( spansetPipeline | metricsAggregation )', (reduction) => metricsPipeline(reduction, 1, [])),
  rule('wrappedMetricsPipeline', '( spansetPipeline | metricsAggregation metricsSecondStagePipeline )', (reduction) =>
    metricsPipeline(reduction, 1, reduction.part<SecondStage[]>(4)),
  ),
];

/** The spans are part `at`, what they are counted into is two further on. */
export function metricsPipeline({ part, place }: Reduction, at: number, second: readonly SecondStage[]): MetricsExpression {
  return { type: 'metrics', pipeline: part<Pipeline>(at), first: part<RangeAggregate | Compare>(at + 2), second, place };
}

/** Stages behind a bracket that holds one query alone are stages of that query. */
export function withStages({ part, place }: Reduction): MetricsExpression {
  const expr = part<MetricsExpression>(0);
  const second = part<SecondStage[]>(1);
  return expr.type === 'metrics' ? { ...expr, second: [...expr.second, ...second], place } : { type: 'metricsStages', expr, second, place };
}

const hintRules: readonly Rule[] = [
  rule('hint', 'IDENTIFIER = static', ({ part }): Hint => ({ name: part<string>(0), value: part<LiteralExpression>(2).value })),
  rule('hints', 'with ( hintList )', ({ part }) => part(2)),
  rule('hintList', 'hint', ({ part }) => [part(0)]),
  rule('hintList', 'hintList , hint', ({ part }) => [...part<Hint[]>(0), part(2)]),
];

export const METRICS_RULES: readonly Rule[] = [...firstStageRules, ...secondStageRules, ...mathRules, ...hintRules];
