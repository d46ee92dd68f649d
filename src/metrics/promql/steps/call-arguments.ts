// Arguments of a call as its function takes them: parentheses around one mean nothing.

import { assert } from '../../../base/assert.ts';
import type { Expr } from '../ast.ts';

/** The expression within any number of parentheses. */
export function unwrap(expr: Expr): Expr {
  return expr.kind === 'paren' ? unwrap(expr.inner) : expr;
}

/** The text of a string argument; the check of the tree has seen that it is one. */
export function stringArgument(expr: Expr | undefined): string {
  const argument = expr === undefined ? undefined : unwrap(expr);
  assert(argument?.kind === 'string', 'a string argument');
  return argument.value;
}

/** An argument that the check of the tree has seen to be there. */
export function argumentAt(args: readonly Expr[], index: number): Expr {
  const argument = args[index];
  assert(argument !== undefined, 'an argument');
  return unwrap(argument);
}

/** The values of a scalar argument, one per step. */
export function scalarArgument(scalars: readonly (Float64Array | undefined)[], index: number): Float64Array {
  const values = scalars[index];
  assert(values !== undefined, 'a scalar argument');
  return values;
}
