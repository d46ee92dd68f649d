// Chains of comparisons of one field become one: `.a = 1 || .a = 2` is `.a IN [1, 2]`, `.a !~ "x" && .a !~ "y"` is `.a MATCH NONE [...]`.
//
// Only values of one type go together. Source: Tempo `pkg/traceql/ast_rewriter.go`.

import type { BinaryExpression, Field, FieldExpression, MembershipExpression, MetricsExpression, Pipeline, Query } from './ast.ts';
import type { ScalarExpression, SpansetExpression, Stage } from './ast.ts';
import type { Value } from './value.ts';

type Op = MembershipExpression['op'];

const OPS: Readonly<Partial<Record<BinaryExpression['op'], readonly { readonly op: Op; readonly of: BinaryExpression['op'] }[]>>> = {
  '||': [
    { op: 'in', of: '=' },
    { op: 'match', of: '=~' },
  ],
  '&&': [
    { op: 'notIn', of: '!=' },
    { op: 'notMatch', of: '!~' },
  ],
};

export function foldMemberships(query: Query): Query {
  return { ...query, root: query.root.type === 'pipeline' ? inPipeline(query.root) : inMetrics(query.root) };
}

function inMetrics(expr: MetricsExpression): MetricsExpression {
  switch (expr.type) {
    case 'metrics': {
      const { first } = expr;
      const folded = first.type === 'compare' ? { ...first, filter: { ...first.filter, expr: inField(first.filter.expr) } } : first;
      return { ...expr, pipeline: inPipeline(expr.pipeline), first: folded };
    }
    case 'metricsOperation':
      return { ...expr, left: inMetrics(expr.left), right: inMetrics(expr.right) };
    case 'metricsStages':
      return { ...expr, expr: inMetrics(expr.expr) };
    case 'metricsNumber':
      return expr;
  }
}

function inPipeline(pipeline: Pipeline): Pipeline {
  return { ...pipeline, stages: pipeline.stages.map(inStage) };
}

function inStage(stage: Stage): Stage {
  switch (stage.type) {
    case 'filter':
    case 'spansets':
    case 'pipeline':
      return inSpansets(stage);
    case 'group':
      return { ...stage, by: inField(stage.by) };
    case 'scalarFilter':
      return { ...stage, left: inScalar(stage.left), right: inScalar(stage.right) };
    case 'aggregate':
      return stage.expr === undefined ? stage : { ...stage, expr: inField(stage.expr) };
    default:
      return stage;
  }
}

function inSpansets(expr: SpansetExpression): SpansetExpression {
  switch (expr.type) {
    case 'filter':
      return { ...expr, expr: inField(expr.expr) };
    case 'spansets':
      return { ...expr, left: inSpansets(expr.left), right: inSpansets(expr.right) };
    case 'pipeline':
      return inPipeline(expr);
  }
}

function inScalar(expr: ScalarExpression): ScalarExpression {
  switch (expr.type) {
    case 'scalars':
      return { ...expr, left: inScalar(expr.left), right: inScalar(expr.right) };
    case 'pipeline':
      return inPipeline(expr);
    case 'aggregate':
      return expr.expr === undefined ? expr : { ...expr, expr: inField(expr.expr) };
    case 'literal':
      return expr;
  }
}

function inField(expr: FieldExpression): FieldExpression {
  if (expr.type === 'unary') return { ...expr, expr: inField(expr.expr) };
  if (expr.type !== 'binary') return expr;
  const whole = { ...expr, left: inField(expr.left), right: inField(expr.right) };
  for (const { op, of } of OPS[expr.op] ?? []) {
    const [left, right] = [membership(whole.left, op, of), membership(whole.right, op, of)];
    if (left === undefined || right === undefined || !isSameField(left.field, right.field) || !goTogether(left, right)) continue;
    return { ...left, values: [...left.values, ...right.values], place: expr.place };
  }
  return whole;
}

/** A comparison of a field with a literal, whichever way round, as a membership of one value. */
function membership(expr: FieldExpression, op: Op, of: BinaryExpression['op']): MembershipExpression | undefined {
  if (expr.type === 'membership') return expr.op === op ? expr : undefined;
  if (expr.type !== 'binary' || expr.op !== of) return undefined;
  const [field, other] = isField(expr.left) ? [expr.left, expr.right] : [expr.right, expr.left];
  if (!isField(field) || other.type !== 'literal') return undefined;
  return { type: 'membership', op, field, values: [other.value], place: expr.place };
}

function isField(expr: FieldExpression): expr is Field {
  return expr.type === 'attribute' || expr.type === 'intrinsic';
}

function isSameField(a: Field, b: Field): boolean {
  if (a.type === 'intrinsic') return b.type === 'intrinsic' && a.name === b.name;
  return b.type === 'attribute' && a.scope === b.scope && a.ofParent === b.ofParent && a.name === b.name;
}

const ARRAY_TYPES: readonly Value['type'][] = ['string', 'int', 'float', 'bool'];

function goTogether(a: MembershipExpression, b: MembershipExpression): boolean {
  const [type, other] = [a.values[0]?.type, b.values[0]?.type];
  if (type === undefined || type !== other) return false;
  return a.op === 'match' || a.op === 'notMatch' ? type === 'string' : ARRAY_TYPES.includes(type);
}
