// Which traces of a block in memory may have what a pipeline looks for: those that have what every side of it needs. It loses no trace.

import { operandsOf } from '../plan/span-filter.ts';
import type { Pipeline, SpansetOperation, Stage } from '../traceql/ast.ts';
import type { HeldBlock } from './held-block.ts';
import type { HeldFields } from './held-fields.ts';
import { heldBound, type HeldTest } from './held-filter.ts';

/** Whether the spans of a trace, each of which meets some of the tests, may be enough; undefined where every trace may be. */
type Need = ((met: number) => boolean) | undefined;

/** Tests of one query: as many as a number has bits. */
const TESTS_MAX = 30;

export class HeldNeeds {
  readonly #tests: HeldTest[] = [];
  readonly #need: Need;

  constructor(pipeline: Pipeline, fields: HeldFields) {
    this.#need = this.#ofPipeline(pipeline, fields);
  }

  /** Of each span a bit for each test that it meets; one bit where every trace may be. */
  met(block: HeldBlock): Int32Array {
    const met = new Int32Array(block.rows);
    if (this.#need === undefined) return met.fill(1);
    this.#tests.forEach((test, i) => {
      const own = test(block);
      for (let row = 0; row < met.length; row++) {
        if (own === undefined || own[row] === 1) met[row] = (met[row] as number) | (1 << i);
      }
    });
    return met;
  }

  /** Whether the bits of all spans of a trace together may be enough. */
  isMet(met: number): boolean {
    return met !== 0 && (this.#need === undefined || this.#need(met));
  }

  #ofPipeline({ stages }: Pipeline, fields: HeldFields): Need {
    return every(stages.map((stage) => this.#ofStage(stage, fields)));
  }

  #ofStage(stage: Stage, fields: HeldFields): Need {
    switch (stage.type) {
      case 'filter': {
        const test = this.#tests.length < TESTS_MAX ? heldBound(stage.expr, fields) : undefined;
        if (test === undefined) return undefined;
        const bit = 1 << (this.#tests.push(test) - 1);
        return (met) => (met & bit) !== 0;
      }
      case 'pipeline':
        return this.#ofPipeline(stage, fields);
      case 'spansets':
        return this.#ofOperation(stage, fields);
      default:
        return undefined;
    }
  }

  #ofOperation(operation: SpansetOperation, fields: HeldFields): Need {
    const sides = operandsOf(operation).map((side) => this.#ofStage(side, fields));
    if (operation.op === '||') return some(sides);
    // `A !> B` hands on spans of B also where there is no A.
    return operation.op.startsWith('!') ? sides.at(-1) : every(sides);
  }
}

function every(needs: readonly Need[]): Need {
  const known = needs.flatMap((need) => need ?? []);
  return known.length === 0 ? undefined : (met) => known.every((need) => need(met));
}

function some(needs: readonly Need[]): Need {
  const known = needs.flatMap((need) => need ?? []);
  return known.length < needs.length ? undefined : (met) => known.some((need) => need(met));
}
