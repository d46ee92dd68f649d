// Folds and windows against the plain way: for each window of each step all samples within it, one after the other.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { RangeSource, SampleBlock } from '../../range-source.ts';
import { bucketNumbering, bucketOf } from '../../window-grid.ts';
import type { RangeOp } from '../ast.ts';
import { parseMetricExpr } from '../parse.ts';
import { evaluateMetric } from './eval.ts';

interface Sample {
  readonly series: number;
  readonly ns: number;
  readonly value: number;
}

const SECOND = 1_000_000_000;

/** What each aggregation is of the values in a window, in the order of time. */
const plain: Partial<Record<RangeOp, (values: readonly number[], times: readonly number[]) => number>> = {
  sum_over_time: (values) => values.reduce((a, b) => a + b),
  avg_over_time: (values) => values.reduce((a, b) => a + b) / values.length,
  max_over_time: (values) => Math.max(...values),
  min_over_time: (values) => Math.min(...values),
  first_over_time: (values) => values[0] ?? Number.NaN,
  last_over_time: (values) => values.at(-1) ?? Number.NaN,
  stdvar_over_time: (values) => {
    const mean = values.reduce((a, b) => a + b) / values.length;
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  },
  quantile_over_time: (values) => {
    const sorted = values.toSorted((a, b) => a - b);
    const rank = 0.7 * (sorted.length - 1);
    const lower = sorted[Math.floor(rank)] ?? Number.NaN;
    const upper = sorted[Math.ceil(rank)] ?? Number.NaN;
    return lower * (1 - (rank % 1)) + upper * (rank % 1);
  },
};

/** Samples in blocks of three, in the order given. */
function sourceOf(samples: readonly Sample[]): RangeSource {
  return {
    read: ({ grid }) => {
      const { originNs } = bucketNumbering(grid);
      const inside = samples.filter(({ ns }) => BigInt(ns) > originNs);
      const blockAt = (at: number): SampleBlock => {
        const part = inside.slice(at, at + 3);
        return {
          rows: part.length,
          series: Uint32Array.from(part, ({ series }) => series),
          ts: Float64Array.from(part, ({ ns }) => ns - Number(originNs)),
          values: Float64Array.from(part, ({ value }) => value),
        };
      };
      const blocks = async function* (): AsyncGenerator<SampleBlock> {
        for (let at = 0; at < inside.length; at += 3) yield blockAt(at);
      };
      return { kind: 'samples', labels: (number) => ['series', String(number)], blocks: blocks() };
    },
  };
}

const sample = fc.record({
  series: fc.integer({ min: 0, max: 2 }),
  ns: fc.integer({ min: 1, max: 60 * SECOND }),
  value: fc.integer({ min: -50, max: 50 }),
});
const samples = fc.uniqueArray(sample, { maxLength: 40, selector: ({ series, ns }) => `${series} ${ns}` });
const times = fc.record({
  start: fc.integer({ min: 1, max: 40 }),
  step: fc.integer({ min: 1, max: 20 }),
  steps: fc.integer({ min: 1, max: 6 }),
  interval: fc.integer({ min: 1, max: 45 }),
});

for (const [op, value] of Object.entries(plain)) {
  test(`${op} over any windows`, async () => {
    await fc.assert(
      fc.asyncProperty(samples, times, async (given, { start, step, steps, interval }) => {
        const expr = parseMetricExpr(`${op}(${op === 'quantile_over_time' ? '0.7, ' : ''}{a="b"} | unwrap v [${interval}s])`);
        const [startNs, stepNs] = [start * SECOND, step * SECOND];
        const answer = await evaluateMetric(expr, {
          source: sourceOf(given),
          startNs: BigInt(startNs),
          endNs: BigInt(startNs + (steps - 1) * stepNs),
          stepNs: BigInt(stepNs),
          seriesMax: 10,
          samplesMax: 100_000,
        });
        assert.equal(answer.kind, 'matrix');
        const points = new Map(
          answer.series.flatMap(({ labels, times: at, values }) => [...at].map((ms, i) => [`${labels[1]} ${ms}`, values[i]])),
        );
        for (let series = 0; series < 3; series++) {
          for (let at = startNs; at < startNs + steps * stepNs; at += stepNs) {
            const inside = given
              .filter((one) => one.series === series && one.ns <= at && one.ns > at - interval * SECOND)
              .toSorted((a, b) => a.ns - b.ns);
            const key = `${series} ${at / 1e6}`;
            const got = points.get(key);
            points.delete(key);
            if (inside.length === 0) assert.equal(got, undefined);
            else
              assertClose(
                got,
                value(
                  inside.map((one) => one.value),
                  inside.map(({ ns }) => ns),
                ),
              );
          }
        }
        assert.equal(points.size, 0);
      }),
      { numRuns: 150, seed: 1 },
    );
  });
}

function assertClose(got: number | undefined, wanted: number): void {
  assert.ok(got !== undefined && Math.abs(got - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted)), `${got} is not ${wanted}`);
}

test('sums per bucket give what samples give', async () => {
  await fc.assert(
    fc.asyncProperty(samples, times, async (given, { start, step, steps, interval }) => {
      const context = {
        startNs: BigInt(start * SECOND),
        endNs: BigInt((start + (steps - 1) * step) * SECOND),
        stepNs: BigInt(step * SECOND),
        seriesMax: 10,
        samplesMax: 100_000,
      };
      const bySamples = sourceOf(given);
      const byBuckets: RangeSource = {
        read: (request, use) => {
          assert.equal(use, 'sums');
          const numbering = bucketNumbering(request.grid);
          const inside = given.filter(({ ns }) => BigInt(ns) > numbering.originNs);
          const block = {
            rows: inside.length,
            series: Uint32Array.from(inside, ({ series }) => series),
            bucket: Uint32Array.from(inside, ({ ns }) => bucketOf(numbering, ns - Number(numbering.originNs))),
            sums: Float64Array.from(inside, ({ value }) => value),
            counts: new Float64Array(inside.length).fill(1),
          };
          return { kind: 'buckets', labels: (number) => ['series', String(number)], blocks: once(block) };
        },
      };
      for (const op of ['rate({a="b"}', 'sum_over_time({a="b"} | unwrap v', 'avg_over_time({a="b"} | unwrap v']) {
        const expr = parseMetricExpr(`${op} [${interval}s])`);
        assert.deepEqual(
          await evaluateMetric(expr, { ...context, source: byBuckets }),
          await evaluateMetric(expr, { ...context, source: bySamples }),
        );
      }
    }),
    { numRuns: 100, seed: 1 },
  );
});

async function* once<T>(block: T): AsyncGenerator<T> {
  yield block;
}
