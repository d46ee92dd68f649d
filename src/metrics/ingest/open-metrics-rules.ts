// What OpenMetrics demands beyond its grammar, checked line by line as a page is parsed: metadata once and before the samples,
// values and labels that fit the type, groups in one piece, timestamps that do not go back, histograms whose buckets add up.
//
// It is as strict as the specification where that harms no page that Prometheus reads: samples that do not belong to the family
// above them are of unknown type and free, a histogram's or summary's `_count` may carry an exemplar, an info metric may lack `_info`.
// Source: OpenMetrics 1.0.0, "Data model" and "Text format".

import type { MetricType } from '../write.ts';
import { parseGoFloatText } from './go-float.ts';
import { matches } from './text-series.ts';
import type { TextSeries } from './text-series.ts';

const SUFFIXES: Readonly<Record<MetricType, readonly string[]>> = {
  counter: ['', '_total', '_created'],
  gauge: [''],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  gaugehistogram: ['_bucket', '_gcount', '_gsum'],
  summary: ['', '_count', '_sum', '_created'],
  info: ['', '_info'],
  stateset: [''],
  unknown: [''],
};

/** Suffixes whose samples count something: not NaN, and but for sums not negative. */
const COUNTED = new Set(['_total', '_bucket', '_count', '_sum', '_gcount', '_gsum']);

const EXEMPLARS: Readonly<Record<MetricType, readonly string[]>> = {
  counter: ['', '_total'],
  gauge: [],
  histogram: ['_bucket', '_count'],
  gaugehistogram: ['_bucket'],
  summary: ['', '_count', '_sum'],
  info: [],
  stateset: [],
  unknown: [''],
};

const GROUPED: ReadonlySet<MetricType> = new Set<MetricType>(['histogram', 'gaugehistogram', 'summary']);
const STARTED: ReadonlySet<MetricType> = new Set<MetricType>(['counter', 'histogram', 'summary']);

/** What was seen of the histogram or summary of one group and timestamp. */
interface ObservedGroup {
  le: number | undefined;
  last: number;
  count: number | undefined;
  sum: boolean;
  /** A negative sum or quantile. */
  negative: boolean;
  negativeBuckets: boolean;
}

export class OpenMetricsRules {
  readonly #fail: (what: string) => never;
  readonly #declared = new Set<string>();
  readonly #claimed = new Set<string>();
  #name = '';
  /** The name's bytes as one character each, to be compared with those of samples. */
  #rawName = '';
  #type: MetricType | undefined;
  #unit = '';
  #hasSamples = false;
  /** Whether the sample last seen belongs to the family last declared. */
  #belongs = false;
  #suffix = '';
  /** Upper bound of the bucket last seen. */
  #le = 0;
  #groups = new Set<string>();
  #group: string | undefined;
  #ts: number | undefined;
  /** Where the series above stands in the page. */
  #aboveFrom = 0;
  #aboveTo = -1;
  #observed: ObservedGroup | undefined;

  constructor(fail: (what: string) => never) {
    this.#fail = fail;
  }

