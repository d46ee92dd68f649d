// How many lines of each level there are over time, laid out for the bars: one series for each level that occurs, the gravest lowest.

import type { Level } from '../../data/levels.ts';
import { LEVELS, levelOfWord } from '../../data/levels.ts';
import type { Grid, RawSeries } from '../../data/samples.ts';
import type { Span } from '../../data/time-range.ts';
import { alignSpan, stepFor } from '../../data/time-range.ts';

/** What is asked for: a point at the end of each bar. */
export interface BarsAsked {
  /** From the first bar's beginning to the last one's end. */
  readonly span: Span;
  readonly stepMs: number;
}

/** Bars of about the width of a letter. */
export function barsAsked(span: Span, widthPx: number): BarsAsked {
  const stepMs = stepFor(span, Math.min(160, Math.max(30, Math.floor(widthPx / 10))));
  return { span: alignSpan(span, stepMs), stepMs };
}

/** The instants at which counts over a step are asked: the end of each bar. */
export function countSpan({ span, stepMs }: BarsAsked): Span {
  return { startMs: span.startMs + stepMs, endMs: span.endMs };
}

export interface LevelCount {
  readonly level: Level;
  /** The words that the lines have for it: several may mean one level. */
  readonly words: readonly string[];
  readonly count: number;
}

export interface LevelBars {
  /** The series are in the order of `counts`. */
  readonly grid: Grid;
  readonly counts: readonly LevelCount[];
}

/** Series by `detected_level` as bars that begin where their counts do. */
export function levelBars(series: readonly RawSeries[], { span, stepMs }: BarsAsked): LevelBars {
  const length = Math.max(1, Math.round((span.endMs - span.startMs) / stepMs));
  const times = Array.from({ length }, (_, i) => (span.startMs + i * stepMs) / 1000);
  const byLevel = new Map<Level, { words: string[]; values: number[] }>();
  for (const { labels, times: at, values } of series) {
    const word = labels['detected_level'] ?? '';
    const level = levelOfWord(word);
    const sums = byLevel.get(level) ?? { words: [], values: Array.from({ length }, () => 0) };
    byLevel.set(level, sums);
    sums.words.push(word);
    at.forEach((time, i) => {
      const index = Math.round((time * 1000 - span.startMs) / stepMs) - 1;
      if (index >= 0 && index < length) sums.values[index] = (sums.values[index] ?? 0) + (values[i] ?? 0);
    });
  }
  const present = LEVELS.toReversed().filter((level) => byLevel.has(level));
  const counts = present.map((level): LevelCount => {
    const { words = [], values = [] } = byLevel.get(level) ?? {};
    return { level, words, count: values.reduce((sum, value) => sum + value, 0) };
  });
  const rows = present.map((level) => ({ key: level, labels: { level }, values: byLevel.get(level)?.values ?? [] }));
  return { grid: { times, stepS: stepMs / 1000, series: rows }, counts };
}
