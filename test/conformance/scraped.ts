// Reading back what scraping stored: whether a target was up, and the samples of its job.

import { queryInstant } from '../harness/client.ts';
import type { ReadSeries } from '../harness/client.ts';
import type { Program } from '../harness/program.ts';

const scrapedWaitMs = 180_000;
/** Reaches back before 1970: texts carry times of their own. */
const EVER = '60y';

/** `up` of each job, once all of them have been scraped. A job that never was is absent. */
export async function upOfJobs(program: Program, jobs: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const deadline = performance.now() + scrapedWaitMs;
  for (;;) {
    const series = await queryInstant(program, 'up');
    const up = new Map(series.map(({ metric, value }) => [metric['job'] ?? '', Number(value?.[1])]));
    if (jobs.every((job) => up.has(job)) || performance.now() > deadline) return up;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** All samples of a selector, as a range vector over all time; labels without the target's own. */
export async function samplesOf(program: Program, selector: string): Promise<ReadSeries[]> {
  const series = await queryInstant(program, `${selector}[${EVER}]`);
  return series.map(({ metric, ...rest }) => ({ ...rest, metric: withoutTarget(metric) }));
}

function withoutTarget({ job: _job, instance: _instance, ...rest }: Readonly<Record<string, string>>): Record<string, string> {
  return rest;
}

/** The key of a label set by which series are found again; `le` and `quantile` compare as numbers, so that `1` is `1.0`. */
export function seriesKey(labels: Readonly<Record<string, string>>): string {
  const entries = Object.entries(labels).map(([name, value]) => [name, name === 'le' || name === 'quantile' ? normalBound(value) : value]);
  return JSON.stringify(entries.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)));
}

function normalBound(value: string): string {
  const bound = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value);
  return Number.isNaN(bound) || value === '' ? value : String(bound);
}

/** `NaN`, `+Inf` and plain numbers, as the API writes them or as a case's JSON holds them. */
export function toNumber(value: string | number): number {
  if (typeof value === 'number') return value;
  const special = /^([+-]?)inf$/i.exec(value);
  if (special !== null) return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(value);
}
