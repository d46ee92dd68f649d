// The `stats` of a query's answer, as Prometheus shows them.
//
// Source: Prometheus `util/stats` (`QueryStats`, `BuiltinStats`). Times are in seconds.

import { type Steps, stepTime } from './promql/steps/evaluation.ts';
import type { QueryStats } from './promql/eval/query-stats.ts';

/** A JSON object; counts per step stand in it where they were kept. */
export function queryStatsJson(stats: QueryStats, steps: Steps): string {
  const seconds = (...phases: readonly Parameters<QueryStats['milliseconds']>[0][]): number =>
    phases.reduce((sum, phase) => sum + stats.milliseconds(phase), 0) / 1000;
  const { perStep, readPerStep } = stats;
  return JSON.stringify({
    timings: {
      evalTotalTime: seconds('evaluation'),
      resultSortTime: seconds('sort'),
      queryPreparationTime: seconds('preparation'),
      innerEvalTime: (stats.milliseconds('evaluation') - stats.milliseconds('preparation') - stats.milliseconds('sort')) / 1000,
      execQueueTime: seconds('queue'),
      execTotalTime: seconds('queue', 'evaluation'),
    },
    samples: {
      ...(perStep === undefined ? {} : { totalQueryableSamplesPerStep: pairs(perStep, steps) }),
      totalQueryableSamples: stats.samples,
      peakSamples: stats.peakSamples,
      ...(stats.samplesRead === 0 ? {} : { samplesRead: stats.samplesRead }),
      ...(readPerStep === undefined || stats.samplesRead === 0 ? {} : { samplesReadPerStep: pairs(readPerStep, steps) }),
    },
  });
}

function pairs(counts: Float64Array, steps: Steps): readonly (readonly [number, number])[] {
  return Array.from(counts, (count, step) => [stepTime(steps, step) / 1000, count]);
}
