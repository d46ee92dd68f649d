// One request on its way into the store: checked against the tenant's limits, encoded in blocks, acknowledged as a whole.

import { RequestError } from '../base/request-error.ts';
import { labelValue, type Labels, METRIC_NAME, labelPairs, printLabels } from '../query/labels.ts';
import { type Column, encodeBlock, numbered } from '../storage/native.ts';
import type { MetricStore, TenantSeries } from './metric-store.ts';
import type { CounterResetHint, HistogramCounts, NativeHistogram } from './native-histogram.ts';
import { histogramMistake, isStaleHistogram } from './histogram-check.ts';
import { Refusals } from './refusals.ts';
import { int64Column, keyColumns, SampleColumns } from './sample-columns.ts';
import { registerSeries, tenantColumn } from './series-registration.ts';
import type { SeriesRegistry } from './series-registry.ts';
import { STALE_HIGH, STALE_LOW } from './value-code.ts';
import type { Exemplar, Metadata, MetricWrite, RefusalReason, WriteSummary } from './write.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** The end of what JavaScript's dates hold, in the year 275760; times beyond it are mistakes. */
const TIME_MAX = 8.64e15;
/** Source: OpenMetrics specification, "Exemplars". */
const EXEMPLAR_LABEL_CHARS_MAX = 128;
const METADATA_BYTES_MAX = 16 * 1024;
const METADATA_CACHE_MAX = 200_000;
/** The number that stands for a refused series. */
const REFUSED = -1;

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);

interface HistogramRow {
  readonly series: number;
  readonly ts: number;
  readonly histogram: NativeHistogram;
}

interface ExemplarRow {
  readonly series: number;
  readonly exemplar: Exemplar;
}

interface StartRow {
  readonly series: number;
  readonly ts: number;
  readonly start: number;
}

/** Lets everything through, or names what lies outside. */
interface TimeBounds {
  readonly oldest: number;
  readonly newest: number;
}

/** A histogram as a decoder hands it over; `startTs` 0 means that none is known. */
export interface WrittenHistogram {
  readonly ts: number;
  readonly startTs: number;
  readonly histogram: NativeHistogram;
  readonly counts: HistogramCounts;
}

export class StoreWrite implements MetricWrite {
  readonly samples: SampleColumns;
  readonly tenant: TenantSeries;
  readonly registry: SeriesRegistry;
  readonly #store: MetricStore;
  readonly #limits;
  readonly #now: number;
  readonly #refusals = new Refusals<RefusalReason>();
  readonly #histograms: HistogramRow[] = [];
  readonly #exemplars: ExemplarRow[] = [];
  readonly #starts: StartRow[] = [];
  readonly #metadata = new Map<string, Metadata>();

  constructor(store: MetricStore, tenant: TenantSeries) {
    this.#store = store;
    this.samples = store.spareColumns.pop() ?? new SampleColumns();
    this.tenant = tenant;
    this.registry = tenant.registry;
    this.#limits = store.options.limitsOf(tenant.name);
    this.#now = store.options.clock.now();
  }

  sample(labels: Labels, ts: number, value: number, startTs = 0): void {
    const series = this.series(labels, 1);
    if (series === REFUSED) return;
    scratch[0] = value;
    this.samples.push(series, ts, scratchWords[0] as number, scratchWords[1] as number);
    if (startTs !== 0) this.startAt(series, ts, startTs);
  }

  stale(labels: Labels, ts: number): void {
    const series = this.series(labels, 1);
    if (series !== REFUSED) this.samples.push(series, ts, STALE_LOW, STALE_HIGH);
  }

  histogram(labels: Labels, ts: number, histogram: NativeHistogram, startTs = 0): void {
    this.histogramOf(this.series(labels, 0), { ts, histogram, startTs, counts: 'integer' });
  }

  exemplar(labels: Labels, exemplar: Exemplar): void {
    this.exemplarOf(this.series(labels, 0), exemplar);
  }

  /** As `sample`, of a series by its number and with the bits of the value. */
  sampleOf(series: number, ts: number, low: number, high: number): void {
    if (series === REFUSED) this.refuseAgain();
    else this.samples.push(series, ts, low, high);
  }

