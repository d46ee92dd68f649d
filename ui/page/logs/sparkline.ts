// A few numbers over time as the path of a small picture.

/** Sums of samples in `bars` equal parts of a span; times in seconds. */
export function sparkBars(samples: readonly (readonly [number, number])[], startS: number, endS: number, bars: number): readonly number[] {
  const sums = Array.from({ length: bars }, () => 0);
  for (const [time, value] of samples) {
    const at = Math.floor(((time - startS) / (endS - startS)) * bars);
    const index = Math.min(bars - 1, Math.max(0, at));
    sums[index] = (sums[index] ?? 0) + value;
  }
  return sums;
}

/** Bars of one unit's width and at most `height`, as an SVG path. */
export function barsPath(sums: readonly number[], height: number): string {
  const most = Math.max(...sums, 1);
  return sums
    .map((sum, i) => (sum === 0 ? '' : `M${i} ${height}v-${Math.max(1, (sum / most) * height).toFixed(2)}h0.8V${height}z`))
    .join('');
}
