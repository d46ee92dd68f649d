// From buckets to windows: each window's state is joined from those of its buckets, in a time that does not grow with their overlap.
//
//   buckets   … │ a │ b │ c │ d │ e │ …
//   window          [ b   c   d   e ]
//               joined backwards from the middle: c, b+c      joined forwards: d, d+e      window = (b+c) + (d+e)
//
// When the window's start passes the middle, the middle moves to the window's end: every bucket is joined twice at most. Nothing is ever
// subtracted, so sums of floats lose no digits. Source: Tangwongsan, Hirzel, Schneider, "In-order sliding-window aggregation" (2019).

import type { Fold, WindowTimes } from './fold.ts';
import type { WindowBuckets } from '../../window-grid.ts';

/** Told the value of each step whose window has samples. */
export type TakeValue = (step: number, value: number) => void;

/** The windows of one grid under one fold; its memory serves one series after another. */
export class Slider {
  readonly #fold: Fold;
  readonly #windows: WindowBuckets;
  readonly #times: (step: number) => WindowTimes;
  /** Per bucket before the middle the state from it up to the middle. */
  readonly #backwards: Float64Array;
  readonly #forwards: Float64Array;
  readonly #joined: Float64Array;

  constructor(fold: Fold, windows: WindowBuckets, buckets: number, times: (step: number) => WindowTimes) {
    this.#fold = fold;
    this.#windows = windows;
    this.#times = times;
    this.#backwards = new Float64Array(buckets * fold.fields);
    this.#forwards = new Float64Array(fold.fields);
    this.#joined = new Float64Array(fold.fields);
  }

  /** hot: once per series and step. `states` holds the state of every bucket. */
  slide(states: Float64Array, take: TakeValue): void {
    const { fields } = this.#fold;
    const { from, to } = this.#windows;
    let middle = 0;
    let end = 0;
    for (let step = 0; step < from.length; step++) {
      const first = from[step] as number;
      const behind = to[step] as number;
      if (behind - first === 1) {
        // Windows that are one bucket never share it with others.
        if ((states[first * fields] as number) !== 0) take(step, this.#fold.result(states, first * fields, this.#times(step)));
        continue;
      }
      if (first >= middle) {
        this.#moveMiddle(states, first, behind);
        middle = behind;
        end = behind;
      }
      for (; end < behind; end++) this.#join(this.#forwards, 0, states, end * fields);
      this.#joined.set(this.#backwards.subarray(first * fields, (first + 1) * fields));
      this.#join(this.#joined, 0, this.#forwards, 0);
      if ((this.#joined[0] as number) !== 0) take(step, this.#fold.result(this.#joined, 0, this.#times(step)));
    }
  }

  #moveMiddle(states: Float64Array, first: number, behind: number): void {
    const { fields } = this.#fold;
    const backwards = this.#backwards;
    this.#forwards.fill(0);
    for (let bucket = behind - 1; bucket >= first; bucket--) {
      const at = bucket * fields;
      for (let i = at; i < at + fields; i++) backwards[i] = states[i] as number;
      if (bucket + 1 < behind) this.#join(backwards, at, backwards, at + fields);
    }
  }

  #join(state: Float64Array, at: number, later: Float64Array, laterAt: number): void {
    if ((later[laterAt] as number) === 0) return;
    if ((state[at] as number) !== 0) this.#fold.merge(state, at, later, laterAt);
    else for (let i = 0; i < this.#fold.fields; i++) state[at + i] = later[laterAt + i] as number;
  }
}
