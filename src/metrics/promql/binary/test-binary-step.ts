// Operators between two vectors at one step, written for plainness: the reference that tests hold the evaluation by columns against.
//
// Source: Prometheus 3.14, "Vector matching" of its documentation and `evaluator.VectorBinop`.

import { RequestError } from '../../../base/request-error.ts';
import { type Labels, labelsKey } from '../../../query/labels.ts';
import { type Binary, isSetOp, type SetOp, type VectorMatching } from '../ast.ts';
import { braced, matchLabels, resultLabels } from './binary-matching.ts';
import { combineElements, type Element } from './binary-values.ts';
import type { Evaluation } from '../steps/evaluation.ts';

export interface Sample {
  readonly labels: Labels;
  readonly value: Element;
}

type Vector = readonly Sample[];

/** The result at one step; throws `execution` as Prometheus does. */
export function combineStep(expr: Binary, left: Vector, right: Vector, evaluation: Evaluation): Vector {
  const { matching } = expr;
  if (matching === undefined) throw new TypeError('an operator between vectors has a matching');
  const result = isSetOp(expr.op) ? combineSet(expr.op, matching, left, right) : combineMatched(expr, matching, [left, right], evaluation);
  if (new Set(result.map(({ labels }) => labelsKey(labels))).size === result.length) return result;
  throw new RequestError('execution', 'vector cannot contain metrics with the same labelset');
}

function groupOf(matching: VectorMatching, { labels }: Sample): string {
  return labelsKey(matchLabels(matching, labels));
}

function combineSet(op: SetOp, matching: VectorMatching, left: Vector, right: Vector): Vector {
  const [leftGroups, rightGroups] = [left, right].map((side) => new Set(side.map((sample) => groupOf(matching, sample))));
  switch (op) {
    case 'and':
      return left.filter((sample) => rightGroups?.has(groupOf(matching, sample)));
    case 'unless':
      return left.filter((sample) => !rightGroups?.has(groupOf(matching, sample)));
    case 'or':
      return [...left, ...right.filter((sample) => !leftGroups?.has(groupOf(matching, sample)))];
  }
}

function combineMatched(expr: Binary, matching: VectorMatching, [left, right]: readonly [Vector, Vector], evaluation: Evaluation): Vector {
  const { fillLeft: fillMany, fillRight: fillOne, cardinality } = matching;
  const fills = fillMany !== undefined || fillOne !== undefined;
  if (left.length + right.length === 0 || ((left.length === 0 || right.length === 0) && !fills)) return [];
  const swapped = cardinality === 'one-to-many';
  const [manySide, oneSide] = swapped ? [right, left] : [left, right];
  const ones = uniqueOnes(matching, oneSide, swapped ? 'left' : 'right');
  const step = new Step(expr, matching, evaluation);
  for (const many of manySide) {
    const group = groupOf(matching, many);
    const one = ones.get(group) ?? (fillOne === undefined ? undefined : { labels: matchLabels(matching, many.labels), value: fillOne });
    if (one !== undefined) step.combine(group, many, one);
  }
  if (fillMany !== undefined) {
    for (const [group, one] of ones) {
      if (!step.matched.has(group)) step.combine(group, { labels: matchLabels(matching, one.labels), value: fillMany }, one);
    }
  }
  step.tellLast();
  return step.results;
}

function uniqueOnes(matching: VectorMatching, side: Vector, name: 'left' | 'right'): Map<string, Sample> {
  const ones = new Map<string, Sample>();
  for (const sample of side) {
    const group = groupOf(matching, sample);
    const other = ones.get(group);
    if (other !== undefined) {
      const both = [braced(sample.labels), braced(other.labels)].sort().join(', ');
      const where = `match group ${braced(matchLabels(matching, sample.labels))} on the ${name} hand-side of the operation`;
      const why = 'many-to-many matching not allowed: matching labels must be unique on one side';
      throw new RequestError('execution', `found duplicate series for the ${where}: [${both}];${why}`);
    }
    ones.set(group, sample);
  }
  return ones;
}

class Step {
  readonly results: Sample[] = [];
  readonly matched = new Map<string, Set<string>>();
  readonly #expr: Binary;
  readonly #matching: VectorMatching;
  readonly #evaluation: Evaluation;
  #last: (() => void) | undefined;

  constructor(expr: Binary, matching: VectorMatching, evaluation: Evaluation) {
    this.#expr = expr;
    this.#matching = matching;
    this.#evaluation = evaluation;
  }

  combine(group: string, many: Sample, one: Sample): void {
    const { op, returnBool } = this.#expr;
    const { annotations, settings } = this.#evaluation;
    const [left, right] = this.#matching.cardinality === 'one-to-many' ? [one, many] : [many, one];
    const outcome = combineElements(op, left.value, right.value, (kind, message) => {
      this.#last = () => (kind === 'info' ? annotations.info(message, this.#expr) : annotations.warn(message, this.#expr));
    });
    if (outcome === undefined) return;
    const labels = resultLabels(this.#expr, this.#matching, settings)(many.labels, one.labels);
    this.#match(group, labels);
    if (returnBool) this.results.push({ labels, value: outcome.keep ? 1 : 0 });
    else if (outcome.keep) this.results.push({ labels, value: outcome.value });
  }

  #match(group: string, labels: Labels): void {
    const before = this.matched.get(group);
    if (this.#matching.cardinality === 'one-to-one') {
      if (before !== undefined)
        throw new RequestError('execution', 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)');
      this.matched.set(group, new Set());
      return;
    }
    const key = labelsKey(labels);
    if (before?.has(key) === true)
      throw new RequestError('execution', 'multiple matches for labels: grouping labels must ensure unique matches');
    this.matched.set(group, new Set([...(before ?? []), key]));
  }

  tellLast(): void {
    this.#last?.();
  }
}
