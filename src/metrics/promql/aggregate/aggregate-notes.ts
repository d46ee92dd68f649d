// What an aggregation tells the reader about histograms that it does not count.

import type { Aggregate, Position } from '../ast.ts';
import { unwrap } from '../steps/call-arguments.ts';
import type { Evaluation } from '../steps/evaluation.ts';
import { HISTOGRAM_AT, type StepSeries } from '../steps/step-series.ts';

/** Tells once that histograms were ignored. */
export class IgnoredHistograms {
  readonly #expr: Aggregate;
  readonly #evaluation: Evaluation;
  #told = false;

  constructor(expr: Aggregate, evaluation: Evaluation) {
    this.#expr = expr;
    this.#evaluation = evaluation;
  }

  /** Looks whether a series has histograms. */
  note({ has, histograms }: StepSeries): void {
    if (this.#told || histograms === undefined || !has.includes(HISTOGRAM_AT)) return;
    this.#told = true;
    const { op } = this.#expr;
    const at = op === 'topk' || op === 'bottomk' ? this.#expr : innerPosition(this.#expr);
    this.#evaluation.annotations.info(`ignored histogram in ${op} aggregation`, at);
  }
}

/** Where the annotations of an aggregation's vector point: at the vector within its parentheses. */
export function innerPosition({ inner }: Aggregate): Position {
  return unwrap(inner);
}
