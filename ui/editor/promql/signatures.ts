// Functions, aggregations and keywords as completion offers them: how each is called, and what it gives.

import type { AggregateOp, ValueType } from '../../../src/metrics/promql/ast.ts';
import { AGGREGATE_OPS, TYPE_NAME } from '../../../src/metrics/promql/ast.ts';
import { FUNCTIONS } from '../../../src/metrics/promql/functions.ts';
import type { FunctionSignature } from '../../../src/metrics/promql/functions.ts';
import type { Offered } from '../offers.ts';

const ARGUMENTS_SHOWN = 5;

/** `(scalar, instant vector) → instant vector`; what may be missing stands in brackets. */
export function signatureText({ args, optional, returns }: FunctionSignature): string {
  const needed = optional < 0 ? args.length - 1 : args.length - optional;
  const shown = args.slice(0, ARGUMENTS_SHOWN).map((type, i) => (i < needed ? TYPE_NAME[type] : `[${TYPE_NAME[type]}]`));
  if (args.length > ARGUMENTS_SHOWN || optional < 0) shown.push('…');
  return `(${shown.join(', ')}) → ${TYPE_NAME[returns]}`;
}

const PARAMETERS: Readonly<Partial<Record<AggregateOp, ValueType>>> = {
  topk: 'scalar',
  bottomk: 'scalar',
  quantile: 'scalar',
  limitk: 'scalar',
  limit_ratio: 'scalar',
  count_values: 'string',
};

export const FUNCTIONS_OFFERED: readonly Offered[] = Array.from(FUNCTIONS, ([label, signature]) => ({
  label,
  detail: signatureText(signature),
})).sort((a, b) => (a.label < b.label ? -1 : 1));

export const AGGREGATIONS_OFFERED: readonly Offered[] = AGGREGATE_OPS.map((label) => {
  const param = PARAMETERS[label];
  return { label, detail: `${param === undefined ? '' : `(${param}) `}over groups` };
});

/** Words behind an operand, and what each is for. */
export const OPERATORS_OFFERED: readonly Offered[] = [
  { label: 'and', detail: 'series that both sides have' },
  { label: 'or', detail: 'series of either side' },
  { label: 'unless', detail: 'series that only the left side has' },
  { label: 'atan2', detail: 'angle of two values' },
  { label: 'offset', detail: 'earlier by a duration' },
];

/** Words behind an operator, in front of its right side. */
export const MATCHING_OFFERED: readonly Offered[] = [
  { label: 'on', detail: 'pair by these labels' },
  { label: 'ignoring', detail: 'pair by all but these labels' },
  { label: 'group_left', detail: 'many on the left' },
  { label: 'group_right', detail: 'many on the right' },
  { label: 'bool', detail: 'compare to 0 or 1' },
];

export const GROUPING_OFFERED: readonly Offered[] = [
  { label: 'by', detail: 'keep these labels' },
  { label: 'without', detail: 'drop these labels' },
];
