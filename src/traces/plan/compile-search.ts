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
import { allOf, anyOf, type Bounds, every, FALSE, isExact, some, TRUE } from './bounds.ts';
import { compileBounds } from './compile-condition.ts';
import { numberOf } from './text-condition.ts';

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
      return { upper: TRUE, lower: TRUE };
    case 'pipeline':
      return combined(stage.stages, every, catalogue);
    case 'spansets':
      return stage.op === '||' ? combined(operandsOf(stage, '||'), some, catalogue) : undefined;
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

/** Chains may be longer than the stack is deep. */
function operandsOf(operation: SpansetOperation, op: SpansetOperation['op']): readonly Stage[] {
  const operands: Stage[] = [];
  let rest: Stage = operation;
  for (; rest.type === 'spansets' && rest.op === op; rest = rest.left) operands.push(rest.right);
  return [rest, ...operands.reverse()];
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
  let selected = TRUE;
  const traces: Sql[] = [];
  stages.forEach((stage, i) => {
    if (stage.type === 'scalarFilter') {
      traces.push(scalarNeeds(stage, selected));
      // An operand that selects for itself looks at all that it is given.
      return;
    }
    const needs = stageNeeds(stage, catalogue);
    if (i === 0) anySpan = needs.anySpan;
    traces.push(needs.trace);
    selected = allOf([selected, spanBounds(stage, catalogue)?.upper ?? TRUE]);
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
  const sides = operandsOf(operation, op).map((side) => stageNeeds(side, catalogue));
  const anySpan = anyOf(sides.map((side) => side.anySpan));
  const traces = sides.map(({ trace }) => trace);
  if (op === '||') return { anySpan, trace: anyOf(traces) };
  // `A !> B` hands on spans of B also where there is no A.
  return { anySpan, trace: op.startsWith('!') ? (traces.at(-1) ?? TRUE) : allOf(traces) };
}

/** A number of the spans that were selected, or of some of them, cannot be greater than it is of all. */
function scalarNeeds({ op, left, right }: ScalarFilter, selected: Sql): Sql {
  if (left.type !== 'aggregate' || right.type !== 'literal' || (op !== '>' && op !== '>=')) return TRUE;
  const number = numberOf(right.value);
  const most = atMost(left, selected);
  if (number === undefined || most === undefined || !(Math.abs(Number(number)) < 2 ** 53)) return TRUE;
  const least = int(typeof number === 'bigint' ? number : Math.floor(number));
  // Of a fraction the whole number below: no more is said than holds.
  return op === '>' && typeof number === 'bigint' ? sql`${most} > ${least}` : sql`${most} >= ${least}`;
}

function atMost({ fn, expr }: Aggregate, selected: Sql): Sql | undefined {
  if (fn === 'count') return sql`countIf(${selected})`;
  if (expr?.type !== 'intrinsic' || expr.name !== 'duration' || expr.ofParent) return undefined;
  // The greatest is at least the least and the average.
  return fn === 'sum' ? undefined : sql`maxIf(duration, ${selected})`;
}
