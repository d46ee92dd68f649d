// Whole queries: aggregations over ranges and vectors, and operators between them.

import {
  type Expr,
  type Grouping,
  type LogExpr,
  type LogRange,
  type Matching,
  type MetricExpr,
  type RangeOp,
  type Unwrap,
  type Variants,
  type VectorOp,
  isMetric,
} from './ast.ts';
import { checkBinaryLeg, checkLabelReplace, checkRangeAggregation, checkSelector, checkVectorAggregation } from './check.ts';
import { foldLiterals } from './fold.ts';
import type { Token } from './lex.ts';
import { OPERATORS, type Operator, leastPower } from './operators.ts';
import { parseMatchers, parseNumber, parseSignedNumber } from './parse-label-filter.ts';
import { parseNames, parseStages, parseUnwrap } from './parse-stages.ts';
import type { TokenStream } from './token-stream.ts';

const RANGE_OPS: readonly RangeOp[] = [
  'rate',
  'rate_counter',
  'count_over_time',
  'bytes_rate',
  'bytes_over_time',
  'absent_over_time',
  'sum_over_time',
  'avg_over_time',
  'max_over_time',
  'min_over_time',
  'first_over_time',
  'last_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'quantile_over_time',
];
const VECTOR_OPS: readonly VectorOp[] = [
  'sum',
  'avg',
  'max',
  'min',
  'count',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'approx_topk',
  'sort',
  'sort_desc',
];

/** A query to the end of its text. */
export function parseWhole(tokens: TokenStream): Expr {
  const expr = isCall(tokens, 'variants') ? parseVariants(tokens) : parseExpression(tokens, 0);
  tokens.expectEnd();
  return expr;
}

function isCall(tokens: TokenStream, word: string): boolean {
  return tokens.isWord(word) && tokens.peek(1).text === '(';
}

function parseExpression(tokens: TokenStream, least: number): Expr {
  const { depth } = tokens;
  tokens.deeper();
  let left = parseOperand(tokens);
  for (;;) {
    const operator = operatorAt(tokens);
    if (operator === undefined || operator.power < least) break;
    tokens.deeper();
    left = parseBinary(tokens, left, operator);
  }
  tokens.depth = depth;
  return left;
}

function operatorAt(tokens: TokenStream): Operator | undefined {
  const token = tokens.peek();
  return token.kind === 'word' || token.kind === 'punctuation' ? OPERATORS.get(token.text.toLowerCase()) : undefined;
}

function parseBinary(tokens: TokenStream, leftLeg: Expr, { op }: Operator): MetricExpr {
  tokens.take();
  const returnBool = tokens.acceptWord('bool') !== undefined;
  const matching = parseMatching(tokens);
  const rightLeg = parseExpression(tokens, leastPower(op, 'right'));
  const left = checkBinaryLeg(tokens, leftLeg, { op, side: 'left' });
  const right = checkBinaryLeg(tokens, rightLeg, { op, side: 'right' });
  return foldLiterals({ kind: 'binary', op, returnBool, matching, left, right, from: left.from, to: right.to });
}

function parseMatching(tokens: TokenStream): Matching | undefined {
  const word = tokens.acceptWord('on', 'ignoring');
  if (word === undefined) return undefined;
  const kind = word.text.toLowerCase() === 'on' ? 'on' : 'ignoring';
  const labels = parseLabelList(tokens);
  const group = tokens.acceptWord('group_left', 'group_right');
  // `ignoring ()` says nothing.
  if (group === undefined) return kind === 'ignoring' && labels.length === 0 ? undefined : { kind, labels, group: undefined };
  const include = isLabelList(tokens) ? parseLabelList(tokens) : [];
  return { kind, labels, group: { side: group.text.toLowerCase() === 'group_left' ? 'left' : 'right', include } };
}

/** Behind `group_left` a parenthesis may begin the right side. */
function isLabelList(tokens: TokenStream): boolean {
  if (!tokens.is('(')) return false;
  const [first, second] = [tokens.peek(1), tokens.peek(2)];
  return first.text === ')' || (first.kind === 'word' && (second.text === ',' || second.text === ')'));
}

