// OTLP metrics as series: the sink that both readers fill, writing samples as Prometheus's own OTLP endpoint does.
//
//   gauge, sum              ─▶ one sample
//   histogram               ─▶ _sum, _count, _bucket{le=…}, or a native histogram with custom buckets
//   exponential histogram   ─▶ a native histogram
//   summary                 ─▶ _sum, _count, {quantile=…}
//   resource                ─▶ target_info
//
// A point that cannot be stored is refused and counted, the others go on.

import { RequestError } from '../../base/request-error.ts';
import type { Resource, Scope } from '../../otlp/any-value.ts';
import { labelsKey, NO_LABELS } from '../../query/labels.ts';
import type { Labels } from '../../query/labels.ts';
import type { NativeHistogram } from '../native-histogram.ts';
import type { MetricType, MetricWrite, RefusalReason } from '../write.ts';
import { nativeOfExplicit, nativeOfExponential } from './otlp-buckets.ts';
import type { DeltaSession } from './otlp-delta.ts';
import { sameNumbers } from './otlp-delta-histograms.ts';
import { writeExemplars } from './otlp-exemplars.ts';
import type { ClassicSeries, FamilyMemory, LabelMemory, PointSeries, ScopeMemory } from './otlp-label-memory.ts';
import { identityLabels, named, pointLabels, promotedLabels, scopeLabels, withLabel } from './otlp-labels.ts';
import type { LabelContext, LabelNamer, SharedLabels } from './otlp-labels.ts';
import { metricName, unitName } from './otlp-naming.ts';
import type { NamedMetricKind } from './otlp-naming.ts';
import { FLAG_NO_RECORDED_VALUE, TEMPORALITY_CUMULATIVE, TEMPORALITY_DELTA } from './otlp-points.ts';
import type {
  ExponentialPoint,
  HistogramPoint,
  MetricData,
  MetricsSink,
  NumberPoint,
  OtlpMetric,
  OtlpPoint,
  SummaryPoint,
} from './otlp-points.ts';
import { PointRefused } from './otlp-refusal.ts';
import type { OtlpMetricsSettings } from './otlp-settings.ts';
import { targetInfoLabels, targetInfoName, targetInfoTimes } from './otlp-target-info.ts';

/** So many different warnings are told to a sender. */
const WARNINGS_MAX = 10;

export interface TranslateOptions {
  readonly settings: OtlpMetricsSettings;
  readonly namer: LabelNamer;
  readonly write: MetricWrite;
  readonly delta: DeltaSession;
  /** Label sets made before; undefined where attribute lists are new objects each time, as JSON's are. */
  readonly memory: LabelMemory | undefined;
}

/** What is the same for all points of a metric. */
interface Family {
  readonly name: string;
  readonly temporality: number;
  readonly memory: FamilyMemory | undefined;
}

export class OtlpTranslation implements MetricsSink {
  readonly #options: TranslateOptions;
  readonly #warnings = new Set<string>();
  #points = 0;
  #resource: Resource = { attributes: [] };
  #resourceLabels: SharedLabels = [];
  #context: LabelContext;
  /** Why no point of the resource or scope can be labelled; empty when they can. */
  #resourceFault = '';
  #scopeFault = '';
  #scopeMemory: ScopeMemory | undefined;
  #collisions = 0;
  #firstMs = Infinity;
  #lastMs = -Infinity;

  constructor(options: TranslateOptions) {
    this.#options = options;
    this.#context = { namer: options.namer, shared: [], collision: (keys, name) => this.#collision('data point', keys, name) };
  }

