// Patterns over a reader of lines in memory: exact counts of small ranges, estimates of large ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { minePatterns, PATTERN_LINES_MAX, type PatternAnswer, type PatternQuery, type PatternSource } from './api-patterns.ts';
import { parseLogQuery } from './api-params.ts';
import type { LineBlock, NsRange } from './line-block.ts';

const NS = 1_000_000_000n;
const START_S = 1_700_000_000n;

function blockOf(lines: readonly string[], tsNs: readonly bigint[]): LineBlock {
  const encoded = lines.map((line) => Buffer.from(line));
  const ends = Uint32Array.from(encoded.map(({ length }) => length)).map(
    (length, i, all) => length + all.subarray(0, i).reduce((a, b) => a + b, 0),
  );
  return {
    rows: lines.length,
    streams: { labels: () => ['app', 'x'] },
    stream: new Uint32Array(lines.length),
    ts: BigInt64Array.from(tsNs),
    lines: { bytes: Buffer.concat(encoded), starts: Uint32Array.from([0, ...ends.slice(0, -1)]), ends },
    metadata: lines.map(() => ['detected_level', 'info']),
  };
}

const RANGE: NsRange = { fromNs: START_S * NS, toNs: (START_S + 600n) * NS };

function queryOf(text: string): PatternQuery {
  return { expr: parseLogQuery(text), range: RANGE, stepNs: 60n * NS };
}

/** Two lines a second; each second is said to hold `density`. Notes what is read. */
function sourceOver(density: number, ranges: NsRange[]): PatternSource {
  return {
    volumes: ({ fromNs, toNs }, stepNs) => {
      const count = Number((toNs - fromNs + stepNs - 1n) / stepNs);
      return Promise.resolve(Array.from({ length: count }, (_, bucket) => ({ bucket, lines: density * Number(stepNs / NS) })));
    },
    async *lines(range) {
      ranges.push(range);
      const times: bigint[] = [];
      for (let s = (range.fromNs + NS - 1n) / NS; s * NS < range.toNs; s++) times.push(s * NS, s * NS);
      yield blockOf(
        times.map((ns, i) => (i % 2 === 0 ? `user ${ns / NS} logged in` : 'tick')),
        times,
      );
    },
  };
}

function totalOf(answers: readonly PatternAnswer[]): number {
  return answers.flatMap(({ samples }) => samples).reduce((sum, [, count]) => sum + count, 0);
}

test('a small range is counted exactly, by steps, with the filters of the query', async () => {
  const ranges: NsRange[] = [];
  const found = await minePatterns(sourceOver(2, ranges), queryOf('{app="x"} |= "user"'));
  assert.deepEqual(
    found.map(({ pattern, level }) => [pattern, level]),
    [['user <_> logged in', 'info']],
  );
  assert.equal(totalOf(found), 600);
  assert.ok(found.every(({ samples }) => samples.every(([seconds]) => seconds % 60 === 0)));
  assert.deepEqual(ranges, [RANGE]);
});

test('of a large range a part of each bucket is read, and its counts are scaled', async () => {
  const ranges: NsRange[] = [];
  const found = await minePatterns(sourceOver((10 * PATTERN_LINES_MAX) / 600, ranges), queryOf('{app="x"}'));
  const readNs = ranges.reduce((sum, { fromNs, toNs }) => sum + Number(toNs - fromNs), 0);
  assert.ok(readNs < 0.2 * 600e9, `${readNs} ns read`);
  assert.ok(totalOf(found) > 600 && totalOf(found) < 2400, `${totalOf(found)} lines of 1200`);
});

test('no lines, no patterns', async () => {
  assert.deepEqual(await minePatterns(sourceOver(0, []), queryOf('{app="x"}')), []);
});