function parseLabelList(tokens: TokenStream): readonly string[] {
  tokens.expect('(');
  if (tokens.accept(')') !== undefined) return [];
  if (tokens.peek().kind === 'word' && tokens.peek(1).text === '(') tokens.unexpected(tokens.peek(), 'IDENTIFIER or )');
  const labels = parseNames(tokens);
  tokens.expect(')');
  return labels;
}

function parseGrouping(tokens: TokenStream): Grouping | undefined {
  const word = tokens.acceptWord('by', 'without');
  if (word === undefined) return undefined;
  const labels = parseLabelList(tokens);
  return { kind: word.text.toLowerCase() === 'by' ? 'by' : 'without', labels, ...tokens.since(word.from) };
}

function parseOperand(tokens: TokenStream): Expr {
  const token = tokens.peek();
  if (tokens.is('{')) return parseLog(tokens);
  if (tokens.accept('(') !== undefined) {
    const inner = parseExpression(tokens, 0);
    tokens.expect(')');
    return inner;
  }
  if (token.kind === 'number' || tokens.is('+', '-')) {
    return { kind: 'number', value: parseSignedNumber(tokens), ...tokens.since(token.from) };
  }
  return token.kind === 'word' ? parseNamed(tokens, token) : tokens.unexpected(token);
}

function parseMetric(tokens: TokenStream): MetricExpr {
  const expr = parseExpression(tokens, 0);
  return isMetric(expr) ? expr : tokens.unexpected(tokens.peek());
}

function parseLog(tokens: TokenStream): LogExpr {
  const { from } = tokens.peek();
  const matchers = parseMatchers(tokens);
  checkSelector(tokens, matchers, tokens.since(from));
  const stages = parseStages(tokens);
  return { kind: 'log', matchers, stages, ...tokens.since(from) };
}

function parseNamed(tokens: TokenStream, word: Token): MetricExpr {
  const name = word.text.toLowerCase();
  const isCalled = tokens.peek(1).text === '(';
  const rangeOp = RANGE_OPS.find((op) => op === name);
  if (rangeOp !== undefined && isCalled) return parseRangeAggregation(tokens, rangeOp);
  const vectorOp = VECTOR_OPS.find((op) => op === name);
  if (vectorOp !== undefined && (isCalled || /^(?:by|without)$/i.test(tokens.peek(1).text)))
    return parseVectorAggregation(tokens, vectorOp);
  if (name === 'label_replace' && isCalled) return parseLabelReplace(tokens);
  if (name === 'vector' && isCalled) return parseVector(tokens);
  return tokens.unexpected(word);
}

function parseRangeAggregation(tokens: TokenStream, op: RangeOp): MetricExpr {
  const { from } = tokens.take();
  tokens.expect('(');
  const parameterAt = tokens.peek();
  const parameter = parseParameter(tokens);
  if (parameter === undefined && !tokens.is('{', '(')) tokens.unexpected(tokens.peek(), 'NUMBER or { or (');
  const range = parseRange(tokens);
  tokens.expect(')');
  const grouping = parseGrouping(tokens);
  const expr = { kind: 'range_aggregation', op, parameter, range, grouping, ...tokens.since(from) } as const;
  checkRangeAggregation(tokens, expr, parameterAt.text);
  return expr;
}

/** `0.99,` where it stands. */
function parseParameter(tokens: TokenStream): number | undefined {
  if (tokens.peek().kind !== 'number') return undefined;
  const value = parseNumber(tokens);
  tokens.expect(',');
  return value;
}

interface RangeParts {
  readonly log: LogExpr;
  readonly unwrap: Unwrap | undefined;
  readonly window: { readonly intervalNs: number; readonly offsetNs: number } | undefined;
}

/** `{app="x"} | json | unwrap size [5m] offset 1h`; the window may also stand before the stages, and parentheses around either. */
function parseRange(tokens: TokenStream): LogRange {
  const { from } = tokens.peek();
  const { log, unwrap, window } = parseRangeParts(tokens);
  if (window === undefined) return tokens.unexpected(tokens.peek());
  return { log, unwrap, ...window, ...tokens.since(from) };
}

