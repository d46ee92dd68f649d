// What may follow an operand: `[range]`, `[range:step]`, `offset`, `@`, `anchored`, `smoothed`; and the lengths of time that stand in them.

import { parseDuration } from '../../base/duration.ts';
import type { At, Duration, Expr, Modifiers } from './ast.ts';
import { typeOf } from './check.ts';
import { parseDurationExpr, parseOffsetExpr } from './duration-expr.ts';
import type { Token } from './lex.ts';
import type { TokenStream } from './token-stream.ts';

/** The largest time in milliseconds that `@` may name. */
const AT_MS_MAX = Number.MAX_SAFE_INTEGER;

/** The value of a number or duration token; a duration is its seconds. */
export function numberOf(tokens: TokenStream, token: Token): number {
  if (token.kind === 'duration') {
    const ms = parseDuration(token.text);
    return typeof ms === 'number' ? ms / 1000 : tokens.fail(token, ms.problem);
  }
  const text = token.text.toLowerCase();
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  if (text === 'nan') return Number.NaN;
  const digits = text.replaceAll('_', '');
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return Number.isNaN(value) ? tokens.fail(token, `bad number or duration syntax: "${token.text}"`) : value;
}

/** Reads all that follows an operand. `checked` checks each new node. */
export function parsePostfix(tokens: TokenStream, operand: Expr, checked: (expr: Expr) => Expr): Expr {
  let expr = operand;
  for (;;) {
    const token = tokens.peek();
    const word = token.kind === 'word' ? token.text.toLowerCase() : '';
    if (tokens.is('[')) expr = checked(parseRange(tokens, expr));
    else if (word === 'offset') expr = withOffset(tokens, expr);
    else if (tokens.is('@')) expr = withAt(tokens, expr);
    else if (word === 'anchored' || word === 'smoothed') expr = withExtension(tokens, expr, word);
    else return expr;
  }
}

function parseRange(tokens: TokenStream, inner: Expr): Expr {
  const open = tokens.take();
  const range = parseDurationExpr(tokens, 'subquery or range selector');
  const colon = tokens.accept(':');
  if (colon === undefined && !tokens.is(']')) {
    const token = tokens.peek();
    if (token.kind === 'word') tokens.fail(token, `unexpected character: '${token.text[0] ?? ''}', expected ':'`);
    tokens.unexpected(token, 'in subquery or range selector', '":" or "]"');
  }
  requirePositive(tokens, range);
  const from = inner.from;
  if (colon !== undefined) {
    const step = tokens.is(']') ? undefined : parseDurationExpr(tokens, 'subquery selector');
    if (step !== undefined) requirePositive(tokens, step);
    const { to } = tokens.expect(']', 'in subquery selector');
    return { kind: 'subquery', inner, range, ...(step && { step }), from, to };
  }
  const { to } = tokens.expect(']', 'in range selector');
  if (inner.kind !== 'vector') return tokens.fail(inner, 'ranges only allowed for vector selectors');
  if (inner.offset !== undefined) tokens.fail(open, 'no offset modifiers allowed before range');
  if (inner.at !== undefined) tokens.fail(open, 'no @ modifiers allowed before range');
  if (inner.extension !== undefined) tokens.fail(open, `no ${inner.extension} modifier allowed before range`);
  return { kind: 'matrix', selector: inner, range, from, to };
}

/** Refuses a literal that is not positive; what an expression comes to shows in evaluation. */
function requirePositive(tokens: TokenStream, duration: Duration): void {
  if (duration.kind === 'number' && !(duration.value > 0)) tokens.fail(duration, 'duration must be greater than 0');
}

function withOffset(tokens: TokenStream, expr: Expr): Expr {
  const word = tokens.take();
  const offset = parseOffsetExpr(tokens);
  if (!isModifiable(expr))
    return tokens.fail(word, 'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery');
  if (expr.offset !== undefined) return tokens.fail(word, 'offset may not be set multiple times');
  return { ...expr, offset, to: tokens.lastEnd };
}

function withAt(tokens: TokenStream, expr: Expr): Expr {
  const mark = tokens.take();
  const at = parseAt(tokens);
  if (!isModifiable(expr))
    return tokens.fail(mark, '@ modifier must be preceded by an instant vector selector or range vector selector or a subquery');
  if (expr.at !== undefined) return tokens.fail(mark, '@ <timestamp> may not be set multiple times');
  return { ...expr, at, to: tokens.lastEnd };
}

function parseAt(tokens: TokenStream): At {
  const word = tokens.acceptWord('start', 'end');
  if (word !== undefined) {
    tokens.expect('(', 'in @');
    tokens.expect(')', 'in @');
    return { kind: word.text.toLowerCase() === 'start' ? 'start' : 'end' };
  }
  const sign = tokens.accept('-', '+')?.text === '-' ? -1 : 1;
  const token = tokens.peek();
  if (token.kind !== 'number' && token.kind !== 'duration') return tokens.unexpected(token, 'in @', 'timestamp');
  const seconds = sign * numberOf(tokens, tokens.take());
  const ms = Math.round(seconds * 1000);
  return Math.abs(ms) <= AT_MS_MAX ? { kind: 'time', ms } : tokens.fail(token, `timestamp out of bounds for @ modifier: ${seconds}`);
}

function withExtension(tokens: TokenStream, expr: Expr, extension: 'anchored' | 'smoothed'): Expr {
  const word = tokens.take();
  if (expr.kind !== 'vector' && expr.kind !== 'matrix')
    return tokens.fail(word, `${extension} modifier must be preceded by a vector selector, got ${typeOf(expr)}`);
  if (expr.extension !== undefined) return tokens.fail(word, `${extension} modifier: an extended range may be chosen only once`);
  return { ...expr, extension, to: word.to };
}

function isModifiable(expr: Expr): expr is Expr & Modifiers & { readonly kind: 'vector' | 'matrix' | 'subquery' } {
  return expr.kind === 'vector' || expr.kind === 'matrix' || expr.kind === 'subquery';
}
