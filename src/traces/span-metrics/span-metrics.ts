// Metrics made of spans as they come in: how often, how long, how large (span metrics), and who asks whom (service graph).
//
//   follow(tenant, new spans) ─▶ counts in memory ─(every 15 s, and at the end)─▶ MetricWrite: ordinary samples of the tenant
//
// Counters begin at 0 with the program; names, labels and values are Tempo's. Source: Tempo `modules/generator`.

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Counter, SelfMetrics } from '../../base/self-metrics.ts';
import type { BeginWrite, Refusal } from '../../metrics/write.ts';
import type { SpanFollower } from '../write.ts';
import { FLUSH_INTERVAL_MS, type SpanMetricsLimits, TenantSpanMetrics } from './tenant-span-metrics.ts';

/** Failures and refusals are logged at most so often for each tenant. */
const LOG_INTERVAL_MS = 60_000;

export interface SpanMetricsOptions {
  readonly limitsOf: (tenant: string) => SpanMetricsLimits;
  readonly beginWrite: BeginWrite;
  readonly clock: Clock;
  readonly metrics: SelfMetrics;
  readonly log: Log;
}

interface Tenant {
  readonly limits: SpanMetricsLimits;
  readonly counts: TenantSpanMetrics;
}

interface OwnCounters {
  readonly spans: Counter;
  readonly skipped: Counter;
  readonly refused: Counter;
  readonly failures: Counter;
}

export class SpanMetrics {
  readonly #options: SpanMetricsOptions;
  readonly #own: OwnCounters;
  readonly #tenants = new Map<string, Tenant>();
  readonly #loggedMs = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #flushing: Promise<void> | undefined;

  constructor(options: SpanMetricsOptions) {
    this.#options = options;
    this.#own = ownCounters(options.metrics);
    watch(options.metrics, () => [...this.#tenants].map(([tenant, { counts }]) => [tenant, counts]));
    this.#timer = setInterval(() => void this.flush(), FLUSH_INTERVAL_MS).unref();
  }

  /** Counts new spans. Does not throw, and does not wait. */
  readonly follow: SpanFollower = (tenant, spans) => {
    const nowMs = this.#options.clock.now();
    this.#own.spans.add(spans.length, tenant);
    const counts = this.#counts(tenant, nowMs);
    if (counts === undefined) return;
    counts.add(spans, nowMs);
    this.#tellSkipped(tenant, counts);
  };

  /** Writes all series; while a flush runs, another call waits for the same. What cannot be written is counted and logged, and comes with the next. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flushAll().finally(() => (this.#flushing = undefined));
    return this.#flushing;
  }

  /** Writes what was counted last. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#flushing;
    await this.flush();
  }

  #counts(tenant: string, nowMs: number): TenantSpanMetrics | undefined {
    const limits = this.#options.limitsOf(tenant);
    const known = this.#tenants.get(tenant);
    if (known?.limits === limits) return known.counts;
    if (known !== undefined && sameSettings(known.limits, limits)) {
      this.#tenants.set(tenant, { limits, counts: known.counts });
      return known.counts;
    }
    if (known === undefined && !limits.spanMetrics.enabled && !limits.serviceGraph.enabled) return undefined;
    const fresh = new TenantSpanMetrics(limits, nowMs);
    const counts = known === undefined ? fresh : fresh.replace(known.counts);
    this.#tenants.set(tenant, { limits, counts });
    return counts;
  }

  #tellSkipped(tenant: string, counts: TenantSpanMetrics): void {
    counts.drainSkipped((processor, reason, count) => this.#own.skipped.add(count, tenant, processor, reason));
  }

  async #flushAll(): Promise<void> {
    for (const tenant of this.#tenants.keys()) await this.#flushTenant(tenant);
  }

  async #flushTenant(tenant: string): Promise<void> {
    const { beginWrite, clock } = this.#options;
    const nowMs = clock.now();
    const counts = this.#counts(tenant, nowMs);
    if (counts === undefined) return;
    try {
      for await (const { refusals } of counts.flush(() => beginWrite(tenant), nowMs)) this.#refused(tenant, refusals);
    } catch (error) {
      this.#own.failures.add(1, tenant);
      this.#warn(tenant, 'metrics from spans could not be stored; they come with the next flush', { error });
    }
    this.#tellSkipped(tenant, counts);
    if (counts.idle && this.#tenants.get(tenant)?.counts === counts) this.#tenants.delete(tenant);
  }

  #refused(tenant: string, refusals: readonly Refusal[]): void {
    for (const { reason, count, message } of refusals) {
      this.#own.refused.add(count, tenant, reason);
      this.#warn(tenant, 'metrics from spans were refused', { reason, count, first: message });
    }
  }

  #warn(tenant: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    const nowMs = this.#options.clock.now();
    if (nowMs - (this.#loggedMs.get(tenant) ?? -Infinity) < LOG_INTERVAL_MS) return;
    // Only who was logged lately is remembered, so that tenants that come and go leave nothing behind.
    for (const [other, ms] of this.#loggedMs) if (nowMs - ms >= LOG_INTERVAL_MS) this.#loggedMs.delete(other);
    this.#loggedMs.set(tenant, nowMs);
    this.#options.log.warn(message, { tenant, ...fields });
  }
}

function sameSettings(a: SpanMetricsLimits, b: SpanMetricsLimits): boolean {
  const text = ({ spanMetrics, serviceGraph, metrics }: SpanMetricsLimits): string =>
    JSON.stringify([spanMetrics, serviceGraph, metrics.labelValueBytesMax]);
  return text(a) === text(b);
}

function ownCounters(metrics: SelfMetrics): OwnCounters {
  return {
    spans: metrics.counter('sightline_span_metrics_spans_total', 'Spans that metrics from spans were told of.', ['tenant']),
    skipped: metrics.counter(
      'sightline_span_metrics_skipped_spans_total',
      'Spans that span metrics or the service graph did not count as they are.',
      ['tenant', 'processor', 'reason'],
    ),
    refused: metrics.counter('sightline_span_metrics_refused_total', 'Samples and exemplars made of spans that were refused.', [
      'tenant',
      'reason',
    ]),
    failures: metrics.counter('sightline_span_metrics_flush_failures_total', 'Flushes of metrics from spans that could not be stored.', [
      'tenant',
    ]),
  };
}

function watch(metrics: SelfMetrics, tenants: () => readonly (readonly [string, TenantSpanMetrics])[]): void {
  const sets = metrics.gauge('sightline_span_metrics_label_sets', 'Label sets of metrics from spans that are in use.', [
    'tenant',
    'processor',
  ]);
  const waiting = metrics.gauge('sightline_service_graph_waiting_requests', 'Requests that wait for their other side.', ['tenant']);
  let shown = new Set<string>();
  const show = (tenant: string, counts?: TenantSpanMetrics): void => {
    sets.set(counts?.calls?.sets.size ?? 0, tenant, 'span_metrics');
    sets.set(counts?.graph?.edges.size ?? 0, tenant, 'service_graph');
    waiting.set(counts?.graph?.waiting ?? 0, tenant);
  };
  metrics.onCollect(() => {
    const now = new Map(tenants());
    for (const tenant of shown) if (!now.has(tenant)) show(tenant);
    for (const [tenant, counts] of now) show(tenant, counts);
    shown = new Set(now.keys());
  });
}