  /** How many data points came, and what the sender should be told though nothing was refused. */
  get outcome(): { readonly points: number; readonly warnings: readonly string[] } {
    return { points: this.#points, warnings: [...this.#warnings] };
  }

  beginResource(resource: Resource): void {
    const { settings, namer } = this.#options;
    this.#resource = resource;
    this.#firstMs = Infinity;
    this.#lastMs = -Infinity;
    this.#resourceLabels = identityLabels(resource);
    this.#resourceFault = faultOf(() => {
      this.#resourceLabels = [...this.#resourceLabels, ...promotedLabels(resource, settings, namer)];
    });
  }

  beginScope(scope: Scope): void {
    const { settings, namer, memory } = this.#options;
    this.#scopeFault = faultOf(() => {
      const shared = [...this.#resourceLabels, ...scopeLabels(scope, settings, namer)];
      this.#context = { ...this.#context, shared };
      this.#scopeMemory = memory?.scope(shared);
    });
  }

  metric(metric: OtlpMetric): void {
    const { data } = metric;
    this.#points += data.points.length;
    for (const { time } of data.points) {
      this.#firstMs = Math.min(this.#firstMs, time.ms);
      this.#lastMs = Math.max(this.#lastMs, time.ms);
    }
    const temporality = 'temporality' in data ? data.temporality : TEMPORALITY_CUMULATIVE;
    const fault = this.#metricFault(metric, temporality);
    if (fault !== undefined) {
      // A metric without data has no points, but is refused all the same.
      for (let i = 0; i < Math.max(1, data.points.length); i++) this.#refuse(fault.reason, fault.message);
      return;
    }
    if (data.points.length === 0) return;
    try {
      const name = metricName(metric.name, metric.unit, namedKind(data), this.#options.settings);
      this.#writeMetadata(metric, name, temporality);
      const scope = this.#scopeMemory;
      const family = scope === undefined ? undefined : this.#options.memory?.family(scope, `${data.kind} ${name}`);
      this.#writePoints(data, { name, temporality, memory: family });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      for (let i = 0; i < data.points.length; i++) this.#refuse('invalid_labels', error.message);
    }
  }

  endResource(): void {
    const { settings, namer, write } = this.#options;
    if (!settings.targetInfo || this.#lastMs < this.#firstMs) return;
    const fault = faultOf(() => {
      const collision = (keys: readonly string[], name: string) => this.#collision('resource', keys, name);
      const labels = targetInfoLabels(this.#resource, settings, { namer, collision });
      if (labels === undefined) return;
      write.metadata({ metric: targetInfoName(settings), type: 'gauge', help: 'Target metadata', unit: '' });
      for (const ts of targetInfoTimes(this.#firstMs, this.#lastMs)) write.sample(labels, ts, 1);
    });
    if (fault !== '') this.#warn(`target_info is not written: ${fault}`);
  }

  #metricFault({ name, data }: OtlpMetric, temporality: number): PointRefused | undefined {
    if (data.kind === 'none') {
      const what = `could not get aggregation temporality for ${name} as it has unsupported metric type Empty`;
      return new PointRefused('invalid_metric', what);
    }
    const allowed =
      temporality === TEMPORALITY_CUMULATIVE || (temporality === TEMPORALITY_DELTA && this.#options.settings.delta !== 'refuse');
    const quoted = JSON.stringify(name);
    if (!allowed) {
      const why = temporality === TEMPORALITY_DELTA ? ' (limits.otlp.delta is refuse)' : '';
      return new PointRefused('invalid_metric', `invalid temporality and type combination for metric ${quoted}${why}`);
    }
    const fault = this.#resourceFault || this.#scopeFault;
    return fault === '' ? undefined : new PointRefused('invalid_labels', `metric ${quoted}: ${fault}`);
  }

  #writeMetadata({ data, description, unit }: OtlpMetric, name: string, temporality: number): void {
    const native = temporality === TEMPORALITY_DELTA && this.#options.settings.delta === 'native';
    const type = native ? 'unknown' : metricType(data);
    this.#options.write.metadata({ metric: name, type, help: description, unit: unitName(unit) });
  }

  #writePoints(data: MetricData, family: Family): void {
    switch (data.kind) {
      case 'none':
        return;
      case 'gauge':
        for (const point of data.points) this.#each(() => this.#gauge(point, family));
        return;
      case 'sum':
        for (const point of data.points) this.#each(() => this.#sum(point, family));
        return;
      case 'histogram':
        for (const point of data.points) this.#each(() => this.#histogram(point, family));
        return;
      case 'exponential':
        for (const point of data.points) this.#each(() => this.#exponential(point, family));
        return;
      case 'summary':
        for (const point of data.points) this.#each(() => this.#summary(point, family));
        return;
    }
  }

  /** Writes a point; one that cannot be stored is refused. */
  #each(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (error instanceof PointRefused) this.#refuse(error.reason, error.message);
      else if (error instanceof RequestError) this.#refuse('invalid_labels', error.message);
      else throw error;
    }
  }

  #gauge(point: NumberPoint, family: Family): void {
    const labels = this.#series(point, family);
    // When a gauge began says nothing of its value.
    this.#sample(labels, point, point.value, 0);
  }

  #sum(given: NumberPoint, family: Family): void {
    const labels = this.#series(given, family);
    const point = this.#summedUp(given, family) ? this.#options.delta.number(labelsKey(labels), given) : given;
    this.#sample(labels, point, point.value);
    writeExemplars(this.#options.write, point, () => labels);
  }

  #histogram(given: HistogramPoint, family: Family): void {
    checkBounds(given, family.name);
    if (this.#options.settings.convertHistogramsToNhcb) {
      const labels = this.#series(given, family);
      const point = this.#summedUp(given, family) ? this.#options.delta.histogram(labelsKey(labels), given) : given;
      this.#native(labels, point, nativeOfExplicit(point, this.#isNativeDelta(family) ? 'gauge' : 'unknown'));
      return;
    }
    const series = this.#classicSeries(given, family);
    const point = this.#summedUp(given, family) ? this.#options.delta.histogram(labelsKey(series.count), given) : given;
    this.#classic(series, point);
  }

  #classic(series: ClassicSeries, point: HistogramPoint): void {
    if (point.sum !== undefined) this.#sample(series.sum, point, point.sum);
    this.#sample(series.count, point, point.count);
    const { bounds, buckets } = series;
    let below = 0;
    // The last bucket is that of +Inf, which takes all; where the sender gives +Inf as a bound too, it is the same series.
    for (let i = 0; i < buckets.length - 1 && i < point.bucketCounts.length; i++) {
      below += point.bucketCounts[i] ?? 0;
      this.#sample(buckets[i] ?? NO_LABELS, point, below);
    }
    const last = buckets.at(-1) ?? NO_LABELS;
    this.#sample(last, point, point.count);
    writeExemplars(this.#options.write, point, (value) => buckets[bounds.findIndex((bound) => value <= bound)] ?? last);
  }

  /** The one series of a point. */
  #series(point: OtlpPoint, family: Family): Labels {
    const known = family.memory?.get(point.attributes);
    if (known !== undefined && !('buckets' in known)) return known;
    return this.#remember(point, family, () => named(pointLabels(point.attributes, this.#context), family.name));
  }

  #classicSeries(point: HistogramPoint, family: Family): ClassicSeries {
    const known = family.memory?.get(point.attributes);
    if (known !== undefined && 'buckets' in known && sameNumbers(known.bounds, point.explicitBounds)) return known;
    return this.#remember(point, family, () => {
      const base = pointLabels(point.attributes, this.#context);
      const bucket = named(base, `${family.name}_bucket`);
      const bounds = point.explicitBounds.filter((bound) => bound !== Infinity);
      return {
        bounds: point.explicitBounds,
        sum: named(base, `${family.name}_sum`),
        count: named(base, `${family.name}_count`),
        buckets: [...bounds.map(decimal), '+Inf'].map((le) => withLabel(bucket, 'le', le)),
      };
    });
  }

  #remember<Made extends PointSeries>(point: OtlpPoint, { memory }: Family, make: () => Made): Made {
    const collisions = this.#collisions;
    const made = make();
    // A collision is made again with each request, so that each is told of it.
    if (collisions === this.#collisions) memory?.set(point.attributes, made);
    return made;
  }

  #exponential(given: ExponentialPoint, family: Family): void {
    const labels = this.#series(given, family);
    const point = this.#summedUp(given, family) ? this.#options.delta.exponential(labelsKey(labels), given) : given;
    this.#native(labels, point, nativeOfExponential(point, this.#isNativeDelta(family) ? 'gauge' : 'unknown'));
  }

  #native(labels: Labels, point: HistogramPoint | ExponentialPoint, native: NativeHistogram): void {
    const { write } = this.#options;
    if (hasNoValue(point)) write.stale(labels, point.time.ms);
    else write.histogram(labels, point.time.ms, native, point.start.ms);
    writeExemplars(write, point, () => labels);
    if (point.count === 0 && native.sum !== 0 && !hasNoValue(point)) {
      this.#warn(`histogram data point has zero count, but non-zero sum: ${native.sum}`);
    }
  }

  #summary(point: SummaryPoint, { name }: Family): void {
    const base = pointLabels(point.attributes, this.#context);
    this.#sample(named(base, `${name}_sum`), point, point.sum);
    this.#sample(named(base, `${name}_count`), point, point.count);
    const quantiles = named(base, name);
    for (const { quantile, value } of point.quantiles) this.#sample(withLabel(quantiles, 'quantile', decimal(quantile)), point, value);
  }

  #sample(labels: Labels, point: OtlpPoint, value: number, startMs = point.start.ms): void {
    const { write } = this.#options;
    if (hasNoValue(point)) write.stale(labels, point.time.ms);
    else write.sample(labels, point.time.ms, value, startMs);
  }

  /** True for a delta point that belongs into its stream's sum. */
  #summedUp(point: OtlpPoint, { temporality }: Family): boolean {
    return temporality === TEMPORALITY_DELTA && this.#options.settings.delta === 'cumulative' && !hasNoValue(point);
  }

  #isNativeDelta({ temporality }: Family): boolean {
    return temporality === TEMPORALITY_DELTA && this.#options.settings.delta === 'native';
  }

  #refuse(reason: RefusalReason, message: string): void {
    this.#options.write.refuse(reason, message);
  }

  #collision(what: string, keys: readonly string[], name: string): void {
    this.#collisions++;
    const list = keys.map((key) => JSON.stringify(key)).join(', ');
    this.#warn(
      `OTLP ${what} attributes ${list} collide as label ${JSON.stringify(name)} after name sanitization, values are concatenated with ';'`,
    );
  }

  #warn(message: string): void {
    if (this.#warnings.size < WARNINGS_MAX) this.#warnings.add(message);
  }
}

