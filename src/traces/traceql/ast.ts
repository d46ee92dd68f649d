// The tree of a TraceQL query.
//
//   { span.http.status_code = 500 } >> { status = error } | by(resource.service.name) | count() > 2     a spanset pipeline
//   { … } | rate() by(resource.service.name) | topk(5)                                                    a metrics query
//   ({ status = error } | rate()) / ({ } | rate()) * 100                                                  arithmetic between metrics queries
//
// Source: Tempo's TraceQL documentation and its grammar, release 3.1.

import type { Value } from './value.ts';

/** A whole query. Hints of `with(…)` stand at the end, whatever the query is. */
export interface Query {
  readonly root: Pipeline | MetricsExpression;
  readonly hints: readonly Hint[];
}

export interface Hint {
  readonly name: string;
  readonly value: Value;
}

/** Offsets into the query's text, in UTF-16 units: `from` inclusive, `to` exclusive. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

// Of one span.

export type AttributeScope = 'any' | 'span' | 'resource' | 'event' | 'link' | 'instrumentation';

/** `.foo` is scope `any`; `parent.span.foo` has `ofParent`. */
export interface AttributeField {
  readonly type: 'attribute';
  readonly scope: AttributeScope;
  readonly ofParent: boolean;
  readonly name: string;
  readonly place: Place;
}

export type IntrinsicName =
  | 'duration'
  | 'name'
  | 'status'
  | 'statusMessage'
  | 'kind'
  | 'childCount'
  | 'spanId'
  | 'parentId'
  | 'nestedSetLeft'
  | 'nestedSetRight'
  | 'nestedSetParent'
  | 'parent'
  | 'traceId'
  | 'traceDuration'
  | 'rootName'
  | 'rootServiceName'
  | 'eventName'
  | 'eventTimeSinceStart'
  | 'linkTraceId'
  | 'linkSpanId'
  | 'instrumentationName'
  | 'instrumentationVersion';

/** `duration` and `span:duration` are the same; `spelling` is how it is printed. */
export interface IntrinsicField {
  readonly type: 'intrinsic';
  readonly name: IntrinsicName;
  readonly ofParent: boolean;
  readonly spelling: string;
  readonly place: Place;
}

export type Field = AttributeField | IntrinsicField;

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^';
export type ComparisonOp = '=' | '!=' | '<' | '<=' | '>' | '>=' | '=~' | '!~';
export type LogicalOp = '&&' | '||';

export interface BinaryExpression {
  readonly type: 'binary';
  readonly op: ArithmeticOp | ComparisonOp | LogicalOp;
  readonly left: FieldExpression;
  readonly right: FieldExpression;
  readonly place: Place;
}

export interface UnaryExpression {
  readonly type: 'unary';
  /** `exists` is `.a != nil`, `missing` is `.a = nil`, whichever way round they are written. */
  readonly op: '!' | '-' | 'exists' | 'missing';
  readonly expr: FieldExpression;
  readonly place: Place;
}

export interface LiteralExpression {
  readonly type: 'literal';
  readonly value: Value;
  readonly place: Place;
}

/**
 * A field against several literals, which the optimiser makes of chains: `in` of `.a = 1 || .a = 2`, `notIn` of `.a != 1 && .a != 2`,
 * `match` and `notMatch` of the same with regular expressions.
 */
export interface MembershipExpression {
  readonly type: 'membership';
  readonly op: 'in' | 'notIn' | 'match' | 'notMatch';
  readonly field: Field;
  readonly values: readonly Value[];
  readonly place: Place;
}

export type FieldExpression = BinaryExpression | UnaryExpression | LiteralExpression | MembershipExpression | Field;

// Of the spans of one trace.

/** Child `>`, parent `<`, descendant `>>`, ancestor `<<`, sibling `~`; `!` for none of them, `&` for both sides. */
export type StructuralOp = '>' | '<' | '>>' | '<<' | '~' | '!>' | '!<' | '!>>' | '!<<' | '!~' | '&>' | '&<' | '&>>' | '&<<' | '&~';
export type SpansetOp = '&&' | '||' | StructuralOp;

/** `{ … }`; `{ }` is the literal true. */
export interface SpansetFilter {
  readonly type: 'filter';
  readonly expr: FieldExpression;
  readonly place: Place;
}

