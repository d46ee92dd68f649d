// Operations between two literals, which are one literal: `1 + 1` is `2`. The evaluation then never sees two of them.
//
// Source: Loki's MergeBinOp. A division by zero is no number; a comparison is 1 or 0, with or without `bool`.

import { goPower } from '../../query/go-power.ts';
import type { Binary, BinaryOp, MetricExpr } from './ast.ts';

/** The operation, or its outcome where both sides are literals. */
export function foldLiterals(expr: Binary): MetricExpr {
  const { left, right, op, from, to } = expr;
  return left.kind === 'number' && right.kind === 'number' ? { kind: 'number', value: merge(op, left.value, right.value), from, to } : expr;
}

function merge(op: BinaryOp, left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? Number.NaN : left / right;
    case '%':
      return right === 0 ? Number.NaN : left % right;
    case '^':
      return goPower(left, right);
    case '==':
      return Number(left === right);
    case '!=':
      return Number(left !== right);
    case '>':
      return Number(left > right);
    case '>=':
      return Number(left >= right);
    case '<':
      return Number(left < right);
    case '<=':
      return Number(left <= right);
    case 'and':
    case 'or':
    case 'unless':
      return Number.NaN; // Refused before: a literal has no labels to match.
  }
}
