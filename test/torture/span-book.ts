// Spans of the ledger: sent in one of three forms, read back page by page, counted, and looked up by the ids of their traces.
//
// A trace has spans in two batches that follow one another, so the second half joins what is stored already. Where spans come late, batches lie hours
// and days apart, so that a request goes into old blocks of time and into those of the batch before.

import { z } from 'zod';

import { ProtobufWriter } from '../../src/base/protobuf-writer.ts';
import type { Target } from '../harness/client.ts';
import { randomFrom } from '../harness/random.ts';
import { type Audit, type Batches, type Book, hash, LOST } from './ledger.ts';

const TRACES = 4;
const SPANS_PER_TRACE = 10;
const STEP_NS = 10_000_000n;
const DURATION_NS = 5_000_000n;
/** Batches that one search reads back; an even number, for traces are of two. */
const BATCHES_PER_PAGE = 200;
/** Traces that are looked up by their ids in one audit. */
const LOOK_UPS = 5;
const ANSWER_MAX_MS = 60_000;

const NS_PER_S = 1_000_000_000n;
const IN_TIME: readonly bigint[] = [0n];
/** How late a batch comes, in turn: in another block, on another day, in another week; seconds. An odd number, so that both halves of traces are late. */
const LATE: readonly bigint[] = [0n, 1500n, 10_800n, 172_800n, 777_600n];

export type SpanForm = 'json' | 'protobuf' | 'zipkin';

export interface SpanBookOptions {
  /** Bytes of padding in each span. */
  readonly padding?: number;
  readonly isLate?: boolean;
}

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly startNs: bigint;
  /** `batch/trace/span`. */
  readonly place: string;
}

const foundSchema = z.object({
  traces: z
    .array(
      z.object({
        traceID: z.string(),
        spanSets: z.array(z.object({ spans: z.array(z.object({ spanID: z.string(), startTimeUnixNano: z.string() })) })),
      }),
    )
    .default([]),
});
const countSchema = z.object({ series: z.array(z.object({ value: z.number().default(0) })).default([]) });
const valuesSchema = z.object({ tagValues: z.array(z.object({ value: z.string() })) });
const traceSchema = z.object({
  trace: z.object({
    resourceSpans: z.array(
      z.object({ scopeSpans: z.array(z.object({ spans: z.array(z.object({ spanId: z.string(), name: z.string() })) })) }),
    ),
  }),
});

/** One lane's spans: `TRACES` traces at a time, half of each in a batch. */
export class SpanBook implements Book {
  readonly name: string;
  readonly rowsPerBatch = TRACES * SPANS_PER_TRACE;
  readonly #form: SpanForm;
  readonly #startNs: bigint;
  readonly #padding: number;
  /** How much earlier batches lie than their turn, one after the other. */
  readonly #ages: readonly bigint[];

  constructor(form: SpanForm, startMs: number, { padding = 0, isLate = false }: SpanBookOptions = {}) {
    this.name = isLate ? `late-spans-${form}` : `spans-${form}`;
    this.#form = form;
    this.#startNs = BigInt(startMs) * 1_000_000n;
    this.#padding = padding;
    this.#ages = isLate ? LATE : IN_TIME;
  }