  histogramOf(series: number, { ts, histogram, startTs, counts }: WrittenHistogram): void {
    if (series === REFUSED) return this.refuseAgain();
    if (isStaleHistogram(histogram)) return this.samples.push(series, ts, STALE_LOW, STALE_HIGH);
    const mistake = histogramMistake(histogram, counts);
    if (mistake !== undefined) return this.refuse('invalid_histogram', `${brief(this.registry.labels(series))}: ${mistake}`);
    if (!this.#timely(series, ts)) return;
    this.#histograms.push({ series, ts, histogram });
    if (startTs !== 0) this.startAt(series, ts, startTs);
  }

  exemplarOf(series: number, exemplar: Exemplar): void {
    if (series === REFUSED) return this.refuseAgain();
    let chars = 0;
    for (const part of exemplar.labels) chars += Array.from(part).length;
    if (chars > EXEMPLAR_LABEL_CHARS_MAX) {
      const what = brief(this.registry.labels(series));
      return this.refuse(
        'invalid_exemplar',
        `${what}: the exemplar's labels have ${chars} characters, and ${EXEMPLAR_LABEL_CHARS_MAX} are allowed`,
      );
    }
    if (this.#timely(series, exemplar.ts)) this.#exemplars.push({ series, exemplar });
  }

  metadata(metadata: Metadata): void {
    const { metric, type, help, unit } = metadata;
    if (metric === '') return this.refuse('invalid_metadata', 'metadata without a metric name');
    if (metric.length + help.length + unit.length > METADATA_BYTES_MAX) {
      return this.refuse('invalid_metadata', `metadata of ${metric.slice(0, 200)} is longer than ${METADATA_BYTES_MAX} characters`);
    }
    if (this.tenant.metadata.get(metric) === `${type}\0${unit}\0${help}`) return;
    this.#metadata.set(metric, metadata);
  }

  refuse(reason: RefusalReason, message: string, count = 1): void {
    this.#refusals.add(reason, message, count);
  }

  /** Counts one more item of the series that was refused last. */
  refuseAgain(): void {
    this.#refusals.again();
  }

  /** Notes the start timestamp of a series' samples from `ts` on. */
  startAt(series: number, ts: number, start: number): void {
    if (start > ts || this.registry.start[series] === start) return;
    this.registry.start[series] = start;
    this.#starts.push({ series, ts, start });
  }

  /** The number of a label set, or -1 when it is refused; `items` samples are then counted as refused. */
  series(labels: Labels, items: number): number {
    const known = this.registry.find(labels);
    if (known >= 0) return known;
    const mistake = this.#labelsMistake(labels);
    if (mistake === undefined) return this.registry.intern(labels);
    this.refuse(mistake.reason, mistake.message, items);
    return REFUSED;
  }

  async commit(): Promise<WriteSummary> {
    try {
      return await this.#storeRows();
    } catch (error) {
      // Nothing of it may count as known: the sender comes again with the same.
      for (const { series } of this.#starts) this.registry.start[series] = 0;
      throw error;
    }
  }

  async #storeRows(): Promise<WriteSummary> {
    this.#dropUntimely();
    const summary = this.#summary();
    const items = summary.samples + summary.histograms;
    if (!this.tenant.quota.take(items)) throw this.#overRate(items);
    const registered = this.#register();
    const { writers } = this.#store.options;
    const { name } = this.tenant;
    const samples = summary.samples > 0 && this.#storeSamples(summary.samples);
    this.#store.giveColumns(this.samples);
    await Promise.all([
      registered,
      samples,
      summary.histograms > 0 && this.#storeHistograms(summary.histograms),
      this.#starts.length > 0 && writers.starts.append(this.#encodeStarts(), this.#starts.length),
      summary.exemplars > 0 && writers.exemplars.append(this.#encodeExemplars(), summary.exemplars),
      this.#metadata.size > 0 && writers.metadata.append(this.#encodeMetadata(), this.#metadata.size),
    ]);
    this.#rememberMetadata();
    this.#store.options.onCommit(name, summary, summary.refusals);
    return summary;
  }

  // Noted when they are on disk, whatever becomes of the rest: whoever reads later reads with them.
  async #storeSamples(count: number): Promise<void> {
    const { writers, kept } = this.#store.options;
    const { name } = this.tenant;
    const { fromMs, toMs } = this.samples.span();
    await writers.samples.append(this.samples.encode(name, this.registry), count);
    kept?.cache.writes.note(name, fromMs, toMs);
  }

  async #storeHistograms(count: number): Promise<void> {
    const { writers, kept } = this.#store.options;
    await writers.histograms.append(this.#encodeHistograms(), count);
    kept?.histograms.note(
      this.tenant.name,
      this.#histograms.map(({ series }) => this.registry.metric[series] ?? 0),
    );
  }

  #summary(): WriteSummary {
    return {
      samples: this.samples.count,
      histograms: this.#histograms.length,
      exemplars: this.#exemplars.length,
      metadata: this.#metadata.size,
      refusals: this.#refusals.list(),
    };
  }

  #overRate(items: number): RequestError {
    const { quota, name } = this.tenant;
    const { ingestionRate, ingestionBurst } = this.#limits.metrics;
    const message = `tenant ${name}: ${items} samples go over limits.metrics.ingestionRate (${ingestionRate}/s, ingestionBurst ${ingestionBurst})`;
    this.#store.options.onCommit(name, { samples: 0, histograms: 0, exemplars: 0 }, [{ reason: 'ingestion_rate', message, count: items }]);
    return new RequestError('rate_limited', message, { retryAfterS: quota.secondsUntil(items) });
  }

