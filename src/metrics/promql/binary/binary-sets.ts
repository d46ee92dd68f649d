// The set operators `and`, `or` and `unless`: series stay as they are, at the steps where the other side has a match or has none.

import type { SetOp, VectorMatching } from '../ast.ts';
import { matchGroups } from './binary-matching.ts';
import type { Evaluation } from '../steps/evaluation.ts';
import { mergeSameLabels } from '../steps/merge-series.ts';
import { hasAny, NOTHING_AT, type StepSeries } from '../steps/step-series.ts';

/** Two vectors and how their series find each other. */
export interface Sides {
  readonly matching: VectorMatching;
  readonly left: readonly StepSeries[];
  readonly right: readonly StepSeries[];
}

/** A set operator between two vectors, whose series it owns. */
export function combineSets(op: SetOp, sides: Sides, evaluation: Evaluation): readonly StepSeries[] {
  const { left, right } = sides;
  const filtered = op === 'or' ? right : left;
  const judges = op === 'or' ? left : right;
  const keepMatched = op === 'and';
  const present = new Uint8Array(evaluation.steps.count);
  for (const group of matchGroups(sides.matching, left, right)) {
    const judged = op === 'or' ? group.right : group.left;
    if (judged.length === 0) continue;
    markPresent(op === 'or' ? group.left : group.right, judges, present);
    for (const index of judged) keepSteps(filtered[index], present, keepMatched);
  }
  if (op !== 'or') {
    for (const series of right) evaluation.arrays.give(series);
    return withoutEmpty(left, evaluation);
  }
  const all = withoutEmpty([...left, ...right], evaluation);
  // Prometheus looks for equal labels only later where names are dropped at the end and there is but one step.
  return evaluation.settings.delayedNameRemoval && evaluation.steps.count === 1 ? all : mergeSameLabels(all, evaluation);
}

/** 1 at the steps where any of these series has something. */
function markPresent(indexes: readonly number[], all: readonly StepSeries[], present: Uint8Array): void {
  present.fill(0);
  for (const index of indexes) {
    const has = all[index]?.has;
    if (has === undefined) continue;
    for (let i = 0; i < has.length; i++) if (has[i] !== NOTHING_AT) present[i] = 1;
  }
}

function keepSteps(series: StepSeries | undefined, present: Uint8Array, keepMatched: boolean): void {
  if (series === undefined) return;
  const { has } = series;
  const dropAt = keepMatched ? 0 : 1;
  for (let i = 0; i < has.length; i++) if (present[i] === dropAt) has[i] = NOTHING_AT;
}

function withoutEmpty(all: readonly StepSeries[], { arrays }: Evaluation): StepSeries[] {
  return all.filter((series) => {
    const any = hasAny(series);
    if (!any) arrays.give(series);
    return any;
  });
}
