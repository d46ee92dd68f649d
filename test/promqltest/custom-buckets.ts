// Classic histograms of a `load_with_nhcb` as native ones with custom buckets. Source: Prometheus util/convertnhcb.

import type { NativeHistogram } from '../../src/metrics/native-histogram.ts';
import { CUSTOM_BUCKETS_SCHEMA } from '../../src/metrics/native-histogram.ts';
import { parseFloatStrict } from '../../src/query/durations.ts';
import { METRIC_NAME, labelPairs, labelValue, labelsKey, labelsOf } from '../../src/query/labels.ts';
import type { Labels } from '../../src/query/labels.ts';
import type { LoadedSeries } from './load.ts';

interface Classic {
  /** Cumulative count by upper bound. */
  readonly buckets: Map<number, number>;
  count: number | undefined;
  sum: number;
}

interface Gathered {
  readonly labels: Labels;
  readonly byTime: Map<number, Classic>;
}

/** The native histograms that series make together; `le` that is no number is left out. Throws when counts do not add up. */
export function customBucketSeries(series: readonly LoadedSeries[]): LoadedSeries[] {
  const gathered = new Map<string, Gathered>();
  for (const each of series) gather(each, gathered);
  return [...gathered.values()].map(({ labels, byTime }) => ({
    labels,
    samples: [...byTime]
      .sort(([a], [b]) => a - b)
      .map(([ts, classic]) => ({ ts, value: { kind: 'histogram', histogram: converted(classic) } as const })),
  }));
}

function gather({ labels, samples }: LoadedSeries, gathered: Map<string, Gathered>): void {
  const [, base = '', part] = /^(.*)_(bucket|count|sum)$/s.exec(labelValue(labels, METRIC_NAME)) ?? [];
  const le = part === 'bucket' ? parseFloatStrict(labelValue(labels, 'le')) : 0;
  if (part === undefined || le === undefined || Number.isNaN(le)) return;
  const own = labelsOf([...labelPairs(labels)].map(([name, value]) => [name, name === 'le' ? '' : name === METRIC_NAME ? base : value]));
  const key = labelsKey(own);
  const group = gathered.get(key) ?? { labels: own, byTime: new Map<number, Classic>() };
  gathered.set(key, group);
  for (const { ts, value } of samples) {
    if (value.kind === 'histogram') continue;
    const number = value.kind === 'number' ? value.value : Number.NaN;
    const classic = group.byTime.get(ts) ?? { buckets: new Map<number, number>(), count: undefined, sum: 0 };
    group.byTime.set(ts, classic);
    if (part === 'sum') classic.sum = number;
    else if (part === 'count') classic.count = number;
    else if (!classic.buckets.has(le)) classic.buckets.set(le, number);
  }
}

function converted({ buckets, count, sum }: Classic): NativeHistogram {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const total = count ?? sorted.at(-1)?.[1];
  if (total === undefined) throw new Error('a classic histogram without buckets and count cannot be converted');
  if (sorted.at(-1)?.[0] !== Number.POSITIVE_INFINITY) sorted.push([Number.POSITIVE_INFINITY, total]);
  const counts = sorted.map(([, cumulative], i) => cumulative - (sorted[i - 1]?.[1] ?? 0));
  if (counts.some((own) => own < 0) || sorted.at(-1)?.[1] !== total) {
    throw new Error(`the counts of a classic histogram do not add up: ${JSON.stringify(sorted)}, count ${total}`);
  }
  return {
    schema: CUSTOM_BUCKETS_SCHEMA,
    counterResetHint: 'unknown',
    count: total,
    sum,
    zeroThreshold: 0,
    zeroCount: 0,
    positiveSpans: [{ offset: 0, length: counts.length }],
    positiveBuckets: counts,
    negativeSpans: [],
    negativeBuckets: [],
    customValues: sorted.slice(0, -1).map(([le]) => le),
  };
}
