// What parses and still is no query: operands of types that do not go together, regular expressions that are none, what is not supported.
//
// Source: Tempo `pkg/traceql/ast_validate.go`, whose messages these are.

import { RequestError } from '../../base/request-error.ts';
import type {
  Aggregate,
  BinaryExpression,
  Compare,
  Field,
  FieldExpression,
  MembershipExpression,
  MetricsExpression,
  Pipeline,
} from './ast.ts';
import type { Place, Query, RangeAggregate, ScalarExpression, ScalarFilter, SecondStage, SpansetExpression, Stage } from './ast.ts';
import { type ImpliedType, impliedType, isNumeric, isUnaryOperand, operandsProblem, scalarType } from './check-types.ts';
import { isRegex } from './fold.ts';
import { printField, printFieldExpression, printScalar, printSpansets, printStage, printValue } from './print.ts';

/** Labels that series of a metrics query have at most. */
export const GROUP_BY_MAX = 5;

/** Throws `bad_data` for the first thing that is wrong, with its place. */
export function checkTraceql(query: Query): void {
  if (query.root.type === 'pipeline') checkPipeline(query.root);
  else checkMetrics(query.root);
}

function fail(at: { readonly place: Place }, message: string): never {
  throw new RequestError('bad_data', message, at.place);
}

function unsupported(at: { readonly place: Place }, feature: string): never {
  fail(at, `${feature} not yet supported`);
}

function checkMetrics(expr: MetricsExpression): void {
  switch (expr.type) {
    case 'metrics':
      checkPipeline(expr.pipeline);
      if (expr.first.type === 'compare') checkCompare(expr.first);
      else checkRange(expr.first);
      expr.second.forEach(checkSecond);
      if (expr.first.type === 'compare' && expr.second.length > 0) fail(expr, '`compare()` cannot be used with second stage functions');
      return;
    case 'metricsOperation':
      checkMetrics(expr.left);
      checkMetrics(expr.right);
      return;
    case 'metricsStages':
      checkMetrics(expr.expr);
      expr.second.forEach(checkSecond);
      return;
    case 'metricsNumber':
      return;
  }
}

function checkRange(range: RangeAggregate): void {
  // The bucket or the quantile is a label of its own.
  const reserved = range.fn === 'quantile_over_time' || range.fn === 'histogram_over_time' || range.fn === 'avg_over_time' ? 1 : 0;
  if (range.by.length > GROUP_BY_MAX - reserved) unsupported(range, `metrics group by ${range.by.length} values`);
  const wrong = range.quantiles.find((quantile) => quantile < 0 || quantile > 1);
  if (wrong !== undefined) fail(range, `quantile must be between 0 and 1: ${wrong}`);
  range.by.forEach(checkField);
  if (range.field !== undefined) checkField(range.field);
}

function checkCompare(compare: Compare): void {
  checkSpansets(compare.filter);
  if (compare.topN <= 0) fail(compare, 'compare() top number of values must be integer greater than 0');
  if (compare.startNs === 0n && compare.endNs === 0n) return;
  if (compare.startNs <= 0n || compare.endNs <= 0n) fail(compare, 'compare() timestamps must be positive integer unix nanoseconds');
  if (compare.endNs <= compare.startNs) fail(compare, 'compare() end timestamp must be greater than start timestamp');
}

function checkSecond(stage: SecondStage): void {
  if (stage.type !== 'metricsFilter' && stage.limit <= 0) fail(stage, 'limit must be greater than 0');
}

function checkPipeline(pipeline: Pipeline): void {
  pipeline.stages.forEach(checkStage);
}

function checkStage(stage: Stage): void {
  switch (stage.type) {
    case 'filter':
    case 'spansets':
    case 'pipeline':
      return checkSpansets(stage);
    case 'group':
      if (!referencesSpan(stage.by)) fail(stage, `grouping field expressions must reference the span: ${printStage(stage)}`);
      return checkExpression(stage.by);
    case 'select':
      return stage.fields.forEach(checkField);
    case 'aggregate':
      return checkAggregate(stage);
    case 'scalarFilter':
      return checkScalarFilter(stage);
    case 'coalesce':
      return;
  }
}

function checkSpansets(expr: SpansetExpression): void {
  switch (expr.type) {
    case 'spansets':
      checkSpansets(expr.left);
      return checkSpansets(expr.right);
    case 'pipeline':
      return checkPipeline(expr);
    case 'filter': {
      checkExpression(expr.expr);
      const type = impliedType(expr.expr);
      if (type !== 'attribute' && type !== 'bool')
        fail(expr, `span filter field expressions must resolve to a boolean: ${printSpansets(expr)}`);
    }
  }
}

