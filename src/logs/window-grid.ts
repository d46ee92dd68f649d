// The windows of a range aggregation cut into buckets, so that a source may add up what it finds before anybody looks at windows.
//
//   window of step 0   (0 ──────────────── interval]
//   window of step 1          (step ──────────────── interval + step]
//   buckets            (0, step](step, interval](interval, interval + step]        two edges never lie within a bucket
//
// Times are nanoseconds since the origin, the start of the first window. A bucket's number is how many edges lie before it:
//
//   aligned (the interval is a whole multiple of the step):  ceil(t / step) - 1
//   else:                                                    least(ceil(t / step), steps) - 1 + greatest(ceil((t - interval) / step), 0)
//
// In SQL, with t = ts - originNs as an Int64 above 0, ceil(x / step) is `intDiv(x + stepNs - 1, stepNs)`.

import { assert } from '../base/assert.ts';
import type { WindowGrid } from './range-source.ts';

/** How buckets are numbered, in what a statement can bind. */
export interface BucketNumbering {
  /** Nanoseconds since the epoch of the origin: nothing at or before it counts. */
  readonly originNs: bigint;
  /** The last instant that counts. */
  readonly lastNs: bigint;
  readonly stepNs: bigint;
  readonly intervalNs: bigint;
  readonly steps: number;
  readonly isAligned: boolean;
  /** Numbers are below this. Some buckets lie in no window. */
  readonly count: number;
}

export function bucketNumbering({ startNs, stepNs, steps, intervalNs, offsetNs }: WindowGrid): BucketNumbering {
  assert(steps >= 1 && intervalNs > 0n, 'a window');
  const originNs = startNs - offsetNs - intervalNs;
  if (steps === 1) return { originNs, lastNs: startNs - offsetNs, stepNs: intervalNs, intervalNs, steps, isAligned: true, count: 1 };
  assert(stepNs > 0n, 'a step');
  const lastNs = startNs - offsetNs + BigInt(steps - 1) * stepNs;
  // Where a window spans more than all steps, counting both kinds of edges takes fewer buckets than cutting it at every step.
  const isAligned = intervalNs % stepNs === 0n && intervalNs / stepNs < BigInt(steps);
  const count = isAligned ? steps - 1 + Number(intervalNs / stepNs) : 2 * steps - 1;
  return { originNs, lastNs, stepNs, intervalNs, steps, isAligned, count };
}

/** The number of the bucket of a time above 0; `count` or more is behind the last window. */
export function bucketOf(numbering: BucketNumbering, time: number): number {
  const step = Number(numbering.stepNs);
  if (numbering.isAligned) return ceilDivide(time, step) - 1;
  const starts = Math.min(ceilDivide(time, step), numbering.steps);
  return starts - 1 + Math.max(ceilDivide(time - Number(numbering.intervalNs), step), 0);
}

/** hot: the bucket of each time, as `bucketOf` gives it. */
export function bucketsOf(numbering: BucketNumbering, times: Float64Array, rows: number, into: Uint32Array): void {
  const step = Number(numbering.stepNs);
  const interval = Number(numbering.intervalNs);
  const { steps, isAligned } = numbering;
  for (let row = 0; row < rows; row++) {
    const time = times[row] as number;
    const starts = ceilDivide(time, step);
    if (isAligned) into[row] = starts - 1;
    else into[row] = (starts < steps ? starts : steps) - 1 + Math.max(ceilDivide(time - interval, step), 0);
  }
}

/** The quotient rounded up; the division's rounding error is taken back by a product that is exact. */
function ceilDivide(time: number, step: number): number {
  let quotient = Math.floor(time / step);
  let rest = time - quotient * step;
  if (rest < 0) {
    quotient--;
    rest += step;
  } else if (rest >= step) {
    quotient++;
    rest -= step;
  }
  return rest > 0 ? quotient + 1 : quotient;
}

/** Per step the buckets of its window: from, and behind the last. Both never fall. */
export interface WindowBuckets {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
}

export function windowBuckets(numbering: BucketNumbering): WindowBuckets {
  const { steps, stepNs, intervalNs } = numbering;
  const from = new Uint32Array(steps);
  const to = new Uint32Array(steps);
  for (let step = 0; step < steps; step++) {
    const start = Number(stepNs) * step;
    from[step] = bucketOf(numbering, start + 1);
    to[step] = bucketOf(numbering, start + Number(intervalNs)) + 1;
  }
  return { from, to };
}
