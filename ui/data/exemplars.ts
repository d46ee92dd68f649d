// Exemplars of a query's series, and what a chart draws of them: where they stand, what they say, and the trace that they lead to.

import { tracePath } from '../../src/links/links.ts';
import { traceIdsIn } from '../../src/links/trace-ids.ts';
import { isRecord } from './api.ts';
import type { Question } from './api.ts';
import { sampleValue } from './decode.ts';
import type { LabelSet } from './log-lines.ts';
import type { Span } from './time-range.ts';
import { unitOfName } from './units.ts';
import type { Quantity } from './units.ts';

export interface Exemplar {
  readonly series: LabelSet;
  readonly labels: LabelSet;
  readonly value: number;
  readonly atMs: number;
  /** What it measures, where the name of its series does not say. */
  readonly quantity?: Quantity;
}

/** A mark on a chart. */
export interface Mark {
  readonly atMs: number;
  /** Undefined where its value is of another kind than those of the chart. */
  readonly value: number | undefined;
  /** Its own value and kind, whatever the chart shows. */
  readonly own: number;
  readonly quantity: Quantity;
  readonly labels: LabelSet;
  /** The page of its trace, if it names one. */
  readonly path: string | undefined;
}

/** Nobody chooses among more diamonds. */
const EXEMPLARS_MAX = 100;

/** The exemplars of all series that a query selects: the greatest of each part of the span. */
export function queryExemplars(query: string, { startMs, endMs }: Span): Question<readonly Exemplar[]> {
  const params = [
    ['query', query],
    ['start', String(startMs / 1000)],
    ['end', String(endMs / 1000)],
    ['limit', String(EXEMPLARS_MAX)],
  ] as const;
  return { path: 'query_exemplars', params, decode: decodeExemplars };
}

function labelSet(value: unknown): LabelSet {
  return Object.fromEntries(Object.entries(isRecord(value) ? value : {}).map(([name, text]) => [name, String(text)]));
}

/** `data` of the answer. Source: Prometheus HTTP API documentation, "Querying exemplars". */
export function decodeExemplars(data: unknown): readonly Exemplar[] {
  if (!Array.isArray(data)) throw new Error('expected a list of series with exemplars');
  return data.flatMap((item: unknown) => {
    const row = isRecord(item) ? item : {};
    const series = labelSet(row['seriesLabels']);
    const exemplars: readonly unknown[] = Array.isArray(row['exemplars']) ? row['exemplars'] : [];
    return exemplars.flatMap((each): Exemplar[] => {
      if (!isRecord(each)) return [];
      return [{ series, labels: labelSet(each['labels']), value: sampleValue(each['value']), atMs: Number(each['timestamp']) * 1000 }];
    });
  });
}

/**
 * What a chart of a quantity draws, in the order of time. What one trace left in several series of a histogram is one mark. Values per second have no place
 * on an axis of what took seconds, and are marked beside it.
 */
export function marksOf(exemplars: readonly Exemplar[], chart: Quantity): readonly Mark[] {
  const marks = new Map<string, Mark>();
  for (const { series, labels, value, atMs, quantity: said } of exemplars) {
    if (!Number.isFinite(value) || !Number.isFinite(atMs)) continue;
    const quantity: Quantity = said ?? { unit: unitOfName((series['__name__'] ?? '').replace(/_bucket$/, '')), perSecond: false };
    const { le: _, ...own } = series;
    const [traceId] = traceIdsIn(Object.entries(labels));
    const path = traceId === undefined ? undefined : tracePath(traceId);
    const fits = quantity.unit === chart.unit && quantity.perSecond === chart.perSecond;
    marks.set(`${atMs} ${value} ${path}`, {
      atMs,
      value: fits ? value : undefined,
      own: value,
      quantity,
      labels: { ...own, ...labels },
      path,
    });
  }
  return [...marks.values()].sort((a, b) => a.atMs - b.atMs).slice(0, 2 * EXEMPLARS_MAX);
}

/** Values up to so many times the highest line belong to the picture: slow ones are looked for, but one does not flatten all others. */
const TIMES_LINE_MAX = 3;

/** The lowest and the highest value of a chart's lines, widened for marks that belong to the picture. */
export function boundsWith(marks: readonly Mark[], low: number | null, high: number | null): readonly [number | null, number | null] {
  const values = marks.flatMap(({ value }) => (value === undefined ? [] : [value]));
  if (low === null || high === null || values.length === 0) return [low, high];
  const most = high > 0 ? high * TIMES_LINE_MAX : high;
  const least = Math.min(0, low);
  return [Math.min(low, Math.max(least, Math.min(...values))), Math.max(high, Math.min(most, Math.max(...values)))];
}
