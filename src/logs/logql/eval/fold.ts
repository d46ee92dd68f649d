// What a range aggregation keeps of the samples of a bucket: a few numbers, which those of the next bucket can be joined to.
//
//   sample ─add─▶ state of a bucket ─merge─▶ state of a window ─result─▶ value of a step
//
// So memory grows with series and steps and not with lines, and windows that overlap do not count their samples again.
// Source: Loki `pkg/logql/range_vector.go`; joined variances: Chan, Golub, LeVeque, "Updating formulae" (1979).

import type { SampleUse } from '../../range-source.ts';
import type { RangeOp } from '../ast.ts';

/** A window, in nanoseconds since the origin of its grid. */
export interface WindowTimes {
  readonly from: number;
  readonly to: number;
}

/** A state is `fields` doubles from `at` on; the first is the number of samples, and all are 0 where there are none. */
export interface Fold {
  readonly fields: number;
  /** True where samples of a bucket must come in the order of time. */
  readonly isOrdered: boolean;
  add(state: Float64Array, at: number, time: number, value: number): void;
  /** Joins a later state, which has samples, to one that has some too. */
  merge(state: Float64Array, at: number, later: Float64Array, laterAt: number): void;
  /** The value of a state with samples. */
  result(state: Float64Array, at: number, window: WindowTimes): number;
}

/**
 * The fold of an aggregation; nothing for `quantile_over_time`, which needs every sample. `counts`: every sample is 1. `intervalS` is the
 * range in seconds.
 */
export function foldOf(op: RangeOp, counts: boolean, intervalS: number): Fold | undefined {
  switch (op) {
    case 'rate':
      if (counts) return { ...COUNT, result: (state, at) => number(state, at) / intervalS };
      return { ...SUM, result: (state, at) => number(state, at + 1) / intervalS };
    case 'bytes_rate':
      return { ...SUM, result: (state, at) => number(state, at + 1) / intervalS };
    case 'count_over_time':
    case 'absent_over_time':
      return COUNT;
    case 'bytes_over_time':
    case 'sum_over_time':
      return SUM;
    case 'avg_over_time':
      return { ...SUM, result: (state, at) => number(state, at + 1) / number(state, at) };
    case 'max_over_time':
      return extreme((value, best) => value > best);
    case 'min_over_time':
      return extreme((value, best) => value < best);
    case 'first_over_time':
      return FIRST;
    case 'last_over_time':
      return LAST;
    case 'stdvar_over_time':
      return DEVIATION;
    case 'stddev_over_time':
      return { ...DEVIATION, result: (state, at) => Math.sqrt(number(state, at + 2) / number(state, at)) };
    case 'rate_counter':
      return counterFold(intervalS);
    case 'quantile_over_time':
      return undefined;
  }
}

/** What an aggregation makes of its samples. */
export function sampleUse(op: RangeOp): SampleUse {
  switch (op) {
    case 'rate':
    case 'bytes_rate':
    case 'count_over_time':
    case 'absent_over_time':
    case 'bytes_over_time':
    case 'sum_over_time':
    case 'avg_over_time':
      return 'sums';
    default:
      return 'values';
  }
}

function number(state: Float64Array, at: number): number {
  return state[at] as number;
}

const COUNT: Fold = {
  fields: 1,
  isOrdered: false,
  add(state, at) {
    state[at] = number(state, at) + 1;
  },
  merge(state, at, later, laterAt) {
    state[at] = number(state, at) + number(later, laterAt);
  },
  result: number,
};

/** Count and sum: the state that a `BucketBlock` gives. */
const SUM: Fold = {
  fields: 2,
  isOrdered: false,
  add(state, at, _time, value) {
    state[at] = number(state, at) + 1;
    state[at + 1] = number(state, at + 1) + value;
  },
  merge(state, at, later, laterAt) {
    state[at] = number(state, at) + number(later, laterAt);
    state[at + 1] = number(state, at + 1) + number(later, laterAt + 1);
  },
  result: (state, at) => number(state, at + 1),
};

/** Count and the best value; NaN gives way to any other. */
function extreme(isBetter: (value: number, best: number) => boolean): Fold {
  const take = (state: Float64Array, at: number, value: number): void => {
    const best = number(state, at + 1);
    if (isBetter(value, best) || best !== best) state[at + 1] = value;
  };
  return {
    fields: 2,
    isOrdered: false,
    add(state, at, _time, value) {
      if (number(state, at) === 0) state[at + 1] = value;
      else take(state, at, value);
      state[at] = number(state, at) + 1;
    },
    merge(state, at, later, laterAt) {
      state[at] = number(state, at) + number(later, laterAt);
      take(state, at, number(later, laterAt + 1));
    },
    result: (state, at) => number(state, at + 1),
  };
}

