// What functions over ranges tell the reader beside their results, in Prometheus's words.
//
// Source: Prometheus 3.14, util/annotations. The class `Annotations` adds the prefix and the position.

import { labelValue } from '../../../query/labels.ts';
import { quote } from '../../../query/scanner.ts';
import type { Position } from '../ast.ts';
import { argumentAt } from '../steps/call-arguments.ts';
import type { RangeContext, RangeSeries } from './range-window.ts';

const QUERY_START: Position = { from: 0, to: 0 };

/** Where annotations point: the first argument. A subquery points at the start of the query, for its samples have no place in the text. */
export function annotated({ call }: RangeContext): Position {
  const argument = argumentAt(call.args, 0);
  return argument.kind === 'subquery' ? QUERY_START : argument;
}

export function warnMixedKinds(context: RangeContext): undefined {
  warn(context, `encountered a mix of histograms and floats for metric name ${quote(context.metricName)}`);
}

export function warnMixedBuckets(context: RangeContext): undefined {
  warn(
    context,
    `vector contains a mix of histograms with exponential and custom buckets schemas for metric name ${quote(context.metricName)}`,
  );
}

export function warnNotCounter(context: RangeContext): void {
  warn(context, `this native histogram metric is not a counter: ${quote(context.metricName)}`);
}

export function warnNotGauge(context: RangeContext): void {
  warn(context, `this native histogram metric is not a gauge: ${quote(context.metricName)}`);
}

export function warnResetCollision(context: RangeContext): void {
  warn(context, 'conflicting counter resets during histogram aggregation');
}

export function noteBoundsReconciled(context: RangeContext, during: 'addition' | 'subtraction' | 'aggregation'): void {
  context.evaluation.annotations.info(`mismatched custom buckets were reconciled during ${during}`, annotated(context));
}

export function noteHistogramsIgnored(context: RangeContext): void {
  context.evaluation.annotations.info(
    `ignored histograms in a range containing both floats and histograms for metric name ${quote(context.metricName)}`,
    annotated(context),
  );
}

const COUNTER_SUFFIX = /_(?:total|sum|count|bucket)$/;

/** Says that a series of floats, by its name or its type, may be no counter. */
export function noteIfNotCounter({ labels }: RangeSeries, context: RangeContext): void {
  const { metricName, evaluation } = context;
  if (metricName === '') return;
  if (evaluation.settings.typeAndUnitLabels) {
    const type = labelValue(labels, '__type__');
    if (type === 'counter' || type === 'histogram') return;
    const unset = 'metric might not be a counter, __type__ label is not set to "counter" or "histogram"';
    evaluation.annotations.info(`${unset}, got ${quote(type)}: ${quote(metricName)}`, annotated(context));
  } else if (!COUNTER_SUFFIX.test(metricName)) {
    const unlike = 'metric might not be a counter, name does not end in _total/_sum/_count/_bucket';
    evaluation.annotations.info(`${unlike}: ${quote(metricName)}`, annotated(context));
  }
}

function warn(context: RangeContext, message: string): void {
  context.evaluation.annotations.warn(message, annotated(context));
}