function hasNoValue(point: OtlpPoint): boolean {
  return (point.flags & FLAG_NO_RECORDED_VALUE) !== 0;
}

/** The message of the caller's mistake that `run` meets, or empty. */
function faultOf(run: () => void): string {
  try {
    run();
    return '';
  } catch (error) {
    if (error instanceof RequestError) return error.message;
    throw error;
  }
}

function checkBounds(point: HistogramPoint, name: string): void {
  const bounds = point.explicitBounds;
  if (bounds.every((bound, i) => (i === 0 ? !Number.isNaN(bound) : bound > (bounds[i - 1] ?? NaN)))) return;
  throw new PointRefused('invalid_histogram', `histogram ${name}: explicit bounds do not increase: ${bounds.slice(0, 20).join(', ')}`);
}

/** A number in decimals without an exponent, as the values of `le` and `quantile` are written. */
export function decimal(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  const text = String(value);
  if (!text.includes('e')) return text;
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign = '', lead = '', fraction = '', exponent = '0'] = parts;
  const digits = lead + fraction;
  const point = 1 + Number(exponent);
  return point <= 0 ? `${sign}0.${'0'.repeat(-point)}${digits}` : sign + digits.padEnd(point, '0');
}

function namedKind(data: MetricData): NamedMetricKind {
  if (data.kind === 'sum') return data.monotonic ? 'monotonic_sum' : 'sum';
  return data.kind === 'none' ? 'gauge' : data.kind;
}

function metricType(data: MetricData): MetricType {
  switch (data.kind) {
    case 'none':
      return 'unknown';
    case 'gauge':
      return 'gauge';
    case 'sum':
      return data.monotonic ? 'counter' : 'gauge';
    case 'histogram':
    case 'exponential':
      return 'histogram';
    case 'summary':
      return 'summary';
  }
}
