// The stages of a LogQL tree, those behind an `unwrap` among them, in the order of the text.

import type { Expr, LogRange, MetricExpr, Stage } from '../../../src/logs/logql/ast.ts';

export function stagesOf(expr: Expr): readonly Stage[] {
  return expr.kind === 'log' ? expr.stages : stagesOfMetric(expr);
}

function stagesOfMetric(expr: MetricExpr): readonly Stage[] {
  switch (expr.kind) {
    case 'range_aggregation':
      return stagesOfRange(expr.range);
    case 'vector_aggregation':
    case 'label_replace':
      return stagesOfMetric(expr.expr);
    case 'binary':
      return [...stagesOfMetric(expr.left), ...stagesOfMetric(expr.right)];
    case 'variants':
      return [...expr.variants.flatMap(stagesOfMetric), ...stagesOfRange(expr.of)];
    case 'number':
    case 'vector':
      return [];
  }
}

function stagesOfRange({ log, unwrap }: LogRange): readonly Stage[] {
  const filters = unwrap?.filters ?? [];
  return [...log.stages, ...filters.map((filter): Stage => ({ kind: 'label_filter', filter, from: filter.from, to: filter.to }))];
}
