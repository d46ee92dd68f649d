// Spans per second by status as bars that begin where their steps do, with how many spans there were of each.

import type { Grid, RawSeries } from '../../data/samples.ts';
import type { BarsAsked } from '../logs/level-bars.ts';

export interface StatusCount {
  readonly status: string;
  readonly count: number;
}

export interface StatusBars {
  /** The series are in the order of `counts`. */
  readonly grid: Grid;
  /** The gravest last, which is drawn lowest. */
  readonly counts: readonly StatusCount[];
}

const ORDER = ['unset', 'ok', 'error'] as const;

/** The server's points stand at the ends of their steps. */
export function statusBars(series: readonly RawSeries[], { span, stepMs }: BarsAsked): StatusBars {
  const length = Math.max(1, Math.round((span.endMs - span.startMs) / stepMs));
  const times = Array.from({ length }, (_, i) => (span.startMs + i * stepMs) / 1000);
  const byStatus = new Map<string, number[]>();
  for (const { labels, times: at, values } of series) {
    const status = labels['status'] ?? 'unset';
    const sums = byStatus.get(status) ?? Array.from({ length }, () => 0);
    byStatus.set(status, sums);
    at.forEach((time, i) => {
      const index = Math.round((time * 1000 - span.startMs) / stepMs) - 1;
      if (index >= 0 && index < length) sums[index] = (sums[index] ?? 0) + (values[i] ?? 0);
    });
  }
  const rows = ORDER.flatMap((status) => {
    const values = byStatus.get(status);
    const count = values?.reduce((sum, value) => sum + value, 0) ?? 0;
    return values === undefined || count === 0 ? [] : [{ status, values, count: (count * stepMs) / 1000 }];
  });
  return {
    grid: { times, stepS: stepMs / 1000, series: rows.map(({ status, values }) => ({ key: status, labels: { status }, values })) },
    counts: rows.map(({ status, count }) => ({ status, count })),
  };
}
