// Arithmetic over lengths of time: `[2 * step()]`, `offset -(1h + 5m)`. Numbers are seconds.

import { goPower } from '../../query/go-power.ts';
import type { ArithmeticOp, Duration } from './ast.ts';
import type { TokenStream } from './token-stream.ts';
import { parseDuration } from '../../base/duration.ts';

const POWERS: ReadonlyMap<string, readonly [ArithmeticOp, number]> = new Map([
  ['+', ['+', 1]],
  ['-', ['-', 1]],
  ['*', ['*', 2]],
  ['/', ['/', 2]],
  ['%', ['%', 2]],
  ['^', ['^', 3]],
]);
const DEPTH_MAX = 100;

/** The query's own step and range in seconds, which `step()` and `range()` stand for. */
export interface DurationContext {
  readonly stepS: number;
  readonly rangeS: number;
}

/** A length of time with all its operators. `where` names the place in errors. */
export function parseDurationExpr(tokens: TokenStream, where: string): Duration {
  const duration = expression(tokens, where, 0, 0);
  refuseZeroDivision(tokens, duration);
  return whole(duration);
}

/** A length of time after `offset`: a signed operand, for `offset 5s-8` is an offset less eight. */
export function parseOffsetExpr(tokens: TokenStream): Duration {
  const duration = operand(tokens, 'offset', 0);
  refuseZeroDivision(tokens, duration);
  return whole(duration);
}

/** A bare number is a length of time, in whole milliseconds; one within an expression stays a number. */
function whole(duration: Duration): Duration {
  return duration.kind === 'number' ? { ...duration, unit: 'duration', value: Math.round(duration.value * 1000) / 1000 } : duration;
}

function expression(tokens: TokenStream, where: string, least: number, depth: number): Duration {
  if (depth > DEPTH_MAX) tokens.fail(tokens.peek(), `duration expression nested more than ${DEPTH_MAX} levels deep`);
  let left = operand(tokens, where, depth);
  for (let count = 0; ; count++) {
    const token = tokens.peek();
    const found = token.kind === 'punctuation' ? POWERS.get(token.text) : undefined;
    if (found === undefined || found[1] < least) return left;
    if (count > DEPTH_MAX) tokens.fail(token, `more than ${DEPTH_MAX} operations in a duration expression`);
    tokens.take();
    const [op, power] = found;
    const right = expression(tokens, where, op === '^' ? power : power + 1, depth + 1);
    left = { kind: 'binary', op, left, right, from: left.from, to: right.to };
  }
}

function operand(tokens: TokenStream, where: string, depth: number): Duration {
  const sign = tokens.accept('+', '-');
  if (sign !== undefined) {
    if (depth > DEPTH_MAX) tokens.fail(sign, `duration expression nested more than ${DEPTH_MAX} levels deep`);
    // As in expressions a sign binds as `*` does, below `^`; after `offset` it takes one operand.
    const inner = where === 'offset' ? operand(tokens, where, depth + 1) : expression(tokens, where, 3, depth + 1);
    return signed(sign.text === '-' ? '-' : '+', inner, sign.from);
  }
  const token = tokens.take();
  const place = { from: token.from, to: token.to };
  if (token.kind === 'number') return { kind: 'number', value: numberValue(tokens, token.text, place), unit: 'number', ...place };
  if (token.kind === 'duration') return { kind: 'number', value: durationValue(tokens, token.text, place), unit: 'duration', ...place };
  if (token.kind === 'word') return call(tokens, token.text.toLowerCase(), { where, depth, ...place });
  if (token.text === '(') {
    const inner = expression(tokens, 'duration expression', 0, depth + 1);
    return { kind: 'paren', inner, from: token.from, to: tokens.expect(')', 'in duration expression').to };
  }
  return tokens.unexpected(token, `in ${where}`, 'number, duration, step(), or range()');
}

function signed(op: '+' | '-', inner: Duration, from: number): Duration {
  if (inner.kind === 'number') return { ...inner, value: op === '-' ? -inner.value : inner.value, from };
  // A plus sign changes nothing and is not kept, so that the tree is the one its printed form gives.
  return op === '+' ? { ...inner, from } : { kind: 'unary', op, inner, from, to: inner.to };
}

interface CallPlace {
  readonly where: string;
  readonly depth: number;
  readonly from: number;
  readonly to: number;
}

function call(tokens: TokenStream, name: string, place: CallPlace): Duration {
  const wanted = 'number, duration, step(), or range()';
  if (!['step', 'range', 'min_of', 'max_of'].includes(name) || !tokens.is('('))
    return tokens.unexpected(tokens.peek(), `in ${place.where}`, wanted);
  tokens.take();
  const { from } = place;
  if (name === 'step' || name === 'range') return { kind: name, from, to: tokens.expect(')', 'in duration expression').to };
  const first = expression(tokens, 'duration expression', 0, place.depth + 1);
  tokens.expect(',', 'in duration expression');
  const second = expression(tokens, 'duration expression', 0, place.depth + 1);
  const { to } = tokens.expect(')', 'in duration expression');
  return { kind: 'call', name: name === 'min_of' ? 'min_of' : 'max_of', args: [first, second], from, to };
}

function numberValue(tokens: TokenStream, text: string, place: { readonly from: number; readonly to: number }): number {
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isFinite(value) || Math.abs(value) > 9_223_372_036) tokens.fail(place, `duration out of range: ${text}`);
  return value;
}

function durationValue(tokens: TokenStream, text: string, place: { readonly from: number; readonly to: number }): number {
  const ms = parseDuration(text);
  return typeof ms === 'number' ? ms / 1000 : tokens.fail(place, ms.problem);
}

function refuseZeroDivision(tokens: TokenStream, duration: Duration): void {
  switch (duration.kind) {
    case 'binary':
      refuseZeroDivision(tokens, duration.left);
      refuseZeroDivision(tokens, duration.right);
      if (duration.op === '/' && durationSeconds(duration.right) === 0) tokens.fail(duration, 'division by zero');
      if (duration.op === '%' && durationSeconds(duration.right) === 0) tokens.fail(duration, 'modulo by zero');
      return;
    case 'paren':
    case 'unary':
      refuseZeroDivision(tokens, duration.inner);
      return;
    case 'call':
      for (const arg of duration.args) refuseZeroDivision(tokens, arg);
      return;
    default:
      return;
  }
}

/** The seconds of a length of time, or undefined where it needs a context that is not given. */
export function durationSeconds(duration: Duration, context?: DurationContext): number | undefined {
  switch (duration.kind) {
    case 'number':
      return duration.value;
    case 'step':
      return context?.stepS;
    case 'range':
      return context?.rangeS;
    case 'paren':
      return durationSeconds(duration.inner, context);
    case 'unary': {
      const inner = durationSeconds(duration.inner, context);
      return inner === undefined || duration.op === '+' ? inner : -inner;
    }
    case 'binary': {
      const left = durationSeconds(duration.left, context);
      const right = durationSeconds(duration.right, context);
      return left === undefined || right === undefined ? undefined : arithmetic(duration.op, left, right);
    }
    case 'call': {
      const [first, second] = duration.args.map((arg) => durationSeconds(arg, context));
      if (first === undefined || second === undefined) return undefined;
      return duration.name === 'min_of' ? Math.min(first, second) : Math.max(first, second);
    }
  }
}

/** The arithmetic of PromQL on two numbers. */
export function arithmetic(op: ArithmeticOp, left: number, right: number): number {
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
    case '^':
      return goPower(left, right);
  }
}
