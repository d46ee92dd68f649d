// One histogram series of durations, in classic and native form at once, with one exemplar for each bucket since the last flush.

import type { Exemplar } from '../../metrics/write.ts';
import { type Labels, METRIC_NAME, setLabel } from '../../query/labels.ts';
import { EMPTY_HISTOGRAM, NativeBuckets } from './native-buckets.ts';
import type { SampleFlush } from './sample-flush.ts';

/** In which forms a tenant keeps durations. */
export type HistogramForms = 'both' | 'classic' | 'native';

/** The label of an exemplar that leads to its trace, by Tempo's name. */
export const TRACE_ID_LABEL = 'traceID';

/** What all histograms of a tenant's processor share. `bounds` rise, without +Inf. */
export interface HistogramShape {
  readonly bounds: readonly number[];
  readonly forms: HistogramForms;
}

interface HeldExemplar {
  readonly bucket: number;
  readonly exemplar: Exemplar;
}

interface SeriesLabels {
  readonly native: Labels;
  readonly count: Labels;
  readonly sum: Labels;
  readonly buckets: readonly Labels[];
}

export class LatencyHistogram {
  readonly #shape: HistogramShape;
  readonly #counts: number[];
  readonly #native: NativeBuckets | undefined;
  readonly #labels: SeriesLabels;
  readonly #hasExemplar: boolean[];
  #exemplars: HeldExemplar[] = [];
  #count = 0;
  #sum = 0;
  #startMs = 0;

  constructor(name: string, labels: Labels, shape: HistogramShape) {
    this.#shape = shape;
    this.#counts = Array.from({ length: shape.bounds.length + 1 }, () => 0);
    this.#hasExemplar = this.#counts.map(() => false);
    this.#native = shape.forms === 'classic' ? undefined : new NativeBuckets();
    this.#labels = seriesLabels(name, labels, shape);
  }

  /** Counts one duration, in seconds. `traceId` is read at once or not at all. */
  observe(seconds: number, traceId: Uint8Array, nowMs: number): void {
    const { bounds } = this.#shape;
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] ?? Infinity)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    this.#sum += seconds;
    this.#native?.add(seconds);
    if (this.#hasExemplar[bucket] === true) return;
    this.#hasExemplar[bucket] = true;
    this.#exemplars.push({ bucket, exemplar: { labels: [TRACE_ID_LABEL, hex(traceId)], value: seconds, ts: nowMs } });
  }

  writeTo(flush: SampleFlush): void {
    const first = this.#startMs === 0;
    const startMs = first ? flush.zeroMs : this.#startMs;
    if (this.#shape.forms !== 'native') this.#writeClassic(flush, first, startMs);
    if (this.#native !== undefined) {
      if (first) flush.write.histogram(this.#labels.native, startMs, EMPTY_HISTOGRAM, startMs);
      flush.write.histogram(this.#labels.native, flush.ts, this.#native.histogram(this.#count, this.#sum), startMs);
    }
    this.#writeExemplars(flush);
    if (first) {
      flush.stored(() => {
        this.#startMs = startMs;
      });
    }
  }

  /** Marks the end of all series that have been written. */
  endAt(flush: SampleFlush): void {
    if (this.#startMs === 0) return;
    for (const labels of this.#all()) flush.write.stale(labels, flush.ts);
  }

  #writeClassic(flush: SampleFlush, first: boolean, startMs: number): void {
    const { write, ts } = flush;
    const { sum, count, buckets } = this.#labels;
    if (first) for (const labels of [sum, count, ...buckets]) write.sample(labels, startMs, 0, startMs);
    write.sample(sum, ts, this.#sum, startMs);
    write.sample(count, ts, this.#count, startMs);
    let total = 0;
    buckets.forEach((labels, i) => {
      total += this.#counts[i] ?? 0;
      write.sample(labels, ts, total, startMs);
    });
  }

  #writeExemplars({ write }: SampleFlush): void {
    for (const { bucket, exemplar } of this.#exemplars) {
      const labels = this.#labels.buckets[bucket];
      if (labels !== undefined) write.exemplar(labels, exemplar);
      if (this.#native !== undefined) write.exemplar(this.#labels.native, exemplar);
    }
    this.#exemplars = [];
    this.#hasExemplar.fill(false);
  }

  #all(): readonly Labels[] {
    const { native, count, sum, buckets } = this.#labels;
    const classic = this.#shape.forms === 'native' ? [] : [count, sum, ...buckets];
    return this.#native === undefined ? classic : [native, ...classic];
  }
}

function seriesLabels(name: string, labels: Labels, { bounds, forms }: HistogramShape): SeriesLabels {
  const named = (suffix: string): Labels => setLabel(labels, METRIC_NAME, name + suffix);
  const bucket = named('_bucket');
  const classic = forms !== 'native';
  return {
    native: named(''),
    count: named('_count'),
    sum: named('_sum'),
    buckets: classic ? [...bounds.map(String), '+Inf'].map((le) => setLabel(bucket, 'le', le)) : [],
  };
}

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