  request(batch: number): ReturnType<Book['request']> {
    const spans = this.#spans(batch);
    switch (this.#form) {
      case 'json':
        return { path: '/v1/traces', body: this.#otlpJson(spans), headers: { 'content-type': 'application/json' } };
      case 'protobuf':
        return { path: '/otlp/v1/traces', body: this.#otlpProtobuf(spans), headers: { 'content-type': 'application/x-protobuf' } };
      case 'zipkin':
        return { path: '/api/v2/spans', body: this.#zipkinJson(spans), headers: { 'content-type': 'application/json' } };
    }
  }

  async audit(target: Target, batches: Batches): Promise<Omit<Audit, 'acknowledged'>> {
    const faults: string[] = [];
    const found = await this.#readAll(target, batches.next, faults);
    const counts = this.#check(found, batches, faults);
    await this.#compareCount(target, batches.next, counts.found + counts.foundUnknown, faults);
    await this.#lookUp(target, batches, faults);
    return { ...counts, faults };
  }

  get #filter(): string {
    return `{ resource.service.name = "${this.name}" }`;
  }

  #spans(batch: number): readonly SentSpan[] {
    return Array.from({ length: this.rowsPerBatch }, (_, n) => this.#span(batch, n % TRACES, Math.floor(n / TRACES)));
  }

  #span(batch: number, trace: number, span: number): SentSpan {
    const place = `${batch}/${trace}/${span}`;
    const ageNs = (this.#ages[batch % this.#ages.length] ?? 0n) * NS_PER_S;
    const startNs = this.#startNs - ageNs + BigInt(batch * SPANS_PER_TRACE + span) * STEP_NS;
    return { traceId: this.#id(`${Math.floor(batch / 2)}/${trace}`, 32), spanId: this.#id(place, 16), startNs, place };
  }

  #id(place: string, digits: number): string {
    const random = randomFrom(hash(`${this.name}/${place}`));
    const word = (): string =>
      Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    return Array.from({ length: digits / 8 }, word).join('');
  }

  /** Where a batch's turn is, in seconds since the epoch, rounded down. */
  #second(batch: number): bigint {
    return (this.#startNs + BigInt(batch * SPANS_PER_TRACE) * STEP_NS) / NS_PER_S;
  }

  /** All spans, by their ids. */
  async #readAll(target: Target, next: number, faults: string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const age of this.#ages)
      for (let batch = 0; batch < next; batch += BATCHES_PER_PAGE) {
        const parameters = {
          q: this.#filter,
          start: String(this.#second(batch) - age),
          end: String(this.#second(Math.min(batch + BATCHES_PER_PAGE, next)) - age + 1n),
          limit: '10000',
          spss: String(2 * SPANS_PER_TRACE + 1),
        };
        const page = new Set<string>();
        for (const { id, start } of await search(target, parameters)) {
          if (page.has(id)) faults.push(`${this.name}: span ${id} is there twice`);
          page.add(id);
          // Pages overlap by a second.
          found.set(id, start);
        }
      }
    return found;
  }

  #check(found: Map<string, string>, { acknowledged, unknown }: Batches, faults: string[]): { found: number; foundUnknown: number } {
    const counts = { found: 0, foundUnknown: 0 };
    const check = (batch: number, mustBeThere: boolean): void => {
      for (const { traceId, spanId, startNs, place } of this.#spans(batch)) {
        const start = found.get(`${traceId} ${spanId}`);
        found.delete(`${traceId} ${spanId}`);
        if (start === undefined) {
          if (mustBeThere) faults.push(`${this.name}: the acknowledged span ${place} ${LOST}`);
        } else if (start !== String(startNs)) faults.push(`${this.name}: the span ${place} starts at ${start}`);
        else if (mustBeThere) counts.found++;
        else counts.foundUnknown++;
      }
    };
    for (const batch of acknowledged) check(batch, true);
    for (const batch of unknown) check(batch, false);
    for (const id of found.keys()) faults.push(`${this.name}: a span ${id} that was never sent`);
    return counts;
  }

  /** Batches that were sent again count once. */
  async #compareCount(target: Target, next: number, wanted: number, faults: string[]): Promise<void> {
    if (next === 0) return;
    let counted = 0;
    for (const age of this.#ages) counted += await this.#count(target, this.#second(0) - age - 1n, this.#second(next) - age + 2n);
    if (counted > wanted) faults.push(`${this.name}: ${counted} spans are counted, and ${wanted} are shown`);
    if (counted < wanted) faults.push(`${this.name}: of ${wanted} spans that are shown the count of ${wanted - counted} ${LOST}`);
  }

  /** Spans that start from `fromS` up to `toS`, in seconds since the epoch, as metrics count them. */
  async #count(target: Target, fromS: bigint, toS: bigint): Promise<number> {
    const parameters = { q: `${this.#filter} | count_over_time()`, start: String(fromS), end: String(toS) };
    const { series } = countSchema.parse(await ask(target, '/api/metrics/query', parameters));
    return series[0]?.value ?? 0;
  }

  /** Some traces by their ids, and spans by their names, without a time. */
  async #lookUp(target: Target, { acknowledged }: Batches, faults: string[]): Promise<void> {
    const all = [...acknowledged];
    const random = randomFrom(hash(`${this.name} ${all.length}`));
    for (let i = 0; i < LOOK_UPS && all.length > 0; i++) {
      const batch = all[Math.floor(random() * all.length)] ?? 0;
      faults.push(...(await this.lookUpTrace(target, batch, Math.floor(random() * TRACES))));
    }
  }

