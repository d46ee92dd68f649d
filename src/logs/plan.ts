// What of a query's stages ClickHouse can decide: conditions on the stored columns, and the stages that are left for this process.
//
//   stages ─┬─▶ conditions that hold exactly as the stage does        the stage is done
//           ├─▶ conditions that hold wherever the stage may let a line pass   fewer lines to run it on
//           └─▶ nothing                                               the stage runs here
//
// A filter may be moved before the stages that stand between, since none of them adds lines; not past one that changes the line, nor past `distinct`,
// which remembers the lines that it has seen.

import { type Sql, and, int, join, sql, text } from '../base/sql.ts';
import { LEVELS } from './ingest/label-level.ts';
import { DETECTED_LEVEL } from './line-columns.ts';
import type { LabelFilter, LineFilter, LineFilterValue, Stage } from './logql/ast.ts';
import { DUPLICATE_SUFFIX } from './logql/line-labels.ts';
import { parsePattern } from './logql/stage/line-pattern.ts';
import { requiredText } from './logql/stage/required-text.ts';
import type { Needle } from './needle/find-needles.ts';

export interface LinePlan {
  /** On the columns of the table `logs`. */
  readonly conditions: readonly Sql[];
  /** Texts that every line holds which can pass: for each of the list one of its alternatives. */
  readonly needles: readonly (readonly Needle[])[];
  /** Labels that every line has which can pass. */
  readonly values: readonly AskedValue[];
  /** What is left to be run, in order. */
  readonly stages: readonly Stage[];
}

/** A label filter that asks for one value. */
export interface AskedValue {
  readonly name: string;
  readonly value: string;
  /** A field of the line may have the name too; else only the stream or its metadata. */
  readonly isParsed: boolean;
}

/** Divides a query's stages. */
export function planLines(stages: readonly Stage[]): LinePlan {
  const conditions: Sql[] = [];
  const left: Stage[] = [];
  const needles: (readonly Needle[])[] = [];
  let isOriginalLine = true;
  for (const stage of stages) {
    if (stage.kind === 'line_filter' && isOriginalLine) {
      const planned = planLineFilter(stage);
      if (planned.condition !== undefined) conditions.push(planned.condition);
      if (!planned.isExact) left.push(stage);
      const wanted = needlesOf(stage);
      if (wanted !== undefined) needles.push(wanted);
      continue;
    }
    left.push(stage);
    if (CHANGES_LINES.has(stage.kind)) isOriginalLine = false;
  }
  return { conditions, needles, values: askedValues(stages), stages: left };
}

/** Texts of which one stands in every line that passes. */
function needlesOf({ op, alternatives }: LineFilter): readonly Needle[] | undefined {
  if (alternatives.some(({ kind }) => kind === 'ip')) return undefined;
  if (op === '|=') return alternatives.map(({ value }) => ({ text: value, isOpen: true }));
  return op === '|~' ? alternatives.map(({ value }) => ({ text: requiredText(value), isOpen: true })) : undefined;
}

/** Stages that find labels in the line as it is stored, and those that leave labels as they are. */
const FINDS_LABELS: ReadonlySet<Stage['kind']> = new Set(['json', 'logfmt', 'regexp', 'pattern']);
const LEAVES_LABELS: ReadonlySet<Stage['kind']> = new Set(['line_filter', 'label_filter', 'keep', 'distinct']);

function askedValues(stages: readonly Stage[]): readonly AskedValue[] {
  const values: AskedValue[] = [];
  let isParsed = false;
  for (const stage of stages) {
    if (stage.kind === 'label_filter') values.push(...valuesIn(stage.filter, isParsed));
    else if (FINDS_LABELS.has(stage.kind) && !('extractions' in stage && stage.extractions.length > 0)) isParsed = true;
    else if (!LEAVES_LABELS.has(stage.kind)) break;
  }
  return values;
}

function valuesIn(filter: LabelFilter, isParsed: boolean): readonly AskedValue[] {
  if (filter.kind === 'and') return [...valuesIn(filter.left, isParsed), ...valuesIn(filter.right, isParsed)];
  if (filter.kind !== 'matcher' || filter.op !== '=' || filter.value === '') return [];
  const { name, value } = filter;
  return name.startsWith('__') || name.endsWith(DUPLICATE_SUFFIX) ? [] : [{ name, value, isParsed }];
}

/** The condition on a line that a value asks for, where no stream has a label of its name. Undefined where nothing can be said. */
export function valueCondition({ name, value, isParsed }: AskedValue): Sql | undefined {
  const level = name === DETECTED_LEVEL ? LEVELS.findIndex((known) => known === value) : -1;
  const inMetadata =
    level < 0 ? sql`metadata[${text(name)}] = ${text(value)}` : sql`level = ${int(level + 1)} OR metadata[${text(name)}] = ${text(value)}`;
  if (!isParsed) return inMetadata;
  // A line shows the value as it is, unless it is escaped.
  if (!/^[!#-[\]-~]+$/.test(value)) return undefined;
  return sql`position(line, ${text(value)}) > 0 OR position(line, '\\\\') > 0 OR ${inMetadata}`;
}

/** Stages behind which the line is not the stored one, or which filters may not be moved before. */
const CHANGES_LINES: ReadonlySet<Stage['kind']> = new Set(['line_format', 'unpack', 'decolorize', 'distinct']);

interface PlannedFilter {
  readonly condition: Sql | undefined;
  readonly isExact: boolean;
}

const NOTHING_PLANNED: PlannedFilter = { condition: undefined, isExact: false };

function planLineFilter({ op, alternatives }: LineFilter): PlannedFilter {
  if (alternatives.some(({ kind }) => kind === 'ip')) return NOTHING_PLANNED;
  switch (op) {
    case '|=':
      return { condition: anyOf(alternatives.map(contains)), isExact: true };
    case '!=':
      return { condition: noneOf(alternatives.map(contains)), isExact: true };
    case '|~':
      return { condition: anyOf(alternatives.map(matches)), isExact: true };
    case '!~':
      return { condition: noneOf(alternatives.map(matches)), isExact: true };
    case '|>':
      return { condition: anyOf(alternatives.map(mayFit)), isExact: false };
    case '!>':
      return NOTHING_PLANNED;
  }
}

function contains({ value }: LineFilterValue): Sql {
  return value === '' ? sql`1` : sql`position(line, ${text(value)}) > 0`;
}

/** RE2 on both sides. ClickHouse lets `.` match a newline unless it is told not to; Loki does not. */
function matches({ value }: LineFilterValue): Sql {
  return value === '' ? sql`1` : sql`match(line, ${text(`(?-s)${value}`)})`;
}

/** The texts that stand in a pattern, in their order. */
function mayFit({ value }: LineFilterValue): Sql {
  const literals = parsePattern(value).flatMap((part) => (part.kind === 'literal' ? [part.text] : []));
  return literals.length === 0
    ? sql`1`
    : join(
        literals.map((literal) => sql`position(line, ${text(literal)}) > 0`),
        sql` AND `,
      );
}

function anyOf(conditions: readonly Sql[]): Sql {
  return join(
    conditions.map((condition) => sql`(${condition})`),
    sql` OR `,
  );
}

function noneOf(conditions: readonly Sql[]): Sql {
  return sql`1${and(conditions.map((condition) => sql`NOT (${condition})`))}`;
}
