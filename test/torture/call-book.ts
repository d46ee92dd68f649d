// Calls of the ledger: a client's span in one batch and the server's below it in the next, of the present moment, so that metrics are made of them.
//
// What is read back are the metrics: how often the spans, and the requests that both sides make, were counted. Counters begin again with the program, and
// what was counted between the last flush and a `kill -9` is gone; a span that comes again is never counted again.

import { queryInstant } from '../harness/client.ts';
import type { Target } from '../harness/client.ts';
import { randomFrom } from '../harness/random.ts';
import type { Audit, Batches, Book } from './ledger.ts';
import { hash } from './ledger.ts';

const CALLS = 20;
const STEP_NS = 1_000_000n;
const DURATION_NS = 500_000n;
const CLIENT = 3;
const SERVER = 2;
/** More than the run takes. */
const READ_BACK = '2h';

/** Spans and requests that were counted, over all counters that began again. */
export interface Counted {
  readonly spans: number;
  readonly requests: number;
}

export class CallBook implements Book {
  readonly name: string;
  readonly rowsPerBatch = CALLS;
  readonly #startNs: bigint;

  constructor(name: string, startMs: number) {
    this.name = name;
    this.#startNs = BigInt(startMs) * 1_000_000n;
  }

  request(batch: number): ReturnType<Book['request']> {
    const isClient = batch % 2 === 0;
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: this.#service(isClient) } }] };
    const spans = Array.from({ length: CALLS }, (_, call) => this.#span(batch, call));
    return {
      path: '/v1/traces',
      body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }),
      headers: { 'content-type': 'application/json' },
    };
  }

  /** Nothing may be counted that was not sent, and nothing twice. */
  async audit(target: Target, { acknowledged, unknown }: Batches): Promise<Omit<Audit, 'acknowledged'>> {
    const { spans, requests } = await this.counted(target);
    const batches = acknowledged.size + unknown.size;
    const faults: string[] = [];
    if (spans > batches * CALLS) faults.push(`${this.name}: ${spans} spans are counted, and ${batches * CALLS} were sent`);
    if (requests > Math.ceil(batches / 2) * CALLS)
      faults.push(`${this.name}: ${requests} requests are counted, and ${Math.ceil(batches / 2) * CALLS} were sent`);
    return { found: spans, foundUnknown: 0, faults };
  }

  async counted(target: Target): Promise<Counted> {
    return {
      spans: await spanCalls(target, [this.#service(true), this.#service(false)]),
      requests: await increases(
        target,
        `traces_service_graph_request_total{client="${this.#service(true)}",server="${this.#service(false)}"}`,
      ),
    };
  }

  #service(isClient: boolean): string {
    return `${this.name}-${isClient ? 'client' : 'server'}`;
  }

  #span(batch: number, call: number): unknown {
    const isClient = batch % 2 === 0;
    const pair = `${Math.floor(batch / 2)}/${call}`;
    const startNs = this.#startNs + BigInt(batch * CALLS + call) * STEP_NS;
    return {
      traceId: this.#id(pair, 32),
      spanId: this.#id(`${pair}/${isClient}`, 16),
      ...(isClient ? {} : { parentSpanId: this.#id(`${pair}/true`, 16) }),
      kind: isClient ? CLIENT : SERVER,
      name: 'call',
      startTimeUnixNano: String(startNs),
      endTimeUnixNano: String(startNs + DURATION_NS),
    };
  }

  #id(place: string, digits: number): string {
    const random = randomFrom(hash(`${this.name}/${place}`));
    const word = (): string =>
      Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    return Array.from({ length: digits / 8 }, word).join('');
  }
}

/** Spans of services that span metrics have counted. */
export function spanCalls(target: Target, services: readonly string[]): Promise<number> {
  return increases(target, `traces_spanmetrics_calls_total{service=~"${services.join('|')}"}`);
}

/** By how much counters rose, sample by sample: one that is below the one before began again at 0. */
async function increases(target: Target, selector: string): Promise<number> {
  const series = await queryInstant(target, `${selector}[${READ_BACK}]`);
  let sum = 0;
  for (const { values = [] } of series) {
    let before = 0;
    for (const [, text] of values) {
      const value = Number(text);
      if (Number.isNaN(value)) continue;
      sum += value < before ? value : value - before;
      before = value;
    }
  }
  return sum;
}