export interface SpansetOperation {
  readonly type: 'spansets';
  readonly op: SpansetOp;
  readonly left: SpansetExpression;
  readonly right: SpansetExpression;
  readonly place: Place;
}

/** A pipeline in brackets is an operand too. */
export type SpansetExpression = SpansetFilter | SpansetOperation | Pipeline;

export interface GroupStage {
  readonly type: 'group';
  readonly by: FieldExpression;
  readonly place: Place;
}

export interface CoalesceStage {
  readonly type: 'coalesce';
  readonly place: Place;
}

export interface SelectStage {
  readonly type: 'select';
  readonly fields: readonly Field[];
  readonly place: Place;
}

export type AggregateFunction = 'count' | 'min' | 'max' | 'sum' | 'avg';

export interface Aggregate {
  readonly type: 'aggregate';
  readonly fn: AggregateFunction;
  /** Undefined for `count()` alone. */
  readonly expr: FieldExpression | undefined;
  readonly place: Place;
}

export interface ScalarOperation {
  readonly type: 'scalars';
  readonly op: ArithmeticOp;
  readonly left: ScalarExpression;
  readonly right: ScalarExpression;
  readonly place: Place;
}

/** A pipeline in brackets that ends with an aggregate: `({ .a } | count())`. */
export type ScalarExpression = Aggregate | ScalarOperation | LiteralExpression | Pipeline;

/** `count() > 2`: spansets of which it is true go on. */
export interface ScalarFilter {
  readonly type: 'scalarFilter';
  readonly op: ComparisonOp;
  readonly left: ScalarExpression;
  readonly right: ScalarExpression;
  readonly place: Place;
}

/** An aggregate alone ends a pipeline that is a scalar operand. */
export type Stage = SpansetExpression | GroupStage | CoalesceStage | SelectStage | ScalarFilter | Aggregate;

/** Stages from left to right. The first that is no spanset expression is preceded by an implied `{ }`. */
export interface Pipeline {
  readonly type: 'pipeline';
  readonly stages: readonly Stage[];
  readonly place: Place;
}

// Of many traces over time.

export interface RangeAggregate {
  readonly type: 'rangeAggregate';
  readonly fn:
    | 'rate'
    | 'count_over_time'
    | 'min_over_time'
    | 'max_over_time'
    | 'avg_over_time'
    | 'sum_over_time'
    | 'histogram_over_time'
    | 'quantile_over_time';
  /** What is measured; undefined for `rate` and `count_over_time`. */
  readonly field: Field | undefined;
  /** Of `quantile_over_time`, 0 to 1. */
  readonly quantiles: readonly number[];
  readonly by: readonly Field[];
  readonly place: Place;
}

/** Spans that the filter selects against all others: the attributes that tell them apart. */
export interface Compare {
  readonly type: 'compare';
  readonly filter: SpansetFilter;
  readonly topN: number;
  /** The window of the selection, nanoseconds since the epoch; 0 for the query's own. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly place: Place;
}

export type SecondStage =
  | { readonly type: 'topk' | 'bottomk'; readonly limit: number; readonly place: Place }
  | { readonly type: 'metricsFilter'; readonly op: '=' | '!=' | '<' | '<=' | '>' | '>='; readonly value: Value; readonly place: Place };

/** `{ … } | rate() by(name) | topk(5) > 10` */
export interface MetricsPipeline {
  readonly type: 'metrics';
  readonly pipeline: Pipeline;
  readonly first: RangeAggregate | Compare;
  readonly second: readonly SecondStage[];
  readonly place: Place;
}

export interface MetricsOperation {
  readonly type: 'metricsOperation';
  readonly op: '+' | '-' | '*' | '/';
  readonly left: MetricsExpression;
  readonly right: MetricsExpression;
  readonly place: Place;
}

/** Second stages behind a bracket: `(… / …) > 5`. */
export interface MetricsStages {
  readonly type: 'metricsStages';
  readonly expr: MetricsExpression;
  readonly second: readonly SecondStage[];
  readonly place: Place;
}

/** A number, folded: an operand of a metrics query, never a query by itself. */
export interface MetricsNumber {
  readonly type: 'metricsNumber';
  readonly value: Value;
  readonly place: Place;
}

export type MetricsExpression = MetricsPipeline | MetricsOperation | MetricsStages | MetricsNumber;
