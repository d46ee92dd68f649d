// The program's own metrics: a small registry of counters, gauges and histograms with labels, rendered as OpenMetrics or as Prometheus text.
//
//   const refused = metrics.counter('sightline_refused_samples_total', 'Samples refused.', ['tenant', 'reason']);
//   refused.add(3, tenant, 'label_count');
//
// Memory is bounded: a family holds at most `SERIES_MAX` label sets; what comes after is counted in `sightline_self_metrics_dropped_total`.

import { assert } from './assert.ts';

export type SelfMetricsFormat = 'openmetrics' | 'text';

/** The content types of the two forms. */
export const SELF_METRICS_CONTENT_TYPE: Readonly<Record<SelfMetricsFormat, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  text: 'text/plain; version=0.0.4; charset=utf-8',
};

const SERIES_MAX = 10_000;
const SECONDS_BUCKETS: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export interface Counter {
  /** Adds `n` (not negative) to the series with these label values. */
  add(n: number, ...labelValues: readonly string[]): void;
}

export interface Gauge {
  set(value: number, ...labelValues: readonly string[]): void;
  add(n: number, ...labelValues: readonly string[]): void;
}

export interface Histogram {
  observe(value: number, ...labelValues: readonly string[]): void;
}

type Kind = 'counter' | 'gauge' | 'histogram';

/** A family of own metrics as it stood at one moment. */
export interface SelfMetricFamily {
  readonly kind: Kind;
  /** With the `_total` of a counter. */
  readonly name: string;
  readonly help: string;
  /** Upper bounds of a histogram's buckets, without +Inf. */
  readonly bounds: readonly number[];
  readonly series: readonly SelfMetricSeries[];
}

export interface SelfMetricSeries {
  readonly labels: readonly (readonly [name: string, value: string])[];
  /** Of a histogram: the sum of what was observed. */
  readonly value: number;
  /** Of a histogram: observations per bucket, not cumulative; the last is +Inf. */
  readonly buckets: readonly number[];
}

interface Series {
  readonly labelValues: readonly string[];
  value: number;
  /** Of a histogram: counts per bucket, not cumulative; the last is +Inf. */
  readonly buckets: number[];
}

export class SelfMetrics {
  readonly #families = new Map<string, Family>();
  readonly #collectors: (() => void)[] = [];
  readonly #dropped: Counter;

  constructor() {
    this.#dropped = this.counter('sightline_self_metrics_dropped_total', 'Label sets of own metrics beyond the bound of a family.');
  }

  /** A counter; `name` ends in `_total`. */
  counter(name: string, help: string, labels: readonly string[] = []): Counter {
    assert(name.endsWith('_total'), `counter ${name} does not end in _total`);
    const family = this.#family({ kind: 'counter', name, help, labels, bounds: [] });
    return { add: (n, ...labelValues) => family.add(n, labelValues) };
  }

  gauge(name: string, help: string, labels: readonly string[] = []): Gauge {
    const family = this.#family({ kind: 'gauge', name, help, labels, bounds: [] });
    return { add: (n, ...labelValues) => family.add(n, labelValues), set: (value, ...labelValues) => family.set(value, labelValues) };
  }

  /** A histogram; upper `bounds` rise, +Inf is added. The default bounds suit seconds. */
  histogram(name: string, help: string, labels: readonly string[] = [], bounds: readonly number[] = SECONDS_BUCKETS): Histogram {
    const family = this.#family({ kind: 'histogram', name, help, labels, bounds });
    return { observe: (value, ...labelValues) => family.observe(value, labelValues) };
  }

  /** Calls `collect` before every rendering, for values that are read rather than counted. */
  onCollect(collect: () => void): void {
    this.#collectors.push(collect);
  }