/** Count, value and time of the first sample; of several at one time the one that came first. */
const FIRST: Fold = {
  fields: 3,
  isOrdered: false,
  add(state, at, time, value) {
    if (number(state, at) === 0 || time < number(state, at + 2)) {
      state[at + 1] = value;
      state[at + 2] = time;
    }
    state[at] = number(state, at) + 1;
  },
  merge(state, at, later, laterAt) {
    state[at] = number(state, at) + number(later, laterAt);
  },
  result: (state, at) => number(state, at + 1),
};

/** As `FIRST`, of the last one. */
const LAST: Fold = {
  fields: 3,
  isOrdered: false,
  add(state, at, time, value) {
    if (number(state, at) === 0 || time >= number(state, at + 2)) {
      state[at + 1] = value;
      state[at + 2] = time;
    }
    state[at] = number(state, at) + 1;
  },
  merge(state, at, later, laterAt) {
    state[at] = number(state, at) + number(later, laterAt);
    state[at + 1] = number(later, laterAt + 1);
    state[at + 2] = number(later, laterAt + 2);
  },
  result: (state, at) => number(state, at + 1),
};

/** Count, mean, and the sum of squared distances from it. */
const DEVIATION: Fold = {
  fields: 3,
  isOrdered: false,
  add(state, at, _time, value) {
    const count = number(state, at) + 1;
    const delta = value - number(state, at + 1);
    const mean = number(state, at + 1) + delta / count;
    state[at] = count;
    state[at + 1] = mean;
    state[at + 2] = number(state, at + 2) + delta * (value - mean);
  },
  merge(state, at, later, laterAt) {
    const [before, more] = [number(state, at), number(later, laterAt)];
    const count = before + more;
    const delta = number(later, laterAt + 1) - number(state, at + 1);
    state[at] = count;
    state[at + 1] = number(state, at + 1) + (delta * more) / count;
    state[at + 2] = number(state, at + 2) + number(later, laterAt + 2) + (delta * delta * before * more) / count;
  },
  result: (state, at) => number(state, at + 2) / number(state, at),
};

const NS_PER_S = 1e9;

/** Count, value and time of the first and of the last sample, and what resets of the counter have taken away. */
function counterFold(intervalS: number): Fold {
  return {
    fields: 6,
    isOrdered: true,
    add(state, at, time, value) {
      const count = number(state, at);
      if (count === 0) {
        state[at + 1] = value;
        state[at + 2] = time;
      } else if (value < number(state, at + 3)) state[at + 5] = number(state, at + 5) + number(state, at + 3);
      state[at] = count + 1;
      state[at + 3] = value;
      state[at + 4] = time;
    },
    merge(state, at, later, laterAt) {
      const last = number(state, at + 3);
      const reset = number(later, laterAt + 1) < last ? last : 0;
      state[at] = number(state, at) + number(later, laterAt);
      state[at + 3] = number(later, laterAt + 3);
      state[at + 4] = number(later, laterAt + 4);
      state[at + 5] = number(state, at + 5) + reset + number(later, laterAt + 5);
    },
    result: (state, at, window) => counterRate(state.subarray(at, at + 6), window) / intervalS,
  };
}

/**
 * The increase of a counter over a window, extrapolated to its edges where samples come near them and never below zero.
 * Source: Prometheus `extrapolatedRate`, as Loki applies it; fewer than two samples have no increase.
 */
function counterRate(state: Float64Array, window: WindowTimes): number {
  const [count = 0, first = 0, firstAt = 0, last = 0, lastAt = 0, resets = 0] = state;
  if (count < 2) return 0;
  const increase = last - first + resets;
  const sampled = (lastAt - firstAt) / NS_PER_S;
  const average = sampled / (count - 1);
  const threshold = average * 1.1;
  let toStart = (firstAt - window.from) / NS_PER_S;
  let toEnd = (window.to - lastAt) / NS_PER_S;
  if (toStart >= threshold) toStart = average / 2;
  if (increase > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / increase));
  if (toEnd >= threshold) toEnd = average / 2;
  return increase * ((sampled + toStart + toEnd) / sampled);
}
