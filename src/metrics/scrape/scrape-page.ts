// One scraped page on its way into a `MetricWrite`: labels of the target, metric relabelling, limits, timestamps, exemplars.
//
//   parser ─▶ PageSink ─(cache: raw text → final labels)─▶ samples of the page ─(the whole page is good)─▶ MetricWrite
//
// A page that breaks a rule of its job ends in an error, and nothing of it reaches the store; what it counted until then is still reported.
// Source: Prometheus `scrape.scrapeLoopAppender.append` and `mutateSampleLabels`.

import { RequestError } from '../../base/request-error.ts';
import type { Labels } from '../../query/labels.ts';
import { labelPairs, labelsKey, labelsOf, labelValue, METRIC_NAME, printLabels } from '../../query/labels.ts';
import type { ExposedExemplar, ExpositionSink, Series } from '../ingest/exposition.ts';
import type { NativeHistogram } from '../native-histogram.ts';
import type { Exemplar, Metadata, MetricWrite } from '../write.ts';
import { limitHistogram, schemaOfFactor } from './histogram-resolution.ts';
import { isLabelName, isMetricName } from './names.ts';
import type { Relabeling } from './relabel.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import type { SeriesCache, SeriesEntry } from './series-cache.ts';

/** What of a job and a target decides over a page. */
export interface PageRules {
  readonly config: ScrapeConfig;
  readonly metricRelabeling: Relabeling;
  readonly targetLabels: Labels;
}

/** Numbers of `scrape_samples_scraped`, `scrape_samples_post_metric_relabeling` and `scrape_series_added`. */
export interface PageCounts {
  scraped: number;
  afterRelabeling: number;
  seriesAdded: number;
}

interface PageSample {
  readonly labels: Labels;
  readonly ts: number;
  readonly value: number;
  readonly startTs: number;
}

interface PageHistogram {
  readonly labels: Labels;
  readonly ts: number;
  readonly histogram: NativeHistogram;
  readonly startTs: number;
}

interface PageExemplar {
  readonly labels: Labels;
  readonly exemplar: Exemplar;
}

interface LastSample {
  readonly entry: SeriesEntry;
  readonly labels: Labels;
  readonly ts: number;
  readonly isHistogram: boolean;
  /** Exemplars of the scrape before, and of this one. */
  readonly before: ReadonlySet<string> | undefined;
  readonly now: Set<string>;
}

export class PageSink implements ExpositionSink {
  readonly counts: PageCounts = { scraped: 0, afterRelabeling: 0, seriesAdded: 0 };
  readonly #rules: PageRules;
  readonly #cache: SeriesCache;
  readonly #samples: PageSample[] = [];
  readonly #histograms: PageHistogram[] = [];
  readonly #exemplars: PageExemplar[] = [];
  readonly #scrapeTs: number;
  readonly #schemaMax: number;
  /** The sample that an exemplar belongs to; undefined when it was dropped. */
  #last: LastSample | undefined;
  #admitted = 0;
  #limitProblem: string | undefined;
  #bucketProblem: string | undefined;

  constructor(rules: PageRules, cache: SeriesCache, scrapeTs: number) {
    this.#rules = rules;
    this.#cache = cache;
    this.#scrapeTs = scrapeTs;
    this.#schemaMax = schemaOfFactor(rules.config.nativeHistogramMinBucketFactor);
  }

  /** Throws `bad_data` when the page as a whole is over a limit. To be called at its end. */
  finish(): void {
    const problem = this.#limitProblem ?? this.#bucketProblem;
    if (problem !== undefined) throw new RequestError('bad_data', problem);
  }

