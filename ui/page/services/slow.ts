// Which requests of a service are slow: pure.

import type { Exemplar } from '../../data/exemplars.ts';
import type { RawSeries } from '../../data/samples.ts';
import type { Span } from '../../data/time-range.ts';

/** Quantiles of histograms lie up to a tenth beside the true ones; above the highest request nothing would be found. */
const MARGIN = 0.9;

/** Somewhat under the middle of the 0.95 quantiles over time, in seconds; undefined where nothing was measured. */
export function slowBound(durations: readonly RawSeries[]): number | undefined {
  const values = durations
    .filter(({ labels }) => (labels['q'] ?? labels['p']) === '0.95')
    .flatMap((series) => series.values.filter((value) => Number.isFinite(value)))
    .sort((a, b) => a - b);
  const middle = values[Math.floor(values.length / 2)];
  return middle === undefined ? undefined : middle * MARGIN;
}

/** Diamonds that leave the lines to be seen. */
const PARTS = 32;

/** The slowest exemplar of each part of the span, in the order of time. */
export function slowest(exemplars: readonly Exemplar[], { startMs, endMs }: Span): readonly Exemplar[] {
  const best = new Map<number, Exemplar>();
  for (const exemplar of exemplars) {
    const part = Math.floor(((exemplar.atMs - startMs) / (endMs - startMs)) * PARTS);
    const known = best.get(part);
    if (known === undefined || exemplar.value > known.value) best.set(part, exemplar);
  }
  return [...best].sort(([a], [b]) => a - b).map(([, exemplar]) => exemplar);
}
