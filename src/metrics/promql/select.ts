// Selectors to series: `x` at each step of a query, `x[5m]` as raw samples.
//
// A window is open on the left: (t - range, t]. A stale marker ends a series until its next sample.

import { RequestError } from '../../base/request-error.ts';
import { compareText, type Labels } from '../../query/labels.ts';
import type { Matcher } from '../../query/matchers.ts';
import { type ReadContext, type Selection, selectSeries } from '../read.ts';
import { type HistogramSample, type SampleRun, type Window, readHistograms, readSamples, tooManySamples } from '../read-samples.ts';
import { Doubles, type HistogramPoint, type Series } from '../series.ts';
import { isStaleAt } from '../value.ts';
import type { Duration, MatrixSelector, Modifiers, VectorSelector } from './ast.ts';
import { durationSeconds } from './duration-expr.ts';

/** When a query looks: at `startMs`, and from there every `stepMs` up to `endMs`. An instant query has one step. */
export interface Steps {
  readonly startMs: number;
  readonly endMs: number;
  /** 0 in an instant query. */
  readonly stepMs: number;
  readonly count: number;
}

/** What an evaluation is given. */
export interface QueryContext {
  readonly read: ReadContext;
  readonly steps: Steps;
  readonly lookbackMs: number;
}

/** The samples a query has looked at. */
export interface SampleCount {
  samples: number;
}

export function instant(ms: number): Steps {
  return { startMs: ms, endMs: ms, stepMs: 0, count: 1 };
}

/** The time of a step. */
export function stepTime(steps: Steps, index: number): number {
  return steps.startMs + index * steps.stepMs;
}

/** A length of time in milliseconds, with `step()` and `range()` as the query has them. */
export function durationMs(duration: Duration, steps: Steps): number {
  const seconds = durationSeconds(duration, { stepS: steps.stepMs / 1000, rangeS: (steps.endMs - steps.startMs) / 1000 });
  const ms = Math.round((seconds ?? Number.NaN) * 1000);
  if (!Number.isFinite(ms))
    throw new RequestError('bad_data', 'duration expression is out of range', { from: duration.from, to: duration.to });
  return ms;
}

/** Where a selector looks at each step: `@` pins it, `offset` moves it. */
export function lookTime(modifiers: Modifiers, steps: Steps): (index: number) => number {
  const offset = modifiers.offset === undefined ? 0 : durationMs(modifiers.offset, steps);
  const { at } = modifiers;
  if (at === undefined) return (index) => stepTime(steps, index) - offset;
  const pinned = (at.kind === 'time' ? at.ms : at.kind === 'start' ? steps.startMs : steps.endMs) - offset;
  return () => pinned;
}

/** An instant vector selector at every step: the last sample within the lookback. */
export async function selectVector(selector: VectorSelector, query: QueryContext, count: SampleCount): Promise<readonly Series[]> {
  const look = lookTime(selector, query.steps);
  const window = { afterMs: look(0) - query.lookbackMs, toMs: look(query.steps.count - 1) };
  return gather(selector, query, {
    window,
    count,
    pick: (labels, floats, histograms) => pickSteps(labels, floats, histograms, { query, look }),
  });
}

/** A range vector selector at the end of the query: its raw samples, without stale markers. */
export async function selectMatrix(matrix: MatrixSelector, query: QueryContext, count: SampleCount): Promise<readonly Series[]> {
  const rangeMs = durationMs(matrix.range, query.steps);
  if (rangeMs <= 0) throw new RequestError('bad_data', 'duration must be greater than 0', { from: matrix.range.from, to: matrix.range.to });
  const toMs = lookTime(matrix, query.steps)(query.steps.count - 1);
  return gather(matrix.selector, query, { window: { afterMs: toMs - rangeMs, toMs }, count, pick: rawSamples });
}

/** The newest sample of each series within the lookback, with its own time; series that have ended are left out. */
export async function selectLatest(selector: VectorSelector, query: QueryContext): Promise<readonly Series[]> {
  const toMs = query.steps.endMs;
  const window = { afterMs: toMs - query.lookbackMs, toMs };
  return gather(selector, query, { window, count: { samples: 0 }, pick: latestSample });
}

type Pick = (labels: Labels, floats: SampleRun, histograms: readonly HistogramSample[]) => Series | undefined;

interface Gathering {
  readonly window: Window;
  readonly count: SampleCount;
  readonly pick: Pick;
}

const NO_FLOATS: SampleRun = { times: new Float64Array(0), values: new Float64Array(0), words: new Uint32Array(0), length: 0 };

