// The types of an expression: what must hold of a tree that the grammar allows. Errors stand at the node that is wrong.

import { matchesEmpty } from '../../query/matchers.ts';
import { METRIC_NAME } from '../../query/labels.ts';
import { quote } from '../../query/scanner.ts';
import {
  type Aggregate,
  type Binary,
  type Call,
  type Expr,
  type Position,
  TYPE_NAME,
  type ValueType,
  type VectorSelector,
  children,
  isComparison,
  isSetOp,
} from './ast.ts';
import { FUNCTIONS, arity } from './functions.ts';

/** Ends the check with a message at a place. */
export type Fail = (at: Position, message: string) => never;

/** The type of an expression's value. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'vector':
    case 'aggregate':
      return 'vector';
    case 'matrix':
    case 'subquery':
      return 'matrix';
    case 'paren':
    case 'unary':
      return typeOf(expr.inner);
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar' ? 'scalar' : 'vector';
    case 'call':
      return FUNCTIONS.get(expr.name)?.returns ?? 'vector';
  }
}

/** Checks a node, its parts having been checked before. */
export function checkNode(expr: Expr, fail: Fail): void {
  switch (expr.kind) {
    case 'vector':
      checkSelector(expr, fail);
      break;
    case 'subquery': {
      const type = typeOf(expr.inner);
      if (type !== 'vector') fail(expr, `subquery is only allowed on instant vector, got ${type} instead`);
      break;
    }
    case 'unary': {
      const type = typeOf(expr.inner);
      if (type !== 'scalar' && type !== 'vector') {
        fail(expr, `unary expression only allowed on expressions of type scalar or instant vector, got ${quote(TYPE_NAME[type])}`);
      }
      break;
    }
    case 'binary':
      checkBinary(expr, fail);
      break;
    case 'aggregate':
      checkAggregate(expr, fail);
      break;
    case 'call':
      checkCall(expr, fail);
      break;
    default:
      break;
  }
}

/** Checks a whole tree. */
export function checkTree(expr: Expr, fail: Fail): void {
  for (const child of children(expr)) checkTree(child, fail);
  checkNode(expr, fail);
}

function checkSelector(selector: VectorSelector, fail: Fail): void {
  if (selector.name !== '') {
    const again = selector.matchers.slice(0, -1).find((matcher) => matcher.name === METRIC_NAME && matcher.op === '=');
    if (again !== undefined) fail(selector, `metric name must not be set twice: ${quote(selector.name)} or ${quote(again.value)}`);
    return;
  }
  // A selector that accepts the empty label set would be all series there are.
  if (selector.matchers.every(matchesEmpty)) fail(selector, 'vector selector must contain at least one non-empty matcher');
}

function checkBinary(expr: Binary, fail: Fail): void {
  const { op, matching } = expr;
  const left = typeOf(expr.left);
  const right = typeOf(expr.right);
  if (expr.returnBool && !isComparison(op)) fail(expr, 'bool modifier can only be used on comparison operators');
  if (isComparison(op) && !expr.returnBool && left === 'scalar' && right === 'scalar')
    fail(expr, 'comparisons between scalars must use BOOL modifier');
  const allowed: readonly ValueType[] = ['scalar', 'vector'];
  if (!allowed.includes(left)) fail(expr.left, 'binary expression must contain only scalar and instant vector types');
  if (!allowed.includes(right)) fail(expr.right, 'binary expression must contain only scalar and instant vector types');
  if (left !== 'vector' || right !== 'vector') {
    if (isSetOp(op)) fail(expr, `set operator ${quote(op)} not allowed in binary scalar expression`);
    if (matching !== undefined) fail(expr, 'vector matching only allowed between instant vectors');
    return;
  }
  if (matching === undefined) return;
  if (isSetOp(op)) {
    if (matching.cardinality !== 'many-to-many') fail(expr, `no grouping allowed for ${quote(op)} operation`);
    if (matching.fillLeft !== undefined || matching.fillRight !== undefined)
      fail(expr, `filling in missing series not allowed for set operators`);
  }
  const both = matching.on ? matching.labels.find((label) => matching.include.includes(label)) : undefined;
  if (both !== undefined) fail(expr, `label ${quote(both)} must not occur in ON and GROUP clause at once`);
}

function checkAggregate(expr: Aggregate, fail: Fail): void {
  expectType(expr.inner, 'vector', 'aggregation expression', fail);
  if (expr.op === 'topk' || expr.op === 'bottomk' || expr.op === 'quantile' || expr.op === 'limitk' || expr.op === 'limit_ratio') {
    if (expr.param !== undefined) expectType(expr.param, 'scalar', 'aggregation parameter', fail);
  }
  if (expr.op === 'count_values' && expr.param !== undefined) expectType(expr.param, 'string', 'aggregation parameter', fail);
}

function checkCall(call: Call, fail: Fail): void {
  const signature = FUNCTIONS.get(call.name);
  if (signature === undefined) return fail(call, `unknown function with name ${quote(call.name)}`);
  const { min, max } = arity(signature);
  const given = call.args.length;
  const where = `in call to ${quote(call.name)}, got ${given}`;
  if (min === max && given !== min) fail(call, `expected ${min} argument(s) ${where}`);
  if (given < min) fail(call, `expected at least ${min} argument(s) ${where}`);
  if (given > max) fail(call, `expected at most ${max} argument(s) ${where}`);
  for (const [i, arg] of call.args.entries()) {
    const type = signature.args[Math.min(i, signature.args.length - 1)];
    if (type !== undefined) expectType(arg, type, `call to function ${quote(call.name)}`, fail);
  }
  const [, matchers] = call.args;
  if (call.name === 'info' && matchers !== undefined && (matchers.kind !== 'vector' || matchers.name !== '')) {
    fail(matchers, 'expected label selectors only, got an expression or a metric name');
  }
}

function expectType(expr: Expr, wanted: ValueType, context: string, fail: Fail): void {
  const type = typeOf(expr);
  if (type !== wanted) fail(expr, `expected type ${TYPE_NAME[wanted]} in ${context}, got ${TYPE_NAME[type]}`);
}
