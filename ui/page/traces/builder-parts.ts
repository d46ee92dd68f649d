// A query as the builder shows it: the conditions of one filter, each with its place in the text, and the text again when one of them changes.
//
//   { a = 1 && (b || c) } | rate()   ─▶  [a = 1] [b || c, kept as it is]   ─▶  the same text, with another first condition

import type { BinaryExpression, FieldExpression } from '../../../src/traces/traceql/ast.ts';
import { printField, printValue } from '../../../src/traces/traceql/print.ts';
import type { Value } from '../../../src/traces/traceql/value.ts';
import { pipelinesOf, readTraceql } from '../../data/traceql-text.ts';
import { commentsIn, looseTokens } from '../../editor/traceql/traceql-tokens.ts';

export const OPS = ['=', '!=', '=~', '!~', '>', '>=', '<', '<='] as const;
export type Op = (typeof OPS)[number];

export type Part =
  | { readonly kind: 'condition'; readonly field: string; readonly op: Op; readonly value: Value; readonly text: string }
  /** What the builder has no form for. */
  | { readonly kind: 'other'; readonly text: string };

export type Built =
  | { readonly kind: 'shown'; readonly parts: readonly Part[]; readonly before: string; readonly after: string }
  | { readonly kind: 'not shown'; readonly why: string };

export function builtOf(text: string): Built {
  const read = readTraceql(text);
  if (read.kind === 'empty') return { kind: 'shown', parts: [], before: '', after: '' };
  if (read.kind === 'wrong')
    return { kind: 'not shown', why: 'The builder shows whole queries: what is wrong with this one is said beneath it.' };
  const pipelines = pipelinesOf(read);
  const first = pipelines[0]?.stages[0];
  if (pipelines.length !== 1)
    return { kind: 'not shown', why: 'The builder shows one query for spans. This one combines several, and stays as it is.' };
  if (first?.type !== 'filter') {
    return {
      kind: 'not shown',
      why: 'The builder shows one pair of braces. This query has several that stand in relation, and stays as it is.',
    };
  }
  if (commentsIn(text, looseTokens(text)).length > 0)
    return { kind: 'not shown', why: 'The builder would lose the comments, so the text stays as it is.' };
  const { from, to } = first.place;
  const isEmpty = text.slice(from, to).slice(1, -1).trim() === '';
  return { kind: 'shown', parts: isEmpty ? [] : partsOf(text, first.expr), before: text.slice(0, from), after: text.slice(to) };
}

function partsOf(text: string, expr: FieldExpression): readonly Part[] {
  if (expr.type === 'binary' && expr.op === '&&') return [...partsOf(text, expr.left), ...partsOf(text, expr.right)];
  return [partOf(text.slice(expr.place.from, expr.place.to), expr)];
}

function partOf(text: string, expr: FieldExpression): Part {
  if (expr.type === 'binary') return ofComparison(text, expr);
  const isMissing = expr.type === 'unary' && (expr.op === 'exists' || expr.op === 'missing');
  if (isMissing && (expr.expr.type === 'attribute' || expr.expr.type === 'intrinsic')) {
    return { kind: 'condition', field: printField(expr.expr), op: expr.op === 'exists' ? '!=' : '=', value: { type: 'nil' }, text };
  }
  return { kind: 'other', text };
}

function ofComparison(text: string, { op, left, right }: BinaryExpression): Part {
  const known = OPS.find((one) => one === op);
  const isField = left.type === 'attribute' || left.type === 'intrinsic';
  if (known === undefined || !isField || right.type !== 'literal') return { kind: 'other', text: op === '||' ? `(${text})` : text };
  return { kind: 'condition', field: printField(left), op: known, value: right.value, text };
}

/** The query with these parts in its braces. */
export function writeBuilt({ before, after }: Extract<Built, { readonly kind: 'shown' }>, parts: readonly string[]): string {
  const inner = parts.filter((part) => part !== '');
  return `${before}{ ${inner.join(' && ')}${inner.length === 0 ? '' : ' '}}${after}`;
}

/** How a value reads in a form's field: texts without their quotes. */
export function shownValue(value: Value): string {
  return value.type === 'string' ? value.value : printValue(value);
}

/** The condition of a field in one of the builder's own rows. */
export function conditionFor(
  parts: readonly Part[],
  field: string,
  ops: readonly Op[],
): Extract<Part, { readonly kind: 'condition' }> | undefined {
  return parts.find(
    (part): part is Extract<Part, { readonly kind: 'condition' }> =>
      part.kind === 'condition' && part.field === field && ops.includes(part.op),
  );
}

/** What a person typed as a literal: as it stands where that is one of the type that is wanted, else as a text. */
export function typedLiteral(typed: string, op: Op): string {
  const text = typed.trim();
  const isText = op === '=~' || op === '!~';
  const isLiteral = /^(?:-?\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h)?|true|false|nil)$/.test(text) || /^"(?:[^"\\]|\\.)*"$/.test(text);
  return isLiteral && !(isText && !text.startsWith('"')) ? text : JSON.stringify(text);
}

/** A length of time as a person types it; undefined where it is none. */
export function typedDuration(typed: string): string | undefined {
  const text = typed.trim().replaceAll(' ', '');
  if (/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return text;
  return /^\d+(?:\.\d+)?$/.test(text) ? `${text}ms` : undefined;
}
