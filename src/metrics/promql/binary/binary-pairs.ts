// Operators between two vectors other than the set operators: every pair of series that match, all steps at once.
//
//   match group ─▶ "one" side as a single column (its series take turns in time)
//                  "many" side, series by series ──▶ pair ──▶ result labels, values
//                  steps without a partner ────────▶ fill values, where the operator has them
//
// Source: Prometheus 3.14, `evaluator.VectorBinop`, which works step by step. What it would find at the earliest step is what a caller hears:
// of several errors the first, of several annotations at one step the last.

import { type Labels, labelsKey } from '../../../query/labels.ts';
import { type Binary, isComparison, type VectorMatching } from '../ast.ts';
import { braced, includedKey, matchGroups, matchLabels, resultLabels } from './binary-matching.ts';
import type { Sides } from './binary-sets.ts';
import { arithmeticColumn, combineElements, compareColumn } from './binary-values.ts';
import type { Evaluation } from '../steps/evaluation.ts';
import { mergeSameLabels } from '../steps/merge-series.ts';
import { EarliestError, StepNotes } from '../steps/step-reports.ts';
import { FLOAT_AT, getAt, hasAny, NOTHING_AT, putAt, type StepSeries } from '../steps/step-series.ts';

const MANY_TO_ONE = 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)';
const EQUAL_LABELS = 'vector cannot contain metrics with the same labelset';
const NOT_UNIQUE = 'multiple matches for labels: grouping labels must ensure unique matches';

/** An operator between two vectors, whose series it owns. */
export function combinePairs(expr: Binary, sides: Sides, evaluation: Evaluation): readonly StepSeries[] {
  return new PairCombiner(expr, sides, evaluation).results();
}

/** Two columns to combine, and where their result goes. */
interface Pair {
  readonly many: StepSeries;
  readonly one: StepSeries;
  readonly labels: Labels;
  /** Where the result goes: the arrays of `many`, where these are not needed any more. */
  readonly into: StepSeries;
  /** The place among the pairs of a step, for errors and annotations. */
  readonly order: number;
}

/** What has been matched in a group so far, per step. */
interface Matched {
  /** In a group with several of the "many" side: what must be unique, by the labels of the result where there is a grouping. */
  readonly unique: Map<string, Uint8Array> | undefined;
  /** Steps with any match, where the "many" side may be filled. */
  readonly any: Uint8Array | undefined;
}

class PairCombiner {
  readonly #expr: Binary;
  readonly #sides: Sides;
  readonly #evaluation: Evaluation;
  readonly #swapped: boolean;
  readonly #grouped: boolean;
  readonly #many: readonly StepSeries[];
  readonly #one: readonly StepSeries[];
  readonly #labels: (many: Labels, one: Labels) => Labels;
  readonly #errors = new EarliestError();
  readonly #notes = new StepNotes();
  /** Scratch of one pair: steps where both have a value, and steps that a comparison keeps. */
  readonly #present: Uint8Array;
  readonly #kept: Uint8Array;
  readonly #noSteps: Uint8Array;
  /** Steps at which the operator looks for matches. */
  readonly #busy: Uint8Array;
  readonly #results: StepSeries[] = [];
  readonly #dropName: boolean;
  #mayRepeat: boolean;

  constructor(expr: Binary, sides: Sides, evaluation: Evaluation) {
    const { cardinality } = sides.matching;
    this.#expr = expr;
    this.#sides = sides;
    this.#evaluation = evaluation;
    this.#swapped = cardinality === 'one-to-many';
    this.#grouped = cardinality !== 'one-to-one';
    this.#many = this.#swapped ? sides.right : sides.left;
    this.#one = this.#swapped ? sides.left : sides.right;
    this.#labels = resultLabels(expr, sides.matching, evaluation.settings);
    this.#present = new Uint8Array(evaluation.steps.count);
    this.#kept = new Uint8Array(evaluation.steps.count);
    this.#noSteps = new Uint8Array(evaluation.steps.count);
    this.#busy = busySteps(sides.matching, this.#many, evaluation.steps.count);
    this.#dropName = expr.returnBool && evaluation.settings.delayedNameRemoval;
    // What is matched by name may lose the name that told it apart.
    this.#mayRepeat = this.#grouped || (sides.matching.on && sides.matching.labels.some((name) => name.startsWith('__')));
  }

