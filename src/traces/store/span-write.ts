// One request's spans on their way into the store: checked against the tenant's limits, those that are new encoded in one block, acknowledged as a whole.

import { printByteSize } from '../../base/byte-size.ts';
import { RequestError } from '../../base/request-error.ts';
import { Refusals } from '../../metrics/refusals.ts';
import type { Attributes, AnyValue } from '../../otlp/any-value.ts';
import { encodeBlock } from '../../storage/native.ts';
import { encodeNotes, encodeSources } from './note-rows.ts';
import { type PlacedSpan, encodeSpans } from './span-columns.ts';
import { mixed, word } from '../span-identity.ts';
import { spanProblem } from './span-problem.ts';
import type { SpanStore, TenantSpans } from './span-store.ts';
import { BLOCK_NS } from '../table.ts';
import type { Span, SpanRefusalReason, SpanSource, SpanWrite, SpanWriteSummary, StoredSpan } from '../write.ts';

/** A source as its spans are stored with it. */
interface JudgedSource {
  readonly source: SpanSource;
  /** With long texts cut. */
  readonly kept: SpanSource;
  readonly problem: readonly [SpanRefusalReason, string] | undefined;
}

const DAY_NS = 86_400_000_000_000n;
const NS_PER_MS = 1_000_000n;
const BLOCK_MS = Number(BLOCK_NS / NS_PER_MS);
/** Blocks of fewer spans are made in memory for all, and copied: their own, by the guess for so many columns, would be mostly empty, and wait with them. */
const SMALL_SPANS = 64;
const SCRATCH = Buffer.allocUnsafeSlow(256 * 1024);

function scratchOf(size: number): Buffer {
  return size <= SCRATCH.length ? SCRATCH : Buffer.allocUnsafe(size);
}

export class StoreSpanWrite implements SpanWrite {
  readonly #store: SpanStore;
  readonly #tenant: TenantSpans;
  readonly #limits;
  readonly #oldestMs: number;
  readonly #newestMs: number;
  readonly #refusals = new Refusals<SpanRefusalReason>();
  readonly #spans: StoredSpan[] = [];
  #bytes = 0;
  /** Of each source: how it is stored, or why it is not; and the one that came last. */
  readonly #sources = new Map<SpanSource, JudgedSource>();
  #judged: JudgedSource | undefined;

  constructor(store: SpanStore, tenant: TenantSpans) {
    this.#store = store;
    this.#tenant = tenant;
    const { limitsOf, clock } = store.options;
    const { traces, retention } = limitsOf(tenant.name);
    this.#limits = traces;
    const now = clock.now();
    const age = Math.min(traces.ageMax === 0 ? Infinity : traces.ageMax, retention.traces === 0 ? Infinity : retention.traces);
    this.#oldestMs = now - age;
    this.#newestMs = traces.futureWindow === 0 ? Infinity : now + traces.futureWindow;
  }

