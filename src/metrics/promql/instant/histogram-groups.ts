// The histograms of an instant vector: native ones as they are, classic ones gathered from their buckets' series.
//
//   x_bucket{a="1", le="0.5"} ─┐
//   x_bucket{a="1", le="+Inf"} ┴─▶ one group x_bucket{a="1"}, its series by ascending bound
//   y{a="1"} with histograms   ───▶ one native
//
// Source: Prometheus 3.14. Where a native histogram and buckets of the same labels meet at a step, neither counts.

import { parseFloatStrict } from '../../../query/durations.ts';
import { type Labels, labelPairs, labelsKey, labelsOf, labelValue, METRIC_NAME } from '../../../query/labels.ts';
import { quote } from '../../../query/scanner.ts';
import type { Position } from '../ast.ts';
import { addBucket, type Buckets } from './classic-histogram.ts';
import type { Evaluation } from '../steps/evaluation.ts';
import { FLOAT_AT, HISTOGRAM_AT, NOTHING_AT, type StepSeries } from '../steps/step-series.ts';

const BUCKET_LABEL = 'le';

interface BoundedSeries {
  readonly bound: number;
  readonly series: StepSeries;
}

export interface ClassicGroup {
  /** With the metric's name, without `le`. */
  readonly labels: Labels;
  readonly members: readonly BoundedSeries[];
}

export interface HistogramGroups {
  /** Series with histograms; those that conflict with buckets are gone from their steps. */
  readonly natives: readonly StepSeries[];
  /** Buckets that conflict with a native histogram are gone from their steps. */
  readonly classics: readonly ClassicGroup[];
}

/** Sorts out the series, and warns of what is no histogram at the place of the argument. */
export function groupHistograms(series: readonly StepSeries[], evaluation: Evaluation, at: Position): HistogramGroups {
  const groups = new Map<string, { labels: Labels; members: BoundedSeries[] }>();
  const natives: StepSeries[] = [];
  for (const one of series) {
    if (one.has.includes(HISTOGRAM_AT)) natives.push(one);
    if (!one.has.includes(FLOAT_AT)) continue;
    const le = labelValue(one.labels, BUCKET_LABEL);
    const bound = parseFloatStrict(le);
    if (bound === undefined) {
      const problem = `bucket label "le" is missing or has a malformed value of ${quote(le)}`;
      evaluation.annotations.warn(problem + forMetric(one.labels, evaluation), at);
      continue;
    }
    const labels = labelsOf([...labelPairs(one.labels)].filter(([name]) => name !== BUCKET_LABEL));
    const key = labelsKey(labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels, members: [{ bound, series: one }] });
    else group.members.push({ bound, series: one });
  }
  for (const native of natives) {
    const group = groups.get(labelsKey(native.labels));
    if (group !== undefined && dropConflicts(native, group))
      evaluation.annotations.warn(`vector contains a mix of classic and native histograms${forMetric(native.labels, evaluation)}`, at);
  }
  for (const { members } of groups.values()) members.sort((a, b) => (a.bound < b.bound ? -1 : a.bound > b.bound ? 1 : 0));
  return { natives, classics: [...groups.values()] };
}

/** ` for metric name "x"`: known only where names are not dropped before the end. */
export function forMetric(labels: Labels, { settings }: Evaluation): string {
  const name = settings.delayedNameRemoval ? labelValue(labels, METRIC_NAME) : '';
  return name === '' ? '' : ` for metric name ${quote(name)}`;
}

/** Takes away both at every step that has both; true when there was one. */
function dropConflicts(native: StepSeries, { members }: ClassicGroup): boolean {
  let any = false;
  for (let step = 0; step < native.has.length; step++) {
    if (native.has[step] !== HISTOGRAM_AT) continue;
    const buckets = members.filter(({ series }) => series.has[step] === FLOAT_AT);
    if (buckets.length === 0) continue;
    any = true;
    native.has[step] = NOTHING_AT;
    for (const { series } of buckets) series.has[step] = NOTHING_AT;
  }
  return any;
}

/** Room for the buckets of one step of any group. */
export function bucketsFor({ classics }: HistogramGroups): Buckets {
  const most = classics.reduce((max, { members }) => Math.max(max, members.length), 0);
  return { bounds: new Float64Array(most), counts: new Float64Array(most), length: 0 };
}

/** The group's buckets at a step. */
export function fillBuckets(buckets: Buckets, { members }: ClassicGroup, step: number): void {
  buckets.length = 0;
  for (const { bound, series } of members) if (series.has[step] === FLOAT_AT) addBucket(buckets, bound, series.values[step] as number);
}
