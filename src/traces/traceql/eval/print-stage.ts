// The names of what a spanset says of itself: `by(.foo)`, `count()`, `avg(duration)`.

import type { Aggregate, FieldExpression, GroupStage } from '../ast.ts';

export function printStage(stage: GroupStage | Aggregate): string {
  if (stage.type === 'group') return `by(${printField(stage.by)})`;
  return `${stage.fn}(${stage.expr === undefined ? '' : printField(stage.expr)})`;
}

function printField(expr: FieldExpression): string {
  if (expr.type === 'intrinsic') return expr.spelling;
  return expr.type === 'attribute' ? `${expr.scope === 'any' ? '' : expr.scope}.${expr.name}` : expr.type;
}
