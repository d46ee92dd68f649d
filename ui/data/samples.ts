// A matrix as the server sends it, laid on one grid of time so that it can be drawn, and the sums beside the drawing.

import type { Span } from './time-range.ts';

/** A series as it came: instants in seconds, values as numbers; NaN stands for NaN. */
export interface RawSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly times: readonly number[];
  readonly values: readonly number[];
  /** The values are the counts of native histograms. */
  readonly histogram: boolean;
}

export interface GridSeries {
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  /** One value for each instant of the grid; null is a gap. */
  readonly values: readonly (number | null)[];
}

export interface Grid {
  /** Seconds since the epoch, a step apart. */
  readonly times: readonly number[];
  readonly stepS: number;
  readonly series: readonly GridSeries[];
}

export interface Summary {
  readonly last: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
}

/** Nobody tells more lines apart, and a browser draws no more of them without a stutter. */
export const DRAWN_SERIES_MAX = 300;

/** A short key of a label set: FNV-1a over its pairs, in base 36. It stands in addresses. */
export function seriesKey(labels: Readonly<Record<string, string>>): string {
  const text = Object.keys(labels)
    .sort()
    .map((name) => `${name}\u0000${labels[name]}`)
    .join('\u0001');
  return hashText(text).toString(36);
}

/** FNV-1a, 32 bits. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The series over every step of the span. What falls between two steps counts for the nearer one; what is not finite is a gap. */
export function gridOf(series: readonly RawSeries[], span: Span, stepMs: number): Grid {
  const length = Math.floor((span.endMs - span.startMs) / stepMs) + 1;
  const times = Array.from({ length }, (_, i) => (span.startMs + i * stepMs) / 1000);
  const rows = series.map((raw): GridSeries => {
    const values = Array.from<number | null>({ length }).fill(null);
    raw.times.forEach((time, i) => {
      const at = Math.round((time * 1000 - span.startMs) / stepMs);
      const value = raw.values[i] ?? Number.NaN;
      if (at >= 0 && at < length && Number.isFinite(value)) values[at] = value;
    });
    return { key: seriesKey(raw.labels), labels: raw.labels, values };
  });
  return { times, stepS: stepMs / 1000, series: rows };
}

/**
 * How fast counters grow, per second, over a window before each instant. A value below its predecessor is a restart, and counts from zero.
 * The first `windowSteps` instants have no full window and are cut off.
 */
export function rateOf(grid: Grid, windowSteps: number): Grid {
  const series = grid.series.map((s) => ({ ...s, values: rateOfValues(s.values, grid.stepS, windowSteps).slice(windowSteps) }));
  return { ...grid, times: grid.times.slice(windowSteps), series };
}

function rateOfValues(values: readonly (number | null)[], stepS: number, windowSteps: number): (number | null)[] {
  return values.map((_, at) => {
    let first = -1;
    let previous = 0;
    let last = -1;
    let grown = 0;
    for (let i = Math.max(0, at - windowSteps); i <= at; i++) {
      const value = values[i];
      if (value === null || value === undefined) continue;
      if (first < 0) first = i;
      else grown += value >= previous ? value - previous : value;
      previous = value;
      last = i;
    }
    return last <= first || values[at] === null ? null : grown / ((last - first) * stepS);
  });
}

/** Steps of a rate's window: at least a minute, so that a step below the scrape interval shows no comb, and at least four steps. */
export function rateWindowSteps(stepMs: number): number {
  return Math.max(4, Math.ceil(60_000 / stepMs));
}

/** An earlier grid of as many instants drawn at the times of a later one; only the series that the later one has. */
export function beneath(later: Grid, earlier: Grid): readonly GridSeries[] {
  const byKey = new Map(earlier.series.map((s) => [s.key, s]));
  return later.series.flatMap((s) => {
    const before = byKey.get(s.key);
    return before ? [{ ...before, values: later.times.map((_, i) => before.values[i] ?? null) }] : [];
  });
}

export function summaryOf(values: readonly (number | null)[]): Summary {
  let last: number | null = null;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (value === null) continue;
    last = value;
    sum += value;
    count++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return count === 0 ? { last: null, min: null, max: null, mean: null } : { last, min, max, mean: sum / count };
}

/** The series with the greatest means, in their own order, and how many are left out. */
export function largestSeries(grid: Grid, max: number): { readonly grid: Grid; readonly leftOut: number } {
  if (grid.series.length <= max) return { grid, leftOut: 0 };
  const ranked = grid.series
    .map((s) => ({ s, mean: summaryOf(s.values).mean ?? Number.NEGATIVE_INFINITY }))
    .sort((a, b) => b.mean - a.mean);
  const kept = new Set(ranked.slice(0, max).map((r) => r.s));
  return { grid: { ...grid, series: grid.series.filter((s) => kept.has(s)) }, leftOut: grid.series.length - max };
}

/**
 * The part of the labels that all series share, and each one's name from the part that is its own.
 * Labels with the most values come first in a name, because a narrow place shows only its beginning.
 */
export function splitLabels(all: readonly Readonly<Record<string, string>>[]): {
  readonly common: Readonly<Record<string, string>>;
  readonly names: readonly string[];
} {
  const values = new Map<string, Set<string | undefined>>();
  for (const labels of all) for (const name of Object.keys(labels)) values.set(name, new Set());
  for (const labels of all) for (const [name, seen] of values) seen.add(labels[name]);
  const isCommon = (name: string): boolean => all.length > 1 && values.get(name)?.size === 1;
  const order = [...values].sort(([a, n], [b, m]) => m.size - n.size || (a < b ? -1 : 1)).map(([name]) => name);
  const common = Object.fromEntries(Object.entries(all[0] ?? {}).filter(([name]) => isCommon(name)));
  const own = order.filter((name) => !isCommon(name));
  return { common, names: all.map((labels) => seriesName(labels, own)) };
}

/** `name{a="b", c="d"}` of the labels in `order`. */
function seriesName(labels: Readonly<Record<string, string>>, order: readonly string[]): string {
  const metric = order.includes('__name__') ? (labels['__name__'] ?? '') : '';
  const inner = order
    .flatMap((name) => (name === '__name__' || labels[name] === undefined ? [] : [`${name}=${JSON.stringify(labels[name])}`]))
    .join(', ');
  return inner === '' ? metric || '{}' : `${metric}{${inner}}`;
}