  #labelsMistake(labels: Labels): { reason: RefusalReason; message: string } | undefined {
    const { labelNamesMax, labelNameBytesMax, labelValueBytesMax, activeSeries } = this.#limits.metrics;
    if (labelValue(labels, METRIC_NAME) === '')
      return { reason: 'invalid_labels', message: `a series without a metric name: ${brief(labels)}` };
    if (labels.length / 2 > labelNamesMax) {
      return {
        reason: 'label_count',
        message: `${brief(labels)} has ${labels.length / 2} labels, and limits.metrics.labelNamesMax is ${labelNamesMax}`,
      };
    }
    for (const [name, value] of labelPairs(labels)) {
      if (name === '' || !name.isWellFormed() || !value.isWellFormed()) {
        return {
          reason: 'invalid_labels',
          message: `${brief(labels)}: the label ${JSON.stringify(name.slice(0, 100))} has no name or is not valid UTF-8`,
        };
      }
      if (Buffer.byteLength(name) > labelNameBytesMax) {
        return {
          reason: 'label_name_length',
          message: `${brief(labels)}: a label name of ${name.length} characters, and limits.metrics.labelNameBytesMax is ${labelNameBytesMax}`,
        };
      }
      if (Buffer.byteLength(value) > labelValueBytesMax) {
        return {
          reason: 'label_value_length',
          message: `${brief(labels)}: the value of ${name} has ${value.length} characters, and limits.metrics.labelValueBytesMax is ${labelValueBytesMax}`,
        };
      }
    }
    if (activeSeries > 0 && this.registry.size >= activeSeries) {
      return {
        reason: 'active_series',
        message: `${brief(labels)} would be a new series, and limits.metrics.activeSeries is ${activeSeries}`,
      };
    }
    return undefined;
  }

  #bounds(): TimeBounds {
    const { outOfOrderWindow, futureWindow } = this.#limits.metrics;
    const retention = this.#limits.retention.metrics;
    const age = Math.min(outOfOrderWindow === 0 ? Infinity : outOfOrderWindow, retention === 0 ? Infinity : retention);
    return {
      oldest: Math.max(-TIME_MAX, this.#now - age),
      newest: Math.min(TIME_MAX, futureWindow === 0 ? TIME_MAX : this.#now + futureWindow),
    };
  }

  #timely(series: number, ts: number): boolean {
    const { oldest, newest } = this.#bounds();
    if (ts >= oldest && ts <= newest) return true;
    this.#refuseTime(series, ts, oldest);
    return false;
  }

  #refuseTime(series: number, ts: number, oldest: number): void {
    const when = `${brief(this.registry.labels(series))} at ${printTime(ts)}`;
    const { outOfOrderWindow, futureWindow } = this.#limits.metrics;
    if (!(ts < oldest))
      return this.refuse('too_far_in_future', `${when} is further ahead than limits.metrics.futureWindow (${futureWindow / 1000}s) allows`);
    const retention = this.#limits.retention.metrics;
    const setting =
      outOfOrderWindow > 0 && (retention === 0 || outOfOrderWindow < retention)
        ? 'limits.metrics.outOfOrderWindow'
        : 'limits.retention.metrics';
    this.refuse('out_of_order', `${when} is older than ${setting} allows`);
  }

  #dropUntimely(): void {
    const { oldest, newest } = this.#bounds();
    const { ts, count } = this.samples;
    let all = true;
    for (let i = 0; i < count && all; i++) all = (ts[i] as number) >= oldest && (ts[i] as number) <= newest;
    if (all) return;
    this.samples.filter((at) => {
      const time = this.samples.ts[at] as number;
      const keep = time >= oldest && time <= newest;
      if (!keep) this.#refuseTime(this.samples.series[at] as number, time, oldest);
      return keep;
    });
  }

  // Every series has a row for each day on which it has samples. Whoever finds one registered waits until its row is on disk.
  #register(): Promise<void> {
    const { registry, tenant } = this;
    const minute = Math.floor(this.#now / MINUTE_MS);
    const fresh: { series: number; day: number }[] = [];
    const note = (series: number, ts: number): void => {
      const day = Math.floor(ts / DAY_MS);
      registry.seenMinute[series] = minute;
      if (registry.day[series] === day) return;
      registry.day[series] = day;
      fresh.push({ series, day });
    };
    for (let i = 0; i < this.samples.count; i++) note(this.samples.series[i] as number, this.samples.ts[i] as number);
    for (const { series, ts } of this.#histograms) note(series, ts);
    for (const { series, exemplar } of this.#exemplars) note(series, exemplar.ts);
    return registerSeries(tenant, fresh, { writer: this.#store.options.writers.series, index: this.#store.index });
  }

  #keys(rows: readonly { series: number; ts: number }[]): readonly Column[] {
    return keyColumns(this.tenant.name, this.registry, {
      series: Int32Array.from(rows, (row) => row.series),
      ts: Float64Array.from(rows, (row) => row.ts),
    });
  }

  #encodeHistograms(): Uint8Array {
    const rows = this.#histograms;
    const floats = (name: string, of: (h: NativeHistogram) => number): Column => ({
      name,
      data: { kind: 'Float64', values: Float64Array.from(rows, (row) => of(row.histogram)) },
    });
    const lists = (name: string, of: (h: NativeHistogram) => readonly number[]): Column => ({
      name,
      data: { kind: 'Array(Float64)', values: rows.map((row) => of(row.histogram)) },
    });
    const spans = (name: string, of: (h: NativeHistogram) => NativeHistogram['positiveSpans']): Column => ({
      name,
      data: { kind: 'Array(Int32)', values: rows.map((row) => of(row.histogram).flatMap(({ offset, length }) => [offset, length])) },
    });
    return encodeBlock([
      ...this.#keys(rows),
      { name: 'schema', data: { kind: 'Int8', values: Int8Array.from(rows, (row) => row.histogram.schema) } },
      {
        name: 'reset_hint',
        data: { kind: 'UInt8', values: Uint8Array.from(rows, (row) => RESET_HINTS.indexOf(row.histogram.counterResetHint)) },
      },
      floats('count', (h) => h.count),
      floats('sum', (h) => h.sum),
      floats('zero_threshold', (h) => h.zeroThreshold),
      floats('zero_count', (h) => h.zeroCount),
      spans('positive_spans', (h) => h.positiveSpans),
      lists('positive_buckets', (h) => h.positiveBuckets),
      spans('negative_spans', (h) => h.negativeSpans),
      lists('negative_buckets', (h) => h.negativeBuckets),
      lists('custom_values', (h) => h.customValues),
    ]);
  }

  #encodeStarts(): Uint8Array {
    const starts = this.#starts.map((row) => row.start);
    return encodeBlock([...this.#keys(this.#starts), { name: 'start', data: { kind: 'Int64', values: int64Column(starts) } }]);
  }

  #encodeExemplars(): Uint8Array {
    const rows = this.#exemplars;
    return encodeBlock([
      ...this.#keys(rows.map(({ series, exemplar }) => ({ series, ts: exemplar.ts }))),
      { name: 'value', data: { kind: 'Float64', values: Float64Array.from(rows, ({ exemplar }) => exemplar.value) } },
      { name: 'labels', data: { kind: 'Map(LowCardinality(String), String)', values: rows.map(({ exemplar }) => exemplar.labels) } },
    ]);
  }

  #encodeMetadata(): Uint8Array {
    const rows = [...this.#metadata.values()];
    return encodeBlock([
      tenantColumn(this.tenant.name, rows.length),
      { name: 'metric_family', data: { kind: 'String', values: rows.map((row) => row.metric) } },
      dictionaryColumn(
        'type',
        rows.map((row) => row.type),
      ),
      dictionaryColumn(
        'unit',
        rows.map((row) => row.unit),
      ),
      { name: 'help', data: { kind: 'String', values: rows.map((row) => row.help) } },
    ]);
  }

  #rememberMetadata(): void {
    const known = this.tenant.metadata;
    if (known.size + this.#metadata.size > METADATA_CACHE_MAX) known.clear();
    for (const { metric, type, unit, help } of this.#metadata.values()) known.set(metric, `${type}\0${unit}\0${help}`);
  }
}

const RESET_HINTS: readonly CounterResetHint[] = ['unknown', 'yes', 'no', 'gauge'];

function dictionaryColumn(name: string, values: readonly string[]): Column {
  const dictionary = new Map<string, number>();
  const indexes = Uint32Array.from(values, (value) => numbered(dictionary, value));
  return { name, data: { kind: 'LowCardinality(String)', dictionary: [...dictionary.keys()], indexes } };
}

// A label set in an error message must not be as long as the limit it broke.
function brief(labels: Labels): string {
  const whole = printLabels(labels.length > 40 ? labels.slice(0, 40) : labels);
  return whole.length > 400 ? `${whole.slice(0, 400)}…` : whole;
}

function printTime(ts: number): string {
  return Math.abs(ts) <= TIME_MAX ? new Date(ts).toISOString() : `${ts} ms`;
}
