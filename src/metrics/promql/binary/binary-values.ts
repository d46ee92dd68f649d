// Binary operators on values: two floats, two histograms, or one of each; whole columns of floats at once.
//
// Source: Prometheus 3.14, `promql/engine.go`. What Go's `math` does differently from JavaScript's is done as in Go.

import { goPower } from '../../../query/go-power.ts';
import type { NativeHistogram } from '../../native-histogram.ts';
import { type BinaryOp, isComparison } from '../ast.ts';
import {
  addHistograms,
  type Combined,
  compactHistogram,
  divideHistogram,
  equalHistograms,
  scaleHistogram,
  subtractHistograms,
  withHint,
} from '../histogram/arithmetic.ts';
import { trimLower, trimUpper } from '../histogram/trim.ts';

export type Element = number | NativeHistogram;

/** What an operator makes of two values: the value to show, and whether a comparison keeps it. */
export interface Outcome {
  readonly value: Element;
  readonly keep: boolean;
}

/** Hears what the reader is to be told of an operation. */
export type Tell = (kind: 'warning' | 'info', message: string) => void;

/** True for operators whose result is no longer the metric itself, so that its name goes. */
export function changesMeaning(op: BinaryOp): boolean {
  return op === '+' || op === '-' || op === '*' || op === '/' || op === '%' || op === '^' || op === 'atan2';
}

/** Two columns of floats. */
export interface Columns {
  readonly left: Float64Array;
  readonly right: Float64Array;
}

/**
 * An arithmetic operator on every pair of two columns; `into` may be one of them.
 *
 * hot: one loop per operator, so that each is compiled for its own operation.
 */
export function arithmeticColumn(op: BinaryOp, { left, right }: Columns, into: Float64Array): void {
  const length = into.length;
  switch (op) {
    case '+':
      for (let i = 0; i < length; i++) into[i] = (left[i] as number) + (right[i] as number);
      return;
    case '-':
      for (let i = 0; i < length; i++) into[i] = (left[i] as number) - (right[i] as number);
      return;
    case '*':
      for (let i = 0; i < length; i++) into[i] = (left[i] as number) * (right[i] as number);
      return;
    case '/':
      for (let i = 0; i < length; i++) into[i] = (left[i] as number) / (right[i] as number);
      return;
    default:
      for (let i = 0; i < length; i++) into[i] = arithmetic(op, left[i] as number, right[i] as number);
  }
}

/** A comparison of every pair of two columns: 1 or 0 into `kept`. */
export function compareColumn(op: BinaryOp, { left, right }: Columns, kept: Uint8Array): void {
  const length = kept.length;
  switch (op) {
    case '==':
      for (let i = 0; i < length; i++) kept[i] = left[i] === right[i] ? 1 : 0;
      return;
    case '!=':
      for (let i = 0; i < length; i++) kept[i] = left[i] === right[i] ? 0 : 1;
      return;
    case '<':
      for (let i = 0; i < length; i++) kept[i] = (left[i] as number) < (right[i] as number) ? 1 : 0;
      return;
    case '<=':
      for (let i = 0; i < length; i++) kept[i] = (left[i] as number) <= (right[i] as number) ? 1 : 0;
      return;
    case '>':
      for (let i = 0; i < length; i++) kept[i] = (left[i] as number) > (right[i] as number) ? 1 : 0;
      return;
    default:
      for (let i = 0; i < length; i++) kept[i] = (left[i] as number) >= (right[i] as number) ? 1 : 0;
  }
}

function arithmetic(op: BinaryOp, left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case 'atan2':
      return Math.atan2(left, right);
    default:
      return goPower(left, right);
  }
}

function compare(op: BinaryOp, left: number, right: number): boolean {
  switch (op) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    default:
      return left >= right;
  }
}

/** An operator on two values of any type; nothing, and the reader is told, where it has no meaning for them. */
export function combineElements(op: BinaryOp, left: Element, right: Element, tell: Tell): Outcome | undefined {
  if (typeof left === 'number') {
    if (typeof right === 'number') return combineFloats(op, left, right, tell);
    return op === '*' ? kept(compactHistogram(scaleHistogram(right, left))) : incompatible(op, left, right, tell);
  }
  if (typeof right === 'number') return histogramWithFloat(op, left, right, tell);
  return combineHistograms(op, left, right, tell);
}

function combineFloats(op: BinaryOp, left: number, right: number, tell: Tell): Outcome | undefined {
  if (isComparison(op)) return { value: left, keep: compare(op, left, right) };
  return changesMeaning(op) ? kept(arithmetic(op, left, right)) : incompatible(op, left, right, tell);
}

function histogramWithFloat(op: BinaryOp, left: NativeHistogram, right: number, tell: Tell): Outcome | undefined {
  switch (op) {
    case '*':
      return kept(compactHistogram(scaleHistogram(left, right)));
    case '/':
      return kept(compactHistogram(divideHistogram(left, right)));
    case '</':
      return kept(trimUpper(left, right));
    case '>/':
      return kept(trimLower(left, right));
    default:
      return incompatible(op, left, right, tell);
  }
}

function combineHistograms(op: BinaryOp, left: NativeHistogram, right: NativeHistogram, tell: Tell): Outcome | undefined {
  switch (op) {
    case '+':
      return combined(op, addHistograms(left, right), tell);
    case '-':
      return combined(op, subtractHistograms(left, right), tell);
    case '==':
      return { value: left, keep: equalHistograms(left, right) };
    case '!=':
      return { value: left, keep: !equalHistograms(left, right) };
    default:
      return incompatible(op, left, right, tell);
  }
}

function combined(op: '+' | '-', result: Combined | undefined, tell: Tell): Outcome | undefined {
  if (result === undefined) {
    tell('warning', `incompatible bucket layout encountered for binary operator ${op}`);
    return undefined;
  }
  const operation = op === '+' ? 'addition' : 'subtraction';
  if (result.resetCollision) {
    // Prometheus shows no result in this case, though it could.
    tell('warning', `conflicting counter resets during histogram ${operation}`);
    return undefined;
  }
  if (result.boundsReconciled) tell('info', `mismatched custom buckets were reconciled during ${operation}`);
  const histogram = compactHistogram(result.histogram);
  return kept(op === '-' ? withHint(histogram, 'gauge') : histogram);
}

function kept(value: Element): Outcome {
  return { value, keep: true };
}

function incompatible(op: BinaryOp, left: Element, right: Element, tell: Tell): undefined {
  const [leftType, rightType] = [typeName(left), typeName(right)];
  tell('info', `incompatible sample types encountered for binary operator "${op}": ${leftType} ${op} ${rightType}`);
}

function typeName(value: Element): string {
  return typeof value === 'number' ? 'float' : 'histogram';
}
