// PromQL tokens to a tree: recursive descent, with binding powers for the operators. Pure: the browser's editor runs it too.
//
//   or  <  and unless  <  == != < <= > >= </ >/  <  + -  <  * / % atan2, unary + -  <  ^ (from the right)  <  offset @ [range]

import { METRIC_NAME } from '../../query/labels.ts';
import { type MatchOp, type Matcher, compileMatcher } from '../../query/matchers.ts';
import { parseError, quote, unquote } from '../../query/scanner.ts';
import { RequestError } from '../../base/request-error.ts';
import {
  AGGREGATE_OPS,
  type AggregateOp,
  type Aggregate,
  type BinaryOp,
  type Expr,
  type Position,
  type VectorMatching,
  type VectorSelector,
  isSetOp,
} from './ast.ts';
import { checkNode, typeOf } from './check.ts';
import { FUNCTIONS } from './functions.ts';
import { type Token, lex } from './lex.ts';
import { TokenStream } from './token-stream.ts';
import { numberOf, parsePostfix } from './postfix.ts';

/** Nesting and length of operator chains together: what keeps recursion over a tree within the stack. */
const DEPTH_MAX = 500;

interface Operator {
  readonly op: BinaryOp;
  readonly power: number;
}

const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  (
    [['or'], ['and', 'unless'], ['==', '!=', '<', '<=', '>', '>=', '</', '>/'], ['+', '-'], ['*', '/', '%', 'atan2'], ['^']] as const
  ).flatMap((ops, level) => ops.map((op) => [op, { op, power: level + 1 }] as const)),
);
const MUL_POWER = 5;
const POW_POWER = 6;
const PARAM_OPS: readonly string[] = ['topk', 'bottomk', 'count_values', 'quantile', 'limitk', 'limit_ratio'];
const NO_METRIC: readonly string[] = ['on', 'ignoring', 'group_left', 'group_right', 'bool', 'atan2'];

/** A query as a checked tree. Throws `bad_data` with `line:column: parse error: …` and the range in `options`. */
export function parseExpr(text: string): Expr {
  const parser = new Parser(text);
  return parser.whole();
}

/** The matchers of `match[]`: a vector selector alone. */
export function parseSelector(text: string): VectorSelector {
  const expr = parseExpr(text);
  if (expr.kind !== 'vector' || expr.offset !== undefined || expr.at !== undefined) {
    throw parseError(text, expr.from, expr.to, 'expected a vector selector without modifiers');
  }
  return expr;
}

