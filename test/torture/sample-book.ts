// Samples of the ledger: sent by remote write, read back by range queries.

import { queryInstant } from '../harness/client.ts';
import type { Target } from '../harness/client.ts';
import { randomFrom } from '../harness/random.ts';
import { encodeRemoteWrite1 } from '../harness/remote-write.ts';
import type { SentSeries } from '../harness/remote-write.ts';
import { type Audit, type Batches, type Book, hash, LOST } from './ledger.ts';

const METRIC = 'torture_ledger';
const STEP_MS = 10;
/** Series that one query reads back. */
const SERIES_PER_QUERY = 10;

export interface Shape {
  readonly seriesPerBatch: number;
  readonly samplesPerSeries: number;
}

export class SampleBook implements Book {
  readonly name: string;
  readonly #shape: Shape;
  readonly #startMs: number;

  constructor(name: string, shape: Shape, startMs: number) {
    this.name = name;
    this.#shape = shape;
    this.#startMs = startMs;
  }

  get rowsPerBatch(): number {
    return this.#shape.seriesPerBatch * this.#shape.samplesPerSeries;
  }

  request(batch: number): ReturnType<Book['request']> {
    return { path: '/api/v1/push', ...encodeRemoteWrite1(this.#series(batch)) };
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

  async audit(target: Target, batches: Batches): Promise<Omit<Audit, 'acknowledged'>> {
    const faults: string[] = [];
    const counts = { found: 0, foundUnknown: 0 };
    for (let from = 0; from < this.#shape.seriesPerBatch; from += SERIES_PER_QUERY) {
      const numbers = Array.from({ length: Math.min(SERIES_PER_QUERY, this.#shape.seriesPerBatch - from) }, (_, i) => from + i);
      const found = await this.#read(target, numbers, batches.next);
      for (const n of numbers) faults.push(...this.#auditSeries(n, found.get(n) ?? [], batches, counts));
    }
    return { ...counts, faults };
  }

  async #read(
    target: Target,
    numbers: readonly number[],
    next: number,
  ): Promise<ReadonlyMap<number, readonly (readonly [number, string])[]>> {
    if (next === 0) return new Map();
    const selector = `${METRIC}{lane="${this.name}",n=~"${numbers.join('|')}"}`;
    const lastMs = this.#ts(next, 0);
    const rangeS = Math.ceil((lastMs - this.#startMs) / 1000) + 1;
    const series = await queryInstant(target, `${selector}[${rangeS}s]`, lastMs / 1000);
    return new Map(series.map(({ metric, values }) => [Number(metric['n']), values ?? []]));
  }

  #auditSeries(
    n: number,
    found: readonly (readonly [number, string])[],
    { acknowledged, unknown }: Batches,
    counts: { found: number; foundUnknown: number },
  ): readonly string[] {
    const faults: string[] = [];
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
    for (const batch of acknowledged) check(batch, true);
    for (const batch of unknown) check(batch, false);
    for (const ts of byTime.keys()) faults.push(`lane ${this.name}, series ${n}: a sample at ${ts} that was never sent`);
    return faults;
  }
}
