// One request's lines on their way into the store: checked against the tenant's limits, encoded in one block, acknowledged as a whole.

import { RequestError } from '../base/request-error.ts';
import { printByteSize } from '../base/byte-size.ts';
import { Refusals } from '../metrics/refusals.ts';
import { registerSeries } from '../metrics/series-registration.ts';
import type { SeriesRegistry } from '../metrics/series-registry.ts';
import { type Labels, labelPairs, printLabels, setLabel, NO_LABELS } from '../query/labels.ts';
import { detectLevel } from './ingest/detect-level.ts';
import { LEVELS, levelOfLabels } from './ingest/label-level.ts';
import { SERVICE_NAME, serviceNameOf } from './ingest/service-name.ts';
import { type Extent, type Halves, DETECTED_LEVEL, LineColumns } from './line-columns.ts';
import type { LogStore, TenantStreams } from './log-store.ts';
import { WHOLE_RUN_BYTES_MIN } from './needle/grams.ts';
import { ALL_LATE, type LateMark, StreamTimes } from './stream-times.ts';
import type { LogEntry, LogRefusalReason, LogWrite, LogWriteSummary } from './write.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const NS_PER_MS = 1_000_000n;
const TWO_32 = 4294967296;
/** The number that stands for a refused stream. */
export const REFUSED = -1;

export class StoreLogWrite implements LogWrite {
  readonly tenant: TenantStreams;
  readonly registry: SeriesRegistry;
  readonly lines: LineColumns;
  readonly #store: LogStore;
  readonly #limits;
  readonly #nowMs: number;
  readonly #oldestMs: number;
  readonly #newestMs: number;
  readonly #refusals = new Refusals<LogRefusalReason>();
  readonly #streams = new Map<Labels, number>();
  #bytes = 0;
  /** Of the line that was added last; one object for all. */
  readonly #place = { streamHigh: 0, timeHigh: 0 };

  constructor(store: LogStore, tenant: TenantStreams) {
    this.#store = store;
    this.tenant = tenant;
    this.registry = tenant.registry;
    this.lines = store.spareColumns.pop() ?? new LineColumns();
    const { logs, retention } = store.options.limitsOf(tenant.name);
    this.#limits = logs;
    this.#nowMs = store.options.clock.now();
    const age = Math.min(logs.ageMax === 0 ? Infinity : logs.ageMax, retention.logs === 0 ? Infinity : retention.logs);
    this.#oldestMs = this.#nowMs - age;
    this.#newestMs = logs.futureWindow === 0 ? Infinity : this.#nowMs + logs.futureWindow;
  }

  entry(labels: Labels, { tsNs, line, metadata }: LogEntry): boolean {
    const stream = this.stream(labels);
    if (stream === REFUSED) {
      this.refuseAgain();
      return false;
    }
    const time = { low: Number(BigInt.asUintN(32, tsNs)), high: Number(BigInt.asUintN(32, tsNs >> 32n)) };
    if (typeof line === 'string') return this.#add(stream, time, { source: Buffer.from(line), metadata });
    return this.#add(stream, time, { source: Buffer.from(line.buffer, line.byteOffset, line.byteLength), metadata });
  }