function parseRangeParts(tokens: TokenStream): RangeParts {
  if (!tokens.is('(')) return parseBareRange(tokens);
  const { depth } = tokens;
  tokens.deeper();
  tokens.take();
  const inner = parseRangeParts(tokens);
  tokens.expect(')');
  tokens.depth = depth;
  if (inner.window !== undefined) return inner;
  return withTail(tokens, { ...inner, window: parseWindow(tokens) ?? tokens.unexpected(tokens.peek(), 'RANGE') });
}

function parseBareRange(tokens: TokenStream): RangeParts {
  if (!tokens.is('{')) tokens.unexpected(tokens.peek(), '{ or (');
  const log = parseLog(tokens);
  const unwrap = parseUnwrap(tokens);
  const window = parseWindow(tokens);
  const parts = { log, unwrap, window };
  return window === undefined ? parts : withTail(tokens, parts);
}

/** What stands behind a window that follows the selector alone. */
function withTail(tokens: TokenStream, parts: RangeParts): RangeParts {
  if (parts.log.stages.length > 0 || parts.unwrap !== undefined) return parts;
  const stages = parseStages(tokens);
  const unwrap = parseUnwrap(tokens);
  return { ...parts, log: { ...parts.log, stages, to: stages.at(-1)?.to ?? parts.log.to }, unwrap };
}

function parseWindow(tokens: TokenStream): RangeParts['window'] {
  if (tokens.peek().kind !== 'range') return undefined;
  const intervalNs = tokens.take().value;
  if (tokens.acceptWord('offset') === undefined) return { intervalNs, offsetNs: 0 };
  const offset = tokens.take();
  if (offset.kind !== 'duration') return tokens.unexpected(offset, 'DURATION');
  return { intervalNs, offsetNs: offset.value };
}

function parseVectorAggregation(tokens: TokenStream, op: VectorOp): MetricExpr {
  const { from } = tokens.take();
  const before = parseGrouping(tokens);
  tokens.expect('(');
  const parameterAt = tokens.peek();
  // A number may also begin an operation: `sum(1 + …)`.
  const parameter = tokens.peek(1).text === ',' ? parseParameter(tokens) : undefined;
  const expr = parseMetric(tokens);
  tokens.expect(')');
  const given = before ?? parseGrouping(tokens);
  checkVectorAggregation(tokens, { op, parameter, grouping: given, place: tokens.since(from) }, parameterAt.text);
  // `by ()` says no more than nothing does.
  const grouping = given?.kind === 'by' && given.labels.length === 0 ? undefined : given;
  return { kind: 'vector_aggregation', op, parameter, expr, grouping, ...tokens.since(from) };
}

function parseLabelReplace(tokens: TokenStream): MetricExpr {
  const { from } = tokens.take();
  tokens.expect('(');
  const expr = parseMetric(tokens);
  const texts: string[] = [];
  let patternAt = tokens.peek();
  for (let i = 0; i < 4; i++) {
    tokens.expect(',');
    patternAt = tokens.peek();
    texts.push(tokens.expectString());
  }
  tokens.expect(')');
  const [destination = '', replacement = '', source = '', pattern = ''] = texts;
  checkLabelReplace(tokens, patternAt, pattern);
  return { kind: 'label_replace', expr, destination, replacement, source, pattern, ...tokens.since(from) };
}

function parseVector(tokens: TokenStream): MetricExpr {
  const { from } = tokens.take();
  tokens.expect('(');
  const value = parseNumber(tokens);
  tokens.expect(')');
  return { kind: 'vector', value, ...tokens.since(from) };
}

function parseVariants(tokens: TokenStream): Variants {
  const { from } = tokens.take();
  tokens.expect('(');
  const variants = [parseMetric(tokens)];
  while (tokens.accept(',') !== undefined) variants.push(parseMetric(tokens));
  tokens.expect(')');
  if (tokens.acceptWord('of') === undefined) tokens.unexpected(tokens.peek(), 'of');
  tokens.expect('(');
  const of = parseRange(tokens);
  tokens.expect(')');
  return { kind: 'variants', variants, of, ...tokens.since(from) };
}
