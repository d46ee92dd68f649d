// Selectors and label filters: `{app="x"}`, `level="error" and (status>=500 or size>1MB), addr=ip("10.0.0.0/8")`.
//
// `or` < `and`; what follows a comma, or nothing at all, is one whole filter: `a or b, c or d` is `a or (b and (c or d))`, as Loki's grammar has it.

import { type MatchOp, type Matcher, compileMatcher } from '../../query/matchers.ts';
import type { CompareOp, LabelChoice, LabelFilter } from './ast.ts';
import { orRefuse } from './check.ts';
import type { TokenStream } from './token-stream.ts';

const OR_POWER = 1;
const AND_POWER = 2;
const MATCH_OPS: Readonly<Record<string, MatchOp>> = { '=': '=', '!=': '!=', '=~': '=~', '!~': '!~' };
const COMPARE_OPS: Readonly<Record<string, CompareOp>> = { '=': '==', '==': '==', '!=': '!=', '>': '>', '>=': '>=', '<': '<', '<=': '<=' };

/** `{a="b", c!="d"}`. */
export function parseMatchers(tokens: TokenStream): readonly Matcher[] {
  tokens.expect('{');
  const matchers: Matcher[] = [];
  if (tokens.accept('}') !== undefined) return matchers;
  do {
    matchers.push(parseMatcher(tokens));
  } while (tokens.accept(',') !== undefined);
  tokens.expect('}');
  return matchers;
}

function parseMatcher(tokens: TokenStream): Matcher {
  const name = tokens.expectName();
  const op = MATCH_OPS[tokens.peek().text];
  if (op === undefined || tokens.peek().kind !== 'punctuation') return tokens.unexpected(tokens.peek(), '= or != or =~ or !~');
  tokens.take();
  return compiled(tokens, name, op);
}

function compiled(tokens: TokenStream, name: string, op: MatchOp): Matcher {
  const at = tokens.peek();
  const matcher = { name, op, value: tokens.expectString() };
  orRefuse(tokens, at, '', () => compileMatcher(matcher));
  return matcher;
}

/** A whole filter. */
export function parseLabelFilter(tokens: TokenStream, least = OR_POWER): LabelFilter {
  const { depth } = tokens;
  tokens.deeper();
  let left = parseOperand(tokens);
  for (;;) {
    const comma = tokens.accept(',') !== undefined;
    if (comma || continues(tokens)) {
      const right = parseLabelFilter(tokens);
      left = { kind: 'and', left, right, from: left.from, to: right.to };
      continue;
    }
    const kind = tokens.isWord('and') ? 'and' : tokens.isWord('or') ? 'or' : undefined;
    const power = kind === 'and' ? AND_POWER : OR_POWER;
    if (kind === undefined || power < least) break;
    tokens.take();
    tokens.deeper();
    const right = parseLabelFilter(tokens, power + 1);
    left = { kind, left, right, from: left.from, to: right.to };
  }
  tokens.depth = depth;
  return left;
}

/** True where another filter follows without a word between. */
function continues(tokens: TokenStream): boolean {
  return tokens.is('(') || tokens.isComparison();
}

function parseOperand(tokens: TokenStream): LabelFilter {
  if (tokens.accept('(') !== undefined) {
    const inner = parseLabelFilter(tokens);
    tokens.expect(')');
    return inner;
  }
  return parseComparison(tokens);
}

function parseComparison(tokens: TokenStream): LabelFilter {
  const { from } = tokens.peek();
  const name = tokens.expectName();
  const token = tokens.peek();
  const matchOp = token.kind === 'punctuation' ? MATCH_OPS[token.text] : undefined;
  const compareOp = token.kind === 'punctuation' ? COMPARE_OPS[token.text] : undefined;
  if (matchOp === undefined && compareOp === undefined) return tokens.unexpected(token, 'a comparison');
  tokens.take();
  if (matchOp !== undefined && (compareOp === undefined || tokens.peek().kind === 'string')) {
    return { kind: 'matcher', ...compiled(tokens, name, matchOp), ...tokens.since(from) };
  }
  if ((matchOp === '=' || matchOp === '!=') && tokens.isWord('ip') && tokens.peek(1).text === '(') {
    return { kind: 'ip', name, op: matchOp, value: parseIp(tokens), ...tokens.since(from) };
  }
  return parseQuantity(tokens, { name, op: compareOp ?? '==', from });
}

/** The text of `ip("…")`. */
export function parseIp(tokens: TokenStream): string {
  tokens.take();
  tokens.expect('(');
  const value = tokens.expectString();
  tokens.expect(')');
  return value;
}

function parseQuantity(tokens: TokenStream, head: { readonly name: string; readonly op: CompareOp; readonly from: number }): LabelFilter {
  const { name, op, from } = head;
  const token = tokens.peek();
  if (token.kind === 'duration' || token.kind === 'bytes') {
    tokens.take();
    return { kind: token.kind, name, op, value: token.value, ...tokens.since(from) };
  }
  if (token.kind !== 'number' && !tokens.is('+', '-')) tokens.unexpected(token, 'BYTES or NUMBER or DURATION');
  return { kind: 'number', name, op, value: parseSignedNumber(tokens), ...tokens.since(from) };
}

/** A number with its sign. */
export function parseSignedNumber(tokens: TokenStream): number {
  const sign = tokens.accept('-', '+')?.text === '-' ? -1 : 1;
  return sign * parseNumber(tokens);
}

/** A number without a sign, as Go reads a float in decimal. */
export function parseNumber(tokens: TokenStream): number {
  const token = tokens.take();
  if (token.kind !== 'number') return tokens.unexpected(token, 'NUMBER');
  const value = /^[\d.]+(?:e[+-]?\d+)?$/i.test(token.text) ? Number(token.text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  const problem = Number.isNaN(value) ? 'invalid syntax' : 'value out of range';
  return tokens.refuse(token, `unable to parse literal as a float: strconv.ParseFloat: parsing "${token.text}": ${problem}`);
}

/** The labels of `drop` and `keep`: names and matchers. */
export function parseLabelChoices(tokens: TokenStream): readonly LabelChoice[] {
  const choices: LabelChoice[] = [];
  do {
    const { from } = tokens.peek();
    if (tokens.isComparison()) choices.push({ kind: 'matcher', ...parseMatcher(tokens), ...tokens.since(from) });
    else choices.push({ kind: 'name', name: tokens.expectName(), ...tokens.since(from) });
  } while (tokens.accept(',') !== undefined);
  return choices;
}
