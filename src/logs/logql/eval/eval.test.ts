// The limits of metric queries, and what queries come to that read no lines. What they make of lines is in `test/logqltest/scripts`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RequestError } from '../../../base/request-error.ts';
import type { RangeSource, SampleBlock } from '../../range-source.ts';
import { parseMetricExpr } from '../parse.ts';
import { evaluateMetric } from './eval.ts';
import type { MetricContext } from './metric-context.ts';

/** `count` samples, each of a series of its own, or all of one. */
function source(count: number, apart: boolean): RangeSource {
  const block: SampleBlock = {
    rows: count,
    series: Uint32Array.from({ length: count }, (_, i) => (apart ? i : 0)),
    ts: new Float64Array(count).fill(1),
    values: new Float64Array(count).fill(1),
  };
  const blocks = async function* (): AsyncGenerator<SampleBlock> {
    yield block;
    yield block;
  };
  return { read: () => ({ kind: 'samples', labels: (number) => ['n', String(number)], blocks: blocks() }) };
}

const base: MetricContext = {
  source: source(0, true),
  startNs: 1_000_000_000n,
  endNs: 3_999_999_999n,
  stepNs: 1_000_000_000n,
  seriesMax: 100,
  samplesMax: 10_000,
};

const refused: readonly (readonly [query: string, context: Partial<MetricContext>, message: RegExp])[] = [
  ['rate({a="b"}[1s])', { source: source(101, true) }, /maximum number of series \(100, limits\.query\.seriesMax\)/],
  ['quantile_over_time(0.5, {a="b"} | unwrap v [1s])', { source: source(101, true) }, /limits\.query\.seriesMax/],
  ['quantile_over_time(0.5, {a="b"} | unwrap v [1s])', { source: source(6000, false) }, /more than 10000 \(limits\.query\.rowsMax\)/],
  ['rate({a="b"}[1s])', { source: source(90, true), endNs: 300_000_000_000n }, /limits\.query\.rowsMax/],
  ['vector(1)', { endNs: 11_002_000_000_000n }, /maximum resolution of 11,000 points/],
  ['vector(1)', { stepNs: 0n }, /zero or negative query resolution step/],
  ['vector(1)', { endNs: 0n }, /end timestamp/],
  ['rate({a="b"}[1s])', { signal: AbortSignal.abort(new RequestError('canceled', 'gone')) }, /gone/],
];

for (const [query, context, message] of refused) {
  test(`refused: ${query}, ${message.source}`, async () => {
    await assert.rejects(evaluateMetric(parseMetricExpr(query), { ...base, ...context }), (error) => {
      assert.ok(error instanceof RequestError);
      assert.match(error.message, message);
      return true;
    });
  });
}

test('many samples of few series take no more memory than few', async () => {
  const answer = await evaluateMetric(parseMetricExpr('max_over_time({a="b"} | unwrap v [1s])'), {
    ...base,
    source: source(50_000, false),
  });
  assert.equal(answer.kind, 'matrix');
});

test('a number is a scalar, or over a range a series without labels', async () => {
  const expr = parseMetricExpr('1 + 1');
  const instant = await evaluateMetric(expr, { ...base, stepNs: undefined });
  assert.deepEqual(instant, { kind: 'scalar', tsMs: 1000, value: 2 });
  const range = await evaluateMetric(expr, base);
  const [times, values] = [Float64Array.of(1000, 2000, 3000), Float64Array.of(2, 2, 2)];
  assert.deepEqual(range, { kind: 'matrix', series: [{ labels: [], times, values }] });
});
