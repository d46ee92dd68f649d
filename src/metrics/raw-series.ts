// The raw samples of series, floats and native histograms of each together: what remote read hands on.

import type { Labels } from '../query/labels.ts';
import type { Matcher } from '../query/matchers.ts';
import { type ReadContext, type Selection, selectSeries } from './read.ts';
import { type HistogramSample, readHistograms } from './read-histograms.ts';
import type { Window } from './window.ts';
import { type SampleRun, tooManySamples } from './sample-runs.ts';
import { readSamples } from './read-samples.ts';

/** What is called with each series' samples in a window, stale markers included; the run of floats is used again for the next series. */
export type VisitSeries = (labels: Labels, floats: SampleRun, histograms: readonly HistogramSample[]) => void;

const NO_FLOATS: SampleRun = {
  times: new Float64Array(0),
  values: new Float64Array(0),
  words: new Uint32Array(0),
  length: 0,
  mayBeStale: false,
};

/** The raw samples of all series that match, series by series in no order; of histograms those of `histogramsEarlierMs` before the window too. */
export async function rawSeries(
  read: ReadContext,
  matchers: readonly Matcher[],
  window: Window & { readonly histogramsEarlierMs?: number },
  visit: VisitSeries,
): Promise<void> {
  for (const selection of await selectSeries(read, matchers, { fromMs: window.afterMs, toMs: window.toMs }))
    await rawSamplesOf(read, selection, window, visit);
}

/** The raw samples of a selection's series, in no order. */
export async function rawSamplesOf(
  read: ReadContext,
  selection: Selection,
  window: Window & { readonly histogramsEarlierMs?: number },
  visit: VisitSeries,
): Promise<void> {
  const { afterMs, toMs, histogramsEarlierMs = 0 } = window;
  const mayHave = read.kept === undefined || (await read.kept.histograms.mayHave(selection.tenant, selection.metrics));
  const earlier = { afterMs: afterMs - histogramsEarlierMs, toMs };
  const histograms = mayHave ? await histogramsOf(selection, read, earlier) : new Map<number, HistogramSample[]>();
  await readSamples(read, selection, window, (number, floats) => {
    visit(selection.labels(number), floats, histograms.get(number) ?? []);
    histograms.delete(number);
  });
  for (const [number, own] of histograms) visit(selection.labels(number), NO_FLOATS, own);
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
