// Selectors to series: `x` at each step of an evaluation, `x[5m]` as raw samples.
//
// A window is open on the left: (t - range, t]. A stale marker ends a series until its next sample.

import { compareLabels, labelValue, METRIC_NAME, type Labels } from '../../../query/labels.ts';
import type { Matcher } from '../../../query/matchers.ts';
import { rawSeries } from '../../raw-series.ts';
import type { ReadContext } from '../../read.ts';
import { type HistogramSample } from '../../read-histograms.ts';
import type { Window } from '../../window.ts';
import { type SampleRun, tooManySamples } from '../../sample-runs.ts';
import type { HistogramPoint, Series } from '../../series.ts';
import { isStaleAt } from '../../value.ts';
import type { MatrixSelector, VectorSelector } from '../ast.ts';
import type { Looks } from '../steps/evaluation.ts';
import { type QueryEvaluation, looksOf, positiveMs } from './query-evaluation.ts';
import { type RangeSeries, moveWindow, newWindow } from '../range/range-window.ts';
import { withResetHints } from './reset-hints.ts';
import { extendedSamples, smoothedAt } from '../range/smoothed.ts';
import { FLOAT_AT, HISTOGRAM_AT, NOTHING_AT, type StepSeries, putAt } from '../steps/step-series.ts';

/** Receives the series of an evaluation one by one, and owns them from then on. */
export type Sink = (series: StepSeries) => void;

/** An instant vector selector: what stands at every step is the newest sample within the lookback. */
export async function selectVector(selector: VectorSelector, evaluation: QueryEvaluation, sink: Sink): Promise<void> {
  const looks = looksOf(selector, evaluation);
  const { lookbackMs } = evaluation.settings;
  const smoothed = selector.extension === 'smoothed';
  const window = { afterMs: looks.firstMs - lookbackMs, toMs: smoothed ? looks.lastMs + lookbackMs : looks.lastMs };
  await rawSeries(evaluation.read, selector.matchers, withEarlier(window, evaluation), (labels, floats, histograms) => {
    const series = smoothed
      ? smoothedSteps(rangeSeries(labels, floats, hinted(histograms, window, evaluation)), selector, looks, evaluation)
      : newestSamples({ labels, floats, histograms: hinted(histograms, window, evaluation) }, looks, evaluation);
    if (series !== undefined) sink(series);
  });
}

/** As `selectVector`, with the times of the samples; no sample outside of `window` is seen. */
export async function selectWithTimes(
  matchers: readonly Matcher[],
  { looks, window }: { readonly looks: Looks; readonly window: Window },
  evaluation: QueryEvaluation,
): Promise<readonly { readonly series: StepSeries; readonly times: Float64Array }[]> {
  const found: { readonly series: StepSeries; readonly times: Float64Array }[] = [];
  await rawSeries(evaluation.read, matchers, withEarlier(window, evaluation), (labels, floats, histograms) => {
    const times = new Float64Array(evaluation.steps.count);
    const series = newestSamples({ labels, floats, histograms }, looks, evaluation, times);
    if (series !== undefined) found.push({ series, times });
  });
  return found;
}

/** The window of samples that a range selector's steps need together. */
export function rangeWindow({ extension }: Pick<MatrixSelector, 'extension'>, looks: Looks, rangeMs: number, lookbackMs: number): Window {
  return {
    afterMs: looks.firstMs - rangeMs - (extension === undefined ? 0 : lookbackMs),
    toMs: looks.lastMs + (extension === 'smoothed' ? lookbackMs : 0),
  };
}

