// One query under evaluation: what it reads with, the steps of the part that is evaluated, and the steps of the query itself.

import { RequestError } from '../../../base/request-error.ts';
import type { ReadContext } from '../../read.ts';
import type { Annotations } from '../steps/annotations.ts';
import type { Duration, Modifiers } from '../ast.ts';
import { durationSeconds } from '../duration-expr.ts';
import { type Evaluation, type EvaluationSettings, type Looks, type Steps, stepTime } from '../steps/evaluation.ts';
import type { QueryStats } from './query-stats.ts';
import { StepArrays } from '../steps/step-series.ts';

export interface QueryEvaluation extends Evaluation {
  readonly read: ReadContext;
  /** The steps of the whole query: what `start()`, `end()`, `step()`, `range()` and `@ start()` mean, within subqueries too. */
  readonly query: Steps;
  readonly stats: QueryStats;
  /** Samples that all parts of the query hold at once. */
  readonly held: { samples: number };
  /** True within a call that takes the count or the sum of histograms: resets are looked for as they are read. */
  readonly marksResets: boolean;
}

export interface QueryOptions {
  readonly read: ReadContext;
  readonly steps: Steps;
  readonly settings: EvaluationSettings;
  readonly annotations: Annotations;
  readonly stats: QueryStats;
}

/** The evaluation of a whole query. */
export function beginEvaluation({ read, steps, settings, annotations, stats }: QueryOptions): QueryEvaluation {
  const held = { samples: 0 };
  const arrays = new StepArrays(steps.count, held, read.limits.samplesMax);
  return { read, steps, query: steps, settings, annotations, stats, held, arrays, marksResets: false };
}

/** The evaluation of a part at steps of its own. */
export function atSteps(outer: QueryEvaluation, steps: Steps): QueryEvaluation {
  const arrays = new StepArrays(steps.count, outer.held, outer.read.limits.samplesMax);
  return { ...outer, steps, arrays, stats: outer.stats.ofSubquery(steps) };
}

export function instant(ms: number): Steps {
  return { startMs: ms, endMs: ms, stepMs: 0, count: 1 };
}

/** A length of time in milliseconds, with `step()` and `range()` as the query has them. */
export function durationMs(duration: Duration, query: Steps): number {
  const seconds = durationSeconds(duration, { stepS: query.stepMs / 1000, rangeS: (query.endMs - query.startMs) / 1000 });
  const ms = Math.round((seconds ?? Number.NaN) * 1000);
  if (!Number.isFinite(ms))
    throw new RequestError('bad_data', 'duration expression is out of range', { from: duration.from, to: duration.to });
  return ms;
}

/** As `durationMs`, of a range or a subquery's step, which must be positive. */
export function positiveMs(duration: Duration, query: Steps): number {
  const ms = durationMs(duration, query);
  if (ms <= 0) throw new RequestError('bad_data', 'duration must be greater than 0', { from: duration.from, to: duration.to });
  return ms;
}

/** `@` pins a selector to one time, `offset` moves it. */
export function looksOf(modifiers: Modifiers, { steps, query }: QueryEvaluation): Looks {
  const offset = modifiers.offset === undefined ? 0 : durationMs(modifiers.offset, query);
  const { at } = modifiers;
  if (at === undefined) {
    return { firstMs: steps.startMs - offset, stepMs: steps.stepMs, lastMs: stepTime(steps, steps.count - 1) - offset };
  }
  const pinned = (at.kind === 'time' ? at.ms : at.kind === 'start' ? query.startMs : query.endMs) - offset;
  return { firstMs: pinned, stepMs: 0, lastMs: pinned };
}
