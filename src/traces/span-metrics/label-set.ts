// One label set and its series: counters, gauges that are always 1, and histograms of durations.

import { type Labels, METRIC_NAME, setLabel } from '../../query/labels.ts';
import { type HistogramShape, LatencyHistogram } from './latency-histogram.ts';
import type { SampleFlush } from './sample-flush.ts';

/** The metrics that a label set may have; they are named by their place. */
export interface SeriesShape extends HistogramShape {
  readonly counters: readonly string[];
  readonly histograms: readonly string[];
  /** A metric that is 1 as long as the label set is in use. */
  readonly info?: string;
}

class CounterSeries {
  readonly #labels: Labels;
  #value = 0;
  #startMs = 0;

  constructor(name: string, labels: Labels) {
    this.#labels = setLabel(labels, METRIC_NAME, name);
  }

  add(n: number): void {
    this.#value += n;
  }

  writeTo(flush: SampleFlush): void {
    const first = this.#startMs === 0;
    const startMs = first ? flush.zeroMs : this.#startMs;
    if (first) {
      flush.write.sample(this.#labels, startMs, 0, startMs);
      flush.stored(() => {
        this.#startMs = startMs;
      });
    }
    flush.write.sample(this.#labels, flush.ts, this.#value, startMs);
  }

  endAt(flush: SampleFlush): void {
    if (this.#startMs !== 0) flush.write.stale(this.#labels, flush.ts);
  }
}

/** What is counted under one label set. A series exists from its first count. */
export class LabelSet {
  readonly labels: Labels;
  /** Whether it stands for all label sets above the bound. */
  readonly overflow: boolean;
  readonly #shape: SeriesShape;
  readonly #counters: (CounterSeries | undefined)[] = [];
  readonly #histograms: (LatencyHistogram | undefined)[] = [];
  readonly #info: Labels | undefined;
  /** When it was last counted in. */
  #usedMs = 0;

  constructor(labels: Labels, shape: SeriesShape, overflow: boolean) {
    this.labels = labels;
    this.overflow = overflow;
    this.#shape = shape;
    this.#info = shape.info === undefined ? undefined : setLabel(labels, METRIC_NAME, shape.info);
  }

  get usedMs(): number {
    return this.#usedMs;
  }

  use(nowMs: number): void {
    this.#usedMs = nowMs;
  }

  /** Adds to the counter at this place of the shape. */
  add(counter: number, n: number): void {
    const series = (this.#counters[counter] ??= new CounterSeries(this.#shape.counters[counter] ?? '', this.labels));
    series.add(n);
  }

  /** The histogram at this place of the shape. */
  histogram(place: number): LatencyHistogram {
    return (this.#histograms[place] ??= new LatencyHistogram(this.#shape.histograms[place] ?? '', this.labels, this.#shape));
  }

  writeTo(flush: SampleFlush): void {
    for (const series of this.#counters) series?.writeTo(flush);
    for (const series of this.#histograms) series?.writeTo(flush);
    if (this.#info !== undefined) flush.write.sample(this.#info, flush.ts, 1);
  }

  /** Marks the end of all its series. */
  endAt(flush: SampleFlush): void {
    for (const series of this.#counters) series?.endAt(flush);
    for (const series of this.#histograms) series?.endAt(flush);
    if (this.#info !== undefined) flush.write.stale(this.#info, flush.ts);
  }
}
