// What a query cost: samples looked at, in all and per step, samples held at once, and where its time went.
//
//   queue, parser, evaluator ──add──▶ QueryStats ──▶ `stats` of the answer, the log of slow queries
//
// The counts are Prometheus's: a sample is counted at every step whose window it lies in, a histogram by its weight. Source: Prometheus `util/stats`.

import type { Steps } from '../steps/evaluation.ts';

/** Where a query's time goes: waiting for its turn, choosing series, evaluating, sorting the result. */
export type Phase = 'queue' | 'preparation' | 'evaluation' | 'sort';

export class QueryStats {
  readonly #perStep: Float64Array | undefined;
  readonly #readPerStep: Float64Array | undefined;
  readonly #parent: QueryStats | undefined;
  readonly #milliseconds: Record<Phase, number> = { queue: 0, preparation: 0, evaluation: 0, sort: 0 };
  #samples = 0;
  #read = 0;
  #peak = 0;

  /** `isPerStep` keeps a count for every step besides: `stats=all`. */
  constructor({ count }: Pick<Steps, 'count'>, isPerStep = false, parent?: QueryStats) {
    this.#perStep = isPerStep ? new Float64Array(count) : undefined;
    this.#readPerStep = isPerStep ? new Float64Array(count) : undefined;
    this.#parent = parent;
  }

  /** True where counts per step are kept: without it a selector may add all its steps at once. */
  get isPerStep(): boolean {
    return this.#perStep !== undefined;
  }

  /** Samples that an evaluation looked at in one step. */
  addAt(step: number, samples: number): void {
    this.#samples += samples;
    if (this.#perStep !== undefined) this.#perStep[step] = (this.#perStep[step] ?? 0) + samples;
  }

  /** Samples of all steps together; only where `isPerStep` is false. */
  add(samples: number): void {
    this.#samples += samples;
  }

  /** Samples that came out of the store for a step, each once. */
  addRead(step: number, samples: number): void {
    this.#read += samples;
    if (this.#readPerStep !== undefined) this.#readPerStep[step] = (this.#readPerStep[step] ?? 0) + samples;
    this.#parent?.addRead(0, samples);
  }

  /** Tells how many samples are held now; the most that ever were is kept. */
  hold(samples: number): void {
    if (samples > this.#peak) this.#peak = samples;
    this.#parent?.hold(samples);
  }

  /** The counts of a subquery, which has steps of its own: what it holds and reads counts here too. */
  ofSubquery(steps: Pick<Steps, 'count'>): QueryStats {
    return new QueryStats(steps, false, this);
  }

  addTime(phase: Phase, ms: number): void {
    this.#milliseconds[phase] += ms;
  }

  get samples(): number {
    return this.#samples;
  }

  get samplesRead(): number {
    return this.#read;
  }

  get peakSamples(): number {
    return this.#peak;
  }

  milliseconds(phase: Phase): number {
    return this.#milliseconds[phase];
  }

  /** Per step what `addAt` counted; absent without `isPerStep`. */
  get perStep(): Float64Array | undefined {
    return this.#perStep;
  }

  get readPerStep(): Float64Array | undefined {
    return this.#readPerStep;
  }
}
