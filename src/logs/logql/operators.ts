// How tightly the operators between numbers bind: the parser groups by it, the layout sets parentheses by it.
//
//   or  <  and unless  <  == != > >= < <=  <  + -  <  * / %  <  ^ (from the right)

import type { BinaryOp } from './ast.ts';

const LEVELS: readonly (readonly BinaryOp[])[] = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '>', '>=', '<', '<='],
  ['+', '-'],
  ['*', '/', '%'],
  ['^'],
];

export interface Operator {
  readonly op: BinaryOp;
  /** Operators of more power bind first. */
  readonly power: number;
}

/** By their text in lower case. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  LEVELS.flatMap((ops, level) => ops.map((op) => [op, { op, power: level + 1 }] as const)),
);

/** The least power of an operator that needs no parentheses on that side of another one. */
export function leastPower(op: BinaryOp, side: 'left' | 'right'): number {
  const power = OPERATORS.get(op)?.power ?? 0;
  return (op === '^') === (side === 'right') ? power : power + 1;
}
