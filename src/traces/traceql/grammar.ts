// The grammar of TraceQL as the parser runs it: rules in the order in which the peer has them, for the first of two that fit is taken.
//
// Source: Tempo `pkg/traceql/expr.y`, release 3.1.

import type { Hint, MetricsExpression, Pipeline, Query, ScalarFilter, SecondStage, SpansetExpression } from './ast.ts';
import { FIELD_RULES } from './grammar-fields.ts';
import { METRICS_RULES, NUMERIC_LIST_RULES, metricsPipeline, withStages } from './grammar-metrics.ts';
import { type Rule, rule } from './grammar-rule.ts';
import { PIPELINE_RULES, SPANSET_RULES, pipelineOf } from './grammar-spans.ts';
import { type ParserState, lalrStates } from './lalr.ts';
import { PRECEDENCE, TERMINALS } from './tokens.ts';

function query(root: Query['root']): Query {
  return { root, hints: [] };
}

const rootRules: readonly Rule[] = [
  rule('root', 'spansetPipeline', ({ part }) => query(part<Pipeline>(0))),
  rule('root', 'spansetPipelineExpression', ({ part }) => query(pipelineOf(part<SpansetExpression>(0)))),
  rule('root', 'scalarPipelineExpressionFilter', ({ part }) => query(pipelineOf(part<ScalarFilter>(0)))),
  rule('root', 'spansetPipeline | metricsAggregation', (reduction) => query(metricsPipeline(reduction, 0, []))),
  rule('root', 'spansetPipeline | metricsAggregation metricsSecondStagePipeline', (reduction) =>
    query(metricsPipeline(reduction, 0, reduction.part<SecondStage[]>(3))),
  ),
  rule('root', 'metricsExpression', ({ part }) => query(part<MetricsExpression>(0))),
  rule('root', 'metricsExpression metricsSecondStagePipeline', (reduction) => query(withStages(reduction))),
  // The last hints count.
  rule('root', 'root hints', ({ part }) => ({ ...part<Query>(0), hints: part<Hint[]>(1) })),
];

export const RULES: readonly Rule[] = [
  ...rootRules,
  ...PIPELINE_RULES,
  ...NUMERIC_LIST_RULES,
  ...SPANSET_RULES,
  ...METRICS_RULES,
  ...FIELD_RULES,
];

let states: readonly ParserState[] | undefined;

/** The parser's states. They are made once, when the first query comes. */
export function parserStates(): readonly ParserState[] {
  states ??= lalrStates({ terminals: TERMINALS, precedence: PRECEDENCE, rules: RULES });
  return states;
}
