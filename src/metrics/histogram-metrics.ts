// Which metrics of a tenant have native histograms: a question about any other does not ask the table of histograms.
//
// Known only where no other process writes: read once per tenant, and then told by the writers.

import { sql, text } from '../base/sql.ts';
import type { Client } from '../storage/client.ts';

/** Tenants that are remembered: whoever asks may name one. */
const TENANTS_MAX = 10_000;

interface Known {
  readonly metrics: Set<number>;
  readonly loaded: Promise<void>;
}

export class HistogramMetrics {
  readonly #client: Client;
  readonly #tenants = new Map<string, Known>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Notes that histograms of metrics are on disk. */
  note(tenant: string, metrics: Iterable<number>): void {
    const known = this.#tenants.get(tenant);
    if (known !== undefined) for (const metric of metrics) known.metrics.add(metric);
  }

  /** Whether any of the metrics may have histograms; `metrics` are the hashes of their names. */
  async mayHave(tenant: string, metrics: readonly number[]): Promise<boolean> {
    const known = this.#tenants.get(tenant) ?? this.#load(tenant);
    await known.loaded;
    return metrics.some((metric) => known.metrics.has(metric));
  }

  // Known from now on, before the table is asked: what is noted meanwhile may be missing from the answer.
  #load(tenant: string): Known {
    const metrics = new Set<number>();
    const known = { metrics, loaded: this.#read(tenant, metrics) };
    if (this.#tenants.size >= TENANTS_MAX) this.#tenants.clear();
    this.#tenants.set(tenant, known);
    known.loaded.catch(() => this.#tenants.delete(tenant));
    return known;
  }

  async #read(tenant: string, into: Set<number>): Promise<void> {
    for await (const { columns } of this.#client.stream(sql`SELECT DISTINCT metric FROM histograms WHERE tenant = ${text(tenant)}`)) {
      for (const metric of columns['metric'] ?? []) into.add(Number(metric));
    }
  }
}
