// Delta temporality summed up to cumulative, stream by stream, in memory.
//
//   point (+3) ─▶ state (7) ─▶ cumulative point (10) ─▶ the same translation as any other
//
// A stream begins with its first point, at that point's start time: after a restart or a pause the new start time says that the count began anew.
// A point that starts before its stream or is not newer than the last one is refused.
//
// A request's points change the state before its rows are stored. When storing fails the sender sends them again, so `rollback` takes back what
// no later request has built upon; what one has is in that one's sums and must not count twice.
//
// Source: OpenTelemetry metrics data model, "Sums: Delta-to-Cumulative"; behaviour of the collector's deltatocumulative processor.

import type { Clock } from '../../base/clock.ts';
import { compareTime } from '../../otlp/timestamp.ts';
import { addExponential, addHistogram, boundedScale } from './otlp-delta-histograms.ts';
import type { ExponentialPoint, HistogramPoint, NumberPoint, OtlpPoint } from './otlp-points.ts';
import { PointRefused } from './otlp-refusal.ts';

/** A stream without points for so long is forgotten. */
export const DELTA_IDLE_MS = 5 * 60_000;
/** Numbers held per stream on average, over which a tenant's further streams are refused. */
const CELLS_PER_STREAM = 64;

type StreamPoint = NumberPoint | HistogramPoint | ExponentialPoint;

interface StreamState {
  /** The stream's last cumulative point. */
  readonly point: StreamPoint;
  readonly tenant: string;
  readonly cells: number;
  readonly touchedMs: number;
}

interface Usage {
  streams: number;
  cells: number;
}

/** The state of all tenants' delta streams, least recently touched first. */
export class DeltaStreams {
  readonly #clock: Clock;
  readonly #states = new Map<string, StreamState>();
  readonly #usage = new Map<string, Usage>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many streams are held, for the program's own metrics. */
  get size(): number {
    return this.#states.size;
  }

  /** Begins one request's points; the streams of the tenant are bounded by `streamsMax`. */
  begin(tenant: string, streamsMax: number): DeltaSession {
    this.#forgetIdle();
    return new DeltaSession(this, tenant, streamsMax);
  }

  /** For the session: the state of a stream. */
  get(key: string): StreamState | undefined {
    return this.#states.get(key);
  }

  /** For the session: puts the state of a stream last, or forgets the stream. */
  set(key: string, state: StreamState | undefined): void {
    const before = this.#states.get(key);
    if (before !== undefined) {
      this.#states.delete(key);
      this.#count(before, -1);
    }
    if (state === undefined) return;
    this.#states.set(key, state);
    this.#count(state, 1);
  }

  usage(tenant: string): Readonly<Usage> {
    return this.#usage.get(tenant) ?? { streams: 0, cells: 0 };
  }

  now(): number {
    return this.#clock.now();
  }

  #count(state: StreamState, sign: 1 | -1): void {
    const usage = this.#usage.get(state.tenant) ?? { streams: 0, cells: 0 };
    usage.streams += sign;
    usage.cells += sign * state.cells;
    if (usage.streams === 0) this.#usage.delete(state.tenant);
    else this.#usage.set(state.tenant, usage);
  }

  #forgetIdle(): void {
    const oldest = this.#clock.now() - DELTA_IDLE_MS;
    for (const [key, state] of this.#states) {
      if (state.touchedMs >= oldest) return;
      this.set(key, undefined);
    }
  }
}

interface Change {
  readonly key: string;
  readonly before: StreamState | undefined;
  readonly after: StreamState;
}

/** One request's changes to the streams. */
export class DeltaSession {
  readonly #streams: DeltaStreams;
  readonly #tenant: string;
  readonly #streamsMax: number;
  readonly #changes: Change[] = [];

  constructor(streams: DeltaStreams, tenant: string, streamsMax: number) {
    this.#streams = streams;
    this.#tenant = tenant;
    this.#streamsMax = streamsMax;
  }

  /** The cumulative point after a delta point of the series. Throws `PointRefused`. */
  number(series: string, delta: NumberPoint): NumberPoint {
    return this.#add(`n${series}`, delta, (last) =>
      'value' in last ? { ...delta, start: last.start, value: last.value + delta.value } : delta,
    );
  }

  histogram(series: string, delta: HistogramPoint): HistogramPoint {
    return this.#add(`h${series}`, delta, (last) => ('bucketCounts' in last ? addHistogram(last, delta) : delta));
  }

  exponential(series: string, delta: ExponentialPoint): ExponentialPoint {
    const bounded = boundedScale(delta);
    return this.#add(`e${series}`, bounded, (last) => ('scale' in last ? addExponential(last, bounded) : bounded));
  }

  /** Takes back what no later request has built upon. */
  rollback(): void {
    for (const { key, before, after } of this.#changes.reverse()) {
      if (this.#streams.get(key) === after) this.#streams.set(key, before);
    }
  }

  /** The key begins with the kind of point, so a stream's last point is always of the kind that `sum` looks for. */
  #add<Point extends StreamPoint>(series: string, delta: Point, sum: (last: StreamPoint) => Point): Point {
    const key = `${this.#tenant.length}:${this.#tenant}${series}`;
    const before = this.#streams.get(key);
    if (before === undefined) this.#checkRoom(cellsOf(delta));
    else checkOrder(before.point, delta);
    const point = before === undefined ? delta : sum(before.point);
    const kept = { ...point, attributes: [], exemplars: [] };
    const after: StreamState = { point: kept, tenant: this.#tenant, cells: cellsOf(point), touchedMs: this.#streams.now() };
    this.#streams.set(key, after);
    this.#changes.push({ key, before, after });
    return point;
  }

  #checkRoom(cells: number): void {
    const usage = this.#streams.usage(this.#tenant);
    if (usage.streams < this.#streamsMax && usage.cells + cells <= this.#streamsMax * CELLS_PER_STREAM) return;
    throw new PointRefused(
      'active_series',
      `delta temporality: ${usage.streams} streams with ${usage.cells} values are summed up already (limits.otlp.deltaStreamsMax is ${this.#streamsMax})`,
    );
  }
}

/** How many numbers a point's state holds, as the measure of its memory. */
function cellsOf(point: StreamPoint): number {
  if ('bucketCounts' in point) return 1 + point.bucketCounts.length + point.explicitBounds.length;
  return 'positive' in point ? 1 + point.positive.counts.length + point.negative.counts.length : 1;
}

function checkOrder(last: OtlpPoint, delta: OtlpPoint): void {
  if (compareTime(delta.start, last.start) < 0) {
    throw new PointRefused(
      'out_of_order',
      `delta temporality: the point starts at ${delta.start.ms} ms, before its stream does at ${last.start.ms} ms; do several processes send the same series?`,
    );
  }
  if (compareTime(delta.time, last.time) <= 0) {
    throw new PointRefused(
      'out_of_order',
      `delta temporality: out of order: the point is of ${delta.time.ms} ms, its stream is already at ${last.time.ms} ms`,
    );
  }
}
