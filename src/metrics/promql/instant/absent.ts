// `absent`: one series where there is none, with the labels that the selector fixes.
//
// Source: Prometheus 3.14, querying/functions, "absent" and "absent_over_time".

import { METRIC_NAME, NO_LABELS, type Labels, labelsOf } from '../../../query/labels.ts';
import type { Matcher } from '../../../query/matchers.ts';
import type { Expr } from '../ast.ts';
import { argumentAt, unwrap } from '../steps/call-arguments.ts';
import type { CallContext } from '../steps/evaluation.ts';
import { FLOAT_AT, NOTHING_AT, type StepSeries } from '../steps/step-series.ts';

/** 1 at every step at which no series has a value. */
export function absent(series: readonly StepSeries[], { evaluation, call }: CallContext): readonly StepSeries[] {
  const { arrays } = evaluation;
  const result = arrays.take(absentLabels(argumentAt(call.args, 0)));
  result.has.fill(FLOAT_AT);
  result.values.fill(1);
  for (const one of series) {
    for (let step = 0; step < one.has.length; step++) if (one.has[step] !== NOTHING_AT) result.has[step] = NOTHING_AT;
    arrays.give(one);
  }
  if (result.has.includes(FLOAT_AT)) return [result];
  arrays.give(result);
  return [];
}

/** The labels that an instant or range selector asks to be equal to something; none for any other expression. */
export function absentLabels(expr: Expr): Labels {
  const selector = unwrap(expr);
  switch (selector.kind) {
    case 'vector':
      return fixedLabels(selector.matchers);
    case 'matrix':
      return fixedLabels(selector.selector.matchers);
    default:
      return NO_LABELS;
  }
}

/** A label that is asked for twice is left out, unless the first `=` comes last. */
function fixedLabels(matchers: readonly Matcher[]): Labels {
  const values = new Map<string, string>();
  const seen = new Set<string>();
  for (const { name, op, value } of matchers) {
    if (name === METRIC_NAME) continue;
    if (op === '=' && !seen.has(name)) {
      values.set(name, value);
      seen.add(name);
    } else values.delete(name);
  }
  return labelsOf(values);
}
