// The grammar of sets of spans and of the pipeline that they go through.
//
// What may stand in brackets is written twice, as the peer has it: with a pipeline in each bracket, and without.

import type { Aggregate, AggregateFunction, ArithmeticOp, ComparisonOp, Field, FieldExpression } from './ast.ts';
import type { LiteralExpression, Pipeline, ScalarExpression, SpansetExpression, SpansetOp, Stage } from './ast.ts';
import { makeScalar } from './fold.ts';
import { type Reduction, type Rule, pass, rule } from './grammar-rule.ts';
import type { Value } from './value.ts';

const SPANSET_OPS: readonly SpansetOp[] = [
  '&&',
  '>',
  '<',
  '>>',
  '<<',
  '||',
  '~',
  '!>',
  '!<',
  '!>>',
  '!<<',
  '!~',
  '&>',
  '&<',
  '&>>',
  '&<<',
  '&~', // prettier-ignore
];
export const SCALAR_OPS: readonly ArithmeticOp[] = ['+', '-', '*', '/', '%', '^'];
export const ORDER_OPS: readonly ('=' | '!=' | '<' | '<=' | '>' | '>=')[] = ['=', '!=', '<', '<=', '>', '>='];

function spansets(left: string): Rule[] {
  return SPANSET_OPS.map((op) =>
    rule(left, `${left} ${op} ${left}`, ({ part, place }) => ({
      type: 'spansets',
      op,
      left: part<SpansetExpression>(0),
      right: part<SpansetExpression>(2),
      place,
    })),
  );
}

function scalars(left: string): Rule[] {
  return SCALAR_OPS.map((op) =>
    rule(left, `${left} ${op} ${left}`, ({ part, place }) =>
      makeScalar({ type: 'scalars', op, left: part<ScalarExpression>(0), right: part<ScalarExpression>(2), place }),
    ),
  );
}

/** A pipeline of one stage. */
export function pipelineOf(stage: Stage): Pipeline {
  return stage.type === 'pipeline' ? stage : { type: 'pipeline', stages: [stage], place: stage.place };
}

function newPipeline({ part, place }: Reduction): Pipeline {
  return { type: 'pipeline', stages: [part<Stage>(0)], place };
}

function longerPipeline({ part, place }: Reduction): Pipeline {
  return { type: 'pipeline', stages: [...part<Pipeline>(0).stages, part<Stage>(2)], place };
}

function scalarFilter({ part, place }: Reduction): Stage {
  return { type: 'scalarFilter', op: part<ComparisonOp>(1), left: part<ScalarExpression>(0), right: part<ScalarExpression>(2), place };
}

export const PIPELINE_RULES: readonly Rule[] = [
  pass('spansetPipelineExpression', '( spansetPipelineExpression )', 1),
  ...spansets('spansetPipelineExpression'),
  pass('spansetPipelineExpression', 'wrappedSpansetPipeline'),
  pass('wrappedSpansetPipeline', '( spansetPipeline )', 1),
  ...['spansetExpression', 'scalarFilter', 'groupOperation', 'selectOperation'].map((right) => rule('spansetPipeline', right, newPipeline)),
  ...['spansetExpression', 'scalarFilter', 'groupOperation', 'coalesceOperation', 'selectOperation'].map((right) =>
    rule('spansetPipeline', `spansetPipeline | ${right}`, longerPipeline),
  ),
  rule('groupOperation', 'by ( fieldExpression )', ({ part, place }) => ({ type: 'group', by: part<FieldExpression>(2), place })),
  rule('coalesceOperation', 'coalesce ( )', ({ place }) => ({ type: 'coalesce', place })),
  rule('selectOperation', 'select ( attributeList )', ({ part, place }) => ({ type: 'select', fields: part<Field[]>(2), place })),
  pass('attribute', 'intrinsicField'),
  pass('attribute', 'attributeField'),
  pass('attribute', 'scopedIntrinsicField'),
  rule('attributeList', 'attribute', ({ part }) => [part(0)]),
  rule('attributeList', 'attributeList , attribute', ({ part }) => [...part<Field[]>(0), part(2)]),
];

function aggregate(fn: AggregateFunction, expr: FieldExpression | undefined, { place }: Reduction): Aggregate {
  return { type: 'aggregate', fn, expr, place };
}

const MEASURES: readonly AggregateFunction[] = ['max', 'min', 'avg', 'sum'];

const numberRules: readonly Rule[] = [
  rule('scalarExpression', 'INTEGER', ({ part, place }) => number({ type: 'int', value: part(0) }, place)),
  rule('scalarExpression', 'FLOAT', ({ part, place }) => number({ type: 'float', value: part(0) }, place)),
  rule('scalarExpression', 'DURATION', ({ part, place }) => number({ type: 'duration', value: part(0) }, place)),
  rule('scalarExpression', '- INTEGER', ({ part, place }) => number({ type: 'int', value: -part<bigint>(1) }, place)),
  rule('scalarExpression', '- FLOAT', ({ part, place }) => number({ type: 'float', value: -part<number>(1) }, place)),
  rule('scalarExpression', '- DURATION', ({ part, place }) => number({ type: 'duration', value: -part<bigint>(1) }, place)),
];

function number(value: Value, place: LiteralExpression['place']): LiteralExpression {
  return { type: 'literal', value, place };
}

export const SPANSET_RULES: readonly Rule[] = [
  pass('spansetExpression', '( spansetExpression )', 1),
  ...spansets('spansetExpression'),
  pass('spansetExpression', 'spansetFilter'),
  rule('spansetFilter', '{ }', ({ place }) => ({
    type: 'filter',
    expr: { type: 'literal', value: { type: 'bool', value: true }, place },
    place,
  })),
  rule('spansetFilter', '{ fieldExpression }', ({ part, place }) => ({ type: 'filter', expr: part<FieldExpression>(1), place })),
  rule('scalarFilter', 'scalarExpression scalarFilterOperation scalarExpression', scalarFilter),
  ...ORDER_OPS.map((op) => rule('scalarFilterOperation', op, () => op)),
  rule('scalarPipelineExpressionFilter', 'scalarPipelineExpression scalarFilterOperation scalarPipelineExpression', scalarFilter),
  rule('scalarPipelineExpressionFilter', 'scalarPipelineExpression scalarFilterOperation static', scalarFilter),
  pass('scalarPipelineExpression', '( scalarPipelineExpression )', 1),
  ...scalars('scalarPipelineExpression'),
  pass('scalarPipelineExpression', 'wrappedScalarPipeline'),
  pass('wrappedScalarPipeline', '( scalarPipeline )', 1),
  rule('scalarPipeline', 'spansetPipeline | aggregate', longerPipeline),
  pass('scalarExpression', '( scalarExpression )', 1),
  ...scalars('scalarExpression'),
  pass('scalarExpression', 'aggregate'),
  ...numberRules,
  rule('aggregate', 'count ( )', (reduction) => aggregate('count', undefined, reduction)),
  ...MEASURES.map((fn) =>
    rule('aggregate', `${fn} ( fieldExpression )`, (reduction) => aggregate(fn, reduction.part<FieldExpression>(2), reduction)),
  ),
];
