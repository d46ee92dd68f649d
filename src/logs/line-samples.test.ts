// Samples made of lines: times, values, and which series they are of.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Labels, labelsKey, NO_LABELS, printLabels } from '../query/labels.ts';
import type { LineBlock } from './line-block.ts';
import { lineSamples } from './line-samples.ts';
import type { RangeAggregation } from './logql/ast.ts';
import { parseMetricExpr } from './logql/parse.ts';
import type { RangeRequest } from './range-source.ts';

interface GivenLine {
  readonly ns: bigint;
  readonly line: string;
  readonly stream?: Labels;
  readonly metadata?: Labels;
}

const START_NS = 1_767_225_600_000_000_000n;

function blockOf(given: readonly GivenLine[]): LineBlock {
  const streams = [...new Map(given.map(({ stream = NO_LABELS }) => [labelsKey(stream), stream])).values()];
  const texts = given.map(({ line }) => Buffer.from(line));
  const ends = Uint32Array.from(texts, (_, i) => texts.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0));
  return {
    rows: given.length,
    streams: { labels: (number) => streams[number] ?? NO_LABELS },
    stream: Uint32Array.from(given, ({ stream = NO_LABELS }) => streams.findIndex((one) => labelsKey(one) === labelsKey(stream))),
    ts: BigInt64Array.from(given, ({ ns }) => ns),
    lines: { bytes: Buffer.concat(texts), starts: ends.map((end, i) => end - (texts[i]?.length ?? 0)), ends },
    metadata: given.some(({ metadata }) => metadata !== undefined) ? given.map(({ metadata = NO_LABELS }) => metadata) : undefined,
  };
}

function isRange(expr: ReturnType<typeof parseMetricExpr>): expr is RangeAggregation {
  return expr.kind === 'range_aggregation';
}

/** `labels time value` per sample. */
async function samples(query: string, given: readonly GivenLine[], asked: Partial<RangeRequest> = {}): Promise<string[]> {
  const expr = parseMetricExpr(query);
  assert.ok(isRange(expr));
  const grid = {
    startNs: START_NS,
    stepNs: 1n,
    steps: 1,
    intervalNs: BigInt(expr.range.intervalNs),
    offsetNs: BigInt(expr.range.offsetNs),
  };
  const source = lineSamples({
    read: async function* (matchers, range) {
      assert.equal(matchers.length, 1);
      assert.equal(range.toNs - range.fromNs, grid.intervalNs);
      yield blockOf(given);
    },
  });
  const { range, grouping } = expr;
  const found: string[] = [];
  const read = source.read({ range, grid, value: range.unwrap === undefined ? 'lines' : 'unwrap', grouping, ...asked }, 'values');
  assert.ok(read.kind === 'samples');
  for await (const { rows, series, ts, values } of read.blocks) {
    for (let row = 0; row < rows; row++) found.push(`${printLabels(read.labels(series[row] ?? -1))} ${ts[row]} ${values[row]}`);
  }
  return found;
}

const A: Labels = ['app', 'a'];
const B: Labels = ['app', 'b', 'pod', '1'];

test('times are exact to the nanosecond', async () => {
  const lines = [1n, 999_999_999n, 3_600_000_000_000n, 86_399_999_999_999n].map((ns) => ({
    ns: START_NS - 86_400_000_000_000n + ns,
    line: '',
    stream: A,
  }));
  assert.deepEqual(await samples('rate({app="a"}[1d])', lines), [
    '{app="a"} 1 1',
    '{app="a"} 999999999 1',
    '{app="a"} 3600000000000 1',
    '{app="a"} 86399999999999 1',
  ]);
});

test('what a sample counts', async () => {
  const line = { ns: START_NS, line: 'v=1.5 ž', stream: A };
  const at = 1e9;
  assert.deepEqual(await samples('rate({app="a"}[1s])', [line], { value: 'bytes' }), [`{app="a"} ${at} 8`]);
  assert.deepEqual(await samples('rate({app="a"} | decolorize [1s])', [{ ...line, line: '\u001b[31mred\u001b[0m' }], { value: 'bytes' }), [
    `{app="a"} ${at} 3`,
  ]);
  assert.deepEqual(await samples('rate({app="a"} | logfmt | unwrap v [1s])', [line]), [`{app="a"} ${at} 1.5`]);
  assert.deepEqual(await samples('rate({app="a"} | logfmt | unwrap w [1s])', [line]), []);
  assert.deepEqual(await samples('rate({app="a"} |= "x" [1s])', [line]), []);
});

test('series are told apart by what is asked for', async () => {
  const lines: readonly GivenLine[] = [
    { ns: START_NS, line: 'v=1', stream: A },
    { ns: START_NS, line: 'v=2', stream: B, metadata: ['trace', 'x'] },
    { ns: START_NS, line: 'v=3', stream: B },
    { ns: START_NS, line: 'v=4', stream: B },
  ];
  const labelled = async (query: string, grouping?: RangeRequest['grouping']): Promise<string[]> =>
    (await samples(query, lines, { grouping })).map((text) => text.slice(0, text.indexOf('}') + 1));
  assert.deepEqual(await labelled('rate({app=~".+"}[1s])'), [
    '{app="a"}',
    '{app="b", pod="1", trace="x"}',
    '{app="b", pod="1"}',
    '{app="b", pod="1"}',
  ]);
  assert.deepEqual(await labelled('rate({app=~".+"}[1s])', { kind: 'by', labels: ['trace', 'app', 'trace'] }), [
    '{app="a"}',
    '{app="b", trace="x"}',
    '{app="b"}',
    '{app="b"}',
  ]);
  const fields = 'rate({app=~".+"} | logfmt | unwrap v [1s])';
  assert.deepEqual(await labelled(fields, { kind: 'without', labels: ['pod', 'trace'] }), [
    '{app="a"}',
    '{app="b"}',
    '{app="b"}',
    '{app="b"}',
  ]);
  assert.deepEqual(await labelled(fields, { kind: 'by', labels: ['v'] }), ['{v="1"}', '{v="2"}', '{v="3"}', '{v="4"}']);
});

test('a line with an error keeps its labels whatever is asked for', async () => {
  const lines = [{ ns: START_NS, line: 'v=soon pod=1', stream: A }];
  const [first = ''] = await samples('max_over_time({app="a"} | logfmt | unwrap v [1s]) by (app)', lines);
  assert.match(first, /__error__="SampleExtractionErr".*app="a".*v="soon"/);
});
