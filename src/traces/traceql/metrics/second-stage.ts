// What follows a metrics aggregate: the best or worst series of each step, and comparisons with a number.
//
// Source: Tempo `pkg/traceql/engine_metrics.go`, processTopK and processBottomK.

import type { SecondStage } from '../ast.ts';
import type { TraceSeries } from '../../answers.ts';
import { measuredNumber } from './measured.ts';
import { compareSeries } from './series-key.ts';

export function applySecondStages(series: readonly TraceSeries[], stages: readonly SecondStage[]): readonly TraceSeries[] {
  return stages.reduce(applySecondStage, series);
}

function applySecondStage(series: readonly TraceSeries[], stage: SecondStage): readonly TraceSeries[] {
  switch (stage.type) {
    case 'topk':
      return best(series, stage.limit, (a, b) => b.value - a.value || compareSeries(b.labels, a.labels));
    case 'bottomk':
      return best(series, stage.limit, (a, b) => a.value - b.value || compareSeries(a.labels, b.labels));
    case 'metricsFilter': {
      const wanted = measuredNumber(undefined, stage.value);
      return series.map((each) => ({ ...each, values: each.values.map((value) => (holds(stage.op, value, wanted) ? value : NaN)) }));
    }
  }
}

interface Point {
  readonly index: number;
  readonly value: number;
  readonly labels: TraceSeries['labels'];
}

/** Of each step the first `limit` in an order; the other values of those series are none. Series that are never among them are left out. */
function best(series: readonly TraceSeries[], limit: number, order: (a: Point, b: Point) => number): readonly TraceSeries[] {
  if (series.length <= limit) return series;
  const kept = Array.from<Float64Array | undefined>({ length: series.length });
  const steps = Math.max(...series.map(({ values }) => values.length));
  for (let step = 0; step < steps; step++) {
    const points: Point[] = [];
    for (const [index, { values, labels }] of series.entries()) {
      const value = values[step] ?? NaN;
      if (!Number.isNaN(value)) points.push({ index, value, labels });
    }
    for (const { index, value } of points.sort(order).slice(0, limit)) (kept[index] ??= new Float64Array(steps).fill(NaN))[step] = value;
  }
  return series.flatMap((each, index) => {
    const values = kept[index];
    return values === undefined ? [] : [{ ...each, values }];
  });
}

function holds(op: '=' | '!=' | '<' | '<=' | '>' | '>=', value: number, wanted: number): boolean {
  switch (op) {
    case '=':
      return value === wanted;
    case '!=':
      return value !== wanted;
    case '<':
      return value < wanted;
    case '<=':
      return value <= wanted;
    case '>':
      return value > wanted;
    case '>=':
      return value >= wanted;
  }
}