  results(): readonly StepSeries[] {
    const { matching, left, right } = this.#sides;
    for (const group of matchGroups(matching, left, right)) {
      if (this.#swapped) this.#combineGroup(group.right, group.left);
      else this.#combineGroup(group.left, group.right);
    }
    // Prometheus looks for equal labels only later where names are dropped at the end and there is but one step.
    const asIs = !this.#mayRepeat || (this.#evaluation.settings.delayedNameRemoval && this.#evaluation.steps.count === 1);
    if (!asIs && this.#errors.any) this.#noteEqualLabels();
    this.#errors.throwEarliest();
    this.#notes.tell(this.#evaluation.annotations, this.#expr);
    for (const series of this.#one) this.#evaluation.arrays.give(series);
    return asIs ? this.#results : mergeSameLabels(this.#results, this.#evaluation);
  }

  /** Equal labels at a step before that of another error are the error that counts. */
  #noteEqualLabels(): void {
    const seen = new Map<string, Uint8Array>();
    for (const { labels, has } of this.#results) {
      const key = labelsKey(labels);
      const before = seen.get(key);
      if (before === undefined) seen.set(key, has.slice());
      else {
        for (let step = 0; step < has.length; step++) {
          if (has[step] === NOTHING_AT) continue;
          if (before[step] !== NOTHING_AT) this.#errors.note(step, 'after', () => EQUAL_LABELS);
          before[step] = FLOAT_AT;
        }
      }
    }
  }

  #combineGroup(many: readonly number[], one: readonly number[]): void {
    // The original asks for the fills of the sides as they are after the swap of one-to-many.
    const { fillLeft: fillMany, fillRight: fillOne } = this.#sides.matching;
    if (one.length > 1) this.#checkOnes(one);
    const columns = this.#oneColumns(one);
    const matched: Matched = {
      unique: many.length > 1 ? new Map() : undefined,
      any: fillMany === undefined ? undefined : new Uint8Array(this.#present.length),
    };
    const absent = fillOne === undefined ? undefined : constantWhereAbsent([this.#noSteps, ...columns.map(({ has }) => has)], fillOne);
    const before = this.#results.length;
    for (const index of many) this.#combineMany(index, columns, absent, matched);
    if (fillMany !== undefined && matched.any !== undefined) this.#fillMany(columns, matched.any, fillMany);
    if (this.#results.length - before > 1) this.#mayRepeat = true;
  }

  #fillMany(columns: readonly StepSeries[], matched: Uint8Array, value: number): void {
    const many = constantWhereAbsent([matched], value);
    if (many === undefined) return;
    for (const [position, one] of columns.entries()) {
      const labels = this.#labels(matchLabels(this.#sides.matching, one.labels), one.labels);
      const pair = { many, one, labels, into: this.#take(labels), order: this.#many.length + position };
      this.#combine(pair, { unique: undefined, any: undefined });
    }
  }

  #combineMany(index: number, columns: readonly StepSeries[], absent: StepSeries | undefined, matched: Matched): void {
    const many = this.#many[index];
    if (many === undefined) return;
    const inPlace = columns.length === 1 && absent === undefined;
    for (const one of columns) {
      const labels = this.#labels(many.labels, one.labels);
      this.#combine({ many, one, labels, into: inPlace ? many : this.#take(labels), order: index }, matched);
    }
    if (absent !== undefined) {
      const labels = this.#labels(many.labels, matchLabels(this.#sides.matching, many.labels));
      this.#combine({ many, one: absent, labels, into: this.#take(labels), order: index }, matched);
    }
    if (!inPlace) this.#evaluation.arrays.give(many);
  }

  #take(labels: Labels): StepSeries {
    return this.#evaluation.arrays.take(labels);
  }

  /** Two of the "one" side at a step are an error, unless nothing at all could match them there. */
  #checkOnes(indexes: readonly number[]): void {
    const first = new Int32Array(this.#present.length).fill(-1);
    const busy = this.#busy;
    for (const index of indexes) {
      const has = this.#one[index]?.has;
      if (has === undefined) continue;
      for (let step = 0; step < has.length; step++) {
        if (has[step] === NOTHING_AT || busy[step] === 0) continue;
        const other = first[step] ?? -1;
        if (other === -1) first[step] = index;
        else this.#errors.note(step, { phase: 0, order: index }, () => this.#duplicateMessage(other, index));
      }
    }
  }

  #duplicateMessage(a: number, b: number): string {
    const pair = [a, b].map((index) => this.#one[index]?.labels ?? []);
    const group = braced(matchLabels(this.#sides.matching, pair[0] ?? []));
    const side = this.#swapped ? 'left' : 'right';
    const both = pair.map(braced).sort().join(', ');
    return `found duplicate series for the match group ${group} on the ${side} hand-side of the operation: [${both}];many-to-many matching not allowed: matching labels must be unique on one side`;
  }

  /** The "one" side of a group as columns, one for each set of values of the included labels: its series take turns in time. */
  #oneColumns(indexes: readonly number[]): readonly StepSeries[] {
    const columns = new Map<string, StepSeries>();
    for (const index of indexes) {
      const series = this.#one[index];
      if (series === undefined) continue;
      const key = indexes.length === 1 ? '' : includedKey(this.#sides.matching, series.labels);
      const column = columns.get(key);
      columns.set(key, column === undefined ? series : joined(column, series));
    }
    return [...columns.values()];
  }

  #combine(pair: Pair, matched: Matched): void {
    const { op } = this.#expr;
    const floats = pair.many.histograms === undefined && pair.one.histograms === undefined && op !== '</' && op !== '>/';
    const result = floats ? this.#combineFloats(pair, matched) : this.#combineElements(pair, matched);
    if (hasAny(result)) this.#results.push({ ...result, labels: pair.labels, dropName: this.#dropName });
    else this.#evaluation.arrays.give(result);
  }

  #combineFloats(pair: Pair, matched: Matched): StepSeries {
    const { op, returnBool } = this.#expr;
    const { many, one, into } = pair;
    const present = this.#present;
    for (let i = 0; i < present.length; i++) present[i] = (many.has[i] as number) & (one.has[i] as number);
    this.#markMatched(pair, matched);
    const columns = this.#swapped ? { left: one.values, right: many.values } : { left: many.values, right: one.values };
    if (!isComparison(op)) {
      arithmeticColumn(op, columns, into.values);
      into.has.set(present);
      return into;
    }
    const kept = this.#kept;
    compareColumn(op, columns, kept);
    if (returnBool) {
      into.values.set(kept);
      into.has.set(present);
      return into;
    }
    if (into.values !== columns.left) into.values.set(columns.left);
    for (let i = 0; i < present.length; i++) into.has[i] = (present[i] as number) & (kept[i] as number);
    return into;
  }

  #combineElements(pair: Pair, matched: Matched): StepSeries {
    const { op, returnBool } = this.#expr;
    const present = this.#present.fill(0);
    let result = pair.into;
    for (let step = 0; step < present.length; step++) {
      const many = getAt(pair.many, step);
      const one = getAt(pair.one, step);
      result.has[step] = NOTHING_AT;
      if (many === undefined || one === undefined) continue;
      const [left, right] = this.#swapped ? [one, many] : [many, one];
      const outcome = combineElements(op, left, right, (kind, message) => this.#notes.note(step, pair.order, { kind, message }));
      if (outcome === undefined) continue;
      present[step] = 1;
      if (returnBool) result = putAt(result, step, outcome.keep ? 1 : 0);
      else if (outcome.keep) result = putAt(result, step, outcome.value);
    }
    this.#markMatched(pair, matched);
    return result;
  }

  /** Notes the matches of a pair, whose steps are in `#present`, and those that are not unique. */
  #markMatched({ labels, order }: Pair, { unique, any }: Matched): void {
    const present = this.#present;
    if (any !== undefined) for (let i = 0; i < present.length; i++) any[i] = (any[i] as number) | (present[i] as number);
    if (unique === undefined) return;
    const key = this.#grouped ? labelsKey(labels) : '';
    const taken = unique.get(key);
    if (taken === undefined) {
      unique.set(key, present.slice());
      return;
    }
    for (let step = 0; step < present.length; step++) {
      if (present[step] === 0) continue;
      if (taken[step] !== 0) this.#errors.note(step, { phase: 1, order }, () => (this.#grouped ? NOT_UNIQUE : MANY_TO_ONE));
      taken[step] = 1;
    }
  }
}

/** 1 at the steps where both sides have something, as far as the "many" side tells, or a side may be filled. */
function busySteps({ fillLeft, fillRight }: VectorMatching, many: readonly StepSeries[], steps: number): Uint8Array {
  const busy = new Uint8Array(steps);
  if (fillLeft !== undefined || fillRight !== undefined) return busy.fill(1);
  let left = steps;
  for (const { has } of many) {
    if (left === 0) break;
    for (let i = 0; i < steps; i++) {
      if (has[i] === NOTHING_AT || busy[i] === 1) continue;
      busy[i] = 1;
      left--;
    }
  }
  return busy;
}

/** The steps of `from` put into `into`; of two at one step the former stays, which only matters where an error is thrown anyway or nothing matches. */
function joined(into: StepSeries, from: StepSeries): StepSeries {
  let result = into;
  for (let step = 0; step < from.has.length; step++) {
    if (from.has[step] !== NOTHING_AT && result.has[step] === NOTHING_AT) result = putAt(result, step, getAt(from, step));
  }
  return result;
}

/** A column with a constant at the steps where none of these columns, of which there is at least one, has anything; nothing without such. */
function constantWhereAbsent(columns: readonly Uint8Array[], value: number): StepSeries | undefined {
  const steps = columns[0]?.length ?? 0;
  const has = new Uint8Array(steps).fill(FLOAT_AT);
  for (const column of columns) for (let i = 0; i < steps; i++) if (column[i] !== NOTHING_AT) has[i] = NOTHING_AT;
  if (has.indexOf(FLOAT_AT) === -1) return undefined;
  return { labels: [], dropName: false, has, values: new Float64Array(steps).fill(value) };
}
