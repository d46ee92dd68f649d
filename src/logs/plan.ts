// What of a query's stages ClickHouse can decide: conditions on the stored columns, and the stages that are left for this process.
//
//   stages ─┬─▶ conditions that hold exactly as the stage does        the stage is done
//           ├─▶ conditions that hold wherever the stage may let a line pass   fewer lines to run it on
//           └─▶ nothing                                               the stage runs here
//
// A filter may be moved before the stages that stand between, since none of them adds lines; not past one that changes the line, nor past `distinct`,
// which remembers the lines that it has seen.

import { type Sql, and, join, sql, text } from '../base/sql.ts';
import type { LineFilter, LineFilterValue, Stage } from './logql/ast.ts';
import { parsePattern } from './logql/stage/line-pattern.ts';
import type { Needle } from './needle/find-needles.ts';

export interface LinePlan {
  /** On the columns of the table `logs`. */
  readonly conditions: readonly Sql[];
  /** Texts that every line holds which can pass: for each of the list one of its alternatives. */
  readonly needles: readonly (readonly Needle[])[];
  /** What is left to be run, in order. */
  readonly stages: readonly Stage[];
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
      if (stage.op === '|=' && planned.isExact) needles.push(stage.alternatives.map(({ value }) => ({ text: value, isOpen: true })));
      continue;
    }
    left.push(stage);
    if (CHANGES_LINES.has(stage.kind)) isOriginalLine = false;
  }
  return { conditions, needles, stages: left };
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