async function gather(selector: VectorSelector, { read }: QueryContext, { window, count, pick }: Gathering): Promise<readonly Series[]> {
  const kept: Series[] = [];
  let held = 0;
  await rawSeries(read, selector.matchers, window, (labels, floats, histograms) => {
    count.samples += floats.length + histograms.length;
    const series = pick(labels, floats, histograms);
    if (series === undefined) return;
    held += series.times.length + series.histograms.length;
    if (held > read.limits.samplesMax) throw tooManySamples(read.limits.samplesMax);
    kept.push(series);
  });
  return kept.sort((a, b) => compareLabels(a.labels, b.labels));
}

/** What is called with each series' samples in a window; the run of floats is used again for the next series. */
export type VisitSeries = (labels: Labels, floats: SampleRun, histograms: readonly HistogramSample[]) => void;

/** The raw samples of all series that match, stale markers included, series by series in no order. */
export async function rawSeries(read: ReadContext, matchers: readonly Matcher[], window: Window, visit: VisitSeries): Promise<void> {
  const selections = await selectSeries(read, matchers, { fromMs: window.afterMs, toMs: window.toMs });
  for (const selection of selections) {
    const labels = (number: number): Labels => selection.labels(number);
    const histograms = await histogramsOf(selection, read, window);
    await readSamples(read, selection, window, (number, floats) => {
      visit(labels(number), floats, histograms.get(number) ?? []);
      histograms.delete(number);
    });
    for (const [number, own] of histograms) visit(labels(number), NO_FLOATS, own);
  }
}

/** A histogram's weight against the limit on samples: what it holds besides its buckets. */
const HISTOGRAM_WEIGHT = 10;

async function histogramsOf(selection: Selection, read: ReadContext, window: Window): Promise<Map<number, HistogramSample[]>> {
  const bySeries = new Map<number, HistogramSample[]>();
  let weight = 0;
  await readHistograms(read, selection, window, (number, sample) => {
    weight +=
      sample.kind === 'stale' ? 1 : HISTOGRAM_WEIGHT + sample.histogram.positiveBuckets.length + sample.histogram.negativeBuckets.length;
    if (weight > read.limits.samplesMax) throw tooManySamples(read.limits.samplesMax);
    const own = bySeries.get(number);
    if (own === undefined) bySeries.set(number, [sample]);
    else own.push(sample);
  });
  return bySeries;
}

interface StepLook {
  readonly query: QueryContext;
  readonly look: (index: number) => number;
}

// hot: once per series and step of every plain selector; two cursors go forward with the steps.
function pickSteps(
  labels: Labels,
  floats: SampleRun,
  histograms: readonly HistogramSample[],
  { query, look }: StepLook,
): Series | undefined {
  const { steps, lookbackMs } = query;
  const times = new Doubles();
  const values = new Doubles();
  const points: HistogramPoint[] = [];
  let float = 0;
  let histogram = 0;
  for (let index = 0; index < steps.count; index++) {
    const to = look(index);
    while (float < floats.length && (floats.times[float] as number) <= to) float++;
    while (histogram < histograms.length && (histograms[histogram]?.ms ?? 0) <= to) histogram++;
    const floatTime = float === 0 ? Number.NEGATIVE_INFINITY : (floats.times[float - 1] as number);
    const before = histograms[histogram - 1];
    const histogramTime = before?.ms ?? Number.NEGATIVE_INFINITY;
    // Of two at the same time the float gives way unless the histogram is a mere marker.
    const newest = Math.max(floatTime, histogramTime);
    if (newest <= to - lookbackMs) continue;
    if (before?.kind === 'histogram' && histogramTime === newest) points.push({ ms: stepTime(steps, index), histogram: before.histogram });
    else if (floatTime === newest && !isStaleAt(floats.words, float - 1)) {
      times.push(stepTime(steps, index));
      values.push(floats.values[float - 1] as number);
    }
  }
  return times.length === 0 && points.length === 0 ? undefined : { labels, times: times.done(), values: values.done(), histograms: points };
}

function rawSamples(labels: Labels, floats: SampleRun, histograms: readonly HistogramSample[]): Series | undefined {
  const times = new Doubles(floats.length);
  const values = new Doubles(floats.length);
  for (let i = 0; i < floats.length; i++) {
    if (isStaleAt(floats.words, i)) continue;
    times.push(floats.times[i] as number);
    values.push(floats.values[i] as number);
  }
  const points = histograms.flatMap((sample) => (sample.kind === 'histogram' ? [{ ms: sample.ms, histogram: sample.histogram }] : []));
  return times.length === 0 && points.length === 0 ? undefined : { labels, times: times.done(), values: values.done(), histograms: points };
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

/** Prometheus's order of label sets: name by name, value by value, the shorter first. */
export function compareLabels(a: Labels, b: Labels): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareText(a[i] ?? '', b[i] ?? '');
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