  /** What is wrong with an acknowledged trace of a batch, asked for by its id and by the name of a span. */
  async lookUpTrace(target: Target, batch: number, trace: number): Promise<readonly string[]> {
    const faults: string[] = [];
    const wanted = Array.from({ length: SPANS_PER_TRACE }, (_, span) => this.#span(batch, trace, span));
    const [first] = wanted;
    if (first === undefined) return faults;
    const names = await readTrace(target, first.traceId);
    if (new Set(names).size !== names.length) faults.push(`${this.name}: the trace of ${batch}/${trace} has a span twice`);
    for (const { place } of wanted) if (!names.includes(place)) faults.push(`${this.name}: in its trace the span ${place} ${LOST}`);
    const named = await search(target, { q: `{ resource.service.name = "${this.name}" && name = "${first.place}" }` });
    if (named.length === 0) faults.push(`${this.name}: by its name the span ${first.place} ${LOST}`);
    if (named.length > 1) faults.push(`${this.name}: by its name the span ${first.place} is there ${named.length} times`);
    return faults;
  }

  /** What is wrong with the count of all spans of batches that are acknowledged and begin and end at whole seconds. */
  async countBatches(target: Target, from: number, to: number): Promise<readonly string[]> {
    const wanted = (to - from) * this.rowsPerBatch;
    const counted = await this.#count(target, this.#second(from), this.#second(to));
    return counted === wanted ? [] : [`${this.name}: in batches ${from} to ${to} ${counted} spans are counted of ${wanted}`];
  }

  /** What is wrong with the newest traces. */
  async searchNewest(target: Target): Promise<readonly string[]> {
    const ids = (await search(target, { q: this.#filter, limit: '20', spss: String(2 * SPANS_PER_TRACE + 1) })).map(({ id }) => id);
    if (ids.length === 0) return [`${this.name}: no trace is found`];
    return new Set(ids).size === ids.length ? [] : [`${this.name}: one of the newest spans is there twice`];
  }

  /** What is wrong with the services that are offered. */
  async listServices(target: Target): Promise<readonly string[]> {
    const { tagValues } = valuesSchema.parse(await ask(target, '/api/v2/search/tag/resource.service.name/values', { q: this.#filter }));
    return tagValues.some(({ value }) => value === this.name) ? [] : [`${this.name}: its service is not listed`];
  }

  #padded(place: string): string {
    const random = randomFrom(hash(place));
    let text = '';
    while (text.length < this.#padding) text += Math.floor(random() * 2 ** 32).toString(36);
    return text.slice(0, this.#padding);
  }

  #otlpJson(spans: readonly SentSpan[]): string {
    const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
    const sent = spans.map(({ traceId, spanId, startNs, place }) => ({
      traceId,
      spanId,
      name: place,
      startTimeUnixNano: String(startNs),
      endTimeUnixNano: String(startNs + DURATION_NS),
      attributes: [attribute('noise', this.#padded(place))],
    }));
    const resource = { attributes: [attribute('service.name', this.name)] };
    return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: sent }] }] });
  }

  /** Source: OpenTelemetry `opentelemetry/proto/trace/v1/trace.proto`. */
  #otlpProtobuf(spans: readonly SentSpan[]): Uint8Array {
    const attribute = (into: ProtobufWriter, key: string, text: string): unknown =>
      into.text(1, key).message(2, (value) => value.text(1, text));
    return new ProtobufWriter()
      .message(1, (resourceSpans) => {
        resourceSpans.message(1, (resource) => resource.message(1, (pair) => attribute(pair, 'service.name', this.name)));
        resourceSpans.message(2, (scope) => {
          for (const { traceId, spanId, startNs, place } of spans)
            scope.message(2, (span) => {
              span.blob(1, Buffer.from(traceId, 'hex')).blob(2, Buffer.from(spanId, 'hex')).text(5, place);
              span.fixed64(7, startNs).fixed64(8, startNs + DURATION_NS);
              span.message(9, (pair) => attribute(pair, 'noise', this.#padded(place)));
            });
        });
      })
      .bytes();
  }

  #zipkinJson(spans: readonly SentSpan[]): string {
    return JSON.stringify(
      spans.map(({ traceId, spanId, startNs, place }) => ({
        traceId,
        id: spanId,
        name: place,
        timestamp: Number(startNs / 1000n),
        duration: Number(DURATION_NS / 1000n),
        localEndpoint: { serviceName: this.name },
        tags: { noise: this.#padded(place) },
      })),
    );
  }
}

/** Spans that a search finds, by `trace span`. */
async function search(
  target: Target,
  parameters: Readonly<Record<string, string>>,
): Promise<readonly { readonly id: string; readonly start: string }[]> {
  const { traces } = foundSchema.parse(await ask(target, '/api/search', parameters));
  return traces.flatMap(({ traceID, spanSets }) =>
    spanSets.flatMap(({ spans }) =>
      spans.map(({ spanID, startTimeUnixNano }) => ({ id: `${traceID.padStart(32, '0')} ${spanID}`, start: startTimeUnixNano })),
    ),
  );
}

/** The names of a trace's spans; none where there is no such trace, or nothing is known of it while the disk is full. */
async function readTrace(target: Target, traceId: string): Promise<readonly string[]> {
  const answer = await ask(target, `/api/v2/traces/${traceId}`, {}, [404, 503]);
  if (answer === undefined) return [];
  const { trace } = traceSchema.parse(answer);
  return trace.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)));
}

/** The answer; undefined for one of the statuses `none`. */
async function ask(
  { url }: Target,
  path: string,
  parameters: Readonly<Record<string, string>>,
  none: readonly number[] = [],
): Promise<unknown> {
  const response = await fetch(`${url}${path}?${new URLSearchParams(parameters).toString()}`, {
    signal: AbortSignal.timeout(ANSWER_MAX_MS),
  });
  const text = await response.text();
  if (none.includes(response.status)) return undefined;
  if (response.status !== 200) throw new Error(`${path} ${JSON.stringify(parameters)}: ${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text);
}
