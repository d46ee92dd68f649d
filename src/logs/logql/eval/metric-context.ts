// What the evaluation of a metric query is given, and what its parts share.

import { RequestError } from '../../../base/request-error.ts';
import { Slices } from '../../../metrics/slices.ts';
import { Annotations } from '../../../metrics/promql/steps/annotations.ts';
import type { Evaluation } from '../../../metrics/promql/steps/evaluation.ts';
import { StepArrays, type StepSeries } from '../../../metrics/promql/steps/step-series.ts';
import { tooManySamples } from '../../../metrics/sample-runs.ts';
import type { RangeSource } from '../../range-source.ts';

export interface MetricContext {
  readonly source: RangeSource;
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** Undefined in an instant query, which looks at `startNs` alone. */
  readonly stepNs: bigint | undefined;
  /** `limits.query.seriesMax`. */
  readonly seriesMax: number;
  /** `limits.query.rowsMax`: samples, buckets and steps of series that are held at once. */
  readonly samplesMax: number;
  readonly signal?: AbortSignal | undefined;
}

/** Points that a series of an answer may have. Source: Loki and Prometheus, whose clients know the number. */
const POINTS_MAX = 11_000;

const NS_PER_MS = 1_000_000n;

/** Called with each series of an expression; the series belongs to the callee. */
export type Sink = (series: StepSeries) => void;

export interface MetricEvaluation extends Evaluation {
  readonly context: MetricContext;
  readonly held: { samples: number };
  readonly slices: Slices;
}

/** Throws `bad_data` for a range with too many steps. */
export function beginMetricEvaluation(context: MetricContext): MetricEvaluation {
  const { startNs, endNs, stepNs } = context;
  const count = stepNs === undefined ? 1 : stepCount(startNs, endNs, stepNs);
  const startMs = Number(startNs / NS_PER_MS);
  const held = { samples: 0 };
  return {
    context,
    held,
    slices: new Slices(context.signal),
    steps: { startMs, endMs: Number(endNs / NS_PER_MS), stepMs: stepNs === undefined ? 0 : Number(stepNs) / 1e6, count },
    settings: { lookbackMs: 0, subqueryStepMs: 0, delayedNameRemoval: false, typeAndUnitLabels: false, useStartTimestamps: false },
    arrays: new StepArrays(count, held, context.samplesMax),
    annotations: new Annotations(''),
  };
}

function stepCount(startNs: bigint, endNs: bigint, stepNs: bigint): number {
  if (stepNs <= 0n)
    throw new RequestError('bad_data', 'zero or negative query resolution step widths are not accepted. Try a positive integer');
  if (endNs < startNs) throw new RequestError('bad_data', 'end timestamp must not be before or equal to start time');
  const count = (endNs - startNs) / stepNs + 1n;
  if (count - 1n <= BigInt(POINTS_MAX)) return Number(count);
  throw new RequestError(
    'bad_data',
    'exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter',
  );
}

/** Milliseconds since the epoch of every step, as answers show them: what is below a millisecond is cut off. */
export function stepTimes({ context: { startNs, stepNs = 0n }, steps }: MetricEvaluation): Float64Array {
  return Float64Array.from({ length: steps.count }, (_, step) => Number((startNs + BigInt(step) * stepNs) / NS_PER_MS));
}

/** Counts what is held besides series at steps. Throws `execution` where it is too much. */
export function hold({ held, context: { samplesMax } }: MetricEvaluation, samples: number): void {
  held.samples += samples;
  if (held.samples > samplesMax) throw tooManySamples(samplesMax);
}

/** Refuses one series more than a query may have. */
export function checkSeries({ context: { seriesMax } }: MetricEvaluation, count: number): void {
  if (count <= seriesMax) return;
  throw new RequestError(
    'bad_data',
    `maximum number of series (${seriesMax}, limits.query.seriesMax) reached for a single query; consider reducing query cardinality by adding more specific stream selectors, reducing the time range, or aggregating results with functions like sum(), count() or topk()`,
  );
}
