// Series with their raw samples in the order of their labels, for answers that are streamed: however much is asked for, a batch of series is held.
//
//   matchers ─▶ all label sets, sorted ─▶ batch of series ─▶ its samples, encoded ─▶ handed on ─▶ next batch
//
// The tables are sorted by ids, so each batch is a statement of its own, which has to look at all of a metric: few batches, held in their encoded
// form. A statement has ended before anything of its batch is handed on: a client that reads slowly keeps no reader of the store.

import { ints, sql } from '../base/sql.ts';
import { compareLabels, type Labels } from '../query/labels.ts';
import type { Matcher } from '../query/matchers.ts';
import { rawSamplesOf, type VisitSeries } from './raw-series.ts';
import { type ReadContext, type Selection, selectSeries } from './read.ts';
import type { Window } from './window.ts';

/** A batch is made so large that its encoded series come to about so many bytes. */
const BATCH_BYTES = 32 * 1024 * 1024;
const BATCH_SERIES_MIN = 16;
/** The ids of a batch are a list in its statement. */
const BATCH_SERIES_MAX = 20_000;
/** How much larger a batch may be than the one before, of which it is estimated. */
const BATCH_GROWTH = 16;

/** Encodes a series; the run of floats is used again for the next series. */
export type EncodeSeries = (...series: Parameters<VisitSeries>) => readonly Uint8Array[];

interface Member {
  readonly selection: Selection;
  readonly number: number;
}

/** What `encode` makes of each series that has samples in the window, in the order of labels. Throws as `selectSeries` does. */
export async function* sortedSeries(
  read: ReadContext,
  matchers: readonly Matcher[],
  window: Window,
  encode: EncodeSeries,
): AsyncGenerator<Uint8Array> {
  // Not through memory: what is streamed is mostly everything, and would drive out what queries need.
  const direct = { ...read, kept: undefined };
  const members = sortedMembers(await selectSeries(read, matchers, { fromMs: window.afterMs, toMs: window.toMs }));
  let size = BATCH_SERIES_MIN;
  for (let from = 0; from < members.length;) {
    const batch = members.slice(from, from + size);
    const encoded: { readonly labels: Labels; readonly pieces: readonly Uint8Array[] }[] = [];
    let bytes = 0;
    for (const selection of new Set(batch.map((member) => member.selection))) {
      const numbers = batch.filter((member) => member.selection === selection).map(({ number }) => number);
      await rawSamplesOf(direct, subset(selection, numbers), window, (labels, floats, histograms) => {
        const pieces = encode(labels, floats, histograms);
        for (const piece of pieces) bytes += piece.length;
        encoded.push({ labels, pieces });
      });
    }
    for (const { pieces } of encoded.sort((a, b) => compareLabels(a.labels, b.labels))) yield* pieces;
    from += batch.length;
    const fitting = Math.floor((BATCH_BYTES * batch.length) / Math.max(1, bytes));
    size = Math.max(BATCH_SERIES_MIN, Math.min(BATCH_SERIES_MAX, fitting, size * BATCH_GROWTH));
  }
}

function sortedMembers(selections: readonly Selection[]): readonly Member[] {
  return selections
    .flatMap((selection) =>
      Array.from({ length: selection.size }, (_, number) => ({ selection, number, labels: selection.labels(number) })),
    )
    .sort((a, b) => compareLabels(a.labels, b.labels));
}

function subset(selection: Selection, numbers: readonly number[]): Selection {
  const numberOf = new Map(numbers.map((number, i) => [number, i]));
  const original = (number: number): number => numbers[number] ?? -1;
  return {
    tenant: selection.tenant,
    size: numbers.length,
    labels: (number) => selection.labels(original(number)),
    id: (number) => selection.id(original(number)),
    low: (number) => selection.low(original(number)),
    high: (number) => selection.high(original(number)),
    metrics: selection.metrics,
    find: (low, high) => numberOf.get(selection.find(low, high)) ?? -1,
    condition: sql`${selection.condition} AND series IN ${ints(numbers.map((number) => selection.id(number)))}`,
  };
}