/** A range vector selector at the end of the query: its raw samples, without stale markers. */
export async function selectMatrix(matrix: MatrixSelector, evaluation: QueryEvaluation): Promise<readonly Series[]> {
  const rangeMs = positiveMs(matrix.range, evaluation.query);
  const looks = looksOf(matrix, evaluation);
  const { lookbackMs } = evaluation.settings;
  const window = rangeWindow(matrix, looks, rangeMs, lookbackMs);
  const { extension } = matrix;
  return gather(evaluation.read, matrix.selector.matchers, withEarlier(window, evaluation), (labels, floats, histograms) => {
    const series = rangeSeries(labels, floats, hinted(histograms, window, evaluation));
    const found = extension === undefined ? series : extendedAt(series, looks.lastMs, { rangeMs, lookbackMs, extension });
    if (found.length === 0 && found.histograms.length === 0) return undefined;
    evaluation.stats.add(found.length + found.histograms.length);
    return { labels, times: found.times.slice(0, found.length), values: found.values.slice(0, found.length), histograms: found.histograms };
  });
}

/** The newest sample of each series up to a time and within the lookback, with its own time; series that have ended are left out. */
export async function selectLatest(
  read: ReadContext,
  matchers: readonly Matcher[],
  { toMs, lookbackMs }: { readonly toMs: number; readonly lookbackMs: number },
): Promise<readonly Series[]> {
  return gather(read, matchers, { afterMs: toMs - lookbackMs, toMs }, latestSample);
}

interface ExtendedRange {
  readonly rangeMs: number;
  readonly lookbackMs: number;
  readonly extension: 'anchored' | 'smoothed';
}

function extendedAt(series: RangeSeries, endMs: number, { rangeMs, lookbackMs, extension }: ExtendedRange): RangeSeries {
  const window = newWindow();
  moveWindow(window, series, { endMs, rangeMs });
  const { times, values } = extendedSamples(series, window, { smoothed: extension === 'smoothed', lookbackMs });
  return { ...series, times, values, length: times.length };
}

type Choose = (labels: Labels, floats: SampleRun, histograms: readonly HistogramSample[]) => Series | undefined;

async function gather(
  read: ReadContext,
  matchers: readonly Matcher[],
  window: Parameters<typeof rawSeries>[2],
  pick: Choose,
): Promise<readonly Series[]> {
  const kept: Series[] = [];
  let held = 0;
  await rawSeries(read, matchers, window, (labels, floats, histograms) => {
    const series = pick(labels, floats, histograms);
    if (series === undefined) return;
    held += series.times.length + series.histograms.length;
    if (held > read.limits.samplesMax) throw tooManySamples(read.limits.samplesMax);
    kept.push(series);
  });
  return kept.sort((a, b) => compareLabels(a.labels, b.labels));
}

/** A window for reading: a histogram's hint comes of the one before it, which may lie before the window. */
export function withEarlier(window: Window, { settings }: QueryEvaluation): Window & { readonly histogramsEarlierMs: number } {
  return { ...window, histogramsEarlierMs: settings.lookbackMs };
}

/** The histograms of a series in a window with what is known of resets between them. */
export function hinted(
  histograms: readonly HistogramSample[],
  { afterMs }: Window,
  { marksResets }: QueryEvaluation,
): readonly HistogramSample[] {
  if (histograms.length === 0) return histograms;
  return withResetHints(histograms, marksResets).filter(({ ms }) => ms > afterMs);
}

interface RawSeries {
  readonly labels: Labels;
  readonly floats: SampleRun;
  readonly histograms: readonly HistogramSample[];
}

// hot: once per series and step of every plain selector; two cursors go forward with the steps.
function newestSamples(
  { labels, floats, histograms }: RawSeries,
  looks: Looks,
  evaluation: QueryEvaluation,
  sampleTimes?: Float64Array,
): StepSeries | undefined {
  const { steps, settings, arrays, stats } = evaluation;
  const { times, values, words, length } = floats;
  let series = arrays.take(labels);
  const { has } = series;
  let float = 0;
  let histogram = 0;
  let samples = 0;
  for (let step = 0; step < steps.count; step++) {
    const to = looks.firstMs + step * looks.stepMs;
    while (float < length && (times[float] as number) <= to) float++;
    while (histogram < histograms.length && (histograms[histogram]?.ms ?? 0) <= to) histogram++;
    const floatTime = float === 0 ? Number.NEGATIVE_INFINITY : (times[float - 1] as number);
    const before = histogram === 0 ? undefined : histograms[histogram - 1];
    const newest = before !== undefined && before.ms > floatTime ? before.ms : floatTime;
    if (newest <= to - settings.lookbackMs) continue;
    // Of two at the same time the float gives way unless the histogram is a mere marker.
    if (before?.kind === 'histogram' && before.ms === newest) {
      series = putAt(series, step, before.histogram);
      if (stats.isPerStep) stats.addAt(step, histogramWeight(before));
      else samples += histogramWeight(before);
    } else if (floatTime === newest && !isStaleAt(words, float - 1)) {
      has[step] = FLOAT_AT;
      series.values[step] = values[float - 1] as number;
      if (stats.isPerStep) stats.addAt(step, 1);
      else samples++;
    } else continue;
    if (sampleTimes !== undefined) sampleTimes[step] = newest;
  }
  if (!stats.isPerStep) stats.add(samples);
  if (samples > 0 || has.includes(FLOAT_AT) || has.includes(HISTOGRAM_AT)) return series;
  arrays.give(series);
  return undefined;
}

