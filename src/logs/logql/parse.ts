// LogQL text to a tree: recursive descent over the tokens. Pure: the browser's editor runs it too.
//
//   text ─▶ lex ─▶ token stream ─▶ parse-metric ─▶ parse-stages ─▶ parse-label-filter ─▶ tree; `check.ts` says what makes no sense

import type { Matcher } from '../../query/matchers.ts';
import { type Expr, type LogExpr, type MetricExpr, isMetric } from './ast.ts';
import { checkSelector } from './check.ts';
import { parseMatchers } from './parse-label-filter.ts';
import { parseWhole } from './parse-metric.ts';
import { TokenStream } from './token-stream.ts';

/** A query as a tree. Throws `bad_data` with `parse error at line 1, col 7: …` and the range in `options`. */
export function parseLogql(text: string): Expr {
  return parseWhole(new TokenStream(text));
}

/** A query for lines. Throws `bad_data`. */
export function parseLogExpr(text: string): LogExpr {
  const tokens = new TokenStream(text);
  const expr = parseWhole(tokens);
  return isMetric(expr) ? tokens.refuse(expr, 'only log selector is supported') : expr;
}

/** A query for numbers. Throws `bad_data`. */
export function parseMetricExpr(text: string): MetricExpr {
  const tokens = new TokenStream(text);
  const expr = parseWhole(tokens);
  return isMetric(expr) ? expr : tokens.refuse(expr, 'only sample expression supported');
}

/** The matchers of `match[]` and its like: a selector alone. With `mayTakeAll` one such as `{}`, which takes every stream, is none to refuse. */
export function parseSelector(text: string, options: { readonly mayTakeAll?: boolean } = {}): readonly Matcher[] {
  const tokens = new TokenStream(text);
  const { from } = tokens.peek();
  const matchers = parseMatchers(tokens);
  tokens.expectEnd();
  if (options.mayTakeAll !== true) checkSelector(tokens, matchers, tokens.since(from));
  return matchers;
}
