// The ledger of acknowledged writes: what was sent, what was acknowledged, and whether all of that is there, once.
//
//   Lane: batch 0, 1, 2 … ─▶ remote write ─▶ 2xx: acknowledged │ refused: sent again │ no answer: unknown, sent again after the restart
//   audit: read every series back; each acknowledged sample once, nothing that was never sent
//
// A sample's value follows from its place, so the ledger holds batch numbers only.

import { queryInstant, post } from '../harness/client.ts';
import type { Target } from '../harness/client.ts';
import { randomFrom } from '../harness/random.ts';
import { encodeRemoteWrite1 } from '../harness/remote-write.ts';
import type { SentSeries } from '../harness/remote-write.ts';

const METRIC = 'torture_ledger';
const STEP_MS = 10;
/** Series that one query reads back. */
const SERIES_PER_QUERY = 10;
const REFUSALS = new Set([429, 503, 507]);

export interface Shape {
  readonly seriesPerBatch: number;
  readonly samplesPerSeries: number;
}

export interface Audit {
  readonly acknowledged: number;
  readonly found: number;
  /** Samples of batches whose answer never came; either is right. */
  readonly foundUnknown: number;
  /** What is wrong, in words; empty when all is well. */
  readonly faults: readonly string[];
}

const FAULTS_MAX = 20;
/** What a fault says of a sample that is not there. */
export const LOST = 'is lost';

/** One sender with a connection of its own and series of its own. */
export class Lane {
  readonly name: string;
  readonly #shape: Shape;
  readonly #startMs: number;
  readonly #acknowledged = new Set<number>();
  readonly #unknown = new Set<number>();
  #next = 0;
  refusals = 0;
  readonly refusalStatuses = new Map<number, number>();

  constructor(name: string, shape: Shape, startMs: number) {
    this.name = name;
    this.#shape = shape;
    this.#startMs = startMs;
  }

  get acknowledgedSamples(): number {
    return this.#acknowledged.size * this.#samplesPerBatch;
  }

  get #samplesPerBatch(): number {
    return this.#shape.seriesPerBatch * this.#shape.samplesPerSeries;
  }

  /** Sends batch after batch until `stop` says so or the connection breaks. Batches without an answer go first. */
  async send(target: Target, stop: () => boolean): Promise<void> {
    for (const batch of this.#unknown) if (!(await this.#sendBatch(target, batch, stop))) return;
    while (!stop()) if (!(await this.#sendBatch(target, this.#next++, stop))) return;
  }

  /** False when nothing more can be sent now. Throws on an answer that is neither an acknowledgement nor a refusal. */
  async #sendBatch(target: Target, batch: number, stop: () => boolean): Promise<boolean> {
    this.#unknown.add(batch);
    const sent = encodeRemoteWrite1(this.#series(batch));
    for (;;) {
      const answer = await post(target, '/api/v1/push', sent).catch((error: unknown) => {
        if (error instanceof Error && error.name === 'TimeoutError')
          throw new Error(`lane ${this.name}, batch ${batch}: no answer`, { cause: error });
        return undefined; // the connection broke: the program was killed
      });
      if (answer === undefined) return false;
      if (answer.status >= 200 && answer.status < 300) {
        this.#unknown.delete(batch);
        this.#acknowledged.add(batch);
        return true;
      }
      if (!REFUSALS.has(answer.status)) throw new Error(`lane ${this.name}, batch ${batch}: ${answer.status} ${answer.text.slice(0, 300)}`);
      this.refusals++;
      this.refusalStatuses.set(answer.status, (this.refusalStatuses.get(answer.status) ?? 0) + 1);
      if (stop()) return false;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #series(batch: number): SentSeries[] {
    const { seriesPerBatch, samplesPerSeries } = this.#shape;
    return Array.from({ length: seriesPerBatch }, (_, n) => ({
      labels: { __name__: METRIC, lane: this.name, n: String(n) },
      samples: Array.from({ length: samplesPerSeries }, (_unused, k) => ({ ts: this.#ts(batch, k), value: this.#value(batch, n, k) })),
    }));
  }

  #ts(batch: number, k: number): number {
    return this.#startMs + (batch * this.#shape.samplesPerSeries + k) * STEP_MS;
  }

  /** A number with a full mantissa, so that it does not compress and no two samples share it. */
  #value(batch: number, n: number, k: number): number {
    return randomFrom(hash(`${this.name}/${batch}/${n}/${k}`))() + batch;
  }

  /** Reads everything back. */
  async audit(target: Target): Promise<Audit> {
    const faults: string[] = [];
    const counts = { found: 0, foundUnknown: 0 };
    for (let from = 0; from < this.#shape.seriesPerBatch; from += SERIES_PER_QUERY) {
      const numbers = Array.from({ length: Math.min(SERIES_PER_QUERY, this.#shape.seriesPerBatch - from) }, (_, i) => from + i);
      const found = await this.#read(target, numbers);
      for (const n of numbers) this.#auditSeries(n, found.get(n) ?? [], counts, faults);
    }
    const acknowledged = this.acknowledgedSamples;
    return {
      acknowledged,
      ...counts,
      faults: faults.slice(0, FAULTS_MAX),
    };
  }

  async #read(target: Target, numbers: readonly number[]): Promise<ReadonlyMap<number, readonly (readonly [number, string])[]>> {
    if (this.#next === 0) return new Map();
    const selector = `${METRIC}{lane="${this.name}",n=~"${numbers.join('|')}"}`;
    const lastMs = this.#ts(this.#next, 0);
    const rangeS = Math.ceil((lastMs - this.#startMs) / 1000) + 1;
    const series = await queryInstant(target, `${selector}[${rangeS}s]`, lastMs / 1000);
    return new Map(series.map(({ metric, values }) => [Number(metric['n']), values ?? []]));
  }

  #auditSeries(
    n: number,
    found: readonly (readonly [number, string])[],
    counts: { found: number; foundUnknown: number },
    faults: string[],
  ): void {
    const byTime = new Map<number, number>();
    for (const [seconds, value] of found) {
      const ts = Math.round(seconds * 1000);
      if (byTime.has(ts)) faults.push(`lane ${this.name}, series ${n}: two samples at ${ts}`);
      byTime.set(ts, Number(value));
    }
    const check = (batch: number, mustBeThere: boolean): void => {
      for (let k = 0; k < this.#shape.samplesPerSeries; k++) {
        const ts = this.#ts(batch, k);
        const value = byTime.get(ts);
        byTime.delete(ts);
        if (value === undefined) {
          if (mustBeThere) faults.push(`lane ${this.name}, series ${n}, batch ${batch}: the acknowledged sample at ${ts} ${LOST}`);
        } else if (value !== this.#value(batch, n, k))
          faults.push(`lane ${this.name}, series ${n}, batch ${batch}: another value at ${ts}`);
        else if (mustBeThere) counts.found++;
        else counts.foundUnknown++;
      }
    };
    for (const batch of this.#acknowledged) check(batch, true);
    for (const batch of this.#unknown) check(batch, false);
    for (const ts of byTime.keys()) faults.push(`lane ${this.name}, series ${n}: a sample at ${ts} that was never sent`);
  }
}

/** FNV-1a of a short text. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state >>> 0;
}

export function sumAudits(audits: readonly Audit[]): Audit {
  return {
    acknowledged: audits.reduce((sum, each) => sum + each.acknowledged, 0),
    found: audits.reduce((sum, each) => sum + each.found, 0),
    foundUnknown: audits.reduce((sum, each) => sum + each.foundUnknown, 0),
    faults: audits.flatMap((each) => each.faults),
  };
}
