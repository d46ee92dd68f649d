// How many samples come in, from the program's own counters.

import type { VectorSample } from '../../data/decode.ts';
import { seriesKey } from '../../data/samples.ts';
import { RATE_WINDOW_S } from './home-state.ts';

/** Samples that were stored, by whichever road they came, of every tenant. */
export const SAMPLES_QUERY = '{__name__=~"sightline_metrics_samples_total|sightline_metrics_histograms_total"}';

/** Growth per second of all counters together; nothing while there is only one instant to look at. */
export function samplesPerSecond(now: readonly VectorSample[], before: readonly VectorSample[]): number | undefined {
  const earlier = new Map(before.map((s) => [seriesKey(s.labels), s.value]));
  const grown = now.flatMap((s) => {
    const value = earlier.get(seriesKey(s.labels));
    return value === undefined ? [] : [s.value >= value ? s.value - value : s.value];
  });
  return grown.length === 0 ? undefined : grown.reduce((sum, value) => sum + value, 0) / RATE_WINDOW_S;
}
