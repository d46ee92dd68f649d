// What tells the selected spans from the others: the attributes of a `compare()`, ranked by how much they differ.
//
//   series of `__meta_type` ─▶ counts by attribute, value and side ─▶ shares ─▶ the attributes that differ most, first

import { conditionText } from '../../data/trace-field.ts';
import type { InstantSeries, TypedLabel } from '../../data/trace-metrics.ts';
import type { TraceRow } from '../../data/trace-search.ts';
import { inRegion } from './trace-rows.ts';
import type { Region } from './traces-state.ts';

export type Side = 'selection' | 'baseline';

export interface ComparedValue {
  readonly value: string;
  /** As a condition that keeps the spans that have it. */
  readonly condition: string;
  /** Of all spans of a side, the part that has it: 0 to 1. */
  readonly selected: number;
  readonly others: number;
  readonly selectedCount: number;
  readonly othersCount: number;
  /** The value is none of a side's frequent ones: its part is known to be at most this. */
  readonly bounded: Side | undefined;
}

export interface ComparedAttribute {
  readonly name: string;
  readonly values: readonly ComparedValue[];
  /** There are more values than were asked for. */
  readonly hasMore: boolean;
  /** How much the sides differ, 0 to 1. */
  readonly difference: number;
}

export interface Comparison {
  readonly selectedSpans: number;
  readonly otherSpans: number;
  readonly attributes: readonly ComparedAttribute[];
}

interface Counted {
  readonly label: TypedLabel;
  readonly counts: Record<Side, number>;
}

interface Gathered {
  readonly values: Map<string, Counted>;
  readonly totals: Record<Side, number>;
  hasMore: boolean;
}

/** A few spans prove little: so many more are thought of that are as the others are. */
const PRIOR_SPANS = 10;

/** The series of a `compare()` over all of a range. Attributes that the selection itself names differ because it says so, and come last. */
export function comparisonOf(series: readonly InstantSeries[], selection = ''): Comparison {
  const gathered = new Map<string, Gathered>();
  for (const each of series) gather(gathered, each);
  // Every span has a name and a status, so that the largest total is of all spans.
  const most = (side: Side): number => [...gathered.values()].reduce((max, { totals }) => Math.max(max, totals[side]), 0);
  const [selectedSpans, otherSpans] = [most('selection'), most('baseline')];
  const attributes = [...gathered]
    .map(([name, of]) => attributeOf(name, of, { selectedSpans, otherSpans }))
    .filter(({ values }) => values.length > 0)
    .sort(
      (a, b) =>
        Number(selection.includes(a.name)) - Number(selection.includes(b.name)) ||
        b.difference - a.difference ||
        (a.name < b.name ? -1 : 1),
    );
  return { selectedSpans, otherSpans, attributes };
}

function gather(into: Map<string, Gathered>, { labels, value }: InstantSeries): void {
  const meta = labels.find(({ name }) => name.startsWith('__meta_'));
  const label = labels.find(({ name }) => !name.startsWith('__meta_'));
  if (meta === undefined || label === undefined) return;
  const known = into.get(label.name) ?? { values: new Map<string, Counted>(), totals: { selection: 0, baseline: 0 }, hasMore: false };
  into.set(label.name, known);
  if (meta.name === '__meta_error') known.hasMore = true;
  const side: Side = meta.value.startsWith('selection') ? 'selection' : 'baseline';
  if (meta.value === `${side}_total`) known.totals[side] += value;
  if (meta.value !== side) return;
  const key = `${label.type} ${label.value}`;
  const counted = known.values.get(key) ?? { label, counts: { selection: 0, baseline: 0 } };
  known.values.set(key, counted);
  counted.counts[side] += value;
}

interface Spans {
  readonly selectedSpans: number;
  readonly otherSpans: number;
}

const share = (count: number, of: number): number => (of === 0 ? 0 : Math.min(1, count / of));

function attributeOf(name: string, gathered: Gathered, spans: Spans): ComparedAttribute {
  const ranked = [...gathered.values.values()]
    .map((counted) => {
      const bounded = (['selection', 'baseline'] as const).find((side) => counted.counts[side] === 0 && !isWhole(gathered, side));
      const counts = bounded === undefined ? counted.counts : { ...counted.counts, [bounded]: leastListed(gathered, bounded) };
      return { value: valueOf(name, counted.label, { counts, bounded, spans }), weight: weightOf(counts, spans) };
    })
    .sort((a, b) => b.weight - a.weight || b.value.selectedCount - a.value.selectedCount);
  return { name, values: ranked.map(({ value }) => value), hasMore: gathered.hasMore, difference: ranked[0]?.weight ?? 0 };
}

function listed({ values }: Gathered, side: Side): readonly number[] {
  return [...values.values()].map(({ counts }) => counts[side]).filter((count) => count > 0);
}

/** Whether all values of a side are there: those that are listed make up all of its spans. */
function isWhole(gathered: Gathered, side: Side): boolean {
  if (!gathered.hasMore) return true;
  return listed(gathered, side).reduce((sum, count) => sum + count, 0) >= gathered.totals[side];
}

/** The most frequent values are listed: any other is no more frequent than the least of them. */
function leastListed(gathered: Gathered, side: Side): number {
  return Math.min(...listed(gathered, side), gathered.totals[side]);
}

interface Measured {
  readonly counts: Readonly<Record<Side, number>>;
  readonly bounded: Side | undefined;
  readonly spans: Spans;
}

function valueOf(name: string, label: TypedLabel, { counts, bounded, spans: { selectedSpans, otherSpans } }: Measured): ComparedValue {
  return {
    value: label.value,
    condition: conditionText(name, label),
    selected: share(counts.selection, selectedSpans),
    others: share(counts.baseline, otherSpans),
    selectedCount: counts.selection,
    othersCount: counts.baseline,
    bounded,
  };
}

/** The difference of the shares, the smaller the fewer spans it is known of. */
function weightOf(counts: Readonly<Record<Side, number>>, { selectedSpans, otherSpans }: Spans): number {
  const others = share(counts.baseline, otherSpans);
  const selected = share(counts.selection + PRIOR_SPANS * others, selectedSpans + PRIOR_SPANS);
  return Math.abs(selected - others);
}

/** Ids that a question's address has room for. */
const IDS_MAX = 150;

/** The traces of a region as a condition. Of more than an address holds every so many-th stands for the others. */
export function regionCondition(
  traces: readonly TraceRow[],
  region: Region,
): { readonly condition: string; readonly of: number; readonly named: number } {
  const within = traces.filter((trace) => inRegion(trace, region));
  const every = Math.max(1, within.length / IDS_MAX);
  const named = Array.from({ length: Math.min(within.length, IDS_MAX) }, (_, i) => within[Math.floor(i * every)]?.traceId ?? '');
  return { condition: named.map((id) => `trace:id = "${id}"`).join(' || '), of: within.length, named: named.length };
}
