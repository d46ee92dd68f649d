// Series with their raw samples in the order of their labels, for answers that are streamed: however much is asked for, a batch of series is held.
//
//   matchers ─▶ all label sets, sorted ─▶ batch of series ─▶ its samples, made into something ─▶ handed on ─▶ next batch
//
// The tables are sorted by ids, so each batch is a statement of its own. It has ended before anything of it is handed on: a client that reads
// slowly keeps no reader of the store.

import { ints, sql } from '../base/sql.ts';
import type { Labels } from '../query/labels.ts';
import type { Matcher } from '../query/matchers.ts';
import { compareLabels } from './promql/select.ts';
import { rawSamplesOf, type VisitSeries } from './raw-series.ts';
import { type ReadContext, type Selection, selectSeries } from './read.ts';
import type { Window } from './read-samples.ts';

/** A batch is made so large that it comes to about so many samples. */
const BATCH_SAMPLES = 1_000_000;
const BATCH_SERIES_MIN = 16;
const BATCH_SERIES_MAX = 5000;

/** Makes something of a series' samples; the run of floats is used again for the next series. */
export type MakeSeries<T> = (...series: Parameters<VisitSeries>) => T;

interface Member {
  readonly selection: Selection;
  readonly number: number;
}

/** What `make` makes of each series that has samples in the window, in the order of labels. Throws as `selectSeries` does. */
export async function* sortedSeries<T>(
  read: ReadContext,
  matchers: readonly Matcher[],
  window: Window,
  make: MakeSeries<T>,
): AsyncGenerator<T> {
  const members = sortedMembers(await selectSeries(read, matchers, { fromMs: window.afterMs, toMs: window.toMs }));
  let size = BATCH_SERIES_MIN;
  for (let from = 0; from < members.length;) {
    const batch = members.slice(from, from + size);
    const made: { readonly labels: Labels; readonly value: T }[] = [];
    let samples = 0;
    for (const selection of new Set(batch.map((member) => member.selection))) {
      const numbers = new Set(batch.filter((member) => member.selection === selection).map(({ number }) => number));
      await rawSamplesOf(read, subset(selection, numbers), window, (labels, floats, histograms) => {
        samples += floats.length + histograms.length;
        made.push({ labels, value: make(labels, floats, histograms) });
      });
    }
    for (const { value } of made.sort((a, b) => compareLabels(a.labels, b.labels))) yield value;
    from += batch.length;
    const fitting = Math.ceil((BATCH_SAMPLES * batch.length) / Math.max(1, samples));
    size = Math.max(BATCH_SERIES_MIN, Math.min(BATCH_SERIES_MAX, fitting, size * 8));
  }
}

function sortedMembers(selections: readonly Selection[]): readonly Member[] {
  return selections
    .flatMap((selection) =>
      Array.from({ length: selection.size }, (_, number) => ({ selection, number, labels: selection.labels(number) })),
    )
    .sort((a, b) => compareLabels(a.labels, b.labels));
}

function subset(selection: Selection, numbers: ReadonlySet<number>): Selection {
  return {
    tenant: selection.tenant,
    size: selection.size,
    labels: (number) => selection.labels(number),
    id: (number) => selection.id(number),
    metrics: selection.metrics,
    find: (low, high) => {
      const number = selection.find(low, high);
      return numbers.has(number) ? number : -1;
    },
    condition: sql`${selection.condition} AND series IN ${ints([...numbers].map((number) => selection.id(number)))}`,
  };
}
