// From which duration on a request counts as slow: pure.

import type { RawSeries } from '../../data/samples.ts';

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