class Parser {
  readonly #text: string;
  readonly #tokens: TokenStream;
  #depth = 0;
  /** True within the second argument of `info`. */
  #mayAcceptAll = false;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = new TokenStream(text, lex(text));
  }

  whole(): Expr {
    if (this.#tokens.peek().kind === 'end') throw parseError(this.#text, 0, 0, 'no expression found in input');
    const expr = this.#expression(0);
    this.#tokens.expectEnd();
    return expr;
  }

  #expression(least: number): Expr {
    const outer = this.#depth++;
    if (this.#depth > DEPTH_MAX) this.#tokens.fail(this.#tokens.peek(), `expression nested more than ${DEPTH_MAX} levels deep`);
    let left = this.#operand();
    for (;;) {
      const operator = this.#operator();
      if (operator === undefined || operator.power < least) break;
      if (++this.#depth > DEPTH_MAX) this.#tokens.fail(this.#tokens.peek(), `more than ${DEPTH_MAX} operations in one expression`);
      left = this.#binary(left, operator);
    }
    this.#depth = outer;
    return left;
  }

  #operator(): Operator | undefined {
    const token = this.#tokens.peek();
    if (token.kind !== 'word' && token.kind !== 'punctuation') return undefined;
    return OPERATORS.get(token.text.toLowerCase());
  }

  #binary(left: Expr, operator: Operator): Expr {
    this.#tokens.take();
    const { op, power } = operator;
    const returnBool = this.#tokens.acceptWord('bool') !== undefined;
    const given = this.#matching(op);
    // `^` groups from the right, all others from the left.
    const right = this.#expression(power === POW_POWER ? power : power + 1);
    const scalar = typeOf(left) !== 'vector' || typeOf(right) !== 'vector';
    const matching = scalar && given === undefined ? undefined : (given ?? defaultMatching(op));
    return this.#checked({ kind: 'binary', op, left, right, returnBool, ...(matching && { matching }), from: left.from, to: right.to });
  }

  #matching(op: BinaryOp): VectorMatching | undefined {
    const word = this.#tokens.acceptWord('on', 'ignoring');
    const base = defaultMatching(op);
    const on = word?.text.toLowerCase() === 'on';
    const labels = word === undefined ? [] : this.#labelList('grouping opts');
    const group = this.#tokens.acceptWord('group_left', 'group_right');
    if (group !== undefined && word === undefined) this.#tokens.unexpected(group, 'in binary expression');
    const include = group !== undefined && this.#tokens.is('(') ? this.#labelList('grouping opts') : [];
    const side = group?.text.toLowerCase();
    const cardinality = side === undefined ? base.cardinality : side === 'group_left' ? 'many-to-one' : 'one-to-many';
    const fill = this.#fill();
    if (word === undefined && Object.keys(fill).length === 0) return undefined;
    return { on, labels, cardinality, include, ...fill };
  }

  #fill(): { readonly fillLeft?: number; readonly fillRight?: number } {
    let fillLeft: number | undefined;
    let fillRight: number | undefined;
    for (;;) {
      const word = this.#tokens.peek();
      const name = word.kind === 'word' ? word.text.toLowerCase() : '';
      if (!['fill', 'fill_left', 'fill_right'].includes(name) || this.#tokens.peek(1).text !== '(') break;
      this.#tokens.take();
      this.#tokens.expect('(', 'in fill modifier');
      const value = this.#signedNumber('fill modifier');
      this.#tokens.expect(')', 'in fill modifier');
      if (name !== 'fill_right') fillLeft = this.#once(word, fillLeft, value);
      if (name !== 'fill_left') fillRight = this.#once(word, fillRight, value);
    }
    return { ...(fillLeft !== undefined && { fillLeft }), ...(fillRight !== undefined && { fillRight }) };
  }

  #once(word: Token, before: number | undefined, value: number): number {
    if (before !== undefined) this.#tokens.fail(word, 'fill value may not be set multiple times');
    return value;
  }

  #signedNumber(context: string): number {
    const sign = this.#tokens.accept('-', '+')?.text === '-' ? -1 : 1;
    const token = this.#tokens.peek();
    if (token.kind !== 'number' && token.kind !== 'duration') this.#tokens.unexpected(token, `in ${context}`, 'number');
    return sign * numberOf(this.#tokens, this.#tokens.take());
  }

  #operand(): Expr {
    const sign = this.#tokens.accept('+', '-');
    if (sign !== undefined) return this.#unary(sign);
    return parsePostfix(this.#tokens, this.#primary(), (expr) => this.#checked(expr));
  }

  #unary(sign: Token): Expr {
    // A sign binds as `*` does: `-a ^ b` is `-(a ^ b)`, `-a * b` is `(-a) * b`.
    const inner = this.#expression(MUL_POWER + 1);
    const op = sign.text === '-' ? '-' : '+';
    if (inner.kind === 'number') return { ...inner, value: op === '-' ? -inner.value : inner.value, from: sign.from };
    return this.#checked({ kind: 'unary', op, inner, from: sign.from, to: inner.to });
  }

  #primary(): Expr {
    const token = this.#tokens.take();
    switch (token.kind) {
      case 'number':
      case 'duration':
        return {
          kind: 'number',
          value: numberOf(this.#tokens, token),
          duration: token.kind === 'duration',
          from: token.from,
          to: token.to,
        };
      case 'string':
        return { kind: 'string', value: unquote(this.#text, token.from, token.to), from: token.from, to: token.to };
      case 'word':
        return this.#named(token);
      case 'punctuation':
        if (token.text === '(') return this.#paren(token);
        if (token.text === '{') return this.#selector(undefined, token);
        return this.#tokens.unexpected(token);
      case 'end':
        return this.#tokens.unexpected(token);
    }
  }

  #paren(open: Token): Expr {
    const inner = this.#expression(0);
    const close = this.#tokens.expect(')', 'in parentheses');
    return { kind: 'paren', inner, from: open.from, to: close.to };
  }

  #named(word: Token): Expr {
    const lower = word.text.toLowerCase();
    const next = this.#tokens.peek();
    const op = AGGREGATE_OPS.find((known) => known === lower);
    if (op !== undefined && (next.text === '(' || isGrouping(next))) return this.#aggregate(op, word);
    if (NO_METRIC.includes(lower)) this.#tokens.unexpected(word);
    if (next.text === '(' && !OPERATORS.has(lower)) return this.#call(word);
    return this.#selector(word, word);
  }

  #aggregate(op: AggregateOp, word: Token): Aggregate {
    const before = this.#grouping();
    const { args, close } = this.#arguments();
    const after = before ?? this.#grouping();
    const to = before === undefined && after !== undefined ? after.to : close.to;
    const wanted = PARAM_OPS.includes(op) ? 2 : 1;
    const place = { from: word.from, to };
    if (args.length === 0) this.#tokens.fail(place, 'no arguments for aggregate expression provided');
    if (args.length !== wanted)
      this.#tokens.fail(place, `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`);
    const inner = args.at(-1) ?? this.#tokens.unexpected(close);
    const [param] = args;
    const expr: Aggregate = {
      kind: 'aggregate',
      op,
      inner,
      ...(wanted === 2 && param && { param }),
      without: after?.without ?? false,
      grouping: after?.labels ?? [],
      ...place,
    };
    checkNode(expr, (at, message) => this.#tokens.fail(at, message));
    return expr;
  }

  #grouping(): { readonly without: boolean; readonly labels: readonly string[]; readonly to: number } | undefined {
    const word = this.#tokens.acceptWord('by', 'without');
    if (word === undefined) return undefined;
    const labels = this.#labelList('grouping opts');
    return { without: word.text.toLowerCase() === 'without', labels, to: this.#tokens.lastEnd };
  }

  #labelList(context: string): readonly string[] {
    this.#tokens.expect('(', `in ${context}`);
    const labels: string[] = [];
    while (!this.#tokens.is(')')) {
      const token = this.#tokens.take();
      if (token.kind === 'word' && !token.text.includes(':')) labels.push(token.text);
      else if (token.kind === 'number' && /^[a-z]/i.test(token.text)) labels.push(token.text);
      else if (token.kind === 'string') labels.push(unquote(this.#text, token.from, token.to));
      else this.#tokens.unexpected(token, `in ${context}`, 'label');
      if (this.#tokens.accept(',') === undefined && !this.#tokens.is(')'))
        this.#tokens.unexpected(this.#tokens.peek(), `in ${context}`, '"," or ")"');
    }
    this.#tokens.expect(')', `in ${context}`);
    return labels;
  }

  #call(word: Token): Expr {
    if (!FUNCTIONS.has(word.text)) this.#tokens.fail(word, `unknown function with name ${quote(word.text)}`);
    const { args, close } = this.#arguments(word.text);
    return this.#checked({ kind: 'call', name: word.text, args, from: word.from, to: close.to });
  }

  #arguments(callee?: string): { readonly args: readonly Expr[]; readonly close: Token } {
    this.#tokens.expect('(', 'in aggregation');
    const args: Expr[] = [];
    while (!this.#tokens.is(')')) {
      // The selector of `info` selects labels among series that are chosen already: it may accept the empty value.
      this.#mayAcceptAll = callee === 'info' && args.length === 1;
      args.push(this.#expression(0));
      this.#mayAcceptAll = false;
      const comma = this.#tokens.accept(',');
      if (comma === undefined) break;
      if (this.#tokens.is(')')) this.#tokens.fail(comma, 'trailing commas not allowed in function call args');
    }
    return { args, close: this.#tokens.expect(')', 'in function call') };
  }

  #selector(word: Token | undefined, first: Token): Expr {
    const matchers: Matcher[] = [];
    let to = first.to;
    if (word === undefined || this.#tokens.accept('{') !== undefined) to = this.#matchers(matchers);
    if (word !== undefined) matchers.push({ name: METRIC_NAME, op: '=', value: word.text });
    const selector: Expr = { kind: 'vector', name: word?.text ?? '', matchers, from: first.from, to };
    return this.#mayAcceptAll ? selector : this.#checked(selector);
  }

  #matchers(into: Matcher[]): number {
    while (!this.#tokens.is('}')) {
      into.push(this.#matcher());
      if (this.#tokens.accept(',') === undefined && !this.#tokens.is('}')) {
        this.#tokens.unexpected(this.#tokens.peek(), 'in label matching', '"," or "}"');
      }
    }
    return this.#tokens.take().to;
  }

  #matcher(): Matcher {
    const label = this.#tokens.take();
    if (label.kind !== 'word' && label.kind !== 'string') this.#tokens.unexpected(label, 'in label matching', 'identifier or "}"');
    const name = label.kind === 'word' ? label.text : unquote(this.#text, label.from, label.to);
    const next = this.#tokens.peek();
    // A string alone is the metric's name.
    if (label.kind === 'string' && (next.text === ',' || next.text === '}')) return { name: METRIC_NAME, op: '=', value: name };
    const op = this.#tokens.accept('=', '!=', '=~', '!~') ?? this.#tokens.unexpected(next, 'in label matching', 'label matching operator');
    const value = this.#tokens.take();
    if (value.kind !== 'string') this.#tokens.unexpected(value, 'in label matching', 'string');
    return this.#compiled({ name, op: matchOp(op.text), value: unquote(this.#text, value.from, value.to) }, value);
  }

  #compiled(matcher: Matcher, at: Position): Matcher {
    try {
      compileMatcher(matcher);
      return matcher;
    } catch (error) {
      if (error instanceof RequestError) return this.#tokens.fail(at, error.message);
      throw error;
    }
  }

  #checked(expr: Expr): Expr {
    checkNode(expr, (at, message) => this.#tokens.fail(at, message));
    return expr;
  }
}

function isGrouping(token: Token): boolean {
  return token.kind === 'word' && /^(by|without)$/i.test(token.text);
}

function defaultMatching(op: BinaryOp): VectorMatching {
  return { on: false, labels: [], cardinality: isSetOp(op) ? 'many-to-many' : 'one-to-one', include: [] };
}

function matchOp(text: string): MatchOp {
  return text === '!=' || text === '=~' || text === '!~' ? text : '=';
}
