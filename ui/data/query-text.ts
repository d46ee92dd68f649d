// What a page does with a PromQL text: read it, change its selectors in place, and say what it is about. The tree is the server's own.
//
//   text ─▶ readQuery ─▶ tree ─▶ selectors ─▶ the text again, with each changed selector printed where it stood

import { RequestError } from '../../src/base/request-error.ts';
import type { Expr, MatrixSelector, VectorSelector } from '../../src/metrics/promql/ast.ts';
import { children } from '../../src/metrics/promql/ast.ts';
import { parseExpr } from '../../src/metrics/promql/parse.ts';
import { printExpr } from '../../src/metrics/promql/print.ts';
import type { Matcher } from '../../src/query/matchers.ts';

export const OPERATORS = ['=', '!=', '=~', '!~'] as const;

/** Where in a text something is wrong or worth a word; offsets in UTF-16 code units. */
export interface Problem {
  readonly from: number;
  readonly to: number;
  readonly message: string;
}

export type ReadQuery =
  | { readonly kind: 'empty' }
  | { readonly kind: 'wrong'; readonly problem: Problem }
  | { readonly kind: 'parsed'; readonly expr: Expr };

/** A text as a tree, or what is wrong with it. */
export function readQuery(text: string): ReadQuery {
  if (text.trim() === '') return { kind: 'empty' };
  try {
    return { kind: 'parsed', expr: parseExpr(text) };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { from = 0, to = text.length } = error.options;
    return { kind: 'wrong', problem: { from, to, message: error.message.replace(/^\d+:\d+: parse error: /, '') } };
  }
}

/** The selectors that choose series; the second argument of `info` chooses labels. */
export function selectorsOf(expr: Expr): readonly VectorSelector[] {
  if (expr.kind === 'vector') return [expr];
  const parts = expr.kind === 'call' && expr.name === 'info' ? expr.args.slice(0, 1) : children(expr);
  return parts.flatMap(selectorsOf);
}

/** A selector without what stands behind it. */
function bare({ kind, name, matchers, from, to }: VectorSelector): VectorSelector {
  return { kind, name, matchers, from, to };
}

/** The selectors of a text as the server's lists of labels take them. Nothing when the text does not parse. */
export function selectorTexts(text: string): readonly string[] {
  const read = readQuery(text);
  return read.kind === 'parsed' ? [...new Set(selectorsOf(read.expr).map((selector) => printExpr(bare(selector))))] : [];
}

function ownMatchers({ name, matchers }: VectorSelector): readonly Matcher[] {
  return name === '' ? matchers : matchers.slice(0, -1);
}

function sameMatcher(a: Matcher, b: Matcher): boolean {
  return a.name === b.name && a.op === b.op && a.value === b.value;
}

/** The matchers that every selector of a text has, names in front of braces left out; nothing when the text has no selector. */
export function commonMatchers(text: string): readonly Matcher[] | undefined {
  const read = readQuery(text);
  if (read.kind !== 'parsed') return undefined;
  const [first, ...others] = selectorsOf(read.expr);
  if (first === undefined) return undefined;
  return ownMatchers(first).filter((m) => others.every((other) => other.matchers.some((o) => sameMatcher(m, o))));
}

/** Changes each selector where it stands. A text that would parse no longer stays as it is. */
function editSelectors(text: string, edit: (matchers: readonly Matcher[]) => readonly Matcher[]): string {
  const read = readQuery(text);
  if (read.kind !== 'parsed') return text;
  const backwards = [...selectorsOf(read.expr)].sort((a, b) => b.from - a.from);
  const edited = backwards.reduce((rest, selector) => {
    const printed = printExpr({ ...selector, matchers: edit(selector.matchers) });
    return `${rest.slice(0, selector.from)}${printed}${rest.slice(selector.to)}`;
  }, text);
  return readQuery(edited).kind === 'parsed' ? edited : text;
}

/** The text with a matcher more in every selector that does not have it. */
export function addMatcher(text: string, matcher: Matcher): string {
  return editSelectors(text, (matchers) => (matchers.some((m) => sameMatcher(m, matcher)) ? matchers : [matcher, ...matchers]));
}

/** The text without a matcher, in every selector. */
export function removeMatcher(text: string, matcher: Matcher): string {
  return editSelectors(text, (matchers) => matchers.filter((m) => !sameMatcher(m, matcher)));
}

/** The metric that a text is about, where it is about one. */
export function metricOf(text: string): string {
  const read = readQuery(text);
  if (read.kind !== 'parsed') return '';
  const named = selectorsOf(read.expr).map(({ matchers }) => matchers.find((m) => m.name === '__name__' && m.op === '=')?.value ?? '');
  return new Set(named).size === 1 ? (named[0] ?? '') : '';
}

/** A selector and its rate are one click apart: the other form of a text that is one of them. */
export type RateForm = { readonly kind: 'raw' | 'rate'; readonly other: string };

/** Which of the two a text is; nothing when it is neither. `windowMs` is how far a new rate looks back. */
export function rateForm(text: string, windowMs: number): RateForm | undefined {
  const read = readQuery(text);
  if (read.kind !== 'parsed') return undefined;
  const { expr } = read;
  if (expr.kind === 'vector' && expr.extension === undefined) {
    const { offset, at } = expr;
    const matrix: MatrixSelector = {
      kind: 'matrix',
      selector: bare(expr),
      range: { kind: 'number', value: windowMs / 1000, unit: 'duration', from: 0, to: 0 },
      ...(offset && { offset }),
      ...(at && { at }),
      from: 0,
      to: 0,
    };
    return { kind: 'raw', other: printExpr({ kind: 'call', name: 'rate', args: [matrix], from: 0, to: 0 }) };
  }
  const [inner] = expr.kind === 'call' && expr.name === 'rate' ? expr.args : [];
  if (inner?.kind !== 'matrix') return undefined;
  const { offset, at } = inner;
  return { kind: 'rate', other: printExpr({ ...bare(inner.selector), ...(offset && { offset }), ...(at && { at }) }) };
}

/** Whether an expression has a value at every step, and so a picture over time. A range of samples and a string have none. */
export function isDrawable(expr: Expr): boolean {
  if (expr.kind === 'paren') return isDrawable(expr.inner);
  return expr.kind !== 'string' && expr.kind !== 'matrix' && expr.kind !== 'subquery';
}
