// Sums up spans into the series of one aggregate, either span by span or from counts that a database has grouped already; both may be mixed.
//
//   observe(group, step, value)   one span ─┐
//   merge(group, step, cell)      many     ─┴─▶ group ─▶ steps (or buckets ─▶ steps) ─▶ series()
//
// Source: Tempo `pkg/traceql/engine_metrics.go` (GroupingAggregator, UngroupedAggregator, HistogramAggregator) and `engine_metrics_average.go`.

import { RequestError } from '../../../base/request-error.ts';
import type { Exemplar, TraceSeries } from '../../answers.ts';
import type { RangeAggregate } from '../ast.ts';
import { NIL, type Value } from '../value.ts';
import { log2Quantile } from './buckets.ts';
import { bucketOf, measuredNumber } from './measured.ts';
import { BUCKET_LABEL, NAME_LABEL, QUANTILE_LABEL, seriesKey, valueKey } from './series-key.ts';
import type { Steps } from './steps.ts';

/** Spans of one group and step. What an aggregate does not ask for may be left out: `bucket` is for quantiles and histograms, the others for the rest. */
export interface Cell {
  /** Spans that have the measured value; all of them for `rate` and `count_over_time`. */
  readonly count: number;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  /** Upper bound; undefined for spans that are in no bucket. */
  readonly bucket?: number | undefined;
}

/** An exemplar before it is known what its value is. */
export type ExemplarCandidate = Omit<Exemplar, 'value'>;

interface Group {
  readonly values: readonly Value[];
  readonly exemplars: Exemplar[];
  /** Results by step, of sums, least and greatest values; counts where an average needs them. */
  readonly results: Float64Array;
  readonly counts: Float64Array;
  /** By upper bound, counts by step. */
  readonly buckets: Map<number, Float64Array>;
}

const BUCKETED: ReadonlySet<RangeAggregate['fn']> = new Set(['quantile_over_time', 'histogram_over_time']);
/** Values of all groups, steps and buckets together: 8 bytes each. */
const VALUES_MAX = 20_000_000;
const COUNTED: ReadonlySet<RangeAggregate['fn']> = new Set(['rate', 'count_over_time']);

export interface AccumulatorOptions {
  readonly aggregate: RangeAggregate;
  /** The name of a label for each field of `by`. */
  readonly labels: readonly string[];
  readonly steps: Steps;
  readonly seriesMax: number;
}

export class Accumulator {
  readonly #options: AccumulatorOptions;
  readonly #isBucketed: boolean;
  readonly #isCounted: boolean;
  readonly #groups = new Map<string, Group>();
  #series = 0;
  #kept = 0;

