// The samples of a range for aggregations that need them in order: gathered as they come, then series by series, each in the order of time.

import type { SampleBlock } from '../../range-source.ts';

/** Samples of one series, ascending in time; those of one time in the order in which they came. */
export interface SeriesSamples {
  readonly series: number;
  readonly times: Float64Array;
  readonly values: Float64Array;
}

export class SampleColumns {
  #blocks: SampleBlock[] = [];
  #rows = 0;
  #series = 0;

  get rows(): number {
    return this.#rows;
  }

  /** Copies a block: its arrays may be used again. */
  add({ rows, series, ts, values }: SampleBlock): void {
    this.#blocks.push({ rows, series: series.slice(0, rows), ts: ts.slice(0, rows), values: values.slice(0, rows) });
    this.#rows += rows;
    for (let row = 0; row < rows; row++) this.#series = Math.max(this.#series, (series[row] as number) + 1);
  }

  /** The series that have samples, in the order of their numbers. The columns are empty afterwards. */
  *drain(): Generator<SeriesSamples> {
    const ends = this.#ends();
    const times = new Float64Array(this.#rows);
    const values = new Float64Array(this.#rows);
    for (let block = this.#blocks.shift(); block !== undefined; block = this.#blocks.shift()) place(block, ends, times, values);
    this.#rows = 0;
    for (let series = 0, from = 0; series < ends.length; series++) {
      const to = ends[series] ?? 0;
      if (to > from) yield inOrder({ series, times: times.subarray(from, to), values: values.subarray(from, to) });
      from = to;
    }
  }

  /** Per series where its rows begin when all are put in order; `place` moves it to where they end. */
  #ends(): Uint32Array {
    const next = new Uint32Array(this.#series + 1);
    for (const { rows, series } of this.#blocks) {
      for (let row = 0; row < rows; row++) {
        const after = (series[row] as number) + 1;
        next[after] = (next[after] as number) + 1;
      }
    }
    for (let i = 1; i < next.length; i++) next[i] = (next[i] as number) + (next[i - 1] as number);
    return next.subarray(0, this.#series);
  }
}

/** hot: once per sample. */
function place({ rows, series, ts, values }: SampleBlock, next: Uint32Array, intoTimes: Float64Array, intoValues: Float64Array): void {
  for (let row = 0; row < rows; row++) {
    const number = series[row] as number;
    const at = next[number] as number;
    next[number] = at + 1;
    intoTimes[at] = ts[row] as number;
    intoValues[at] = values[row] as number;
  }
}

function inOrder(samples: SeriesSamples): SeriesSamples {
  const { series, times, values } = samples;
  if (isAscending(times)) return samples;
  const order = Uint32Array.from(times, (_, i) => i).sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
  const pick = (column: Float64Array): Float64Array => Float64Array.from(order, (i) => column[i] as number);
  return { series, times: pick(times), values: pick(values) };
}

function isAscending(times: Float64Array): boolean {
  for (let i = 1; i < times.length; i++) if ((times[i] as number) < (times[i - 1] as number)) return false;
  return true;
}