function checkScalar(expr: ScalarExpression): void {
  switch (expr.type) {
    case 'aggregate':
      return checkAggregate(expr);
    case 'pipeline':
      return checkPipeline(expr);
    case 'scalars': {
      checkScalar(expr.left);
      checkScalar(expr.right);
      const problem = operandsProblem(expr.op, scalarType(expr.left), scalarType(expr.right));
      if (problem !== undefined) fail(expr, `${problem}: ${printScalar(expr)}`);
      return;
    }
    case 'literal':
      return;
  }
}

function checkScalarFilter(filter: ScalarFilter): void {
  checkScalar(filter.left);
  checkScalar(filter.right);
  const problem = operandsProblem(filter.op, scalarType(filter.left), scalarType(filter.right));
  if (problem !== undefined) fail(filter, `${problem}: ${printStage(filter)}`);
  if (filter.left.type !== 'aggregate') unsupported(filter, 'scalar filter lhs of type (%v)');
  if (filter.right.type !== 'literal') unsupported(filter, 'scalar filter rhs of type (%v)');
}

function checkAggregate(aggregate: Aggregate): void {
  if (aggregate.expr === undefined) return;
  checkExpression(aggregate.expr);
  const type = impliedType(aggregate.expr);
  if (type !== 'attribute' && !isNumeric(type))
    fail(aggregate, `aggregate field expressions must resolve to a number type: ${printStage(aggregate)}`);
  if (!referencesSpan(aggregate.expr)) fail(aggregate, `aggregate field expressions must reference the span: ${printStage(aggregate)}`);
}

function checkExpression(expr: FieldExpression): void {
  switch (expr.type) {
    case 'binary':
      return checkBinary(expr);
    case 'membership':
      return checkMembership(expr);
    case 'attribute':
    case 'intrinsic':
      return checkField(expr);
    case 'unary': {
      checkExpression(expr.expr);
      if (expr.op === 'missing') checkMissing(expr.expr);
      if (!isUnaryOperand(expr.op, impliedType(expr.expr)))
        fail(expr, `illegal operation for the given type: ${printFieldExpression(expr)}`);
      return;
    }
    case 'literal':
      return;
  }
}

function checkBinary(expr: BinaryExpression): void {
  checkExpression(expr.left);
  checkExpression(expr.right);
  const problem = operandsProblem(expr.op, impliedType(expr.left), impliedType(expr.right));
  if (problem !== undefined) fail(expr, `${problem}: ${printFieldExpression(expr)}`);
  if (expr.op !== '=~' && expr.op !== '!~') return;
  if (expr.right.type !== 'literal' || expr.right.value.type !== 'string')
    return fail(expr, `invalid type for =~ or !~: ${printFieldExpression(expr.right)}`);
  if (!isRegex(expr.right.value.value)) fail(expr, `invalid regex: ${printFieldExpression(expr.right)}`);
}

function checkMembership(expr: MembershipExpression): void {
  checkField(expr.field);
  const isPattern = expr.op === 'match' || expr.op === 'notMatch';
  const of: ImpliedType = expr.values[0]?.type ?? 'nil';
  const problem = operandsProblem(isPattern ? '=~' : '=', impliedType(expr.field), of);
  if (problem !== undefined) fail(expr, `${problem}: ${printFieldExpression(expr)}`);
  const wrong = isPattern ? expr.values.find((value) => value.type === 'string' && !isRegex(value.value)) : undefined;
  if (wrong !== undefined) fail(expr, `invalid regex: ${printValue(wrong)}`);
}

function checkMissing(expr: FieldExpression): void {
  if (expr.type === 'intrinsic') fail(expr, `${printField(expr)}=nil is not valid because intrinsics cannot be nil`);
  if (expr.type === 'attribute' && expr.scope === 'resource' && !expr.ofParent && expr.name === 'service.name')
    fail(expr, `${printField(expr)}=nil is not valid because resource.service.name cannot be nil`);
}

function checkField(field: Field): void {
  if (field.ofParent) unsupported(field, 'parent');
  if (field.type === 'intrinsic' && field.name === 'parent') unsupported(field, 'intrinsic (parent)');
}

function referencesSpan(expr: FieldExpression): boolean {
  switch (expr.type) {
    case 'literal':
      return false;
    case 'binary':
      return referencesSpan(expr.left) || referencesSpan(expr.right);
    case 'unary':
      return referencesSpan(expr.expr);
    default:
      return true;
  }
}
