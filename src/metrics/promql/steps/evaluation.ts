// What the parts of an evaluation are given: when to look, what to tell the reader, and how series without a name are treated.

import { METRIC_NAME, type Labels } from '../../../query/labels.ts';
import type { Annotations } from './annotations.ts';
import type { Expr } from '../ast.ts';
import type { StepArrays, StepSeries } from './step-series.ts';

/** When a query looks: at `startMs`, and from there every `stepMs` up to `endMs`. An instant query has one step. */
export interface Steps {
  readonly startMs: number;
  readonly endMs: number;
  /** 0 in an instant query. */
  readonly stepMs: number;
  readonly count: number;
}

/** The settings of a query's evaluation, each with Prometheus's default. */
export interface EvaluationSettings {
  readonly lookbackMs: number;
  /** The step of subqueries that name none. Default: one minute. */
  readonly subqueryStepMs: number;
  /** Names are dropped at the end of the evaluation instead of by each operation. Default: false. */
  readonly delayedNameRemoval: boolean;
  /** `__type__` and `__unit__` are part of a metric's identity and dropped with its name. Default: false. */
  readonly typeAndUnitLabels: boolean;
  /** `rate`, `irate` and `increase` take start timestamps into account. Default: false. */
  readonly useStartTimestamps: boolean;
}

/** One evaluation: a query, or a subquery within it, which looks at steps of its own. */
export interface Evaluation {
  readonly steps: Steps;
  readonly settings: EvaluationSettings;
  readonly arrays: StepArrays;
  readonly annotations: Annotations;
}

/** The time of a step. */
export function stepTime(steps: Steps, index: number): number {
  return steps.startMs + index * steps.stepMs;
}

/** When a selector looks at each step: the time for the first step, and how far it moves from step to step. */
export interface Looks {
  readonly firstMs: number;
  readonly stepMs: number;
  readonly lastMs: number;
}

const TYPE_LABEL = '__type__';
const UNIT_LABEL = '__unit__';

/** A label set without the metric's name, and without its type and unit where these are labels. */
export function withoutName(labels: Labels, settings: EvaluationSettings): Labels {
  const rest: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] ?? '';
    if (name === METRIC_NAME || (settings.typeAndUnitLabels && (name === TYPE_LABEL || name === UNIT_LABEL))) continue;
    rest.push(name, labels[i + 1] ?? '');
  }
  return rest;
}

/** The series as the result of an operation that is no longer the metric itself: its name goes at once, or is marked to go at the end. */
export function dropName(series: StepSeries, { settings }: Evaluation): StepSeries {
  if (settings.delayedNameRemoval) return { ...series, dropName: true };
  return { ...series, labels: withoutName(series.labels, settings) };
}

/** What a function's call is evaluated with, besides its vector or range. */
export interface CallContext {
  readonly evaluation: Evaluation;
  readonly call: Extract<Expr, { kind: 'call' }>;
  /** Per argument of the call: its value at every step where it is a scalar, else nothing. */
  readonly scalars: readonly (Float64Array | undefined)[];
}
