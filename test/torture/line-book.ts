// Log lines of the ledger: pushed in one of three forms, read back page by page, counted, and looked up by the ids that they hold.

import { compressSync } from 'snappy';
import { z } from 'zod';

import { ProtobufWriter } from '../../src/base/protobuf-writer.ts';
import type { Target } from '../harness/client.ts';
import { randomFrom } from '../harness/random.ts';
import { type Audit, type Batches, type Book, hash, LOST } from './ledger.ts';

const STREAMS = 4;
const LINES_PER_STREAM = 10;
const STEP_NS = 10_000_000n;
/** Batches that one query reads back: fewer lines than an answer may hold. */
const BATCHES_PER_PAGE = 100;
const PAGE_LINES_MAX = 5000;
/** Lines that are looked up by their ids in one audit. */
const LOOK_UPS = 5;
const ANSWER_MAX_MS = 60_000;

export type LineForm = 'json' | 'protobuf' | 'otlp';

interface SentLine {
  readonly tsNs: bigint;
  readonly line: string;
}

const streamsSchema = z.object({
  data: z.object({
    result: z.array(z.object({ stream: z.record(z.string(), z.string()), values: z.array(z.tuple([z.string(), z.string()])) })),
  }),
});
const vectorSchema = z.object({ data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }) });

/** One lane's lines: `STREAMS` streams, each with lines 10 ms apart. */
export class LineBook implements Book {
  readonly name: string;
  readonly rowsPerBatch = STREAMS * LINES_PER_STREAM;
  readonly #form: LineForm;
  readonly #startNs: bigint;
  /** Bytes of padding in each line. */
  readonly #padding: number;

  constructor(form: LineForm, startMs: number, padding = 0) {
    this.name = `lines-${form}`;
    this.#form = form;
    this.#startNs = BigInt(startMs) * 1_000_000n;
    this.#padding = padding;
  }

