// Answers as Loki draws them: streams by labels, categories on demand, samples, the older form.

import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { successReply } from '../metrics/result-json.ts';
import type { Labels } from '../query/labels.ts';
import type { CategorizedLabels } from './logql/line-labels.ts';
import type { QueryValue, ResultEntry } from './query-result.ts';
import { queryStats } from './query-stats-json.ts';
import { encodingFlags, legacyStreams, printRfc3339, queryData, selectorText } from './result-json.ts';

const A: Labels = ['app', 'a'];
const B: Labels = ['app', 'b'];
const T = 1_700_000_000_123_456_789n;

function entry(tsNs: bigint, line: string, categories: Partial<CategorizedLabels>): ResultEntry {
  const all = { stream: A, structuredMetadata: [], parsed: [], ...categories };
  return { tsNs, line, labels: [...all.stream, ...all.structuredMetadata, ...all.parsed], categories: all };
}

function drawn(value: QueryValue, flags: readonly string[] = []): unknown {
  const parts = [...queryData(value, flags, '{"cost":1}')];
  return JSON.parse(parts.map(String).join(''));
}

test('streams are grouped by all labels, or by those of the stream', () => {
  const entries = [
    entry(T + 2n, 'two "quoted"\n', { stream: B }),
    entry(T + 1n, 'one', { structuredMetadata: ['id', '7'], parsed: ['took', '5ms'] }),
    entry(T, 'zero', {}),
  ];
  deepEqual(drawn({ kind: 'streams', entries }), {
    resultType: 'streams',
    result: [
      { stream: { app: 'a', id: '7', took: '5ms' }, values: [['1700000000123456790', 'one']] },
      { stream: { app: 'a' }, values: [['1700000000123456789', 'zero']] },
      { stream: { app: 'b' }, values: [['1700000000123456791', 'two "quoted"\n']] },
    ],
    stats: { cost: 1 },
  });
  deepEqual(drawn({ kind: 'streams', entries }, ['categorize-labels']), {
    resultType: 'streams',
    encodingFlags: ['categorize-labels'],
    result: [
      {
        stream: { app: 'a' },
        values: [
          ['1700000000123456790', 'one', { structuredMetadata: { id: '7' }, parsed: { took: '5ms' } }],
          ['1700000000123456789', 'zero', {}],
        ],
      },
      { stream: { app: 'b' }, values: [['1700000000123456791', 'two "quoted"\n', {}]] },
    ],
    stats: { cost: 1 },
  });
});

test('samples', () => {
  const series = { labels: A, times: Float64Array.of(1_568_404_331_324, 1_568_404_332_000), values: Float64Array.of(1 / 75, 1e21) };
  const values = [
    [1_568_404_331.324, '0.013333333333333334'],
    [1_568_404_332, '1000000000000000000000'],
  ];
  const stats = { cost: 1 };
  deepEqual(drawn({ kind: 'matrix', series: [series] }), { resultType: 'matrix', result: [{ metric: { app: 'a' }, values }], stats });
  deepEqual(drawn({ kind: 'vector', series: [series] }), {
    resultType: 'vector',
    result: [{ metric: { app: 'a' }, value: values[0] }],
    stats,
  });
  deepEqual(drawn({ kind: 'scalar', tsMs: 1000, value: Number.POSITIVE_INFINITY }), { resultType: 'scalar', result: [1, '+Inf'], stats });
  deepEqual(drawn({ kind: 'vector', series: [] }), { resultType: 'vector', result: [], stats });
  deepEqual(drawn({ kind: 'streams', entries: [] }), { resultType: 'streams', result: [], stats });
});

test('the older form', () => {
  const parts = [...legacyStreams([entry(T, 'x', {})], '{}')].join('');
  deepEqual(JSON.parse(parts), {
    streams: [{ labels: '{app="a"}', entries: [{ ts: '2023-11-14T22:13:20.123456789Z', line: 'x' }] }],
    stats: {},
  });
  equal(printRfc3339(0n), '1970-01-01T00:00:00Z');
  equal(printRfc3339(-1n), '1969-12-31T23:59:59.999999999Z');
  equal(printRfc3339(1_500_000_000n), '1970-01-01T00:00:01.5Z');
  equal(selectorText(['a', 'x"y', 'b', 'c']), '{a="x\\"y", b="c"}');
});

test('flags that are not known are passed over', () => {
  deepEqual(encodingFlags(undefined), []);
  deepEqual(encodingFlags('other, categorize-labels'), ['categorize-labels']);
  deepEqual(encodingFlags('other'), []);
});

test('five thousand long lines come in pieces', async () => {
  const line = 'x'.repeat(20_000);
  const entries = Array.from({ length: 5000 }, (_, i) => entry(T + BigInt(i), line, {}));
  const { body } = successReply(queryData({ kind: 'streams', entries }, [], '{}'));
  let [bytes, largest] = [0, 0];
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) throw new Error('not a stream');
  for await (const piece of body) {
    bytes += piece.length;
    largest = Math.max(largest, piece.length);
  }
  equal(bytes > 5000 * line.length, true);
  equal(largest < 100_000, true);
});

test('costs are told in the tree of Loki', () => {
  const costs = {
    linesProcessed: 10,
    bytesProcessed: 1000,
    linesMatched: 3,
    metadataBytesProcessed: 7,
    streams: 2,
    execMs: 500,
    queueMs: 0,
  };
  const tree = JSON.parse(JSON.stringify(queryStats(costs, 3, 20)));
  deepEqual(tree.summary, {
    bytesProcessedPerSecond: 2000,
    linesProcessedPerSecond: 20,
    totalBytesProcessed: 1000,
    totalLinesProcessed: 10,
    execTime: 0.5,
    queueTime: 0.02,
    subqueries: 0,
    totalEntriesReturned: 3,
    splits: 0,
    shards: 0,
    totalPostFilterLines: 3,
    totalStructuredMetadataBytesProcessed: 7,
  });
  equal(tree.querier.store.chunk.decompressedLines, 10);
  equal(tree.ingester.store.chunk.decompressedLines, 0);
});
