// Queries that took longer than `query.slowLog`, in the program's log: what was asked, by whom, what it cost and how it ended.

import { printDuration } from '../base/duration.ts';
import type { Log, LogFields } from '../base/log.ts';
import type { Request } from '../server/route.ts';
import type { Steps } from './promql/steps/evaluation.ts';
import type { QueryStats } from './promql/eval/query-stats.ts';
import { printTime } from './value.ts';

/** So much of a query's text is logged. */
const TEXT_MAX = 2000;

export interface SlowLogOptions {
  readonly log: Log;
  /** Milliseconds, the wait for a place included; 0 logs nothing. */
  readonly slowQueryMs: () => number;
}

export interface RunQuery {
  readonly text: string;
  readonly steps: Steps;
  readonly stats: QueryStats;
  /** `ok` or the code of its error. */
  readonly outcome: string;
  /** Series of the answer. */
  readonly series: number;
}

/** Logs a query when it was slow. */
export function logSlowQuery(options: SlowLogOptions, request: Request, run: RunQuery): void {
  const { text, steps, stats, outcome, series } = run;
  const range = steps.stepMs === 0 ? { time: printTime(steps.startMs) } : rangeFields(steps);
  const { samples, peakSamples } = stats;
  const [evaluationMs, waitedMs] = [stats.milliseconds('evaluation'), stats.milliseconds('queue')];
  warnWhenSlow(options, request, { text, evaluationMs, waitedMs, fields: { ...range, outcome, samples, peakSamples, series } });
}

/** A query of any language that has ended. */
export interface EndedQuery {
  readonly text: string;
  readonly evaluationMs: number;
  readonly waitedMs: number;
  /** What else is worth knowing. */
  readonly fields: LogFields;
}

export function warnWhenSlow(
  { log, slowQueryMs }: SlowLogOptions,
  { id, tenants }: Pick<Request, 'id' | 'tenants'>,
  ended: EndedQuery,
): void {
  const { text, evaluationMs, waitedMs, fields } = ended;
  const slowMs = slowQueryMs();
  const ms = evaluationMs + waitedMs;
  if (slowMs === 0 || ms < slowMs) return;
  log.warn('slow query', {
    id,
    tenants: tenants.join('|'),
    query: text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}… (${text.length} characters)` : text,
    ms: Math.round(ms),
    waitedMs: Math.round(waitedMs),
    ...fields,
  });
}

function rangeFields({ startMs, endMs, stepMs }: Steps): Readonly<Record<string, string>> {
  return { start: printTime(startMs), end: printTime(endMs), step: printDuration(stepMs) };
}
