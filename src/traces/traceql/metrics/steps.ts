// The steps of a metrics query: which spans are counted at which time.
//
//   start       +step       +2 step      end        a range: (start, start + step], …, aligned to multiples of the step
//   ├───────────┼───────────┼────────────┤
//               t0          t1           t2         values stand at the ends
//
// An instant query is one step, from its start, which it includes, to its end.
// Source: Tempo `pkg/traceql/engine_metrics.go`, AlignRequest and IntervalMapper.

import { RequestError } from '../../../base/request-error.ts';
import type { MetricsGrid } from '../../answers.ts';

/** Values of one series; what the peer allows for a query of three hours by second. */
const STEPS_MAX = 11_000;
const NS_PER_MS = 1_000_000n;

export interface Steps {
  /** The time before the first span that counts, and the step's width, nanoseconds. */
  readonly startNs: bigint;
  readonly stepNs: bigint;
  readonly count: number;
  readonly isInstant: boolean;
  /** Spans that count start at `fromNs` at the earliest and before `toNs`. */
  readonly fromNs: bigint;
  readonly toNs: bigint;
  /** Ends of the steps, milliseconds since the epoch. */
  readonly times: Float64Array;
}

/** The steps of a grid, aligned as the peer does it: a range begins a step before its start, so that its first value is whole. */
export function stepsOf(grid: MetricsGrid, isInstant: boolean): Steps {
  const { startNs, endNs, stepNs } = grid;
  if (endNs <= startNs) throw new RequestError('bad_data', `the end of a metrics query must be after its start: ${startNs} to ${endNs}`);
  if (isInstant) {
    const width = endNs - startNs;
    return {
      startNs: startNs - 1n,
      stepNs: width,
      count: 1,
      isInstant,
      fromNs: startNs,
      toNs: endNs + 1n,
      times: Float64Array.of(ms(endNs)),
    };
  }
  if (stepNs <= 0n) throw new RequestError('bad_data', `the step of a metrics query must be positive: ${stepNs} ns`);
  const aligned = startNs - (startNs % stepNs);
  const end = endNs + ((stepNs - (endNs % stepNs)) % stepNs);
  const start = aligned > stepNs ? aligned - stepNs : aligned;
  const count = Number((end - start) / stepNs);
  if (count > STEPS_MAX) throw new RequestError('bad_data', `the query has ${count} steps, more than ${STEPS_MAX}: ask for a longer step`);
  const times = Float64Array.from({ length: count }, (_, i) => ms(start + BigInt(i + 1) * stepNs));
  return { startNs: start, stepNs, count, isInstant, fromNs: start + 1n, toNs: end + 1n, times };
}

/** The step that a span counts in, -1 for none. */
export function stepOf(steps: Steps, startNs: bigint): number {
  if (startNs < steps.fromNs || startNs >= steps.toNs) return -1;
  return steps.isInstant ? 0 : Number((startNs - steps.fromNs) / steps.stepNs);
}

/** The step in which a time of a millisecond falls. */
export function stepAtMs(steps: Steps, tsMs: number): number {
  return stepOf(steps, BigInt(Math.trunc(tsMs)) * NS_PER_MS);
}

// The parts before and behind the point, so that no digit is lost on the way.
function ms(ns: bigint): number {
  return Number(ns / NS_PER_MS) + Number(ns % NS_PER_MS) / 1e6;
}
