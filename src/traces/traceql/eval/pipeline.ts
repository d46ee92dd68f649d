// Pipelines over one trace, compiled once per query: every stage takes the spansets of a trace and hands on those that remain.
//
//   spans in range ─▶ { … } ─▶ by(…) ─▶ count() > 2 ─▶ … ─▶ spansets
//
// Source: Tempo, `pkg/traceql/ast_execute.go`; of what it has not made yet (arithmetic between aggregates, pipelines as operands) the documentation.

import { RequestError } from '../../../base/request-error.ts';
import type { Pipeline, ScalarExpression, ScalarFilter, ScalarOperation, SpansetExpression, SpansetOperation, Stage } from '../ast.ts';
import type { TraceView } from '../span-view.ts';
import type { Value } from '../value.ts';
import { compileAggregate } from './aggregate.ts';
import { calculate } from './arithmetic.ts';
import { compileComparison } from './compare-values.ts';
import { compileExpression, compileFilter } from './expression.ts';
import { groupKey } from './group-key.ts';
import { printStage } from '../print.ts';
import { EvalTrace } from './span.ts';
import type { EvalSpan } from './span.ts';
import { spansetOf, withAttribute } from './spanset.ts';
import type { Spanset } from './spanset.ts';
import { relate } from './structural.ts';

type Sets = readonly Spanset[];
type Step = (sets: Sets) => Sets;

/**
 * What a pipeline makes of a trace: spansets in the order in which their first spans come, none where nothing matches.
 * Throws `bad_data` on regular expressions that are none; the closure throws `bad_data` on a division of ints by zero, and on a structural
 * operator between several spansets.
 */
export function compilePipeline(pipeline: Pipeline): (trace: TraceView) => Sets {
  const step = compileStages(pipeline);
  return (view) => {
    const spans = new EvalTrace(view).spans.filter((span) => span.view.isInRange);
    return spans.length === 0 ? [] : step([spansetOf(spans)]);
  };
}

function compileStages({ stages }: Pipeline): Step {
  const steps = stages.map(compileStage);
  return (sets) => {
    let rest = sets;
    for (const step of steps) if (rest.length > 0) rest = step(rest);
    return rest;
  };
}

function compileStage(stage: Stage): Step {
  switch (stage.type) {
    case 'filter': {
      const test = compileFilter(stage.expr);
      return (sets) => sets.flatMap((set) => narrowed(set, set.spans.filter(test)));
    }
    case 'spansets':
      return compileOperation(stage);
    case 'pipeline':
      return compileStages(stage);
    case 'group': {
      const [value, name] = [compileExpression(stage.by), printStage(stage)];
      return (sets) => sets.flatMap((set) => groups(set, value, name));
    }
    case 'coalesce':
      return (sets) => [spansetOf(sets.flatMap((set) => set.spans))];
    case 'select':
      return (sets) => sets;
    case 'scalarFilter':
      return compileScalarFilter(stage);
    case 'aggregate': {
      const scalar = compileScalar(stage);
      return (sets) => sets.flatMap((set) => scalar(set)?.set ?? []);
    }
  }
}

/** The same spanset with other spans; none where there are none. */
function narrowed(set: Spanset, spans: readonly EvalSpan[]): Sets {
  return spans.length === 0 ? [] : [{ ...set, spans }];
}

function groups(set: Spanset, value: (span: EvalSpan) => Value, name: string): Sets {
  const byKey = new Map<string, { value: Value; spans: EvalSpan[] }>();
  for (const span of set.spans) {
    const found = value(span);
    const key = groupKey(found);
    const group = byKey.get(key);
    if (group === undefined) byKey.set(key, { value: found, spans: [span] });
    else group.spans.push(span);
  }
  return Array.from(byKey.values(), (group) => withAttribute({ ...set, spans: group.spans }, name, group.value));
}

/**
 * A chain `{ … } || { … } || …` is one list, from the left, and brackets cost one frame each: queries may be deeper than the stack otherwise is.
 * All operands see the same spanset.
 */
