// Classic histograms become native ones with custom buckets, as a sink before the sink (`convert_classic_histograms_to_nhcb`).
//
//   h_bucket{le=…}, h_count, h_sum ─▶ gathered per group ─▶ one histogram h, with the exemplars of its parts
//
// Only series of a family that says it is a histogram are taken; what cannot add up (counts that fall, a count unlike the last bucket) is dropped,
// and a histogram that has a native form already keeps that one. Source: Prometheus `convert_classic_histograms_to_nhcb`.

import { CUSTOM_BUCKETS_SCHEMA } from '../native-histogram.ts';
import type { NativeHistogram } from '../native-histogram.ts';
import type { Labels } from '../../query/labels.ts';
import { labelsKey, labelValue, METRIC_NAME } from '../../query/labels.ts';
import type { Metadata } from '../write.ts';
import type { ExposedExemplar, ExpositionSink, Series } from './exposition.ts';
import { parseGoFloatText } from './go-float.ts';
import { compactBuckets } from './histogram-buckets.ts';

/** Empty buckets that stay between two others, so that spans do not outweigh them. */
const GAP_MAX = 2;

interface Gathered {
  readonly labels: Labels;
  readonly key: string;
  readonly ts: number | undefined;
  readonly startTs: number;
  readonly buckets: { le: number; count: number }[];
  readonly exemplars: ExposedExemplar[];
  count: number | undefined;
  sum: number;
  broken: boolean;
}

export class ClassicToCustom implements ExpositionSink {
  readonly #sink: ExpositionSink;
  readonly #keepClassic: boolean;
  #family = '';
  #gathered: Gathered | undefined;
  /** Key of the labels of the native histogram seen last. */
  #native = '';
  #taken = false;

  constructor(sink: ExpositionSink, keepClassic: boolean) {
    this.#sink = sink;
    this.#keepClassic = keepClassic;
  }

  metadata(metadata: Metadata): void {
    this.finish();
    this.#family = metadata.type === 'histogram' ? metadata.metric : '';
    this.#sink.metadata(metadata);
  }

  sample(series: Series, value: number, ts: number | undefined, startTs: number): void {
    this.#taken = this.#family !== '' && this.#take(series.labels(), value, ts, startTs);
    if (!this.#taken) this.finish();
    if (!this.#taken || this.#keepClassic) this.#sink.sample(series, value, ts, startTs);
  }

  histogram(series: Series, histogram: NativeHistogram, ts: number | undefined, startTs: number): void {
    this.finish();
    this.#taken = false;
    this.#native = labelsKey(series.labels());
    this.#sink.histogram(series, histogram, ts, startTs);
  }

  exemplar(series: Series, exemplar: ExposedExemplar): void {
    if (this.#taken) this.#gathered?.exemplars.push(exemplar);
    if (!this.#taken || this.#keepClassic) this.#sink.exemplar(series, exemplar);
  }

  /** Tells of the histogram gathered last. To be called at the end of the page too. */
  finish(): void {
    const gathered = this.#gathered;
    if (gathered === undefined) return;
    this.#gathered = undefined;
    const histogram = histogramOf(gathered);
    if (histogram === undefined) return;
    const { labels, key } = gathered;
    const series: Series = { key: () => `custom:${key}`, labels: () => labels };
    this.#sink.histogram(series, histogram, gathered.ts, gathered.startTs);
    for (const exemplar of gathered.exemplars) this.#sink.exemplar(series, exemplar);
  }

  /** False when the series is no part of a classic histogram of the family. */
  #take(labels: Labels, value: number, ts: number | undefined, startTs: number): boolean {
    const name = labelValue(labels, METRIC_NAME);
    const suffix = name.startsWith(this.#family) ? name.slice(this.#family.length) : '';
    if (suffix !== '_bucket' && suffix !== '_count' && suffix !== '_sum') return false;
    const le = suffix === '_bucket' ? parseGoFloatText(labelValue(labels, 'le')) : 0;
    if (le === undefined || Number.isNaN(le)) return false;
    const base = baseOf(labels, this.#family);
    const key = labelsKey(base);
    if (key === this.#native) return false;
    if (this.#gathered?.key !== key) this.finish();
    this.#gathered ??= { labels: base, key, ts, startTs, buckets: [], exemplars: [], count: undefined, sum: 0, broken: false };
    if (suffix === '_sum') this.#gathered.sum = value;
    else if (value < 0 || Number.isNaN(value)) this.#gathered.broken = true;
    else if (suffix === '_count') this.#gathered.count = value;
    else this.#gathered.buckets.push({ le, count: value });
    return true;
  }
}

function baseOf(labels: Labels, name: string): Labels {
  const base: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    const label = labels[i] ?? '';
    if (label !== 'le') base.push(label, label === METRIC_NAME ? name : (labels[i + 1] ?? ''));
  }
  return base;
}

function histogramOf(gathered: Gathered): NativeHistogram | undefined {
  const buckets = gathered.buckets.toSorted((a, b) => a.le - b.le).filter((bucket, i, all) => all[i - 1]?.le !== bucket.le);
  const count = gathered.count ?? buckets.at(-1)?.count ?? 0;
  if (buckets.at(-1)?.le !== Infinity) buckets.push({ le: Infinity, count });
  let before = 0;
  const counts = buckets.map((bucket) => {
    const own = bucket.count - before;
    before = bucket.count;
    return own;
  });
  if (gathered.broken || before !== count || counts.some((own) => own < 0)) return undefined;
  const whole = buckets.every((bucket) => Number.isInteger(bucket.count));
  const compact = compactBuckets({ spans: [{ offset: 0, length: counts.length }], counts }, whole ? GAP_MAX : 0);
  return {
    schema: CUSTOM_BUCKETS_SCHEMA,
    counterResetHint: 'unknown',
    count,
    sum: gathered.sum,
    zeroThreshold: 0,
    zeroCount: 0,
    positiveSpans: compact.spans,
    positiveBuckets: compact.counts,
    negativeSpans: [],
    negativeBuckets: [],
    customValues: buckets.slice(0, -1).map((bucket) => bucket.le),
  };
}
