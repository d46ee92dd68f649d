// What a search asks ClickHouse for: which spans, and which traces may have what the pipeline looks for.
//
//   { a }  { a } || { b }  … | select(…)     every span by itself          exact: SQL finds the answer
//   { a } >> { b }  { a } | count() > 2 …    traces that have what both    candidates: the pipeline decides on their spans
//                                            sides need
//
// A condition of a trace is that some of its spans in the range meet each of some conditions; it loses no trace.

import { type Sql, int, sql } from '../../base/sql.ts';
import type { Catalogue } from '../catalogue.ts';
import type { Aggregate, Pipeline, ScalarFilter, SpansetOperation, Stage } from '../traceql/ast.ts';
import { ALWAYS, allOf, anyOf, type Bounds, every, FALSE, isExact, some, TRUE, UNKNOWN } from './bounds.ts';
import { compileBounds } from './compile-condition.ts';
import { numberOf, ordered } from './text-condition.ts';
import { operandsOf } from './span-filter.ts';

export type SearchPlan =
  /** Spans for which it is true, and no others, are the answer. */
  | { readonly kind: 'spans'; readonly condition: Sql }
  | {
      readonly kind: 'traces';
      /** Spans that the pipeline may look at. */
      readonly condition: Sql;
      /** Of the spans of a trace that meet the condition, as after `GROUP BY`. */
      readonly having: Sql;
    };

export function compileSearch(pipeline: Pipeline, catalogue: Catalogue): SearchPlan {
  const exact = spanCondition(pipeline, catalogue);
  if (exact !== undefined) return { kind: 'spans', condition: exact };
  const needs = pipelineNeeds(pipeline, catalogue);
  return { kind: 'traces', condition: needs.anySpan, having: needs.trace };
}

/** Undefined where a span does not decide by itself, or SQL does not. */
function spanCondition(stage: Stage, catalogue: Catalogue): Sql | undefined {
  const bounds = spanBounds(stage, catalogue);
  return bounds !== undefined && isExact(bounds) ? bounds.upper : undefined;
}

/** The spans that a stage lets pass of those that it is given. */
function spanBounds(stage: Stage, catalogue: Catalogue): Bounds | undefined {
  switch (stage.type) {
    case 'filter':
      return compileBounds(stage.expr, catalogue);
    case 'select':
      return ALWAYS;
    case 'pipeline':
      return combined(stage.stages, every, catalogue);
    case 'spansets':
      return stage.op === '||' ? combined(operandsOf(stage), some, catalogue) : undefined;
    default:
      return undefined;
  }
}

function combined(stages: readonly Stage[], combine: (parts: readonly Bounds[]) => Bounds, catalogue: Catalogue): Bounds | undefined {
  const parts: Bounds[] = [];
  for (const stage of stages) {
    const bounds = spanBounds(stage, catalogue);
    if (bounds === undefined) return undefined;
    parts.push(bounds);
  }
  return combine(parts);
}

/** What must hold for a stage to let anything of a trace pass. */
interface Needs {
  /** Of a span: one that no part of the stage can look at or hand on does not meet it. */
  readonly anySpan: Sql;
  /** Of a trace, over its spans. */
  readonly trace: Sql;
}

/** Nothing is known: every span counts. */
const ANYTHING: Needs = { anySpan: TRUE, trace: TRUE };

function pipelineNeeds({ stages }: Pipeline, catalogue: Catalogue): Needs {
  // Only what the first stage hands on is looked at by the others.
  let anySpan = TRUE;
  let selected: Bounds = ALWAYS;
  let isWhole = true;
  const traces: Sql[] = [];
  stages.forEach((stage, i) => {
    if (stage.type === 'scalarFilter') {
      traces.push(scalarNeeds(stage, selected.upper, isWhole && isExact(selected)));
      return;
    }
    const needs = stageNeeds(stage, catalogue);
    if (i === 0) ({ anySpan } = needs);
    traces.push(needs.trace);
    selected = every([selected, stage.type === 'group' || stage.type === 'coalesce' ? ALWAYS : (spanBounds(stage, catalogue) ?? UNKNOWN)]);
    if (stage.type === 'group' || stage.type === 'coalesce') isWhole = stage.type === 'coalesce';
  });
  return { anySpan, trace: allOf(traces) };
}

