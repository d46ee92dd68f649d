// One tenant's metrics from spans: what is counted under the settings in force, and its way into a write.

import type { TenantLimits } from '../../config.ts';
import type { MetricWrite, WriteSummary } from '../../metrics/write.ts';
import type { StoredSpan } from '../write.ts';
import type { LabelSet } from './label-set.ts';
import type { LabelSets } from './label-sets.ts';
import { valueBytesMax } from './label-text.ts';
import { SPAN_METRICS_METADATA } from './metric-metadata.ts';
import { type FlushTimes, SampleFlush } from './sample-flush.ts';
import { ServiceGraph } from './service-graph.ts';
import type { SkipReason } from './skipped-spans.ts';
import { SpanCalls } from './span-calls.ts';

/** How often series are written. Source: Tempo's `registry.collection_interval`. */
export const FLUSH_INTERVAL_MS = 15_000;
/** Label sets of one write: about 10,000 samples, after which others have their turn. */
const SLICE_SETS = 500;
/** Series without a span for so long end. Source: Tempo's `registry.stale_duration`. */
const IDLE_MS = 15 * 60_000;

/** The limits that span metrics read. */
export type SpanMetricsLimits = Pick<TenantLimits, 'spanMetrics' | 'serviceGraph'> & {
  readonly metrics: Pick<TenantLimits['metrics'], 'labelValueBytesMax'>;
};

/** Which of the two a skipped span is missing in. */
export type Processor = 'span_metrics' | 'service_graph';

/** Series that end because the settings have changed. */
interface Ended {
  readonly sets: readonly LabelSet[];
  /** When they are written for the last time; a millisecond later they end. */
  readonly times: FlushTimes;
}

export class TenantSpanMetrics {
  readonly calls: SpanCalls | undefined;
  readonly graph: ServiceGraph | undefined;
  readonly #ageMaxMs: number;
  readonly #createdMs: number;
  #ended: readonly Ended[] = [];
  #lastFlushMs = 0;

  constructor(limits: SpanMetricsLimits, nowMs: number) {
    const { spanMetrics, serviceGraph } = limits;
    const bytesMax = valueBytesMax(limits.metrics.labelValueBytesMax);
    const { histograms } = spanMetrics;
    this.calls = spanMetrics.enabled ? new SpanCalls(spanMetrics, bytesMax) : undefined;
    this.graph = serviceGraph.enabled ? new ServiceGraph({ ...serviceGraph, histograms }, bytesMax) : undefined;
    this.#ageMaxMs = spanMetrics.ageMax;
    // The series may have ended in this very millisecond, if nothing was counted for long.
    this.#createdMs = nowMs + 1;
  }

  /** Takes the place of what was counted under other settings: its series end now, and these begin after them. */
  replace(before: TenantSpanMetrics): this {
    const ts = Math.max(this.#createdMs - 1, before.#lastFlushMs + 2);
    const sets = before.#registries().flatMap((registry) => [...registry.all()]);
    this.#ended = [...before.#ended, { sets, times: before.#timesAt(ts) }];
    this.#lastFlushMs = ts + 1;
    return this;
  }

  /** Whether nothing is held: neither series nor requests that wait. */
  get idle(): boolean {
    return this.#ended.length === 0 && this.#registries().every(({ size }) => size === 0) && (this.graph?.waiting ?? 0) === 0;
  }

  /** Counts spans that came at `nowMs`. */
  add(spans: readonly StoredSpan[], nowMs: number): void {
    const oldestNs = this.#ageMaxMs === 0 ? 0n : BigInt(nowMs - this.#ageMaxMs) * 1_000_000n;
    this.calls?.add(spans, nowMs, oldestNs);
    this.graph?.add(spans, nowMs, oldestNs);
  }

  /** Writes all series as they stand at `nowMs`, slice by slice, and ends those that are idle. A slice that cannot be stored ends it. */
  async *flush(begin: () => MetricWrite, nowMs: number): AsyncGenerator<WriteSummary> {
    this.graph?.expire(nowMs);
    const times = this.#timesAt(Math.max(nowMs, this.#lastFlushMs + 1));
    this.#lastFlushMs = times.ts;
    const ended = this.#ended;
    this.#ended = [];
    for (const { sets, times: last } of ended) {
      yield* slices(sets, begin, last, (set, flush) => set.writeTo(flush));
      yield* slices(sets, begin, { ...last, ts: last.ts + 1 }, (set, flush) => set.endAt(flush));
    }
    for (const registry of this.#registries()) {
      // As they are now: one that goes away and comes back while slices are stored begins in the next flush.
      yield* slices([...registry.all()], begin, times, (set, flush) => {
        if (nowMs - set.usedMs < IDLE_MS) return set.writeTo(flush);
        set.endAt(flush);
        registry.remove(set);
      });
    }
  }

  /** Tells which spans were skipped since the last time. */
  drainSkipped(tell: (processor: Processor, reason: SkipReason, count: number) => void): void {
    this.calls?.skipped.drain((reason, count) => tell('span_metrics', reason, count));
    this.graph?.skipped.drain((reason, count) => tell('service_graph', reason, count));
  }

  #registries(): readonly LabelSets[] {
    const { calls, graph } = this;
    return [
      ...(calls === undefined ? [] : [calls.sets, calls.infos]),
      ...(graph === undefined ? [] : [graph.edges, graph.unpaired, graph.dropped]),
    ];
  }

  // A new series begins one interval before, but behind everything that was written of the same series before.
  #timesAt(ts: number): FlushTimes {
    return { ts, zeroMs: Math.min(ts - 1, Math.max(ts - FLUSH_INTERVAL_MS, this.#lastFlushMs + 1, this.#createdMs)) };
  }
}

type WriteSet = (set: LabelSet, flush: SampleFlush) => void;

async function* slices(
  sets: readonly LabelSet[],
  begin: () => MetricWrite,
  times: FlushTimes,
  writeSet: WriteSet,
): AsyncGenerator<WriteSummary> {
  for (let from = 0; from < sets.length; from += SLICE_SETS) {
    const flush = new SampleFlush(begin(), times);
    for (const metadata of SPAN_METRICS_METADATA) flush.write.metadata(metadata);
    for (const set of sets.slice(from, from + SLICE_SETS)) writeSet(set, flush);
    yield await flush.commit();
  }
}
