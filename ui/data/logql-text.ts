// What a page does with a LogQL text: read it, filter it further where it stands, and make the queries that stand beside it. The tree is the
// server's own.
//
//   text ─▶ readLogql ─▶ tree ─▶ log parts ─▶ the text again, with each changed part printed where it stood

import { RequestError } from '../../src/base/request-error.ts';
import { isMetric } from '../../src/logs/logql/ast.ts';
import type { Expr, LogExpr, MetricExpr, Stage } from '../../src/logs/logql/ast.ts';
import { parseLogql } from '../../src/logs/logql/parse.ts';
import { printLogql, printSelector } from '../../src/logs/logql/print.ts';
import type { Matcher } from '../../src/query/matchers.ts';
import { quote } from '../../src/query/scanner.ts';
import type { Category } from './log-lines.ts';
import { lengthText } from './time-text.ts';

/** Where in a text something is wrong; offsets in UTF-16 code units. */
export interface LogqlProblem {
  readonly from: number;
  readonly to: number;
  readonly message: string;
}

export type ReadLogql =
  | { readonly kind: 'empty' }
  | { readonly kind: 'wrong'; readonly problem: LogqlProblem }
  | { readonly kind: 'lines'; readonly expr: LogExpr }
  | { readonly kind: 'metric'; readonly expr: MetricExpr };

/** A text as a tree, or what is wrong with it. */
export function readLogql(text: string): ReadLogql {
  if (text.trim() === '') return { kind: 'empty' };
  try {
    const expr = parseLogql(text);
    return isMetric(expr) ? { kind: 'metric', expr } : { kind: 'lines', expr };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { from = 0, to = text.length } = error.options;
    return { kind: 'wrong', problem: { from, to, message: error.message } };
  }
}

/** The parts of a query that choose lines. */
export function logPartsOf(expr: Expr): readonly LogExpr[] {
  switch (expr.kind) {
    case 'log':
      return [expr];
    case 'range_aggregation':
      return [expr.range.log];
    case 'vector_aggregation':
    case 'label_replace':
      return logPartsOf(expr.expr);
    case 'binary':
      return [...logPartsOf(expr.left), ...logPartsOf(expr.right)];
    case 'variants':
      // The variants repeat the lines that stand at the end.
      return [expr.of.log];
    case 'number':
    case 'vector':
      return [];
  }
}

/** Changes each part that chooses lines where it stands. A text that would parse no longer stays as it is. */
function editLogParts(text: string, edit: (part: LogExpr, own: string) => string): string {
  const read = readLogql(text);
  if (read.kind !== 'lines' && read.kind !== 'metric') return text;
  const backwards = [...logPartsOf(read.expr)].sort((a, b) => b.from - a.from);
  const edited = backwards.reduce(
    (rest, part) => `${rest.slice(0, part.from)}${edit(part, text.slice(part.from, part.to))}${rest.slice(part.to)}`,
    text,
  );
  return readLogql(edited).kind === read.kind ? edited : text;
}

function sameMatcher(a: Matcher, b: Matcher): boolean {
  return a.name === b.name && a.op === b.op && a.value === b.value;
}

const OPPOSITE: Readonly<Record<Matcher['op'], Matcher['op']>> = { '=': '!=', '!=': '=', '=~': '!~', '!~': '=~' };

/** The matchers with one more; the one that says the opposite, and others that ask the label for one value, give way. */
export function withMatcher(matchers: readonly Matcher[], matcher: Matcher): readonly Matcher[] {
  if (matchers.some((m) => sameMatcher(m, matcher))) return matchers;
  const opposite = { ...matcher, op: OPPOSITE[matcher.op] };
  const kept = matchers.filter((m) => !sameMatcher(m, opposite) && !(matcher.op === '=' && m.name === matcher.name && m.op === '='));
  return [...kept, matcher];
}

function editMatchers(text: string, edit: (matchers: readonly Matcher[]) => readonly Matcher[]): string {
  return editLogParts(text, (part, own) => {
    const stages = part.stages[0];
    const rest = stages === undefined ? '' : ` ${own.slice(stages.from - part.from)}`;
    return `${printSelector(edit(part.matchers))}${rest}`;
  });
}

/** The text with a matcher more in every selector; a selector of its own where there is none. */
export function addStreamMatcher(text: string, matcher: Matcher): string {
  return text.trim() === '' ? printSelector([matcher]) : editMatchers(text, (matchers) => withMatcher(matchers, matcher));
}

/** The text without a matcher; without the last one the query chooses nothing, and is empty. */
export function removeStreamMatcher(text: string, matcher: Matcher): string {
  const read = readLogql(text);
  if (read.kind === 'lines' && read.expr.matchers.length === 1) return '';
  return editMatchers(text, (matchers) => matchers.filter((m) => !sameMatcher(m, matcher)));
}

/** The matchers of the first selector. */
export function matchersOf(text: string): readonly Matcher[] {
  const read = readLogql(text);
  if (read.kind !== 'lines' && read.kind !== 'metric') return [];
  return logPartsOf(read.expr)[0]?.matchers ?? [];
}

/** A selector; `{}`, which asks about all streams, where there is no matcher. */
export function printMatchers(matchers: readonly Matcher[]): string {
  return printSelector(matchers);
}

