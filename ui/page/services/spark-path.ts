// A few numbers over time as a path: lines with gaps where there is no value, and a dot's width for a value between two gaps.

/** The path of values over a picture of `width` and `height`; `top` is drawn at its upper edge. */
export function sparkPath(values: readonly (number | null)[], width: number, height: number, top: number): string {
  const stepX = values.length < 2 ? 0 : width / (values.length - 1);
  const y = (value: number): string => (height - (top <= 0 ? 0 : Math.min(1, Math.max(0, value / top)) * height)).toFixed(1);
  let path = '';
  values.forEach((value, i) => {
    if (value === null) return;
    const before = values[i - 1] ?? null;
    const after = values[i + 1] ?? null;
    const point = `${(i * stepX).toFixed(1)} ${y(value)}`;
    path += before === null ? `M${point}` : `L${point}`;
    if (before === null && after === null) path += 'h1';
  });
  return path;
}

/** The largest value; 0 of none. */
export function sparkTop(values: readonly (number | null)[]): number {
  return values.reduce<number>((top, value) => Math.max(top, value ?? 0), 0);
}