function compileOperation(operation: SpansetOperation): Step {
  const rest: { readonly op: SpansetOperation['op']; readonly ofRight: Step }[] = [];
  let first: SpansetExpression = operation;
  for (; first.type === 'spansets'; first = first.left) rest.push({ op: first.op, ofRight: compileStage(first.right) });
  const ofFirst = compileStage(first);
  rest.reverse();
  return (sets) => {
    const results: Spanset[] = [];
    for (const set of sets) {
      let found = ofFirst([set]);
      for (const { op, ofRight } of rest) found = combine(set, op, [found, ofRight([set])]);
      results.push(...found);
    }
    return results;
  };
}

function combine(set: Spanset, op: SpansetOperation['op'], [lefts, rights]: readonly [Sets, Sets]): Sets {
  if (op === '&&' && (lefts.length === 0 || rights.length === 0)) return [];
  if (op === '&&' || op === '||') return narrowed(set, unite(lefts, rights));
  return narrowed(set, relate(op, onlySpans(lefts), onlySpans(rights)));
}

/** The side with fewer spans first (the right one of equals), then what the other has besides. */
function unite(lefts: Sets, rights: Sets): readonly EvalSpan[] {
  const [left, right] = [lefts.flatMap((set) => set.spans), rights.flatMap((set) => set.spans)];
  const [fewer, more] = left.length < right.length ? [left, right] : [right, left];
  const seen = new Set(fewer);
  return [...fewer, ...more.filter((span) => !seen.has(span))];
}

function onlySpans(sets: Sets): readonly EvalSpan[] {
  if (sets.length > 1)
    throw new RequestError('bad_data', 'a structural operator takes one spanset per trace on each side: put coalesce() after by(…)');
  return sets[0]?.spans ?? [];
}

// Scalars.

/** A number of a spanset, and the spanset with what was measured on the way. */
interface Measured {
  readonly value: Value;
  readonly set: Spanset;
}

/** Undefined where the spanset has no such number. */
type Scalar = (set: Spanset) => Measured | undefined;

function compileScalarFilter({ op, left, right }: ScalarFilter): Step {
  const [ofLeft, ofRight] = [compileScalar(left), compileScalar(right)];
  const compare = compileComparison(op, undefined);
  return (sets) =>
    sets.flatMap((set) => {
      const first = ofLeft(set);
      const second = first && ofRight(first.set);
      return first !== undefined && second !== undefined && compare(first.value, second.value) ? [second.set] : [];
    });
}

function compileScalar(expr: ScalarExpression): Scalar {
  switch (expr.type) {
    case 'literal':
      return (set) => ({ value: expr.value, set });
    case 'aggregate': {
      const [measure, name] = [compileAggregate(expr), printStage(expr)];
      return (set) => {
        const value = measure(set.spans);
        return value && { value, set: { ...withAttribute(set, name, value), scalar: value } };
      };
    }
    case 'scalars':
      return compileScalars(expr);
    case 'pipeline': {
      const step = compileStages(expr);
      // An operand of its own: it measures the spans that it selects, and leaves the spanset as it is.
      return (set) => {
        const [only, ...others] = step([set]);
        return only === undefined || others.length > 0 ? undefined : { value: only.scalar, set };
      };
    }
  }
}

/** As chains of spansets, one list. */
function compileScalars(operation: ScalarOperation): Scalar {
  const rest: { readonly op: ScalarOperation['op']; readonly ofRight: Scalar }[] = [];
  let first: ScalarExpression = operation;
  for (; first.type === 'scalars'; first = first.left) rest.push({ op: first.op, ofRight: compileScalar(first.right) });
  const ofFirst = compileScalar(first);
  rest.reverse();
  return (set) => {
    let measured = ofFirst(set);
    for (const { op, ofRight } of rest) {
      const right = measured && ofRight(measured.set);
      if (measured === undefined || right === undefined) return undefined;
      const value = calculate(op, measured.value, right.value);
      measured = { value, set: { ...right.set, scalar: value } };
    }
    return measured;
  };
}
