// Metric queries of any shape over a few lines: they come to a value or are refused in words, and printing them changes neither.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { RequestError } from '../../../base/request-error.ts';
import { type Labels, NO_LABELS } from '../../../query/labels.ts';
import type { LineBlock } from '../../line-block.ts';
import { lineSamples } from '../../line-samples.ts';
import type { QueryValue } from '../../query-result.ts';
import { parseMetricExpr } from '../parse.ts';
import { printLogql } from '../print.ts';
import { evaluateMetric } from './eval.ts';

const NS_PER_S = 1_000_000_000n;
const STREAMS: readonly Labels[] = [
  ['a', '1'],
  ['a', '2', 'b', 'x'],
];
const LINES = ['v=1 d=3s', 'v=NaN d=soon', '{"v": 5}', 'v=-2 s=1KB', ''];

const texts = Array.from({ length: 60 }, (_, i) => Buffer.from(LINES[i % LINES.length] ?? ''));
const ends = Uint32Array.from(texts, (_, i) => texts.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0));
const block: LineBlock = {
  rows: texts.length,
  streams: { labels: (number) => STREAMS[number] ?? NO_LABELS },
  stream: Uint32Array.from(texts, (_, i) => i % STREAMS.length),
  ts: BigInt64Array.from(texts, (_, i) => BigInt(i) * NS_PER_S),
  lines: { bytes: Buffer.concat(texts), starts: ends.map((end, i) => end - (texts[i]?.length ?? 0)), ends },
  metadata: texts.map((_, i) => (i % 7 === 0 ? ['m', ''] : NO_LABELS)),
};

const source = lineSamples({
  read: async function* () {
    yield block;
  },
});

const of = (...choices: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...choices);
const joined = (...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> => fc.tuple(...parts).map((each) => each.join(''));

const lines = of('{a="1"}', '{a=~".+"} |= "v"', '{a=~".+"} | logfmt', '{a=~".+"} | json | __error__=""', '{a=~".+"} | logfmt | v > 0');
const length = of(' [1s]', ' [10s]', ' [7s] offset 5s', ' [1m] offset -10s');
const grouping = of('', ' by (a)', ' by (b, a)', ' without (a)', ' by ()');
const counted = joined(of('rate(', 'count_over_time(', 'bytes_rate(', 'bytes_over_time(', 'absent_over_time('), lines, length, of(')'));
const unwrapped = joined(
  of('avg_over_time(', 'max_over_time(', 'first_over_time(', 'last_over_time(', 'stddev_over_time(', 'quantile_over_time(0.3, '),
  lines,
  of(' | logfmt | unwrap v', ' | logfmt | unwrap duration(d) | __error__=""', ' | logfmt | unwrap bytes(s)'),
  length,
  of(')'),
  grouping,
);

const { query } = fc.letrec<{ query: string }>((tie) => {
  const inner = tie('query');
  const matching = of('', ' on (a)', ' ignoring (b)', ' on (a) group_left ()', ' on (a) group_right (b)');
  return {
    query: fc.oneof(
      { maxDepth: 3 },
      fc.oneof(counted, unwrapped, of('vector(2)')),
      joined(of('sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar'), grouping, of(' ('), inner, of(')')),
      joined(of('topk(2, ', 'bottomk(1, ', 'sort(', 'sort_desc(', 'approx_topk(1, '), inner, of(')')),
      joined(of('label_replace('), inner, of(', "a", "$1", "b", "(.*)")', ', "z", "x", "a", "1")')),
      joined(of('('), inner, of(') '), of('+', '-', '/', '%', '^', '>', '== bool'), of(' 2', ' 0', ' 1.5')),
      joined(of('('), inner, of(') '), of('+', '/', '*', '>', '<= bool'), matching, of(' ('), inner, of(')')),
      joined(of('('), inner, of(') '), of('and', 'or', 'unless'), of('', ' on (a)'), of(' ('), inner, of(')')),
    ),
  };
});

/** The value in words, or the refusal. */
async function outcome(text: string, stepS: bigint | undefined): Promise<string> {
  const step = stepS === undefined ? undefined : stepS * NS_PER_S;
  const context = { source, startNs: 20n * NS_PER_S, endNs: 50n * NS_PER_S, stepNs: step, seriesMax: 100, samplesMax: 100_000 };
  try {
    return print(await evaluateMetric(parseMetricExpr(text), context));
  } catch (error) {
    if (error instanceof RequestError) return error.message;
    throw error;
  }
}

function print(value: QueryValue): string {
  assert.ok(value.kind === 'vector' || value.kind === 'matrix');
  for (const { times, values } of value.series) assert.ok(times.length > 0 && times.length === values.length);
  return value.series.map(({ labels, times, values }) => `${labels.join(' ')}: ${times.join(' ')} = ${values.join(' ')}`).join('\n');
}

test('any query has a value or is refused, printed or not', async () => {
  await fc.assert(
    fc.asyncProperty(query, fc.constantFrom(undefined, 1n, 7n, 60n), async (text, stepS) => {
      assert.equal(await outcome(printLogql(parseMetricExpr(text)), stepS), await outcome(text, stepS));
    }),
    { numRuns: 1500, seed: 1 },
  );
});
