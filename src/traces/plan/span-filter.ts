// The filter of a pipeline that looks at each span by itself, as one expression.
//
//   { a } | { b }      a && b
//   { a } || { b }     a || b

import type { BinaryExpression, FieldExpression, Pipeline, SpansetExpression, SpansetOperation, Stage } from '../traceql/ast.ts';

const EVERY: FieldExpression = { type: 'literal', value: { type: 'bool', value: true }, place: { from: 0, to: 0 } };

/** Undefined where other spans decide too. Groups and selections change how spans are shown, not which there are. */
export function spanFilter({ stages }: Pipeline): FieldExpression | undefined {
  const filters: FieldExpression[] = [];
  for (const stage of stages) {
    if (stage.type === 'group' || stage.type === 'coalesce' || stage.type === 'select') continue;
    const filter = stageFilter(stage);
    if (filter === undefined) return undefined;
    filters.push(filter);
  }
  return joined('&&', filters);
}

/** The same of one stage. */
export function stageFilter(stage: Stage): FieldExpression | undefined {
  if (stage.type === 'filter') return stage.expr;
  if (stage.type === 'pipeline') return spanFilter(stage);
  // Of `&&` both sides must be in the trace; of `||` each span stands for itself.
  if (stage.type !== 'spansets' || stage.op !== '||') return undefined;
  const operands = operandsOf(stage);
  const filters = operands.flatMap((operand) => stageFilter(operand) ?? []);
  return filters.length < operands.length ? undefined : joined('||', filters);
}

/** The operands of a chain of one operator, from left to right. Chains may be longer than the stack is deep. */
export function operandsOf(operation: SpansetOperation): readonly SpansetExpression[] {
  const rights: SpansetExpression[] = [];
  let rest: SpansetExpression = operation;
  for (; rest.type === 'spansets' && rest.op === operation.op; rest = rest.left) rights.push(rest.right);
  return [rest, ...rights.reverse()];
}

function joined(op: BinaryExpression['op'], parts: readonly FieldExpression[]): FieldExpression {
  const [first = EVERY, ...others] = parts;
  return others.reduce<FieldExpression>((left, right) => ({ type: 'binary', op, left, right, place: left.place }), first);
}