  #add(stream: number, time: Halves, { source, metadata }: { readonly source: Buffer; readonly metadata: Labels }): boolean {
    // A refused line is none that metadata could be given to.
    if (!this.line(stream, time, source, { from: 0, to: source.length })) return false;
    return metadata.length === 0 || this.metadata(metadata);
  }

  /** Adds a line of a stream by its number: `source[from…to)`. False where it is refused. Hot: once per line of every protobuf push. */
  line(stream: number, time: Halves, source: Buffer, extent: Extent): boolean {
    const { lineBytesMax } = this.#limits;
    let { to } = extent;
    if (lineBytesMax > 0 && to - extent.from > lineBytesMax) {
      if (!this.#limits.truncateLines) return this.#refuseLength(stream, to - extent.from);
      to = extent.from + lineBytesMax;
    }
    const ms = millisecondsOf(time);
    if (ms < this.#oldestMs || ms > this.#newestMs) return this.#refuseTime(stream, ms);
    this.lines.push(stream, time, source, to === extent.to ? extent : { from: extent.from, to });
    this.#place.streamHigh = this.registry.idHigh[stream] as number;
    this.#place.timeHigh = time.high;
    this.lines.needles.add(source, extent.from, to, this.#place);
    if (this.#limits.discoverLevels) this.#level(stream, source, extent.from, to);
    return true;
  }

  // The stream's level stands for all of its lines; else the line itself is looked at.
  #level(stream: number, source: Buffer, from: number, to: number): void {
    const row = this.lines.count - 1;
    const known = this.tenant.levels[stream];
    if (known === undefined) this.lines.level[row] = 1 + detectLevel(source, from, to);
    else this.#setLevel(row, known);
  }

  #setLevel(row: number, level: string): void {
    const number = LEVELS.findIndex((name) => name === level);
    this.lines.level[row] = number + 1;
    if (number < 0) this.lines.metadata[row] = setLabel(this.lines.metadata[row] ?? NO_LABELS, DETECTED_LEVEL, level);
  }

  /** Gives the line that was added last its structured metadata; false where the line is refused for it. */
  metadata(metadata: Labels): boolean {
    const row = this.lines.count - 1;
    const { metadataBytesMax, metadataCountMax } = this.#limits;
    if (metadataCountMax > 0 && metadata.length / 2 > metadataCountMax) {
      const message = `${this.#named(row)} has ${metadata.length / 2} entries of structured metadata, and limits.logs.metadataCountMax is ${metadataCountMax}`;
      return this.#takeBack('structured_metadata_too_many', message);
    }
    let bytes = 0;
    for (const part of metadata) bytes += Buffer.byteLength(part);
    if (metadataBytesMax > 0 && bytes > metadataBytesMax) {
      const message = `${this.#named(row)} has ${bytes} bytes of structured metadata, and limits.logs.metadataBytesMax is ${printByteSize(metadataBytesMax)}`;
      return this.#takeBack('structured_metadata_too_large', message);
    }
    this.#bytes += bytes;
    this.#indexValues(metadata);
    const level = this.#limits.discoverLevels ? levelOfLabels(this.registry.labels(this.lines.stream[row] ?? 0), metadata) : undefined;
    this.lines.metadata[row] = level === undefined ? metadata : setLabel(metadata, DETECTED_LEVEL, '');
    if (level !== undefined) this.#setLevel(row, level);
    return true;
  }

  // Of the line that was added last.
  #indexValues(metadata: Labels): void {
    for (let i = 1; i < metadata.length; i += 2) {
      const value = metadata[i] ?? '';
      if (value.length < WHOLE_RUN_BYTES_MIN) continue;
      const bytes = Buffer.from(value);
      this.lines.needles.add(bytes, 0, bytes.length, this.#place);
    }
  }

  #named(row: number): string {
    return brief(this.registry.labels(this.lines.stream[row] ?? 0));
  }

  #takeBack(reason: LogRefusalReason, message: string): false {
    this.lines.pop();
    this.refuse(reason, message);
    return false;
  }

  refuse(reason: LogRefusalReason, message: string, count = 1): void {
    this.#refusals.add(reason, message, count);
  }

  /** Counts one more line of the stream that was refused last. */
  refuseAgain(): void {
    this.#refusals.again();
  }

  /** The number of a stream, or `REFUSED`: its lines are then to be counted with `refuseAgain`. `service_name` is found here. */
  stream(labels: Labels): number {
    const known = this.#streams.get(labels);
    if (known !== undefined) return known;
    const stream = this.#intern(labels);
    this.#streams.set(labels, stream);
    return stream;
  }

  #intern(labels: Labels): number {
    const { discoverServiceName } = this.#limits;
    const mistake = this.#labelsMistake(labels);
    if (mistake !== undefined) {
      this.refuse(mistake.reason, mistake.message, 0);
      return REFUSED;
    }
    const whole = discoverServiceName.length === 0 ? labels : setLabel(labels, SERVICE_NAME, serviceNameOf(labels, discoverServiceName));
    const found = this.registry.find(whole);
    if (found >= 0) return found;
    const { activeStreams } = this.#limits;
    if (activeStreams > 0 && this.registry.size >= activeStreams) {
      this.refuse('stream_limit', `${brief(labels)} would be a new stream, and limits.logs.activeStreams is ${activeStreams}`, 0);
      return REFUSED;
    }
    const stream = this.registry.intern(whole);
    this.tenant.levels[stream] = levelOfLabels(whole, NO_LABELS);
    return stream;
  }

  async commit(): Promise<LogWriteSummary> {
    const { lines, tenant } = this;
    const summary = { lines: lines.count, refusals: this.#refusals.list() };
    try {
      if (lines.count > 0) await this.#storeLines();
    } finally {
      this.#store.giveColumns(lines);
    }
    this.#store.options.onCommit(tenant.name, { lines: summary.lines, bytes: this.#bytes }, summary.refusals);
    return summary;
  }

  async #storeLines(): Promise<void> {
    const { lines, tenant } = this;
    this.#bytes += lines.used;
    if (!tenant.quota.take(this.#bytes)) throw this.#overRate();
    const { writers, late } = this.#store.options;
    const registered = registerSeries(tenant, this.#newStreamDays(), { writer: writers.streams, index: this.#store.index });
    const marks = this.#lateMarks();
    const marked = marks.length === 0 ? undefined : late.begin(tenant.name, marks, this.registry);
    const { count } = lines;
    const block = lines.encode(tenant.name, this.registry, writers.logs.allocate);
    // The mark of lines that may be there already is on disk before they are.
    const stored = marked === undefined ? writers.logs.append(block, count) : marked.then(() => writers.logs.append(block, count));
    const { needles } = lines;
    const indexed = needles.count > 0 ? writers.needles.append(needles.encode(tenant.name), needles.count) : undefined;
    // Followers are shown what is on disk; the columns are used again by then.
    const shown = this.#store.isFollowed(tenant.name) ? lines.block((stream) => this.registry.labels(stream)) : undefined;
    const outcomes = await Promise.allSettled([registered, stored, indexed]);
    // Lines of which another part failed may be stored all the same.
    if (marked !== undefined) late.end(await marked);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    if (shown !== undefined) this.#store.tell(tenant.name, shown);
  }

  // Where the registry was replaced meanwhile, nothing is known of its streams, and any line may be there.
  #lateMarks(): readonly LateMark[] {
    const { tenant, registry, lines } = this;
    return (tenant.registry === registry ? tenant.times : new StreamTimes(ALL_LATE)).note(lines, registry.size);
  }

  // Every stream has a row for each day on which it has lines.
  #newStreamDays(): { series: number; day: number }[] {
    const { registry, lines } = this;
    const minute = Math.floor(this.#nowMs / MINUTE_MS);
    const fresh: { series: number; day: number }[] = [];
    for (let row = 0; row < lines.count; row++) {
      const series = lines.stream[row] as number;
      const day = Math.floor(millisecondsOf({ low: lines.words[2 * row] as number, high: lines.words[2 * row + 1] as number }) / DAY_MS);
      registry.seenMinute[series] = minute;
      if (registry.day[series] === day) continue;
      registry.day[series] = day;
      fresh.push({ series, day });
    }
    return fresh;
  }

  #overRate(): RequestError {
    const { quota, name } = this.tenant;
    const { ingestionRate, ingestionBurst } = this.#limits;
    const message = `tenant ${name}: ${this.#bytes} bytes of ${this.lines.count} lines go over limits.logs.ingestionRate (${printByteSize(ingestionRate)}/s, ingestionBurst ${printByteSize(ingestionBurst)})`;
    this.#store.options.onCommit(name, { lines: 0, bytes: 0 }, [{ reason: 'rate_limited', message, count: this.lines.count }]);
    return new RequestError('rate_limited', message, { retryAfterS: quota.secondsUntil(this.#bytes) });
  }

  #labelsMistake(labels: Labels): { reason: LogRefusalReason; message: string } | undefined {
    const { labelNamesMax, labelNameBytesMax, labelValueBytesMax } = this.#limits;
    if (labels.length === 0) return { reason: 'missing_labels', message: 'a stream without labels: at least one label pair is required' };
    const count = labels.length / 2 - (labels.includes(SERVICE_NAME) ? 1 : 0);
    if (count > labelNamesMax) {
      const message = `${brief(labels)} has ${count} labels, and limits.logs.labelNamesMax is ${labelNamesMax}`;
      return { reason: 'max_label_names_per_series', message };
    }
    for (const [name, value] of labelPairs(labels)) {
      if (Buffer.byteLength(name) > labelNameBytesMax) {
        const message = `${brief(labels)}: a label name of ${name.length} characters, and limits.logs.labelNameBytesMax is ${labelNameBytesMax}`;
        return { reason: 'label_name_too_long', message };
      }
      if (Buffer.byteLength(value) > labelValueBytesMax) {
        const message = `${brief(labels)}: the value of ${name} has ${value.length} characters, and limits.logs.labelValueBytesMax is ${labelValueBytesMax}`;
        return { reason: 'label_value_too_long', message };
      }
    }
    return undefined;
  }

  #refuseLength(stream: number, size: number): false {
    const message = `a line of ${brief(this.registry.labels(stream))} has ${size} bytes, and limits.logs.lineBytesMax is ${printByteSize(this.#limits.lineBytesMax)}`;
    this.refuse('line_too_long', message);
    return false;
  }

  #refuseTime(stream: number, ms: number): false {
    const what = `a line of ${brief(this.registry.labels(stream))} at ${printTime(ms)}`;
    if (ms < this.#oldestMs) {
      const oldest = printTime(this.#oldestMs);
      this.refuse(
        'greater_than_max_sample_age',
        `${what} is too old: limits.logs.ageMax and limits.retention.logs take lines since ${oldest}`,
      );
    } else this.refuse('too_far_in_future', `${what} is too new: limits.logs.futureWindow takes lines until ${printTime(this.#newestMs)}`);
    return false;
  }
}

/** A time in nanoseconds as milliseconds; exact to the microsecond, which is enough to judge it. */
export function millisecondsOf({ low, high }: Halves): number {
  return ((high | 0) * TWO_32 + low) / Number(NS_PER_MS);
}

// A label set in an error message must not be as long as the limit it broke.
function brief(labels: Labels): string {
  const whole = printLabels(labels.length > 40 ? labels.slice(0, 40) : labels);
  return whole.length > 400 ? `${whole.slice(0, 400)}…` : whole;
}

function printTime(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : `${ms} ms`;
}
