// The parts of a LogQL tree that an editor asks about: its ranges of lines and their stages.

import type { Expr, LogExpr, MetricExpr, Stage } from '../../../src/logs/logql/ast.ts';

/** Every selector of a query with its stages, in the order of the text. */
export function logExprsOf(expr: Expr): readonly LogExpr[] {
  return expr.kind === 'log' ? [expr] : logExprsOfMetric(expr);
}

function logExprsOfMetric(expr: MetricExpr): readonly LogExpr[] {
  switch (expr.kind) {
    case 'range_aggregation':
      return [expr.range.log];
    case 'vector_aggregation':
    case 'label_replace':
      return logExprsOf(expr.expr);
    case 'binary':
      return [...logExprsOf(expr.left), ...logExprsOf(expr.right)];
    case 'variants':
      return [expr.of.log];
    case 'number':
    case 'vector':
      return [];
  }
}

export function stagesOf(expr: Expr): readonly Stage[] {
  return logExprsOf(expr).flatMap(({ stages }) => stages);
}