  span(source: SpanSource, span: Span, bytes: number): boolean {
    const problem = this.#problem(source, span, bytes);
    if (problem !== undefined) {
      this.refuse(problem[0], problem[1]);
      return false;
    }
    this.#bytes += bytes;
    // A span has no value that is longer than the span.
    const { attributeBytesMax } = this.#limits;
    this.#spans.push({
      source: this.#judge(source).kept,
      span: attributeBytesMax > 0 && bytes > attributeBytesMax ? shortened(span, attributeBytesMax) : span,
      bytes,
    });
    return true;
  }

  refuse(reason: SpanRefusalReason, message: string): void {
    this.#refusals.add(reason, message, 1);
  }

  async commit(): Promise<SpanWriteSummary> {
    const { name } = this.#tenant;
    const again = this.#spans.length === 0 ? 0 : await this.#commitSpans();
    const refusals = this.#refusals.list();
    this.#store.options.onCommit(name, { spans: this.#spans.length - again, bytes: this.#bytes, again }, refusals);
    return { spans: this.#spans.length, refusals };
  }

  /** How many of the spans were there already. */
  async #commitSpans(): Promise<number> {
    const { quota, seen, name } = this.#tenant;
    if (!quota.take(this.#bytes)) throw this.#overRate();
    const { isNew, newCount, end } = await seen.admit(this.#spans.map(({ span }) => span));
    const fresh = newCount === this.#spans.length ? this.#spans : this.#spans.filter((_, at) => isNew[at] === 1);
    let isStored = false;
    try {
      if (newCount > 0) await this.#storeSpans(fresh);
      isStored = true;
    } finally {
      end(isStored);
    }
    if (newCount > 0) this.#store.tell(name, fresh);
    return this.#spans.length - newCount;
  }

  async #storeSpans(spans: readonly StoredSpan[]): Promise<void> {
    const { writers } = this.#store.options;
    const traces = new TraceBlocks(spans, this.#tenant);
    // Blocks without spans do no harm; spans without blocks would not be found by their trace.
    const blocks = traces.count === 0 ? undefined : writers.blocks.append(traces.encode(), traces.count);
    const [block] = await Promise.all([this.#encode(spans), blocks]);
    try {
      await writers.spans.append(block, spans.length);
    } finally {
      this.#noteTimes(traces.times);
    }
    traces.stored();
  }

  /** What failed may have been stored all the same. */
  #noteTimes(blocks: ReadonlySet<number>): void {
    for (const block of blocks) this.#store.options.writes.note(this.#tenant.name, block * BLOCK_MS, block * BLOCK_MS);
  }

  /** The block of spans, once what it refers to is on disk: a row names its source and its columns only then. */
  async #encode(spans: readonly StoredSpan[]): Promise<Uint8Array> {
    const { name, keys } = this.#tenant;
    const { writers, lineage } = this.#store.options;
    const isSmall = spans.length < SMALL_SPANS;
    const encoded = encodeSpans(this.#place(spans), {
      tenant: name,
      lineage,
      placeOf: (key, value, day) => keys.placeOf(key, value, day),
      allocate: isSmall ? scratchOf : writers.spans.allocate,
    });
    const block = isSmall ? Uint8Array.from(encoded) : encoded;
    await this.#storeNotes();
    return block;
  }

  #place(spans: readonly StoredSpan[]): PlacedSpan[] {
    const { sources, keys } = this.#tenant;
    return spans.map(({ source, span }) => {
      const day = dayOf(span);
      for (const { attributes } of span.events) seeAll(attributes, (key, value) => keys.see('event', key, value, day));
      for (const { attributes } of span.links) seeAll(attributes, (key, value) => keys.see('link', key, value, day));
      return { span, day, sourceId: sources.see(source, day).source.id };
    });
  }

  #storeNotes(): Promise<void> {
    const tenant = this.#tenant;
    const { writers, lineage, catalogues } = this.#store.options;
    const sources = tenant.sources.takeNotes();
    const keys = tenant.keys.takeNotes().map((note) => ({ ...note, lineage }));
    if (sources.length === 0 && keys.length === 0) return tenant.notesUnderWay === 0 ? Promise.resolve() : tenant.noting;
    tenant.notesUnderWay++;
    const stored = Promise.all([
      sources.length === 0 ? undefined : writers.sources.append(encodeSources(tenant.name, sources), sources.length),
      keys.length === 0 ? undefined : writers.keys.append(encodeNotes(tenant.name, keys), keys.length),
    ]);
    tenant.noting = Promise.all([tenant.notesUnderWay > 1 ? tenant.noting : undefined, stored])
      .then(() => catalogues.stored(tenant.name, sources, keys))
      .catch((error: unknown) => {
        this.#store.forgetNotes(tenant);
        throw error;
      })
      .finally(() => tenant.notesUnderWay--);
    return tenant.noting;
  }

  #problem(source: SpanSource, span: Span, bytes: number): readonly [SpanRefusalReason, string] | undefined {
    const { spanBytesMax, attributesMax } = this.#limits;
    const invalid = spanProblem(span);
    if (invalid !== undefined) return invalid;
    if (spanBytesMax > 0 && bytes > spanBytesMax)
      return ['span_too_large', `span ${named(span)} has ${bytes} bytes, and limits.traces.spanBytesMax is ${printByteSize(spanBytesMax)}`];
    const startMs = Number(span.startNs / NS_PER_MS);
    if (startMs < this.#oldestMs)
      return [
        'too_old',
        `span ${named(span)} starts at ${startMs} ms, earlier than ${this.#oldestMs} ms: limits.traces.ageMax and retention.traces allow no more`,
      ];
    if (startMs > this.#newestMs)
      return [
        'too_far_in_future',
        `span ${named(span)} starts at ${startMs} ms, later than ${this.#newestMs} ms: limits.traces.futureWindow allows no more`,
      ];
    const most = attributesOf(span);
    if (attributesMax > 0 && most > attributesMax)
      return [
        'too_many_attributes',
        `span ${named(span)} has, or one of its events or links, ${most} attributes, and limits.traces.attributesMax is ${attributesMax}`,
      ];
    const ofSource = this.#judge(source).problem;
    return ofSource === undefined ? undefined : [ofSource[0], `span ${named(span)}: ${ofSource[1]}`];
  }

  #judge(source: SpanSource): JudgedSource {
    if (this.#judged?.source === source) return this.#judged;
    this.#judged = this.#sources.get(source) ?? this.#judgeNew(source);
    this.#sources.set(source, this.#judged);
    return this.#judged;
  }

  #judgeNew(source: SpanSource): JudgedSource {
    const { attributesMax, attributeBytesMax, spanBytesMax } = this.#limits;
    const most = Math.max(source.resource.length, source.scopeAttributes.length);
    const kept = attributeBytesMax > 0 ? shortenedSource(source, attributeBytesMax) : source;
    const size = sizeOf(kept);
    let problem: JudgedSource['problem'];
    if (attributesMax > 0 && most > attributesMax)
      problem = [
        'too_many_attributes',
        `its resource or scope has ${most} attributes, and limits.traces.attributesMax is ${attributesMax}`,
      ];
    else if (spanBytesMax > 0 && size > spanBytesMax)
      problem = [
        'span_too_large',
        `its resource and scope have ${size} bytes, and limits.traces.spanBytesMax is ${printByteSize(spanBytesMax)}`,
      ];
    return { source, kept, problem };
  }

  #overRate(): RequestError {
    const { quota, name } = this.#tenant;
    const { ingestionRate, ingestionBurst } = this.#limits;
    const message = `tenant ${name}: ${this.#bytes} bytes of ${this.#spans.length} spans go over limits.traces.ingestionRate (${printByteSize(ingestionRate)}/s, ingestionBurst ${printByteSize(ingestionBurst)})`;
    this.#store.options.onCommit(name, { spans: 0, bytes: 0, again: 0 }, [{ reason: 'rate_limited', message, count: this.#spans.length }]);
    return new RequestError('rate_limited', message, { retryAfterS: quota.secondsUntil(this.#bytes) });
  }
}

/** The blocks of time in which the traces of a request have spans, as far as that is not known. */
class TraceBlocks {
  readonly #tenant: TenantSpans;
  readonly #rows: { readonly traceId: Uint8Array; readonly block: number; readonly high: number; readonly low: number }[] = [];
  /** All blocks of the spans. */
  readonly times = new Set<number>();

  constructor(spans: readonly StoredSpan[], tenant: TenantSpans) {
    this.#tenant = tenant;
    const here = new Set<number>();
    for (const { span } of spans) {
      const block = Number(span.startNs / BLOCK_NS);
      this.times.add(block);
      const high = mixed(mixed(block, word(span.traceId, 0)), word(span.traceId, 8)) >>> 0;
      const low = mixed(mixed(high, word(span.traceId, 4)), word(span.traceId, 12)) >>> 0;
      const key = (high & 0x1fffff) * 4_294_967_296 + low;
      if (here.has(key) || tenant.blocks.has(high, low)) continue;
      here.add(key);
      this.#rows.push({ traceId: span.traceId, block, high, low });
    }
  }

  get count(): number {
    return this.#rows.length;
  }

  encode(): Uint8Array {
    const rows = this.#rows;
    const half = (at: number): BigUint64Array =>
      BigUint64Array.from(rows, ({ traceId }) => (BigInt(word(traceId, at)) << 32n) | BigInt(word(traceId, at + 4)));
    return encodeBlock([
      { name: 'tenant', data: { kind: 'constant LowCardinality(String)', value: this.#tenant.name, rows: rows.length } },
      { name: 'trace_high', data: { kind: 'UInt64', values: half(0) } },
      { name: 'trace_low', data: { kind: 'UInt64', values: half(8) } },
      { name: 'block', data: { kind: 'Int32', values: Int32Array.from(rows, ({ block }) => block) } },
    ]);
  }

  stored(): void {
    for (const { high, low } of this.#rows) this.#tenant.blocks.add(high, low, 0);
  }
}

/** Of a span, or of the event or link of it that has the most. */
function attributesOf({ attributes, events, links }: Span): number {
  if (events.length === 0 && links.length === 0) return attributes.length;
  return [...events, ...links].reduce((most, part) => Math.max(most, part.attributes.length), attributes.length);
}

function shortened(span: Span, max: number): Span {
  const attributes = shortenedAttributes(span.attributes, max);
  const events = shortenedParts(span.events, max);
  const links = shortenedParts(span.links, max);
  return attributes === span.attributes && events === span.events && links === span.links ? span : { ...span, attributes, events, links };
}

function shortenedSource(source: SpanSource, max: number): SpanSource {
  const [resource, scopeAttributes] = [shortenedAttributes(source.resource, max), shortenedAttributes(source.scopeAttributes, max)];
  return resource === source.resource && scopeAttributes === source.scopeAttributes ? source : { ...source, resource, scopeAttributes };
}

/** The same list where none is too long. */
function shortenedParts<T extends { readonly attributes: Attributes }>(parts: readonly T[], max: number): readonly T[] {
  if (!parts.some(({ attributes }) => shortenedAttributes(attributes, max) !== attributes)) return parts;
  return parts.map((part) => ({ ...part, attributes: shortenedAttributes(part.attributes, max) }));
}

function shortenedAttributes(attributes: Attributes, max: number): Attributes {
  if (!attributes.some(({ value }) => isLong(value, max))) return attributes;
  return attributes.map(({ key, value }) => ({ key, value: isLong(value, max) ? cut(value, max) : value }));
}

/** About the bytes of a resource and a scope. */
function sizeOf({ resource, scopeAttributes, ...texts }: SpanSource): number {
  const others = texts.resourceSchemaUrl.length + texts.scopeName.length + texts.scopeVersion.length + texts.scopeSchemaUrl.length;
  return [...resource, ...scopeAttributes].reduce((sum, { key, value }) => sum + key.length + sizeOfValue(value), others);
}

function sizeOfValue(value: AnyValue): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  if (value instanceof Uint8Array) return value.length;
  const inner: Iterable<AnyValue> = value instanceof Map ? [...value].flat() : value;
  let size = 8;
  for (const each of inner) size += sizeOfValue(each);
  return size;
}

function seeAll(attributes: Attributes, see: (key: string, value: AnyValue) => void): void {
  for (const { key, value } of attributes) see(key, value);
}

function dayOf({ startNs }: Span): number {
  return Number(startNs / DAY_NS);
}

function named({ name, traceId, spanId }: Span): string {
  return `${JSON.stringify(name.slice(0, 100))} (trace ${Buffer.from(traceId).toString('hex').slice(0, 64)}, span ${Buffer.from(spanId).toString('hex').slice(0, 64)})`;
}

// A text has at most three bytes for each of its units.
function isLong(value: AnyValue, max: number): value is string {
  return typeof value === 'string' && 3 * value.length > max && Buffer.byteLength(value) > max;
}

/** At most `max` bytes, without half a character at the end. */
function cut(value: string, max: number): string {
  const bytes = Buffer.from(value);
  let end = max;
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