/** The first selector without its stages, for questions about streams; `{}` asks about all. */
export function selectorOf(text: string): string {
  return printSelector(matchersOf(text));
}

export interface FieldFilter {
  readonly name: string;
  readonly value: string;
  readonly category: Category;
  /** Only lines with this value, or all but these. */
  readonly keep: boolean;
  /** The stage that reads the field where the query does not do so yet. */
  readonly parser?: string;
}

/** The text that keeps, or leaves out, the lines with a field's value. */
export function addFieldFilter(text: string, { name, value, category, keep, parser }: FieldFilter): string {
  if (category === 'stream') return addStreamMatcher(text, { name, op: keep ? '=' : '!=', value });
  const filter = `| ${name}${keep ? '=' : '!='}${quote(value)}`;
  return editLogParts(text, (part, own) => {
    const parses = parser === undefined || part.stages.some(({ kind }) => kind === parser);
    return `${own} ${parses ? '' : `| ${parser} `}${filter}`;
  });
}

/** The text that keeps, or leaves out, the lines of a pattern. */
export function addPatternFilter(text: string, pattern: string, keep: boolean): string {
  return editLogParts(text, (part, own) => {
    const before = part.stages[0];
    // A pattern is of the line as it was sent, so it stands before whatever changes it.
    const at = before === undefined ? own.length : before.from - part.from;
    return `${own.slice(0, at).trimEnd()} ${keep ? '|>' : '!>'} ${quote(pattern)}${before === undefined ? '' : ` ${own.slice(at)}`}`;
  });
}

const LEVEL_FIELD = 'detected_level';

/** The level that a query keeps by its last filter, where it does. */
export function keptLevel(text: string): string | undefined {
  const read = readLogql(text);
  const filters = read.kind === 'lines' ? read.expr.stages.flatMap(levelFilterOf) : [];
  return filters.at(-1)?.value;
}

function levelFilterOf(stage: Stage): readonly (Matcher & { readonly from: number; readonly to: number })[] {
  if (stage.kind !== 'label_filter' || stage.filter.kind !== 'matcher') return [];
  const { name, op, value } = stage.filter;
  return name === LEVEL_FIELD && op === '=' ? [{ name, op, value, from: stage.from, to: stage.to }] : [];
}

/** The text that keeps one level in the place of any other that it keeps; all levels where it keeps this one already. */
export function toggleLevel(text: string, level: string): string {
  const was = keptLevel(text);
  const bare = editLogParts(text, (part, own) =>
    part.stages
      .flatMap(levelFilterOf)
      .reverse()
      .reduce((rest, { from, to }) => `${rest.slice(0, from - part.from).trimEnd()}${rest.slice(to - part.from)}`, own),
  );
  return was === level ? bare : addFieldFilter(bare, { name: LEVEL_FIELD, value: level, category: 'metadata', keep: true });
}

/** Stages that neither drop a line nor change its level, and so count nothing when they are last. */
const UNCOUNTED: ReadonlySet<Stage['kind']> = new Set(['json', 'logfmt', 'regexp', 'pattern', 'line_format', 'decolorize']);

/** How many lines of each level there are in each step: the query behind the bars. */
export function levelQuery(expr: LogExpr, stepMs: number): string {
  const last = expr.stages.findLastIndex(({ kind }) => !UNCOUNTED.has(kind));
  const counted = { ...expr, stages: expr.stages.slice(0, last + 1) };
  // A line that a stage could not read counts as any other.
  const errors = counted.stages.some(({ kind }) => kind !== 'line_filter') ? ' | drop __error__, __error_details__' : '';
  return `sum by (${LEVEL_FIELD}) (count_over_time(${printLogql(counted)}${errors} [${lengthText(stepMs).replaceAll(' ', '')}]))`;
}

/** How often each value of a field occurs in a span of time: the query behind its bars. */
export function fieldCountQuery(expr: LogExpr, name: string, parser: string | undefined, span: string): string {
  const parses = parser === undefined || expr.stages.some(({ kind }) => kind === parser);
  const stages = `${parses ? '' : ` | ${parser}`} | drop __error__, __error_details__ | ${name}!=""`;
  return `topk(50, sum by (${name}) (count_over_time(${printLogql(expr)}${stages} [${span}])))`;
}

export interface Term {
  readonly text: string;
  readonly ignoreCase: boolean;
}

/** The texts that a query looks for in lines, to show where they stand; those of expressions that are plain words too. */
export function termsOf(expr: LogExpr): readonly Term[] {
  return expr.stages.flatMap((stage): readonly Term[] => {
    if (stage.kind !== 'line_filter' || (stage.op !== '|=' && stage.op !== '|~')) return [];
    const texts = stage.alternatives.filter(({ kind, value }) => kind === 'text' && value !== '').map(({ value }) => value);
    return stage.op === '|=' ? texts.map((text) => ({ text, ignoreCase: false })) : texts.flatMap(plainWords);
  });
}

function plainWords(pattern: string): readonly Term[] {
  const ignoreCase = pattern.startsWith('(?i)');
  const words = (ignoreCase ? pattern.slice(4) : pattern).replace(/^\((?:\?:)?([^()]*)\)$/, '$1').split('|');
  return words.every((word) => word !== '' && !/[\\^$.*+?()[\]{}]/.test(word)) ? words.map((text) => ({ text, ignoreCase })) : [];
}
