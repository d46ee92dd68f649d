// The tree of a PromQL expression. Every node knows where it stands in the text: `from` and `to`, offsets in UTF-16 code units.
//
//   text ─▶ lex ─▶ parse ─▶ ast ─▶ check ─▶ eval
//                            └──▶ print

import type { Matcher } from '../../query/matchers.ts';

export interface Position {
  readonly from: number;
  readonly to: number;
}

/** Where `@` pins the evaluation: a time in milliseconds, or the query's own ends. */
export type At = { readonly kind: 'time'; readonly ms: number } | { readonly kind: 'start' } | { readonly kind: 'end' };

/** A length of time in an expression: a literal, or arithmetic over the query's step and range. Values are seconds. */
export type Duration = Position &
  (
    | { readonly kind: 'number'; readonly value: number; readonly unit: 'duration' | 'number' }
    | { readonly kind: 'step' }
    | { readonly kind: 'range' }
    | { readonly kind: 'paren'; readonly inner: Duration }
    | { readonly kind: 'unary'; readonly op: '+' | '-'; readonly inner: Duration }
    | { readonly kind: 'binary'; readonly op: ArithmeticOp; readonly left: Duration; readonly right: Duration }
    | { readonly kind: 'call'; readonly name: 'min_of' | 'max_of'; readonly args: readonly [Duration, Duration] }
  );

/** What may stand behind a selector or a subquery. */
export interface Modifiers {
  readonly offset?: Duration;
  readonly at?: At;
}

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^';
export type ComparisonOp = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type SetOp = 'and' | 'or' | 'unless';
export type TrimOp = '</' | '>/';
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp | TrimOp | 'atan2';

export type AggregateOp =
  | 'sum'
  | 'avg'
  | 'count'
  | 'min'
  | 'max'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'count_values'
  | 'quantile'
  | 'limitk'
  | 'limit_ratio';

/** Which labels pair the two sides of a binary operation, and which side may have many. */
export interface VectorMatching {
  readonly on: boolean;
  readonly labels: readonly string[];
  readonly cardinality: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  /** Labels taken over from the "one" side: those of `group_left(…)` or `group_right(…)`. */
  readonly include: readonly string[];
  readonly fillLeft?: number;
  readonly fillRight?: number;
}

export interface NumberLiteral extends Position {
  readonly kind: 'number';
  readonly value: number;
  /** True where the number was written as a duration; it is then its seconds. */
  readonly duration: boolean;
}

export interface StringLiteral extends Position {
  readonly kind: 'string';
  readonly value: string;
}

export interface VectorSelector extends Position, Modifiers {
  readonly kind: 'vector';
  /** The name in front of the braces; the empty string where it stands within them or is not given. */
  readonly name: string;
  /** All matchers, that of the name in front included. */
  readonly matchers: readonly Matcher[];
  readonly extension?: 'anchored' | 'smoothed';
}

export interface MatrixSelector extends Position, Modifiers {
  readonly kind: 'matrix';
  readonly selector: VectorSelector;
  readonly range: Duration;
  readonly extension?: 'anchored' | 'smoothed';
}

export interface Subquery extends Position, Modifiers {
  readonly kind: 'subquery';
  readonly inner: Expr;
  readonly range: Duration;
  readonly step?: Duration;
}

export interface Paren extends Position {
  readonly kind: 'paren';
  readonly inner: Expr;
}

export interface Unary extends Position {
  readonly kind: 'unary';
  readonly op: '+' | '-';
  readonly inner: Expr;
}

export interface Binary extends Position {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
  readonly returnBool: boolean;
  /** Absent where one side is a scalar. */
  readonly matching?: VectorMatching;
}

export interface Aggregate extends Position {
  readonly kind: 'aggregate';
  readonly op: AggregateOp;
  readonly inner: Expr;
  readonly param?: Expr;
  readonly without: boolean;
  readonly grouping: readonly string[];
}

export interface Call extends Position {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expr[];
}

export type Expr = NumberLiteral | StringLiteral | VectorSelector | MatrixSelector | Subquery | Paren | Unary | Binary | Aggregate | Call;

export type ValueType = 'scalar' | 'string' | 'vector' | 'matrix';

/** The type as the documentation calls it. */
export const TYPE_NAME: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  string: 'string',
  vector: 'instant vector',
  matrix: 'range vector',
};

export const AGGREGATE_OPS: readonly AggregateOp[] = [
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
];

const COMPARISONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>='];
const SET_OPS: readonly string[] = ['and', 'or', 'unless'];

export function isComparison(op: BinaryOp): op is ComparisonOp {
  return COMPARISONS.includes(op);
}

export function isSetOp(op: BinaryOp): op is SetOp {
  return SET_OPS.includes(op);
}

/** The direct sub-expressions of a node, in the order of the text. */
export function children(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'vector':
      return [];
    case 'matrix':
      return [expr.selector];
    case 'subquery':
    case 'paren':
    case 'unary':
      return [expr.inner];
    case 'binary':
      return [expr.left, expr.right];
    case 'aggregate':
      return expr.param === undefined ? [expr.inner] : [expr.param, expr.inner];
    case 'call':
      return expr.args;
  }
}
