// A series' samples as chunks in the order of time: floats and native histograms each in chunks of their own, none reaching into another.

import type { HistogramSample } from '../read-histograms.ts';
import type { SampleRun } from '../sample-runs.ts';
import { CHUNK_SAMPLES_MAX, encodeFloatChunk } from './float-chunk.ts';
import { encodeHistogramChunk, mayFollow } from './histogram-chunk.ts';

/** Prometheus's numbers of encodings. */
export const XOR_CHUNK = 1;
export const FLOAT_HISTOGRAM_CHUNK = 3;

export interface Chunk {
  /** Times of its first and its last sample, in milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly encoding: typeof XOR_CHUNK | typeof FLOAT_HISTOGRAM_CHUNK;
  readonly data: Uint8Array;
}

/** The chunks of a series. Of two samples at one time the histogram is kept, unless it is a mere marker. */
export function* chunksOf(floats: SampleRun, all: readonly HistogramSample[]): Generator<Chunk> {
  const histograms = withoutMarkersBeside(floats, all);
  let float = 0;
  let histogram = 0;
  while (float < floats.length || histogram < histograms.length) {
    const floatMs = float < floats.length ? (floats.times[float] as number) : Number.POSITIVE_INFINITY;
    const histogramMs = histograms[histogram]?.ms ?? Number.POSITIVE_INFINITY;
    if (floatMs === histogramMs) float++;
    else if (floatMs < histogramMs) {
      const from = float;
      while (float < floats.length && float - from < CHUNK_SAMPLES_MAX && (floats.times[float] as number) < histogramMs) float++;
      const toMs = floats.times[float - 1] as number;
      yield { fromMs: floatMs, toMs, encoding: XOR_CHUNK, data: encodeFloatChunk(floats, from, float) };
    } else {
      const from = histogram;
      histogram = endOfHistograms(histograms, from, floatMs);
      const toMs = histograms[histogram - 1]?.ms ?? histogramMs;
      yield { fromMs: histogramMs, toMs, encoding: FLOAT_HISTOGRAM_CHUNK, data: encodeHistogramChunk(histograms, from, histogram) };
    }
  }
}

/** Where the chunk that begins at `from` ends; the samples lie before `beforeMs`. */
function endOfHistograms(histograms: readonly HistogramSample[], from: number, beforeMs: number): number {
  let to = from + 1;
  for (; to < histograms.length && to - from < CHUNK_SAMPLES_MAX; to++) {
    const last = histograms[to - 1];
    const next = histograms[to];
    if (last === undefined || next === undefined || next.ms >= beforeMs || !mayFollow(last, next)) break;
  }
  return to;
}

function withoutMarkersBeside(floats: SampleRun, histograms: readonly HistogramSample[]): readonly HistogramSample[] {
  if (floats.length === 0 || !histograms.some(({ kind }) => kind === 'stale')) return histograms;
  const times = new Set(floats.times.subarray(0, floats.length));
  return histograms.filter(({ kind, ms }) => kind === 'histogram' || !times.has(ms));
}
