// Hints of counter resets found while samples are read: what `histogram_count` and its like go by, which look at no bucket afterwards.
//
//   samples of a series ─▶ hint of each by the one before ─▶ aggregation, which tells of resets that collide
//
// Source: Prometheus 3.14, `HistogramStatsIterator` and `detectHistogramStatsDecoding`.

import type { HistogramSample } from '../read-samples.ts';
import { type Expr, type VectorSelector, children } from './ast.ts';
import { detectReset, withHint } from './histogram/arithmetic.ts';

const STATISTICS: readonly string[] = ['histogram_count', 'histogram_sum', 'histogram_avg'];
const OF_BUCKETS: readonly string[] = ['histogram_quantile', 'histogram_quantiles', 'histogram_fraction'];

/** The selectors whose histograms are asked for statistics alone: their samples get derived hints. */
export function selectorsOfStatistics(query: Expr): ReadonlySet<VectorSelector> {
  const found = new Set<VectorSelector>();
  collect(query, false, found);
  return found;
}

function collect(expr: Expr, isStatistic: boolean, found: Set<VectorSelector>): void {
  if (needsBuckets(expr)) return;
  if (expr.kind === 'vector' && isStatistic) found.add(expr);
  const within = isStatistic || (expr.kind === 'call' && STATISTICS.includes(expr.name));
  for (const child of children(expr)) collect(child, within, found);
}

/** A subquery leaves samples out or repeats them, so that a hint found before it would be wrong behind it. */
function needsBuckets(expr: Expr): boolean {
  if (expr.kind === 'binary') return expr.op === '</' || expr.op === '>/';
  return expr.kind === 'subquery' || (expr.kind === 'call' && OF_BUCKETS.includes(expr.name));
}

/** Samples whose unknown hints say what the sample before tells; that of the first stays unknown. */
export function withDerivedHints(samples: readonly HistogramSample[]): readonly HistogramSample[] {
  let previous: HistogramSample | undefined;
  return samples.map((sample) => {
    if (sample.kind === 'stale') return sample;
    const { histogram } = sample;
    const before = previous?.kind === 'histogram' ? previous.histogram : undefined;
    previous = sample;
    if (before === undefined || histogram.counterResetHint !== 'unknown') return sample;
    return { ...sample, histogram: withHint(histogram, detectReset(histogram, before) ? 'yes' : 'no') };
  });
}