function stageNeeds(stage: Stage, catalogue: Catalogue): Needs {
  switch (stage.type) {
    case 'filter': {
      const { upper } = compileBounds(stage.expr, catalogue);
      return { anySpan: upper, trace: hasSpan(upper) };
    }
    case 'pipeline':
      return pipelineNeeds(stage, catalogue);
    case 'spansets':
      return operationNeeds(stage, catalogue);
    default:
      return ANYTHING;
  }
}

function hasSpan(condition: Sql): Sql {
  if (condition === TRUE || condition === FALSE) return condition;
  return sql`countIf(${condition}) > 0`;
}

function operationNeeds(operation: SpansetOperation, catalogue: Catalogue): Needs {
  const { op } = operation;
  const sides = operandsOf(operation).map((side) => stageNeeds(side, catalogue));
  const anySpan = anyOf(sides.map((side) => side.anySpan));
  const traces = sides.map(({ trace }) => trace);
  if (op === '||') return { anySpan, trace: anyOf(traces) };
  // `A !> B` hands on spans of B also where there is no A.
  return { anySpan, trace: op.startsWith('!') ? (traces.at(-1) ?? TRUE) : allOf(traces) };
}

/** `isAll`: the aggregate is over all spans of the trace that are selected, and over no others. */
function scalarNeeds({ op, left, right }: ScalarFilter, selected: Sql, isAll: boolean): Sql {
  if (left.type !== 'aggregate' || right.type !== 'literal') return TRUE;
  const number = numberOf(right.value);
  if (number === undefined || !(Math.abs(Number(number)) < 2 ** 53)) return TRUE;
  if (isAll && typeof number === 'bigint') return ofAllSpans(left, op, { selected, number });
  if (op !== '>' && op !== '>=') return TRUE;
  const most = mostOf(left, selected);
  // Of a fraction the whole number below: no more is said than holds.
  return most === undefined ? TRUE : sql`${most} >= ${int(typeof number === 'bigint' ? number : Math.floor(number))}`;
}

/** What an aggregate of some of the spans cannot be above. */
function mostOf(aggregate: Aggregate, selected: Sql): Sql | undefined {
  if (aggregate.fn === 'count') return sql`countIf(${selected})`;
  // The greatest is at least the least and the average.
  return isOfDuration(aggregate) && aggregate.fn !== 'sum' ? sql`maxIf(duration, ${selected})` : undefined;
}

function isOfDuration({ expr }: Aggregate): boolean {
  return expr?.type === 'intrinsic' && expr.name === 'duration' && !expr.ofParent;
}

interface Compared {
  readonly selected: Sql;
  readonly number: bigint;
}

function ofAllSpans(aggregate: Aggregate, op: ScalarFilter['op'], { selected, number }: Compared): Sql {
  if (op === '!=' || op === '=~' || op === '!~' || (aggregate.fn !== 'count' && !isOfDuration(aggregate))) return TRUE;
  switch (aggregate.fn) {
    case 'count':
      return compared(sql`toInt64(countIf(${selected}))`, op, number);
    case 'min':
      return compared(sql`minIf(duration, ${selected})`, op, number);
    case 'max':
      return compared(sql`maxIf(duration, ${selected})`, op, number);
    case 'sum':
      return compared(sumOf(selected), op, number);
    case 'avg': {
      // In whole numbers there, a fraction here: so much room is left.
      const average = (of: bigint): Sql => sql`toInt128(countIf(${selected})) * ${int(of)}`;
      const sum = sumOf(selected);
      const [least, most] = [sql`${sum} >= ${average(number - 1n)}`, sql`${sum} <= ${average(number + 1n)}`];
      if (op === '=') return sql`${least} AND ${most}`;
      return op === '>' || op === '>=' ? least : most;
    }
  }
}

/** Durations together may be more than 64 bits hold. */
function sumOf(selected: Sql): Sql {
  return sql`sumIf(toInt128(duration), ${selected})`;
}

function compared(measure: Sql, op: '=' | '<' | '<=' | '>' | '>=', number: bigint): Sql {
  return op === '=' ? sql`${measure} = ${int(number)}` : ordered(measure, op, int(number));
}