function smoothedSteps(raw: RangeSeries, selector: VectorSelector, looks: Looks, evaluation: QueryEvaluation): StepSeries | undefined {
  const { steps, settings, arrays, annotations } = evaluation;
  const context = { lookbackMs: settings.lookbackMs, metricName: metricNameOf(raw.labels), annotations, selector };
  let series = arrays.take(raw.labels);
  for (let step = 0; step < steps.count; step++) {
    series = putAt(series, step, smoothedAt(raw, looks.firstMs + step * looks.stepMs, context));
  }
  if (series.has.some((kind) => kind !== NOTHING_AT)) return series;
  arrays.give(series);
  return undefined;
}

/** A histogram's weight among samples: what it holds besides its buckets. Source: Prometheus, the size of a histogram point in samples. */
export function histogramWeight(sample: HistogramSample): number {
  if (sample.kind === 'stale') return 1;
  const { positiveBuckets, negativeBuckets, positiveSpans, negativeSpans, customValues } = sample.histogram;
  const spans = (positiveSpans.length + negativeSpans.length) * 8;
  const buckets = (positiveBuckets.length + negativeBuckets.length + customValues.length) * 8;
  return Math.floor((HISTOGRAM_BYTES + spans + buckets) / FLOAT_BYTES);
}

const HISTOGRAM_BYTES = 168;
const FLOAT_BYTES = 16;

/** The samples of a series without its stale markers. The arrays of the run are changed. */
export function rangeSeries(labels: Labels, run: SampleRun, all: readonly HistogramSample[]): RangeSeries {
  const { times, values } = run;
  const histograms: HistogramPoint[] = [];
  for (const sample of all) if (sample.kind === 'histogram') histograms.push({ ms: sample.ms, histogram: sample.histogram });
  return { labels, dropName: false, times, values, length: run.mayBeStale ? withoutStale(run) : run.length, histograms };
}

function withoutStale({ times, values, words, length }: SampleRun): number {
  let kept = 0;
  for (let i = 0; i < length; i++) {
    if (isStaleAt(words, i)) continue;
    times[kept] = times[i] as number;
    values[kept] = values[i] as number;
    kept++;
  }
  return kept;
}

function latestSample(labels: Labels, floats: SampleRun, histograms: readonly HistogramSample[]): Series | undefined {
  const last = floats.length - 1;
  const float = last < 0 ? Number.NEGATIVE_INFINITY : (floats.times[last] as number);
  const newest = histograms.at(-1);
  if (newest !== undefined && newest.ms >= float) {
    if (newest.kind === 'stale') return undefined;
    return {
      labels,
      times: new Float64Array(0),
      values: new Float64Array(0),
      histograms: [{ ms: newest.ms, histogram: newest.histogram }],
    };
  }
  if (isStaleAt(floats.words, last)) return undefined;
  return { labels, times: floats.times.slice(last, last + 1), values: floats.values.slice(last, last + 1), histograms: [] };
}

/** The metric's name of a label set, for annotations. */
export function metricNameOf(labels: Labels): string {
  return labelValue(labels, METRIC_NAME);
}