  constructor(options: AccumulatorOptions) {
    this.#options = options;
    this.#isBucketed = BUCKETED.has(options.aggregate.fn);
    this.#isCounted = COUNTED.has(options.aggregate.fn);
    // Without groups there is one series, even of no spans.
    if (options.labels.length === 0 && this.#isCounted) this.#group([]);
  }

  /** One span: its groups' values in the order of `by`, the step of its start, and what is measured of it. */
  observe(values: readonly Value[], step: number, value: Value = NIL): void {
    if (this.#isBucketed) return this.merge(values, step, { count: 1, bucket: bucketOf(value) });
    if (this.#isCounted) return this.merge(values, step, { count: 1 });
    const number = measuredNumber(this.#options.aggregate.field, value);
    this.merge(values, step, { count: Number.isNaN(number) ? 0 : 1, sum: number, min: number, max: number });
  }

  merge(values: readonly Value[], step: number, cell: Cell): void {
    if (step < 0 || step >= this.#options.steps.count || (cell.count === 0 && !this.#isCounted)) return;
    if (this.#isBucketed && cell.bucket === undefined) return;
    const group = this.#group(values);
    const { results, counts } = group;
    const before = results[step] ?? NaN;
    switch (this.#options.aggregate.fn) {
      case 'rate':
      case 'count_over_time':
        results[step] = before + cell.count;
        return;
      case 'min_over_time':
        results[step] = least(before, cell.min);
        return;
      case 'max_over_time':
        results[step] = -least(-before, cell.max === undefined ? undefined : -cell.max);
        return;
      case 'sum_over_time':
      case 'avg_over_time':
        results[step] = (Number.isNaN(before) ? 0 : before) + (cell.sum ?? 0);
        counts[step] = (counts[step] ?? 0) + cell.count;
        return;
      case 'quantile_over_time':
      case 'histogram_over_time':
        this.#count(group, cell.bucket ?? 0, step, cell.count);
    }
  }

  /** Keeps an exemplar for a group that has spans. What was measured of the span says which bucket, or quantile, it stands for. */
  exemplar(values: readonly Value[], candidate: ExemplarCandidate, measured: Value = NIL): void {
    const { fn, field } = this.#options.aggregate;
    const value = fn === 'histogram_over_time' ? (bucketOf(measured) ?? NaN) : measuredNumber(field, measured);
    this.#groups.get(keyOf(values))?.exemplars.push({ ...candidate, value });
  }

  /** Series so far. */
  get size(): number {
    return this.#series;
  }

  series(): readonly TraceSeries[] {
    switch (this.#options.aggregate.fn) {
      case 'quantile_over_time':
        return this.#quantiles();
      case 'histogram_over_time':
        return [...this.#groups.values()].flatMap((group) => this.#histogram(group));
      default:
        return [...this.#groups.values()].map((group) => ({
          labels: this.#labelsOf(group.values),
          values: this.#valuesOf(group),
          exemplars: this.#isCounted ? group.exemplars.map(withoutValue) : group.exemplars,
        }));
    }
  }

  #group(values: readonly Value[]): Group {
    const key = keyOf(values);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const { steps, aggregate } = this.#options;
    this.#keep(this.#isBucketed ? 0 : aggregate.fn === 'avg_over_time' ? 2 : 1);
    const group: Group = {
      values,
      exemplars: [],
      results: new Float64Array(this.#isBucketed ? 0 : steps.count).fill(this.#isCounted ? 0 : NaN),
      counts: new Float64Array(aggregate.fn === 'avg_over_time' ? steps.count : 0),
      buckets: new Map(),
    };
    this.#groups.set(key, group);
    this.#grow(aggregate.fn === 'histogram_over_time' ? 0 : Math.max(1, aggregate.quantiles.length));
    return group;
  }

  #count(group: Group, bucket: number, step: number, count: number): void {
    let counts = group.buckets.get(bucket);
    if (counts === undefined) {
      this.#keep(1);
      counts = new Float64Array(this.#options.steps.count);
      group.buckets.set(bucket, counts);
      if (this.#options.aggregate.fn === 'histogram_over_time') this.#grow(1);
    }
    counts[step] = (counts[step] ?? 0) + count;
  }

  #grow(by: number): void {
    this.#series += by;
    const { seriesMax } = this.#options;
    if (this.#series > seriesMax)
      throw new RequestError('execution', `the query has more than ${seriesMax} series: group by less, or raise limits.query.seriesMax`);
  }

  /** Of so many columns of a value per step. */
  #keep(columns: number): void {
    const { count } = this.#options.steps;
    this.#kept += columns * count;
    if (this.#kept > VALUES_MAX)
      throw new RequestError(
        'execution',
        `the query has ${this.#groups.size} groups of ${count} steps, which is more than can be kept: ask for a longer step, or group by less`,
      );
  }

  #valuesOf({ results, counts }: Group): Float64Array {
    const { aggregate, steps } = this.#options;
    if (aggregate.fn === 'rate') return results.map((value) => value * (1 / (Number(steps.stepNs) / 1e9)));
    return aggregate.fn === 'avg_over_time' ? results.map((sum, step) => sum / (counts[step] ?? 0)) : results;
  }

  /** Labels whose values are nil are left out, unless all of them are: the first says so then. */
  #labelsOf(values: readonly Value[]): TraceSeries['labels'] {
    const { labels, aggregate } = this.#options;
    const [first] = labels;
    if (first === undefined) return this.#isBucketed ? [] : [[NAME_LABEL, { type: 'string', value: aggregate.fn }]];
    const found = labels.map((name, i) => [name, values[i] ?? NIL] as const).filter(([, value]) => value.type !== 'nil');
    return found.length > 0 || this.#isBucketed ? found : [[first, NIL]];
  }

  #histogram(group: Group): readonly TraceSeries[] {
    return bounds(group).map((bound) => ({
      labels: [...this.#labelsOf(group.values), [BUCKET_LABEL, { type: 'float', value: bound }]],
      values: group.buckets.get(bound) ?? new Float64Array(this.#options.steps.count),
      exemplars: group.exemplars.filter(({ value }) => value === bound).map(withoutValue),
    }));
  }

  /** An exemplar goes to the quantile of the whole query that it is next to. */
  #quantiles(): readonly TraceSeries[] {
    const { quantiles } = this.#options.aggregate;
    const groups = this.#joined();
    const overall = new Map<number, number>();
    for (const { buckets } of groups)
      for (const [bound, counts] of buckets)
        overall.set(
          bound,
          counts.reduce((sum, count) => sum + count, overall.get(bound) ?? 0),
        );
    const all = [...overall].map(([max, count]) => ({ max, count })).sort((a, b) => a.max - b.max);
    const values = quantiles.map((p) => log2Quantile(p, all));
    return groups.flatMap((group) =>
      quantiles.map((p, i) => ({
        labels: [...this.#labelsOf(group.values), [QUANTILE_LABEL, { type: 'float', value: p }] as const],
        values: this.#quantile(group, p),
        exemplars: group.exemplars.filter(({ value }) => nearest(values, value) === i),
      })),
    );
  }

  #quantile(group: Group, p: number): Float64Array {
    const maxima = bounds(group);
    return Float64Array.from({ length: this.#options.steps.count }, (_, step) =>
      log2Quantile(
        p,
        maxima.flatMap((max) => {
          const count = group.buckets.get(max)?.[step] ?? 0;
          return count === 0 ? [] : [{ max, count }];
        }),
      ),
    );
  }

  #joined(): readonly Group[] {
    return [...new Map([...this.#groups.values()].map((group) => [seriesKey(this.#labelsOf(group.values)), group])).values()];
  }
}

function keyOf(values: readonly Value[]): string {
  const [only] = values;
  if (values.length < 2) return only === undefined ? '' : valueKey(only);
  return values
    .map((value) => valueKey(value))
    .map((key) => `${key.length} ${key}`)
    .join('');
}

function least(before: number, value: number | undefined): number {
  if (value === undefined || Number.isNaN(value)) return before;
  return Number.isNaN(before) || value < before ? value : before;
}

function bounds(group: Group): readonly number[] {
  return [...group.buckets.keys()].sort((a, b) => a - b);
}

function withoutValue(exemplar: Exemplar): Exemplar {
  return { ...exemplar, value: NaN };
}

/** The first of the values that is nearest. */
function nearest(values: readonly number[], value: number): number {
  let best = -1;
  let distance = Infinity;
  for (const [i, each] of values.entries()) {
    const to = Math.abs(value - each);
    if (!(to < distance)) continue;
    best = i;
    distance = to;
  }
  return best;
}