  request(batch: number): ReturnType<Book['request']> {
    const streams = Array.from({ length: STREAMS }, (_, n) => this.#lines(batch, n));
    switch (this.#form) {
      case 'json':
        return { path: '/loki/api/v1/push', body: jsonPush(this.name, streams), headers: { 'content-type': 'application/json' } };
      case 'protobuf':
        return { path: '/loki/api/v1/push', body: protobufPush(this.name, streams), headers: { 'content-type': 'application/x-protobuf' } };
      case 'otlp':
        return { path: '/otlp/v1/logs', body: otlpPush(this.name, streams), headers: { 'content-type': 'application/json' } };
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

  get #selector(): string {
    return this.#form === 'otlp' ? `{service_namespace="${this.name}"}` : `{lane="${this.name}"}`;
  }

  #ts(batch: number, k: number): bigint {
    return this.#startNs + BigInt(batch * LINES_PER_STREAM + k) * STEP_NS;
  }

  #lines(batch: number, n: number): readonly SentLine[] {
    return Array.from({ length: LINES_PER_STREAM }, (_, k) => ({ tsNs: this.#ts(batch, k), line: this.#line(batch, n, k) }));
  }

  #line(batch: number, n: number, k: number): string {
    return `level=info batch=${batch} n=${n} k=${k} trace_id=${this.#id(batch, n, k)} ${noise(`${batch}/${n}/${k}`, this.#padding)}`;
  }

  #id(batch: number, n: number, k: number): string {
    const random = randomFrom(hash(`${this.name}/${batch}/${n}/${k}`));
    return Array.from({ length: 4 }, () =>
      Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    ).join('');
  }

  /** All lines, by stream and time. */
  async #readAll(target: Target, next: number, faults: string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (let batch = 0; batch < next; batch += BATCHES_PER_PAGE) {
      const parameters = {
        query: this.#selector,
        start: String(this.#ts(batch, 0)),
        end: String(this.#ts(batch + BATCHES_PER_PAGE, 0)),
        limit: String(PAGE_LINES_MAX),
        direction: 'forward',
      };
      const { data } = streamsSchema.parse(await ask(target, 'query_range', parameters));
      for (const { stream, values } of data.result)
        for (const [ts, line] of values) {
          const place = `${stream[this.#form === 'otlp' ? 'service_name' : 'n']} ${ts}`;
          if (found.has(place)) faults.push(`${this.name}: two lines at ${place}`);
          found.set(place, line);
        }
    }
    return found;
  }

  #check(found: Map<string, string>, { acknowledged, unknown }: Batches, faults: string[]): { found: number; foundUnknown: number } {
    const counts = { found: 0, foundUnknown: 0 };
    const check = (batch: number, mustBeThere: boolean): void => {
      for (let n = 0; n < STREAMS; n++)
        for (let k = 0; k < LINES_PER_STREAM; k++) {
          const place = `${n} ${this.#ts(batch, k)}`;
          const line = found.get(place);
          found.delete(place);
          if (line === undefined) {
            if (mustBeThere) faults.push(`${this.name}, batch ${batch}: the acknowledged line at ${place} ${LOST}`);
          } else if (line !== this.#line(batch, n, k)) faults.push(`${this.name}, batch ${batch}: another line at ${place}`);
          else if (mustBeThere) counts.found++;
          else counts.foundUnknown++;
        }
    };
    for (const batch of acknowledged) check(batch, true);
    for (const batch of unknown) check(batch, false);
    for (const place of found.keys()) faults.push(`${this.name}: a line at ${place} that was never sent`);
    return counts;
  }

  /** Batches that were sent again may be stored twice; they count once. */
  async #compareCount(target: Target, next: number, wanted: number, faults: string[]): Promise<void> {
    if (next === 0) return;
    const seconds = Math.ceil(Number(this.#ts(next, 0) - this.#startNs) / 1e9) + 1;
    const query = `sum(count_over_time(${this.#selector} [${seconds}s]))`;
    const time = String(this.#startNs + BigInt(seconds - 1) * 1_000_000_000n);
    const { data } = vectorSchema.parse(await ask(target, 'query', { query, time }));
    const counted = Number(data.result[0]?.value[1] ?? 0);
    if (counted > wanted) faults.push(`${this.name}: ${counted} lines are counted, and ${wanted} are shown`);
    if (counted < wanted) faults.push(`${this.name}: of ${wanted} lines that are shown the count of ${wanted - counted} ${LOST}`);
  }

  /** Some lines by what only they hold, among all lines of all lanes. */
  async #lookUp(target: Target, { acknowledged, next }: Batches, faults: string[]): Promise<void> {
    const all = [...acknowledged];
    const random = randomFrom(hash(`${this.name} ${all.length}`));
    for (let i = 0; i < LOOK_UPS && all.length > 0; i++) {
      const [batch, n, k] = [
        all[Math.floor(random() * all.length)] ?? 0,
        Math.floor(random() * STREAMS),
        Math.floor(random() * LINES_PER_STREAM),
      ];
      const query = `{service_name=~".+"} |= "${this.#id(batch, n, k)}"`;
      const range = { start: String(this.#startNs), end: String(this.#ts(next, 0)) };
      const { data } = streamsSchema.parse(await ask(target, 'query_range', { query, ...range }));
      const lines = data.result.flatMap(({ values }) => values.map(([, line]) => line));
      if (lines.length === 0) faults.push(`${this.name}: by its id the line ${batch}/${n}/${k} ${LOST}`);
      else if (lines.length > 1 || lines[0] !== this.#line(batch, n, k))
        faults.push(`${this.name}: ${lines.length} lines with the id of ${batch}/${n}/${k}`);
    }
  }
}

async function ask({ url }: Target, path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await fetch(`${url}/loki/api/v1/${path}?${new URLSearchParams(parameters).toString()}`, {
    signal: AbortSignal.timeout(ANSWER_MAX_MS),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path} ${JSON.stringify(parameters)}: ${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text);
}

/** Text that does not compress, so that a disk fills. */
function noise(place: string, bytes: number): string {
  const random = randomFrom(hash(place));
  let text = '';
  while (text.length < bytes) text += Math.floor(random() * 2 ** 32).toString(36);
  return text.slice(0, bytes);
}

function jsonPush(lane: string, streams: readonly (readonly SentLine[])[]): string {
  return JSON.stringify({
    streams: streams.map((lines, n) => ({ stream: { lane, n: String(n) }, values: lines.map(({ tsNs, line }) => [String(tsNs), line]) })),
  });
}

/** Source: Loki `pkg/push/push.proto`. */
function protobufPush(lane: string, streams: readonly (readonly SentLine[])[]): Uint8Array {
  const body = new ProtobufWriter();
  streams.forEach((lines, n) =>
    body.message(1, (stream) => {
      stream.text(1, `{lane="${lane}", n="${n}"}`);
      for (const { tsNs, line } of lines)
        stream.message(2, (entry) => {
          entry.message(1, (time) => time.varint(1, tsNs / 1_000_000_000n).varint(2, tsNs % 1_000_000_000n));
          entry.text(2, line);
        });
    }),
  );
  return compressSync(body.bytes());
}

/** Source: OpenTelemetry `opentelemetry/proto/logs/v1/logs.proto`, in its JSON form. */
function otlpPush(lane: string, streams: readonly (readonly SentLine[])[]): string {
  const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
  return JSON.stringify({
    resourceLogs: streams.map((lines, n) => ({
      resource: { attributes: [attribute('service.name', String(n)), attribute('service.namespace', lane)] },
      scopeLogs: [{ logRecords: lines.map(({ tsNs, line }) => ({ timeUnixNano: String(tsNs), body: { stringValue: line } })) }],
    })),
  });
}