  /** All metrics as they stand, as data: what `render` writes. */
  families(): readonly SelfMetricFamily[] {
    for (const collect of this.#collectors) collect();
    return [...this.#families.values()].map((family) => family.data());
  }

  render(format: SelfMetricsFormat): string {
    for (const collect of this.#collectors) collect();
    let text = '';
    for (const family of this.#families.values()) text += family.render(format);
    return format === 'openmetrics' ? `${text}# EOF\n` : text;
  }

  #family(shape: FamilyShape): Family {
    assert(!this.#families.has(shape.name), `metric ${shape.name} is registered twice`);
    const family = new Family(shape, () => this.#dropped.add(1));
    this.#families.set(shape.name, family);
    return family;
  }
}

interface FamilyShape {
  readonly kind: Kind;
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly bounds: readonly number[];
}

class Family {
  readonly #shape: FamilyShape;
  readonly #series = new Map<string, Series>();
  readonly #onDrop: () => void;

  constructor(shape: FamilyShape, onDrop: () => void) {
    this.#shape = shape;
    this.#onDrop = onDrop;
    // A family without labels exists from the start, so that its zero can be seen.
    if (shape.labels.length === 0) this.#find([]);
  }

  add(n: number, labelValues: readonly string[]): void {
    const series = this.#find(labelValues);
    if (series !== undefined) series.value += n;
  }

  set(value: number, labelValues: readonly string[]): void {
    const series = this.#find(labelValues);
    if (series !== undefined) series.value = value;
  }

  observe(value: number, labelValues: readonly string[]): void {
    const series = this.#find(labelValues);
    if (series === undefined) return;
    const { bounds } = this.#shape;
    let i = 0;
    while (i < bounds.length && value > (bounds[i] ?? Infinity)) i++;
    series.buckets[i] = (series.buckets[i] ?? 0) + 1;
    series.value += value;
  }

  data(): SelfMetricFamily {
    const { kind, name, help, labels, bounds } = this.#shape;
    const series = [...this.#series.values()].map(({ labelValues, value, buckets }) => ({
      labels: labels.map((label, i): [string, string] => [label, labelValues[i] ?? '']),
      value,
      buckets: [...buckets],
    }));
    return { kind, name, help, bounds, series };
  }

  render(format: SelfMetricsFormat): string {
    const { kind, name, help } = this.#shape;
    const family = kind === 'counter' && format === 'openmetrics' ? name.slice(0, -'_total'.length) : name;
    let text = `# HELP ${family} ${escape(help, format === 'openmetrics')}\n# TYPE ${family} ${kind}\n`;
    for (const series of this.#series.values())
      text += kind === 'histogram' ? this.#renderHistogram(series) : this.#line(name, series, series.value);
    return text;
  }

  #renderHistogram(series: Series): string {
    const { name, bounds } = this.#shape;
    let text = '';
    let count = 0;
    series.buckets.forEach((n, i) => {
      count += n;
      text += this.#line(`${name}_bucket`, series, count, `le="${bounds[i] === undefined ? '+Inf' : number(bounds[i])}"`);
    });
    return text + this.#line(`${name}_sum`, series, series.value) + this.#line(`${name}_count`, series, count);
  }

  #line(name: string, series: Series, value: number, extra?: string): string {
    const labels = this.#shape.labels.map((label, i) => `${label}="${escape(series.labelValues[i] ?? '', true)}"`);
    if (extra !== undefined) labels.push(extra);
    return `${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`} ${number(value)}\n`;
  }

  #find(labelValues: readonly string[]): Series | undefined {
    const { labels, bounds, kind, name } = this.#shape;
    assert(labelValues.length === labels.length, `metric ${name} takes ${labels.length} label values`);
    const key = labelValues.join('\u0000');
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= SERIES_MAX) {
      this.#onDrop();
      return undefined;
    }
    const series = { labelValues, value: 0, buckets: kind === 'histogram' ? Array.from({ length: bounds.length + 1 }, () => 0) : [] };
    this.#series.set(key, series);
    return series;
  }
}

function number(value: number | undefined): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}

function escape(text: string, quotes: boolean): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return quotes ? escaped.replaceAll('"', '\\"') : escaped;
}
