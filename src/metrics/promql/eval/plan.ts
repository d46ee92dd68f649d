// What can be known of an expression before anything is read.

import { METRIC_NAME } from '../../../query/labels.ts';
import { type Expr, children } from '../ast.ts';
import { unwrap } from '../steps/call-arguments.ts';

/** Functions whose result follows the step even where their argument does not. */
const FOLLOW_THE_STEP: ReadonlySet<string> = new Set(
  'time timestamp predict_linear minute hour month year day_of_month day_of_week day_of_year days_in_month'.split(' '),
);

/** True when an expression has the same value at every step: all its selectors are pinned by `@`, and it has at least one. */
export function isPinned(expr: Expr): boolean {
  return hasSelector(expr) && !moves(expr);
}

function hasSelector(expr: Expr): boolean {
  return expr.kind === 'vector' || children(expr).some(hasSelector);
}

function moves(expr: Expr): boolean {
  switch (expr.kind) {
    case 'vector':
      return expr.at === undefined;
    case 'matrix':
      return expr.at === undefined;
    case 'subquery':
      // Pinned, a subquery looks at the same steps each time; else its own steps move, which only moves a selector that is not pinned.
      return expr.at === undefined;
    case 'call':
      return FOLLOW_THE_STEP.has(expr.name) || expr.args.some(moves);
    default:
      return children(expr).some(moves);
  }
}

/** True when the series of an expression may differ in nothing but their metric's name: dropping it could make two of them the same. */
export function namesMayDiffer(expr: Expr): boolean {
  switch (expr.kind) {
    case 'vector':
      return !expr.matchers.some(({ name, op, value }) => name === METRIC_NAME && op === '=' && value !== '');
    case 'aggregate':
      return expr.without || expr.grouping.includes(METRIC_NAME) || isSelection(expr.op) ? namesMayDiffer(expr.inner) : false;
    case 'call':
      return expr.name.startsWith('label_') || children(expr).some(namesMayDiffer);
    case 'binary':
      return children(expr).some(namesMayDiffer) || expr.op === 'or' || (expr.matching?.include.length ?? 0) > 0;
    default:
      return children(expr).some(namesMayDiffer);
  }
}

function isSelection(op: string): boolean {
  return op === 'topk' || op === 'bottomk' || op === 'limitk' || op === 'limit_ratio';
}

const ORDERING_FUNCTIONS: ReadonlySet<string> = new Set(['sort', 'sort_desc', 'sort_by_label', 'sort_by_label_desc']);

/** True when an instant query shows its series in the order in which the expression gives them. */
export function isOrdered(expr: Expr): boolean {
  const inner = unwrap(expr);
  if (inner.kind === 'call') return ORDERING_FUNCTIONS.has(inner.name);
  if (inner.kind === 'binary') return inner.op === 'or';
  return inner.kind === 'aggregate' && (inner.op === 'topk' || inner.op === 'bottomk');
}