  /** Hands over all of the page. */
  writeTo(write: MetricWrite): void {
    for (const { labels, ts, value, startTs } of this.#samples) write.sample(labels, ts, value, startTs);
    for (const { labels, ts, histogram, startTs } of this.#histograms) write.histogram(labels, ts, histogram, startTs);
    for (const { labels, exemplar } of this.#exemplars) write.exemplar(labels, exemplar);
  }

  metadata(metadata: Metadata): void {
    this.#cache.describe(metadata);
  }

  sample(series: Series, value: number, ts: number | undefined, startTs: number): void {
    const at = this.#admit(series, ts, false);
    if (at !== undefined) this.#samples.push({ labels: at.labels, ts: at.ts, value, startTs });
  }

  histogram(series: Series, histogram: NativeHistogram, ts: number | undefined, startTs: number): void {
    const { nativeHistogramBucketLimit: limit } = this.#rules.config;
    const limited = limitHistogram(histogram, limit, this.#schemaMax);
    if (limited === undefined) this.#bucketProblem ??= `histogram bucket limit exceeded (native_histogram_bucket_limit ${limit})`;
    const at = this.#admit(series, ts, true);
    if (at !== undefined && limited !== undefined) this.#histograms.push({ labels: at.labels, ts: at.ts, histogram: limited, startTs });
  }

  exemplar(_series: Series, exemplar: ExposedExemplar): void {
    const last = this.#last;
    // Without a time of their own, exemplars of native histograms cannot be told apart from those of the scrape before.
    if (last === undefined || (last.isHistogram && exemplar.ts === undefined)) return;
    const key = `${exemplar.value}|${exemplar.ts ?? ''}|${labelsKey(exemplar.labels)}`;
    const isNew = last.before?.has(key) !== true;
    last.now.add(key);
    last.entry.exemplars = last.now;
    if (!isNew) return;
    const ts = exemplar.ts ?? last.ts;
    this.#exemplars.push({ labels: last.labels, exemplar: { labels: exemplar.labels, value: exemplar.value, ts } });
  }

  /** The labels and time under which a sample is written; undefined when it is not. */
  #admit(
    series: Series,
    exposedTs: number | undefined,
    isHistogram: boolean,
  ): { readonly labels: Labels; readonly ts: number } | undefined {
    const { config } = this.#rules;
    this.counts.scraped++;
    this.#last = undefined;
    const explicitTs = config.honorTimestamps ? exposedTs : undefined;
    const key = series.key();
    const cached = this.#cache.get(key);
    const isRepeated = cached !== undefined && cached.seen === this.#cache.scrape;
    const entry = cached ?? this.#cache.add(key, this.#finalLabels(series));
    entry.seen = this.#cache.scrape;
    const { labels } = entry;
    if (labels === undefined) return undefined;
    this.counts.afterRelabeling++;
    if (isRepeated && explicitTs === undefined) return undefined;
    if (config.sampleLimit > 0 && ++this.#admitted > config.sampleLimit) {
      this.#limitProblem ??= 'sample limit exceeded';
      return undefined;
    }
    if (cached === undefined) this.counts.seriesAdded++;
    if (explicitTs === undefined || config.trackTimestampsStaleness) this.#cache.track(entry);
    const ts = explicitTs ?? this.#scrapeTs;
    this.#last = { entry, labels, ts, isHistogram, before: entry.exemplars, now: new Set() };
    entry.exemplars = undefined;
    return { labels, ts };
  }

  /** The labels that are stored, or undefined when relabelling drops the series. Throws `bad_data` when they are not allowed. */
  #finalLabels(series: Series): Labels | undefined {
    const { config, metricRelabeling, targetLabels } = this.#rules;
    const labels = config.honorLabels ? honoredLabels(series.labels(), targetLabels) : targetFirstLabels(series.labels(), targetLabels);
    if (!metricRelabeling.apply(labels)) return undefined;
    const final = labelsOf(labels);
    if (final.length === 0) return undefined;
    checkLabels(final, config);
    return final;
  }
}

/** `honor_labels: true`: what the page says wins. */
function honoredLabels(exposed: Labels, target: Labels): Map<string, string> {
  return new Map([...labelPairs(target), ...labelPairs(exposed)]);
}

/** `honor_labels: false`: the target's labels win, the page's go to `exported_…`. */
function targetFirstLabels(exposed: Labels, target: Labels): Map<string, string> {
  const labels = new Map(labelPairs(exposed));
  const moved: [name: string, value: string][] = [];
  for (const [name, value] of labelPairs(target)) {
    const existing = labels.get(name) ?? '';
    if (existing !== '') moved.push([name, existing]);
    labels.set(name, value);
  }
  for (const [name, value] of moved.toSorted(([a], [b]) => a.length - b.length)) {
    let free = `exported_${name}`;
    while ((labels.get(free) ?? '') !== '') free = `exported_${free}`;
    labels.set(free, value);
  }
  return labels;
}

function checkLabels(labels: Labels, config: ScrapeConfig): void {
  const name = labelValue(labels, METRIC_NAME);
  if (name === '') throw new RequestError('bad_data', 'missing metric name (__name__ label)');
  const scheme = config.nameScheme;
  for (const [label, value] of labelPairs(labels)) {
    const isAllowed = label === METRIC_NAME ? isMetricName(value, scheme) : isLabelName(label, scheme) && value.isWellFormed();
    if (!isAllowed) throw new RequestError('bad_data', `invalid metric name or label names: ${printLabels(labels)}`);
  }
  checkLabelLimits(labels, name, config);
}

function checkLabelLimits(labels: Labels, name: string, config: ScrapeConfig): void {
  const { labelLimit, labelNameLengthLimit, labelValueLengthLimit } = config;
  const count = labels.length / 2;
  const metric = name.slice(0, 50);
  if (labelLimit > 0 && count > labelLimit) {
    throw new RequestError('bad_data', `label_limit exceeded (metric: ${metric}, number of labels: ${count}, limit: ${labelLimit})`);
  }
  if (labelNameLengthLimit === 0 && labelValueLengthLimit === 0) return;
  for (const [label, value] of labelPairs(labels)) {
    const nameLength = Buffer.byteLength(label);
    const shown = label.slice(0, 50);
    if (labelNameLengthLimit > 0 && nameLength > labelNameLengthLimit) {
      const what = `metric: ${metric}, label name: ${shown}, length: ${nameLength}, limit: ${labelNameLengthLimit}`;
      throw new RequestError('bad_data', `label_name_length_limit exceeded (${what})`);
    }
    const valueLength = Buffer.byteLength(value);
    if (labelValueLengthLimit > 0 && valueLength > labelValueLengthLimit) {
      const quotedValue = JSON.stringify(value.slice(0, 50));
      const what = `metric: ${metric}, label name: ${shown}, value: ${quotedValue}, length: ${valueLength}, limit: ${labelValueLengthLimit}`;
      throw new RequestError('bad_data', `label_value_length_limit exceeded (${what})`);
    }
  }
}
