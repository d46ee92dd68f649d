// What a page does with a TraceQL text: read it, narrow it where it stands, and make the queries that stand beside it. The tree is the server's own.
//
//   text ─▶ readTraceql ─▶ tree with places ─▶ the text again, changed where a place says

import { RequestError } from '../../src/base/request-error.ts';
import { type Compare, type MetricsExpression, type Pipeline, type RangeAggregate } from '../../src/traces/traceql/ast.ts';
import { checkTraceql } from '../../src/traces/traceql/check.ts';
import { parseAsWritten } from '../../src/traces/traceql/parse.ts';
import type { Span } from './time-range.ts';

/** Where in a text something is wrong; offsets in UTF-16 code units. */
export interface TraceqlProblem {
  readonly from: number;
  readonly to: number;
  readonly message: string;
}

export type ReadTraceql =
  | { readonly kind: 'empty' }
  | { readonly kind: 'wrong'; readonly problem: TraceqlProblem }
  | { readonly kind: 'spans'; readonly pipeline: Pipeline }
  | { readonly kind: 'metrics'; readonly expr: MetricsExpression };

/** A text as a tree, or what is wrong with it: its grammar, or types that do not go together. */
export function readTraceql(text: string): ReadTraceql {
  if (text.trim() === '') return { kind: 'empty' };
  try {
    const query = parseAsWritten(text);
    checkTraceql(query);
    return query.root.type === 'pipeline' ? { kind: 'spans', pipeline: query.root } : { kind: 'metrics', expr: query.root };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { from = 0, to = text.length } = error.options;
    return { kind: 'wrong', problem: { from, to, message: plain(error.message) } };
  }
}

/** The underline says where; the words need not. */
function plain(message: string): string {
  return message.replace(/^parse error (?:at line \d+, col \d+)?\s*: (?:syntax error: )?/, '').replaceAll('$end', 'end of the query');
}

/** The pipelines that choose spans, in the order of the text. */
export function pipelinesOf(read: ReadTraceql): readonly Pipeline[] {
  if (read.kind === 'spans') return [read.pipeline];
  return read.kind === 'metrics' ? inMetrics(read.expr) : [];
}

function inMetrics(expr: MetricsExpression): readonly Pipeline[] {
  switch (expr.type) {
    case 'metrics':
      return [expr.pipeline];
    case 'metricsOperation':
      return [...inMetrics(expr.left), ...inMetrics(expr.right)];
    case 'metricsStages':
      return inMetrics(expr.expr);
    case 'metricsNumber':
      return [];
  }
}

/** What a metrics query begins with, where it is one pipeline; nothing of arithmetic between several. */
export function firstStageOf(expr: MetricsExpression): RangeAggregate | Compare | undefined {
  if (expr.type === 'metricsStages') return firstStageOf(expr.expr);
  return expr.type === 'metrics' ? expr.first : undefined;
}

/** The text of what chooses spans, without hints and without what is counted over them; `{ }` where nothing is asked. */
export function spansText(text: string): string {
  const [pipeline] = pipelinesOf(readTraceql(text));
  return pipeline === undefined ? '{ }' : text.slice(pipeline.place.from, pipeline.place.to);
}

/** A text as TraceQL writes it. */
export function quoteText(text: string): string {
  return JSON.stringify(text);
}

/** The text with one more condition in every pipeline, within the filter where there is one alone, else as a filter behind it. */
export function narrowed(text: string, condition: string): string {
  const read = readTraceql(text);
  if (read.kind === 'empty') return `{ ${condition} }`;
  const backwards = [...pipelinesOf(read)].sort((a, b) => b.place.from - a.place.from);
  const edited = backwards.reduce((rest, pipeline) => edit(rest, pipeline, condition), text);
  return readTraceql(edited).kind === read.kind ? edited : text;
}

function edit(text: string, { stages: [first] }: Pipeline, condition: string): string {
  if (first === undefined) return text;
  const { from, to } = first.place;
  const own = text.slice(from, to);
  if (first.type !== 'filter') {
    const isSpansets = first.type === 'spansets' || first.type === 'pipeline';
    return isSpansets
      ? `${text.slice(0, to)} | { ${condition} }${text.slice(to)}`
      : `${text.slice(0, from)}{ ${condition} } | ${text.slice(from)}`;
  }
  const inner = own.slice(1, -1).trim();
  if (inner.includes(condition)) return text;
  const either = first.expr.type === 'binary' && first.expr.op === '||';
  const before = inner === '' ? '' : either ? `(${inner}) && ` : `${inner} && `;
  return `${text.slice(0, from)}{ ${before}${condition} }${text.slice(to)}`;
}

/** How often such spans are found, by status: what is drawn above the traces of a search. */
export function rateQuery(text: string): string {
  return `${spansText(text)} | rate() by(status)`;
}

/** Values of each attribute that are compared. */
const COMPARED_VALUES = 8;

/** Spans of a query that the selection holds against all others of it; `span` bounds the selection in time. */
export function compareQuery(text: string, selection: string, span: Span | undefined): string {
  const ns = (ms: number): string => `${Math.max(1, Math.round(ms))}000000`;
  const window = span === undefined ? '' : `, ${ns(span.startMs)}, ${ns(span.endMs)}`;
  return `${spansText(text)} | compare({ ${selection} }, ${COMPARED_VALUES}${window})`;
}

/** The bounds of the length of a trace as conditions. */
export function durationConditions(field: string, minS: number, maxS: number): string {
  return `${field} >= ${durationText(minS)} && ${field} <= ${durationText(maxS)}`;
}

/** A length of time as TraceQL reads it: whole microseconds, in the unit that leaves fewest digits. */
export function durationText(seconds: number): string {
  const us = Math.max(0, Math.round(seconds * 1e6));
  if (us % 1e6 === 0) return `${us / 1e6}s`;
  return us % 1000 === 0 ? `${us / 1000}ms` : `${us}us`;
}
