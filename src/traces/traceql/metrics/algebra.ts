// Arithmetic between metrics queries, and between them and numbers.
//
//   ({ status = error } | rate()) / ({ } | rate()) * 100
//
// Series match by all their labels but `__name__`; one without labels matches every other side's series. What has no match is left out. A value that
// is none makes the result none, and so does a division by zero. Source: Tempo `pkg/traceql/ast_metrics_math.go`.

import type { TraceSeries } from '../../answers.ts';
import { RequestError } from '../../../base/request-error.ts';
import type { MetricsExpression, MetricsOperation, MetricsPipeline } from '../ast.ts';
import { measuredNumber } from './measured.ts';
import { applySecondStages } from './second-stage.ts';
import { NAME_LABEL, seriesKey } from './series-key.ts';

/** Series of the queries within an expression, as their first stages make them. */
export type Answers = ReadonlyMap<MetricsPipeline, readonly TraceSeries[]>;

type Operand = { readonly kind: 'number'; readonly value: number } | { readonly kind: 'series'; readonly series: readonly TraceSeries[] };

/** The queries within an expression, from left to right. */
export function pipelinesOf(expr: MetricsExpression): readonly MetricsPipeline[] {
  switch (expr.type) {
    case 'metrics':
      return [expr];
    case 'metricsOperation':
      return [...pipelinesOf(expr.left), ...pipelinesOf(expr.right)];
    case 'metricsStages':
      return pipelinesOf(expr.expr);
    case 'metricsNumber':
      return [];
  }
}

/** The series of a whole expression. */
export function evaluateExpression(expr: MetricsExpression, answers: Answers): readonly TraceSeries[] {
  const operand = evaluate(expr, answers);
  if (operand.kind === 'number') throw new RequestError('bad_data', 'a metrics query needs a pipeline: it is a number alone');
  return operand.series;
}

function evaluate(expr: MetricsExpression, answers: Answers): Operand {
  switch (expr.type) {
    case 'metrics':
      return { kind: 'series', series: applySecondStages(answers.get(expr) ?? [], expr.second) };
    case 'metricsStages':
      return { kind: 'series', series: applySecondStages(evaluateExpression(expr.expr, answers), expr.second) };
    case 'metricsNumber':
      return { kind: 'number', value: measuredNumber(undefined, expr.value) };
    case 'metricsOperation':
      return operate(expr.op, evaluate(expr.left, answers), evaluate(expr.right, answers));
  }
}

function operate(op: MetricsOperation['op'], left: Operand, right: Operand): Operand {
  if (left.kind === 'number' && right.kind === 'number') return { kind: 'number', value: apply(op, left.value, right.value) };
  if (left.kind === 'number') return { kind: 'series', series: mapValues(right, (value) => apply(op, left.value, value)) };
  if (right.kind === 'number') return { kind: 'series', series: mapValues(left, (value) => apply(op, value, right.value)) };
  return { kind: 'series', series: joinSeries(op, left.series, right.series) };
}

function mapValues(operand: Operand, to: (value: number) => number): readonly TraceSeries[] {
  return operand.kind === 'number' ? [] : operand.series.map((each) => ({ ...each, values: each.values.map(to) }));
}

const NO_LABELS = '';

function joinSeries(op: MetricsOperation['op'], left: readonly TraceSeries[], right: readonly TraceSeries[]): readonly TraceSeries[] {
  const [lefts, rights] = [byKey(left), byKey(right)];
  return [...(rights.has(NO_LABELS) ? lefts : rights).keys()].flatMap((key) => {
    const [a, b] = [lefts.get(key) ?? lefts.get(NO_LABELS), rights.get(key) ?? rights.get(NO_LABELS)];
    if (a === undefined || b === undefined) return [];
    // Of a series that serves many others the exemplars are not repeated.
    const [isAlone, isOther] = [lefts.has(key), rights.has(key)];
    const exemplars = isAlone === isOther ? [...a.exemplars, ...b.exemplars] : isAlone ? a.exemplars : b.exemplars;
    const values = a.values.map((value, i) => apply(op, value, b.values[i] ?? NaN));
    return [{ labels: joinLabels(op, a.labels, b.labels), values, exemplars }];
  });
}

function byKey(series: readonly TraceSeries[]): ReadonlyMap<string, TraceSeries> {
  return new Map(series.map((each) => [seriesKey(each.labels), each]));
}

/** The labels of both; `__name__` says what was done with which, where both have one. */
function joinLabels(op: MetricsOperation['op'], left: TraceSeries['labels'], right: TraceSeries['labels']): TraceSeries['labels'] {
  const names = [left, right].map((labels) => labels.find(([name]) => name === NAME_LABEL)?.[1]);
  const own = new Set(left.map(([name]) => name));
  const joined = [...left, ...right.filter(([name]) => !own.has(name))].filter(([name]) => name !== NAME_LABEL);
  const [a, b] = names;
  if (a?.type !== 'string' || b?.type !== 'string') return joined;
  return [[NAME_LABEL, { type: 'string', value: `(${a.value} ${op} ${b.value})` }], ...joined];
}

function apply(op: MetricsOperation['op'], a: number, b: number): number {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0 ? NaN : a / b;
  }
}
