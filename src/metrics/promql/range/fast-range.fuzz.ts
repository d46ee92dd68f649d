// The one-pass forms of functions over ranges give what the functions themselves give, bit for bit, whatever the samples and windows are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { NativeHistogram } from '../../native-histogram.ts';
import { Annotations } from '../steps/annotations.ts';
import type { EvaluationSettings } from '../steps/evaluation.ts';
import { fastRange } from './fast-range.ts';
import { parseExpr } from '../parse.ts';
import { RANGE_FUNCTIONS } from './range-functions.ts';
import { type RangeContext, type RangeSeries, moveWindow, newWindow } from './range-window.ts';
import { FLOAT_AT, NOTHING_AT, StepArrays } from '../steps/step-series.ts';

const settings: EvaluationSettings = {
  lookbackMs: 300_000,
  subqueryStepMs: 60_000,
  delayedNameRemoval: false,
  typeAndUnitLabels: false,
  useStartTimestamps: false,
};
const NAMES = ['rate', 'increase', 'delta', 'max_over_time', 'min_over_time', 'last_over_time', 'count_over_time', 'present_over_time'];

const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 50 }) },
  { weight: 2, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 1e308) },
);
const samples = fc.array(fc.tuple(fc.integer({ min: 1, max: 40_000 }), value), { maxLength: 60 });
const windows = fc.record({
  firstMs: fc.integer({ min: -10_000, max: 400_000 }),
  stepMs: fc.integer({ min: 1, max: 60_000 }),
  rangeMs: fc.oneof(fc.integer({ min: 1, max: 300_000 }), fc.integer({ min: 1_000_000, max: 3_000_000 })),
  steps: fc.integer({ min: 1, max: 30 }),
});

function seriesOf(gaps: readonly (readonly [number, number])[]): RangeSeries {
  let ms = 0;
  const times = Float64Array.from(gaps, ([gap]) => (ms += gap));
  return { labels: [], dropName: false, times, values: Float64Array.from(gaps, ([, v]) => v), length: gaps.length, histograms: [] };
}

for (const name of NAMES) {
  test(`${name} in one pass`, () => {
    fc.assert(
      fc.property(samples, windows, (gaps, { firstMs, stepMs, rangeMs, steps }) => {
        const series = seriesOf(gaps);
        const arrays = new StepArrays(steps, { samples: 0 }, 1e6);
        const looks = { firstMs, stepMs, lastMs: firstMs + (steps - 1) * stepMs };
        const got = arrays.take([]);
        fastRange(name, settings)?.(series, { looks, rangeMs, steps }, got);
        const call = parseExpr(`${name}(x[5m])`);
        assert(call.kind === 'call');
        const at = { startMs: firstMs, endMs: looks.lastMs, stepMs, count: steps };
        const evaluation = { steps: at, settings, arrays, annotations: new Annotations('') };
        const window = newWindow();
        for (let step = 0; step < steps; step++) {
          window.step = step;
          moveWindow(window, series, { endMs: firstMs + step * stepMs, rangeMs });
          const context: RangeContext = { evaluation, call, scalars: [], metricName: '', extension: undefined };
          const expected: number | NativeHistogram | undefined =
            window.from === window.to ? undefined : RANGE_FUNCTIONS.get(name)?.evaluate(series, window, context);
          assert.equal(got.has[step], expected === undefined ? NOTHING_AT : FLOAT_AT, `step ${step}`);
          if (expected !== undefined) assert.deepEqual(got.values[step], expected, `step ${step}`);
        }
      }),
      { numRuns: 500 },
    );
  });
}