  /** A metadata line for `name`. */
  declare(kind: string, name: string): void {
    const declaration = `${kind} ${name}`;
    if (this.#declared.has(declaration)) this.#fail(`more than one ${kind} for metric ${JSON.stringify(name)}`);
    this.#declared.add(declaration);
    if (name === this.#name) {
      if (this.#hasSamples) this.#fail(`${kind} after samples of metric ${JSON.stringify(name)}`);
      return;
    }
    this.finish();
    this.#name = name;
    this.#rawName = Buffer.from(escape(name)).toString('latin1');
    this.#type = undefined;
    this.#unit = '';
    this.#hasSamples = false;
  }

  type(type: MetricType): void {
    this.#type = type;
    for (const suffix of new Set(['', ...SUFFIXES[type]])) {
      const claimed = this.#name + suffix;
      if (this.#claimed.has(claimed))
        this.#fail(`metric ${JSON.stringify(this.#name)} clashes with another one's ${JSON.stringify(claimed)}`);
      this.#claimed.add(claimed);
    }
    this.#checkUnit();
  }

  unit(unit: string): void {
    this.#unit = unit;
    this.#checkUnit();
  }

  #checkUnit(): void {
    if (this.#unit !== '' && (this.#type === 'info' || this.#type === 'stateset')) this.#fail(`unit on a metric of type ${this.#type}`);
  }

  /** A sample line; true when it is its group's `_created`. */
  sample(series: TextSeries, value: number, ts: number | undefined, hasExemplar: boolean): boolean {
    const suffix = this.#suffixOf(series);
    const type = suffix === undefined ? 'unknown' : (this.#type ?? 'unknown');
    if (suffix === undefined) this.#stranger(series, hasExemplar);
    else {
      this.#belongs = true;
      this.#hasSamples = true;
      this.#suffix = suffix;
      if (hasExemplar && this.#type !== undefined && !EXEMPLARS[type].includes(suffix)) this.#fail(`exemplar on a ${type} sample`);
      if (this.#type !== undefined) this.#values(type, suffix, series, value);
    }
    const created = suffix === '_created';
    if (GROUPED.has(type)) this.#grouped(type, series, value, ts);
    else if (!created) this.#inSeriesOrder(series, ts, type);
    return created;
  }

  /** The end of the family's samples. */
  finish(): void {
    this.#finishGroup();
    this.#groups.clear();
    this.#group = undefined;
    this.#ts = undefined;
    this.#aboveTo = -1;
    this.#belongs = false;
  }

  /** Whether the sample last seen may have a start timestamp. */
  hasStart(): boolean {
    return this.#belongs && this.#type !== undefined && STARTED.has(this.#type);
  }

  /** Whether a line is a `_created` of the family. */
  isCreated(series: TextSeries): boolean {
    return this.#suffixOf(series) === '_created';
  }

  /** The labels that make a group: all but `le` of a histogram and `quantile` of a summary. */
  groupOf(series: TextSeries): string {
    const except = this.#type === 'summary' ? 'quantile' : this.#type === 'histogram' || this.#type === 'gaugehistogram' ? 'le' : '';
    return series.group(except === '' ? -1 : series.find(except));
  }

  /** What the sample's name adds to the family's; undefined when it belongs to no family. */
  #suffixOf(series: TextSeries): string | undefined {
    const length = this.#rawName.length;
    const rest = series.nameTo - series.nameFrom - length;
    if (length === 0 || rest < 0 || rest > 8 || !matches(series.bytes, series.nameFrom, this.#rawName)) return undefined;
    const suffix = rest === 0 ? '' : series.bytes.toString('latin1', series.nameFrom + length, series.nameTo);
    return SUFFIXES[this.#type ?? 'unknown'].includes(suffix) ? suffix : undefined;
  }

  /** A sample under no metadata of its own. */
  #stranger(series: TextSeries, hasExemplar: boolean): void {
    if (hasExemplar && (this.#type === 'histogram' || this.#type === 'gaugehistogram')) {
      const name = series.bytes.toString('latin1', series.nameFrom, series.nameTo);
      if (name === `${this.#rawName}_sum` || name === `${this.#rawName}_gsum`) this.#fail(`exemplar on the sum of a ${this.#type}`);
    }
    if (this.#belongs) this.finish();
  }

  #values(type: MetricType, suffix: string, series: TextSeries, value: number): void {
    if (type === 'stateset') {
      if (series.labelCount === 0) this.#fail('stateset sample without its label');
      if (value !== 0 && value !== 1) this.#fail('stateset value other than 0 and 1');
    } else if (type === 'info' && value !== 1) this.#fail('info value other than 1');
    else if (type === 'summary' && suffix === '') {
      this.#number(series, 'quantile', (quantile) => quantile >= 0 && quantile <= 1);
    } else if (suffix === '_bucket') this.#le = this.#number(series, 'le', (le) => !Number.isNaN(le));
    if (!COUNTED.has(suffix)) return;
    if (Number.isNaN(value)) this.#fail(`${type}'s ${suffix} is NaN`);
    if (value < 0 && suffix !== '_gsum' && suffix !== '_sum') this.#fail(`${type}'s ${suffix} is negative`);
    if (type === 'histogram' && suffix !== '_sum' && !Number.isInteger(value)) this.#fail(`histogram's ${suffix} is no whole number`);
  }

  #number(series: TextSeries, label: string, valid: (value: number) => boolean): number {
    const index = series.find(label);
    const text = index < 0 ? '' : series.value(index);
    const value = parseGoFloatText(text);
    if (value === undefined || !valid(value) || (value === Infinity && text !== '+Inf')) this.#fail(`missing or invalid label ${label}`);
    return value;
  }

  #grouped(type: MetricType, series: TextSeries, value: number, ts: number | undefined): void {
    const group = this.groupOf(series);
    const sameGroup = group === this.#group;
    if (!sameGroup && this.#groups.has(group)) this.#fail('samples of one group are not together');
    if (!sameGroup || (ts !== this.#ts && this.#suffix !== '_created')) {
      this.#finishGroup();
      this.#observed = { le: undefined, last: 0, count: undefined, sum: false, negative: false, negativeBuckets: false };
    }
    if (this.#suffix !== '_created') this.#inOrder(group, ts, type);
    else if (!sameGroup) {
      this.#group = group;
      this.#ts = ts;
    }
    if (!sameGroup) this.#groups.add(group);
    if (this.#observed !== undefined) this.#observe(this.#observed, value);
  }

  #inOrder(group: string, ts: number | undefined, type: MetricType): void {
    if (group === this.#group) this.#notBack(ts, type);
    this.#group = group;
    this.#ts = ts;
  }

  /** As `inOrder`, where every series is a group of its own: compared as bytes, because most pages are made of these. */
  #inSeriesOrder(series: TextSeries, ts: number | undefined, type: MetricType): void {
    const { bytes, from, to } = series;
    const same = to - from === this.#aboveTo - this.#aboveFrom && bytes.compare(bytes, this.#aboveFrom, this.#aboveTo, from, to) === 0;
    if (same) this.#notBack(ts, type);
    this.#aboveFrom = from;
    this.#aboveTo = to;
    this.#ts = ts;
  }

  #notBack(ts: number | undefined, type: MetricType): void {
    if ((ts === undefined) !== (this.#ts === undefined)) this.#fail('samples with and without timestamp in one group');
    if (ts !== undefined && this.#ts !== undefined && ts < this.#ts && type !== 'info') this.#fail('timestamp before the one above');
  }

  #observe(histogram: ObservedGroup, value: number): void {
    if (this.#suffix === '_bucket') {
      const le = this.#le;
      if (le < 0) histogram.negativeBuckets = true;
      if (histogram.le !== undefined && le <= histogram.le) this.#fail('buckets out of order');
      if (value < histogram.last) this.#fail('bucket value below the one before');
      histogram.le = le;
      histogram.last = value;
    } else if (this.#suffix === '_count' || this.#suffix === '_gcount') histogram.count = value;
    else if (this.#suffix === '_sum' || this.#suffix === '_gsum') {
      histogram.sum = true;
      if (value < 0) histogram.negative = true;
    } else if (value < 0) histogram.negative = true;
  }

  #finishGroup(): void {
    const histogram = this.#observed;
    if (histogram === undefined) return;
    this.#observed = undefined;
    const name = JSON.stringify(this.#name);
    if (this.#type === 'summary') {
      // Negative observations are allowed where the whole summary is given: then it is one, and no counter gone wrong.
      if (histogram.negative && histogram.count === undefined) this.#fail(`summary ${name} with negative values and no count`);
      return;
    }
    const isGauge = this.#type === 'gaugehistogram';
    if (histogram.le !== Infinity) this.#fail(`histogram ${name} without its +Inf bucket`);
    if (histogram.count !== undefined && histogram.count !== histogram.last)
      this.#fail(`count of histogram ${name} differs from its +Inf bucket`);
    if (histogram.sum && histogram.count === undefined) this.#fail(`histogram ${name} with a sum and no count`);
    if (isGauge && histogram.count !== undefined && !histogram.sum) this.#fail(`gauge histogram ${name} with a count and no sum`);
    if (histogram.negative && !histogram.negativeBuckets) this.#fail(`histogram ${name} with a negative sum and no negative buckets`);
  }
}

/** The name as the text writes it between quotes. */
function escape(name: string): string {
  return name.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
}
