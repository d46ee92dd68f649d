// What the values of an expression measure, read off its tree: the unit of its metric, kept or lost on the way up.

import type { Expr } from '../../src/metrics/promql/ast.ts';
import { isComparison, isSetOp } from '../../src/metrics/promql/ast.ts';
import { unitOfName } from './units.ts';
import type { Quantity } from './units.ts';

const PLAIN: Quantity = { unit: 'none', perSecond: false };
const PER_SECOND = new Set(['rate', 'irate', 'deriv']);
const KEEPS =
  /^(abs|ceil|floor|round|clamp|clamp_min|clamp_max|sort|sort_desc|sort_by_label|sort_by_label_desc|label_replace|label_join|increase|delta|idelta|predict_linear|double_exponential_smoothing|info|scalar|vector|histogram_sum|histogram_avg|histogram_stddev)$|^(avg|min|max|sum|last|first|quantile|stddev|mad)_over_time$/;
const COUNTS: readonly string[] = ['count', 'group', 'count_values', 'stdvar'];

/** The quantity of an expression's values; a plain number where the tree does not tell. */
export function quantityOf(expr: Expr): Quantity {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return PLAIN;
    case 'vector':
      return { unit: unitOfName(nameOf(expr.matchers)), perSecond: false };
    case 'matrix':
      return quantityOf(expr.selector);
    case 'subquery':
    case 'paren':
    case 'unary':
      return quantityOf(expr.inner);
    case 'aggregate':
      return COUNTS.includes(expr.op) ? PLAIN : quantityOf(expr.inner);
    case 'binary':
      return quantityOfBinary(expr);
    case 'call':
      return quantityOfCall(expr);
  }
}

function nameOf(matchers: readonly { readonly name: string; readonly op: string; readonly value: string }[]): string {
  return matchers.find((m) => m.name === '__name__' && m.op === '=')?.value ?? '';
}

function quantityOfBinary(expr: Extract<Expr, { readonly kind: 'binary' }>): Quantity {
  if (expr.returnBool) return PLAIN;
  const [left, right] = [quantityOf(expr.left), quantityOf(expr.right)];
  if (isSetOp(expr.op) || isComparison(expr.op)) return left;
  const same = left.unit === right.unit && left.perSecond === right.perSecond;
  if (expr.op === '+' || expr.op === '-') return same && left.unit !== 'timestamp' ? left : PLAIN;
  return PLAIN;
}

function quantityOfCall({ name, args }: Extract<Expr, { readonly kind: 'call' }>): Quantity {
  if (name === 'time' || name === 'timestamp' || name === 'start' || name === 'end' || name.startsWith('ts_of_')) {
    return { unit: 'timestamp', perSecond: false };
  }
  const subject = args.find((arg) => arg.kind !== 'number' && arg.kind !== 'string');
  if (subject === undefined) return PLAIN;
  if (PER_SECOND.has(name)) return { unit: quantityOf(subject).unit, perSecond: true };
  if (name === 'histogram_quantile' || name === 'histogram_quantiles') return { unit: bucketUnit(subject), perSecond: false };
  if (name === 'histogram_avg' || name === 'histogram_stddev') return { ...quantityOf(subject), perSecond: false };
  return KEEPS.test(name) ? quantityOf(subject) : PLAIN;
}

/** The buckets of a metric count things; their bounds are in the unit of its name. */
function bucketUnit(expr: Expr): Quantity['unit'] {
  switch (expr.kind) {
    case 'vector':
      return unitOfName(nameOf(expr.matchers).replace(/_bucket$/, ''));
    case 'matrix':
      return bucketUnit(expr.selector);
    case 'aggregate':
    case 'paren':
    case 'subquery':
      return bucketUnit(expr.inner);
    case 'call': {
      const subject = expr.args.find((arg) => arg.kind !== 'number' && arg.kind !== 'string');
      return subject === undefined ? 'none' : bucketUnit(subject);
    }
    default:
      return 'none';
  }
}
