// Spans of the ledger: sent in one of three forms, read back page by page, counted, and looked up by the ids of their traces.
//
// A trace has spans in two batches that follow one another, so the second half joins what is stored already.

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

export type SpanForm = 'json' | 'protobuf' | 'zipkin';

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
  /** Bytes of padding in each span. */
  readonly #padding: number;

  constructor(form: SpanForm, startMs: number, padding = 0) {
    this.name = `spans-${form}`;
    this.#form = form;
    this.#startNs = BigInt(startMs) * 1_000_000n;
    this.#padding = padding;
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
    const startNs = this.#startNs + BigInt(batch * SPANS_PER_TRACE + span) * STEP_NS;
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

  #seconds(batch: number): number {
    return Math.ceil(Number(this.#startNs / 1_000_000n + BigInt(batch * SPANS_PER_TRACE) * (STEP_NS / 1_000_000n)) / 1000);
  }

  /** All spans, by their ids. */
  async #readAll(target: Target, next: number, faults: string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (let batch = 0; batch < next; batch += BATCHES_PER_PAGE) {
      const parameters = {
        q: this.#filter,
        start: String(Math.floor(Number(this.#startNs / 1_000_000_000n)) + Math.floor((batch * SPANS_PER_TRACE) / 100)),
        end: String(this.#seconds(Math.min(batch + BATCHES_PER_PAGE, next)) + 1),
        limit: '10000',
        spss: String(2 * SPANS_PER_TRACE + 1),
      };
      const { traces } = foundSchema.parse(await ask(target, '/api/search', parameters));
      const page = new Set<string>();
      for (const { traceID, spanSets } of traces)
        for (const { spanID, startTimeUnixNano } of spanSets.flatMap(({ spans }) => spans)) {
          const id = `${traceID.padStart(32, '0')} ${spanID}`;
          if (page.has(id)) faults.push(`${this.name}: span ${id} is there twice`);
          page.add(id);
          // Pages overlap by a second.
          found.set(id, startTimeUnixNano);
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
    const start = String(Number(this.#startNs / 1_000_000_000n) - 1);
    const parameters = { q: `${this.#filter} | count_over_time()`, start, end: String(this.#seconds(next) + 1) };
    const { series } = countSchema.parse(await ask(target, '/api/metrics/query', parameters));
    const counted = series[0]?.value ?? 0;
    if (counted > wanted) faults.push(`${this.name}: ${counted} spans are counted, and ${wanted} are shown`);
    if (counted < wanted) faults.push(`${this.name}: of ${wanted} spans that are shown the count of ${wanted - counted} ${LOST}`);
  }

  /** Some traces by their ids, without a time. */
  async #lookUp(target: Target, { acknowledged }: Batches, faults: string[]): Promise<void> {
    const all = [...acknowledged];
    const random = randomFrom(hash(`${this.name} ${all.length}`));
    for (let i = 0; i < LOOK_UPS && all.length > 0; i++) {
      const batch = all[Math.floor(random() * all.length)] ?? 0;
      const trace = Math.floor(random() * TRACES);
      const wanted = Array.from({ length: SPANS_PER_TRACE }, (_, span) => this.#span(batch, trace, span));
      const answer = traceSchema.parse(await ask(target, `/api/v2/traces/${wanted[0]?.traceId}`, {}));
      const spans = answer.trace.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
      const names = spans.map(({ name }) => name);
      if (new Set(names).size !== names.length) faults.push(`${this.name}: the trace of ${batch}/${trace} has a span twice`);
      for (const { place } of wanted) if (!names.includes(place)) faults.push(`${this.name}: in its trace the span ${place} ${LOST}`);
    }
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

async function ask({ url }: Target, path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await fetch(`${url}${path}?${new URLSearchParams(parameters).toString()}`, {
    signal: AbortSignal.timeout(ANSWER_MAX_MS),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path} ${JSON.stringify(parameters)}: ${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text);
}
